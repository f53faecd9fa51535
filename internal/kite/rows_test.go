package kite_test

import (
	"kitebot/internal/kite"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// Each row is found by its own short name, whatever the ids are.
func TestRefs(t *testing.T) {
	id := rapid.OneOf(rapid.SampledFrom([]string{"1", "1~2", "#1", "a:b", strings.Repeat("9", 100), "12345678901234567890123456789012"}), rapid.StringN(1, 60, 200))
	rapid.Check(t, func(t *rapid.T) {
		var orders []kite.Order
		var holdings []kite.Holding
		var funds []kite.MutualFund
		for i, id := range rapid.SliceOfN(id, 0, 20).Draw(t, "ids") {
			missing := rapid.IntRange(0, 9).Draw(t, "missing") == 0
			orders = append(orders, kite.Order{ID: id, Reason: strconv.Itoa(i), Missing: missing})
			funds = append(funds, kite.MutualFund{ISIN: id, Folio: rapid.SampledFrom([]string{"", "1", "1/2"}).Draw(t, "folio"), NAVDate: strconv.Itoa(i), Missing: missing})
			holdings = append(holdings, kite.Holding{Symbol: id, Exchange: rapid.SampledFrom([]string{"NSE", "BSE", "N:S", ""}).Draw(t, "exchange"), OpeningQuantity: int64(i), Missing: missing})
		}
		for i := range orders {
			ref := kite.OrderRef(orders, i)
			o, ok := kite.OrderByRef(orders, ref)
			if ok == orders[i].Missing || ok && o.Reason != strconv.Itoa(i) || len(ref) > 36 {
				t.Fatalf("%q of order %d finds %v, %v", ref, i, o, ok)
			}
		}
		for i := range funds {
			ref := kite.FundRef(funds, i)
			f, ok := kite.FundByRef(funds, ref)
			if ok == funds[i].Missing || ok && f.NAVDate != strconv.Itoa(i) || len(ref) > 36 {
				t.Fatalf("%q of fund %d finds %v, %v", ref, i, f, ok)
			}
		}
		for i := range holdings {
			ref := kite.HoldingRef(holdings, i)
			h, ok := kite.HoldingByRef(holdings, ref)
			if ok == holdings[i].Missing || ok && h.OpeningQuantity != int64(i) || len(ref) > 36 {
				t.Fatalf("%q of holding %d finds %v, %v", ref, i, h, ok)
			}
		}
	})
}

// What narrows a list: parts of symbols and names, sides, states.
func TestFits(t *testing.T) {
	order := kite.Order{Symbol: "TATASTEEL", Side: "BUY", Status: "REJECTED"}
	pending := kite.Order{Symbol: "ITC", Side: "SELL", Status: "TRIGGER PENDING", Quantity: decimal.NewFromInt(1)}
	for _, tt := range []struct {
		row  interface{ Fits(string) bool }
		word string
		want bool
	}{
		{kite.Holding{Symbol: "INFY", ISIN: "INE000A01010"}, "NF", true}, {kite.Holding{Symbol: "INFY", ISIN: "INE000A01010"}, "INE000A01010", true},
		{kite.Holding{Symbol: "INFY"}, "TCS", false}, {kite.Holding{Missing: true}, "INFY", false},
		{order, "STEEL", true}, {order, "BUY", true}, {order, "SELL", false}, {order, "REJECTED", true}, {order, "OPEN", false}, {order, "COMPLETE", false},
		{pending, "OPEN", true}, {pending, "PENDING", true}, {pending, "SOLD", true}, {kite.Order{Missing: true}, "OPEN", false},
		{kite.Order{Status: "COMPLETE"}, "EXECUTED", true}, {kite.Order{Status: "CANCELLED AMO"}, "CANCELED", true},
		{kite.Position{Symbol: "NIFTY26NOVFUT", Product: "NRML", Quantity: -75}, "OPEN", true}, {kite.Position{Symbol: "X"}, "CLOSED", true}, {kite.Position{Product: "MIS"}, "MIS", true},
		{kite.Trade{Symbol: "ITC", Side: "SELL"}, "SOLD", true}, {kite.Trade{Symbol: "ITC", Side: "SELL"}, "BUY", false},
		{kite.MutualFund{Fund: "Deccan Nifty 50 Index Fund"}, "NIFTY", true}, {kite.MutualFund{ISIN: "INF000T01014"}, "INF000T01014", true},
		{kite.GTT{GTTCondition: kite.GTTCondition{Symbol: "TITAN"}, Status: "active", Orders: []kite.Order{{Side: "BUY"}}}, "ACTIVE", true}, {kite.GTT{Orders: []kite.Order{{Side: "BUY"}}}, "BUY", true}, {kite.GTT{}, "TITAN", false},
	} {
		if got := tt.row.Fits(tt.word); got != tt.want {
			t.Errorf("%+v fits %s: %v", tt.row, tt.word, got)
		}
	}
}
