package wire_test

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite/wire"
)

// A row is a struct with tags. Numbers keep the digits that they are written with.
func ExampleList() {
	type row struct {
		Symbol string          `json:"tradingsymbol"`
		Price  decimal.Decimal `json:"last_price"`
	}
	check := func(r *row) error {
		if r.Symbol == "" {
			return errors.New("a row without a symbol")
		}
		return nil
	}
	rows, err := wire.List("get_holdings", `[{"tradingsymbol":"INFY","last_price":1520.10}]`, check)
	fmt.Println(rows[0].Symbol, rows[0].Price.StringFixed(2), err)
	_, err = wire.List("get_holdings", `[{"last_price":1520.10}]`, check)
	fmt.Println(err)
	// Output:
	// INFY 1520.10 <nil>
	// get_holdings: malformed answer: a row without a symbol
}

// Callers branch on the kind of a failure, never on the server's words.
func ExampleClassify() {
	err := wire.Classify("get_holdings", wire.Outcome{IsError: true, Text: "Please log in first using the login tool"})
	fmt.Println(wire.KindOf(err) == wire.KindNoLogin, err)
	// Output: true get_holdings: no login
}
