package kite

import (
	"cmp"
	"kitebot/internal/kite/wire"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// GTT is one row of get_gtts: orders that are placed when a price is reached
// ("good till triggered"). Texts are data from outside.
type GTT struct {
	Type      string    `json:"type"`       // "single", "two-leg"
	Status    string    `json:"status"`     // "active", "triggered", "disabled", "expired", "cancelled", "rejected", "deleted"
	UpdatedAt time.Time `json:"updated_at"` // zero when absent

	GTTCondition `json:"condition"`
	Orders       []Order `json:"orders"` // one for each trigger; side, quantity, price, product
	GTTMeta      `json:"meta"`

	Missing bool // the row came as null: nothing is known of it
}

// GTTCondition is what a GTT waits for.
type GTTCondition struct {
	Exchange string            `json:"exchange"`
	Symbol   string            `json:"tradingsymbol"`
	Triggers []decimal.Decimal `json:"trigger_values"`
}

// GTTMeta is what became of a GTT.
type GTTMeta struct {
	Rejection string `json:"rejection_reason"` // why the triggered order was refused; may name amounts
}

// Active reports whether the GTT still waits for its price.
func (g GTT) Active() bool { return g.Status == "active" }

// DecodeGTTs reads the answer of get_gtts: a list, where null and [] are none.
// A null row becomes a [GTT] that is Missing. A part of a list, and whatever
// else comes, is [wire.KindMalformed].
func DecodeGTTs(text string) ([]GTT, error) {
	return wire.List("get_gtts", text, func(g *GTT) error { return needSymbol(g.Symbol) })
}

// OCO reports whether the GTT is one of two legs: when one triggers, the other is
// cancelled ("one cancels the other").
func (g GTT) OCO() bool { return g.Type == "two-leg" || len(g.Triggers) == 2 }

// TriggerDistance is how far a trigger is from the last price, as a percentage of that price;
// unknown without a price.
func TriggerDistance(trigger decimal.Decimal, last Figure) Figure {
	if !last.OK {
		return Figure{}
	}
	return percentOf(known(trigger.Sub(last.Value)), last)
}

// GTTStatuses are Kite's, that of those which wait first.
func GTTStatuses() []string {
	return []string{"active", "triggered", "rejected", "cancelled", "expired", "disabled", "deleted"}
}

// GTTsByStatus returns the active ones, then the others by their status, those of
// an unknown one behind; of one status the last changed first. Null rows come last.
func GTTsByStatus(gtts []GTT) []GTT {
	statuses := GTTStatuses()
	place := func(g GTT) int {
		if at := slices.Index(statuses, g.Status); at >= 0 {
			return at
		}
		return len(statuses)
	}
	sorted := slices.Clone(gtts)
	slices.SortStableFunc(sorted, func(a, b GTT) int {
		return cmp.Or(trueFirst(!a.Missing, !b.Missing), cmp.Compare(place(a), place(b)), b.UpdatedAt.Compare(a.UpdatedAt))
	})
	return sorted
}

// Fits reports whether a word is in the GTT's symbol, or says its state or side.
func (g GTT) Fits(word string) bool {
	return contains(g.Symbol, word) || strings.EqualFold(g.Status, word) ||
		slices.ContainsFunc(g.Orders, func(o Order) bool { return isSide(o.Side, word) })
}
