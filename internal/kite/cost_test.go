package kite_test

import (
	"fmt"
	"strings"
	"testing"

	"kitebot/internal/kite"
)

// manyHoldings is an answer of so many holdings, whole and with the noise of floats.
func manyHoldings(holdings int) string {
	rows := make([]string, holdings)
	for i := range rows {
		average, last, closing := 90+i*37%4000, 100+i*53%4000, 99+i*53%4000
		rows[i] = fmt.Sprintf(`{"tradingsymbol":"STOCK%03d","exchange":"NSE","instrument_token":%d,"isin":"INE%06d01","product":"CNC",`+
			`"price":0,"used_quantity":0,"quantity":%d,"t1_quantity":0,"realised_quantity":%d,"authorised_quantity":0,"authorised_date":"2026-11-12T00:00:00+05:30",`+
			`"opening_quantity":%d,"collateral_quantity":0,"collateral_type":"","discrepancy":false,"average_price":%d.2813,"last_price":%d.35,`+
			`"close_price":%d.4,"pnl":%d.83749999999995,"day_change":0.9500000000000455,"day_change_percentage":0.%d119146005509641,`+
			`"mtf":{"quantity":0,"used_quantity":0,"average_price":0,"value":0,"initial_margin":0}}`,
			i, 300_000+i, i, 1+i%90, 1+i%90, 1+i%90, average, last, closing, (last-average)*(1+i%90), 1+i%9)
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func BenchmarkDecodeHoldings(b *testing.B) {
	for _, n := range []int{10, 100, 500} {
		text := manyHoldings(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if h, err := kite.DecodeHoldings(text); err != nil || len(h) != n {
					b.Fatal(len(h), err)
				}
			}
		})
	}
}

func BenchmarkTotal(b *testing.B) {
	holdings, err := kite.DecodeHoldings(manyHoldings(500))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !kite.TotalHoldings(holdings).Value.OK {
			b.Fatal("no value")
		}
	}
}

func BenchmarkHoldingsBy(b *testing.B) {
	holdings, err := kite.DecodeHoldings(manyHoldings(500))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if order := kite.HoldingsBy(holdings, kite.SortByValue); len(order) != len(holdings) {
			b.Fatal(len(order))
		}
	}
}

// BenchmarkDecodeCandles is a year of days.
func BenchmarkDecodeCandles(b *testing.B) {
	rows := make([]string, 250)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"date":"2026-%02d-%02dT00:00:00+05:30","open":%d.5,"high":%d.05,"low":%d.95,"close":%d.2,"volume":%d,"oi":0}`,
			1+i/28, 1+i%28, 100+i, 102+i, 98+i, 101+i, 1_000_000+i)
	}
	text := "[" + strings.Join(rows, ",") + "]"
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if c, err := kite.DecodeCandles(text); err != nil || len(c.Rows) != len(rows) {
			b.Fatal(len(c.Rows), err)
		}
	}
}
