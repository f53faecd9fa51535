package kite_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

const fullRow = `{"tradingsymbol":"M\u0026MFIN","exchange":"NSE","instrument_token":345089,"isin":"INE774D01024","product":"CNC",` +
	`"price":0,"used_quantity":1,"quantity":14,"t1_quantity":3,"realised_quantity":13,"authorised_quantity":2,"authorised_date":"2026-11-12T00:00:00+05:30",` +
	`"opening_quantity":12,"collateral_quantity":9,"collateral_type":"CNC","discrepancy":true,"average_price":301.28125,"last_price":287.15,` +
	`"close_price":290.4,"pnl":-197.83749999999995,"day_change":-3.25,"day_change_percentage":-1.1191460055096418,` +
	`"mtf":{"quantity":5,"used_quantity":4,"average_price":280.5,"value":1402.5,"initial_margin":420.75}}`

func TestDecodeHoldings(t *testing.T) {
	got, err := kite.DecodeHoldings("[" + fullRow + "]")
	if err != nil {
		t.Fatal(err)
	}
	want := []kite.Holding{{
		Symbol: "M&MFIN", Exchange: "NSE", ISIN: "INE774D01024", Product: "CNC",
		Quantity: 14, T1Quantity: 3, RealisedQuantity: 13, UsedQuantity: 1, OpeningQuantity: 12,
		CollateralQuantity: 9, Discrepancy: true,
		AveragePrice: dec("301.28125"), LastPrice: dec("287.15"), ClosePrice: dec("290.4"), PnL: dec("-197.83749999999995"),
		MTF: kite.MTF{Quantity: 5, AveragePrice: dec("280.5")},
	}}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("holdings (-want +got):\n%s", diff)
	}
}

func TestDecodeHoldingsForms(t *testing.T) {
	tests := []struct {
		name, text string
		symbols    []string
	}{
		{"null", "null", nil},
		{"empty", "[]", nil},
		{"empty page", `{"data":[],"pagination":{"from":0,"limit":5,"total":0,"has_more":false,"returned":0}}`, nil},
		{"null page", `{"data":null,"pagination":{"from":0,"limit":5,"total":0,"has_more":false,"returned":0}}`, nil},
		{"one page is all", `{"data":[{"tradingsymbol":"A"},{"tradingsymbol":"B"}],"pagination":{"from":0,"limit":5,"total":2,"has_more":false,"returned":2}}`, []string{"A", "B"}},
		{"unknown fields", `[{"tradingsymbol":"A","new":{"x":[1]},"short_quantity":4}]`, []string{"A"}},
		{"null row", `[{"tradingsymbol":"A"},null]`, []string{"A", ""}},
		{"null fields", `[{"tradingsymbol":"A","quantity":null,"last_price":null,"authorised_date":null,"mtf":null}]`, []string{"A"}},
		{"absent date", `[{"tradingsymbol":"A","authorised_date":"0001-01-01T00:00:00Z"}]`, []string{"A"}},
		{"date of another form", `[{"tradingsymbol":"A","authorised_date":"soon"}]`, []string{"A"}},
		{"float noise", `[{"tradingsymbol":"A","day_change":1.4210854715202004e-14,"last_price":1.5e+3}]`, []string{"A"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := kite.DecodeHoldings(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var symbols []string
			for _, h := range got {
				symbols = append(symbols, h.Symbol)
				if h.Missing != (h.Symbol == "") {
					t.Errorf("holding %+v", h)
				}
			}
			if diff := cmp.Diff(tt.symbols, symbols); diff != "" {
				t.Errorf("symbols (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeHoldingsRefuses(t *testing.T) {
	tests := map[string]string{
		"nothing":               "",
		"prose":                 "Failed to execute get_holdings",
		"number":                "7",
		"object":                `{"tradingsymbol":"A"}`,
		"cut off":               `[{"tradingsymbol":"A"`,
		"more after it":         `[] []`,
		"row of another kind":   `["A"]`,
		"row without a symbol":  `[{"quantity":1}]`,
		"page without a number": `{"data":[{"tradingsymbol":"A"}]}`,
		"first page of many":    `{"data":[{"tradingsymbol":"A"}],"pagination":{"from":0,"limit":1,"total":2,"has_more":true}}`,
		"last page of many":     `{"data":[{"tradingsymbol":"A"}],"pagination":{"from":1,"limit":1,"total":2,"has_more":false}}`,
		"page short of a row":   `{"data":[{"tradingsymbol":"A"}],"pagination":{"from":0,"limit":9,"total":2,"has_more":false}}`,
		"page without a total":  `{"data":[],"pagination":{"from":0,"has_more":false}}`,
		"price in quotes":       `[{"tradingsymbol":"A","last_price":"12.5"}]`,
		"price as an object":    `[{"tradingsymbol":"A","last_price":{}}]`,
		"price as a truth":      `[{"tradingsymbol":"A","last_price":true}]`,
		"price too high":        `[{"tradingsymbol":"A","last_price":1e999999999}]`,
		"price too low":         `[{"tradingsymbol":"A","last_price":1e-999999999}]`,
		"price at the edge":     `[{"tradingsymbol":"A","last_price":1000000000000000000}]`,
		"zero with an exponent": `[{"tradingsymbol":"A","last_price":0e99999}]`,
		"endless price":         `[{"tradingsymbol":"A","last_price":1.` + strings.Repeat("1", 1<<16) + `}]`,
		"half a share":          `[{"tradingsymbol":"A","quantity":1.5}]`,
		"share with a point":    `[{"tradingsymbol":"A","quantity":1.0}]`,
		"shares in quotes":      `[{"tradingsymbol":"A","quantity":"1"}]`,
		"too many shares":       `[{"tradingsymbol":"A","t1_quantity":1000000000000001}]`,
		"shares beyond int64":   `[{"tradingsymbol":"A","mtf":{"quantity":99999999999999999999}}]`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := kite.DecodeHoldings(text)
			if wire.KindOf(err) != wire.KindMalformed || got != nil {
				t.Fatalf("DecodeHoldings = %v, %v, want %v", got, err, wire.KindMalformed)
			}
			if len(err.Error()) > 80 {
				t.Errorf("error quotes the answer: %.200s", err)
			}
		})
	}
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }
