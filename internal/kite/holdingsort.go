package kite

import (
	"cmp"
	"slices"
	"strings"
)

// HoldingSort is an order in which holdings can be read. Its text is what the
// buttons carry: "day", and "-day" for the same turned round.
type HoldingSort string

// The orders. What is not known comes behind what is, and a row of which
// nothing is known last, whichever is chosen and turned or not.
const (
	SortByValue  HoldingSort = "value"  // the most valuable first
	SortByDay    HoldingSort = "day"    // the best day first, in percent
	SortByProfit HoldingSort = "profit" // the best profit first, in percent
	SortByName   HoldingSort = "name"   // by symbol, A to Z
)

// HoldingSorts lists the orders as they are offered, none of them turned.
func HoldingSorts() []HoldingSort {
	return []HoldingSort{SortByValue, SortByDay, SortByProfit, SortByName}
}

// ParseHoldingSort reads an order's text. What is none is the order by value.
func ParseHoldingSort(text string) HoldingSort {
	if s := HoldingSort(text); slices.Contains(HoldingSorts(), s.Key()) {
		return s
	}
	return SortByValue
}

// Key is what the order goes by, whichever way round.
func (s HoldingSort) Key() HoldingSort { return HoldingSort(strings.TrimPrefix(string(s), "-")) }

// Turned is the same order the other way round.
func (s HoldingSort) Turned() HoldingSort {
	if key := s.Key(); key != s {
		return key
	}
	return "-" + s
}

// SortHoldings returns the holdings in order and leaves its argument alone.
func SortHoldings(holdings []Holding, by HoldingSort) []Holding {
	sorted := make([]Holding, 0, len(holdings))
	for _, i := range HoldingOrder(holdings, by) {
		sorted = append(sorted, holdings[i])
	}
	return sorted
}

// HoldingOrder returns the indexes of the holdings in order. What is equal goes
// by symbol, NSE before BSE, and then as Kite had it.
func HoldingOrder(holdings []Holding, by HoldingSort) []int {
	order, keys, turn := make([]int, len(holdings)), make([]Figure, len(holdings)), 1
	if by != by.Key() {
		turn = -1
	}
	for i := range holdings {
		order[i], keys[i] = i, by.figure(&holdings[i])
	}
	slices.SortFunc(order, func(i, j int) int {
		if c := trueFirst(keys[i].OK, keys[j].OK); c != 0 {
			return c
		}
		if c := compare(keys[j].Value, keys[i].Value); c != 0 {
			return turn * c
		}
		a, b := &holdings[i], &holdings[j]
		names := byName(a, b)
		if by.Key() == SortByName {
			names *= turn
		}
		return cmp.Or(trueFirst(!a.Missing, !b.Missing), names, cmp.Compare(i, j))
	})
	return order
}

// byName orders by symbol. Of one symbol NSE comes before BSE.
func byName(a, b *Holding) int {
	return cmp.Or(cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(b.Exchange, a.Exchange))
}

// figure is what the holding is ordered by, as its row shows it; names have none.
func (s HoldingSort) figure(h *Holding) Figure {
	switch s.Key() {
	case SortByName:
		return Figure{}
	case SortByDay:
		return h.DayPercent()
	case SortByProfit:
		return h.Shown().ProfitPercent()
	default:
		return h.Shown().Value()
	}
}

// trueFirst orders what is true before what is not.
func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// Share is a holding's value as a percentage of the value of all that is
// counted; unknown when either is, and of a holding that is not counted.
func (p Portfolio) Share(h Holding) Figure {
	if h.Shares() == 0 {
		return Figure{}
	}
	return percentOf(h.Value(), p.Value)
}
