package kite

import (
	"slices"
	"strings"
)

// What people narrow a list by: a part of a symbol or of a name, a side, a state.
// Words are capitals.

// Fits reports whether a word is in the holding's symbol, or is its ISIN.
func (h Holding) Fits(word string) bool { return contains(h.Symbol, word) || h.ISIN == word }

// Fits reports whether a word is in the position's symbol, or says its product,
// or that it is open or closed.
func (p Position) Fits(word string) bool {
	return contains(p.Symbol, word) || p.Product == word || word == "OPEN" && p.Quantity != 0 || word == "CLOSED" && p.Quantity == 0
}

// orderStates are the states of orders as people name them.
var orderStates = map[string]OrderState{
	"OPEN": OrderOpen, "PENDING": OrderOpen, "EXECUTED": OrderDone, "COMPLETE": OrderDone, "COMPLETED": OrderDone, "DONE": OrderDone, "FILLED": OrderDone,
	"REJECTED": OrderRejected, "FAILED": OrderRejected, "CANCELLED": OrderCancelled, "CANCELED": OrderCancelled,
}

// Fits reports whether a word is in the order's symbol, or says its side or state.
func (o Order) Fits(word string) bool {
	state, named := orderStates[word]
	return contains(o.Symbol, word) || isSide(o.Side, word) || named && !o.Missing && o.State() == state
}

// Fits reports whether a word is in the trade's symbol, or says its side.
func (t Trade) Fits(word string) bool { return contains(t.Symbol, word) || isSide(t.Side, word) }

// Fits reports whether a word is in the fund's name, or is its ISIN.
func (f MutualFund) Fits(word string) bool { return contains(f.Fund, word) || f.ISIN == word }

// Fits reports whether a word is in the GTT's symbol, or says its state or side.
func (g GTT) Fits(word string) bool {
	return contains(g.Symbol, word) || strings.EqualFold(g.Status, word) ||
		slices.ContainsFunc(g.Orders, func(o Order) bool { return isSide(o.Side, word) })
}

func contains(text, word string) bool { return strings.Contains(strings.ToUpper(text), word) }

func isSide(side, word string) bool {
	return side == "BUY" && (word == "BUY" || word == "BOUGHT") || side == "SELL" && (word == "SELL" || word == "SOLD")
}
