package kite_test

import (
	"fmt"

	"kitebot/internal/kite"
)

// An answer of get_holdings becomes holdings, and these a portfolio. Of the second
// one Kite has no price: it is in no sum.
func Example() {
	holdings, err := kite.DecodeHoldings(`[
		{"tradingsymbol":"INFY","exchange":"NSE","quantity":10,"average_price":1400,"last_price":1520.5,"close_price":1500},
		{"tradingsymbol":"OLDCO","exchange":"BSE","quantity":5,"average_price":80,"last_price":0,"close_price":0}]`)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := kite.TotalHoldings(holdings)
	fmt.Println("value", p.Value.Value, "P&L", p.Profit.Value, "day", p.Day.Value)
	fmt.Println(p.Unpriced, "of", p.Counted, "without a price; known:", holdings[1].Value().OK)
	// Output:
	// value 15205 P&L 1205 day 205
	// 1 of 2 without a price; known: false
}
