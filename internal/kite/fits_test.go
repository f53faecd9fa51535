package kite_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

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
