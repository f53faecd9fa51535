package kite

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// GTT is one row of get_gtts: orders that are placed when a price is reached
// ("good till triggered"). Texts are data from outside.
type GTT struct {
	ID        int64
	Type      string    // "single", "two-leg"
	Status    string    // "active", "triggered", "disabled", "expired", "cancelled", "rejected", "deleted"
	CreatedAt time.Time // zero when absent, like the others
	UpdatedAt time.Time
	ExpiresAt time.Time

	Exchange, Symbol string
	Triggers         []decimal.Decimal
	Orders           []Order // one for each trigger; side, quantity, price, product
	Rejection        string  // why the triggered order was refused; may name amounts

	Missing bool // the row came as null: nothing is known of it
}

// Active reports whether the GTT still waits for its price.
func (g GTT) Active() bool { return g.Status == "active" }

// DecodeGTTs reads the answer of get_gtts: a list, where null and [] are none.
// A null row becomes a [GTT] that is Missing. A part of a list, and whatever
// else comes, is [KindMalformed].
func DecodeGTTs(text string) ([]GTT, error) {
	gtts, err := wholeList(text, (*wireGTT).gtt)
	if err != nil {
		return nil, malformed("get_gtts", err)
	}
	return gtts, nil
}

type wireGTT struct {
	ID        count  `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	CreatedAt moment `json:"created_at"`
	UpdatedAt moment `json:"updated_at"`
	ExpiresAt moment `json:"expires_at"`
	Condition struct {
		Exchange string        `json:"exchange"`
		Symbol   string        `json:"tradingsymbol"`
		Triggers parts[amount] `json:"trigger_values"`
	} `json:"condition"`
	Orders parts[*wireOrder] `json:"orders"`
	Meta   struct {
		Rejection string `json:"rejection_reason"`
	} `json:"meta"`
}

func (w *wireGTT) gtt() (GTT, error) {
	switch {
	case w == nil:
		return GTT{Missing: true}, nil
	case w.Condition.Symbol == "":
		return GTT{}, errors.New("a row without a symbol")
	}
	g := GTT{
		ID: int64(w.ID), Type: w.Type, Status: w.Status,
		CreatedAt: w.CreatedAt.Time, UpdatedAt: w.UpdatedAt.Time, ExpiresAt: w.ExpiresAt.Time,
		Exchange: w.Condition.Exchange, Symbol: w.Condition.Symbol,
		Rejection: w.Meta.Rejection,
	}
	for _, t := range w.Condition.Triggers {
		g.Triggers = append(g.Triggers, t.Decimal)
	}
	for _, o := range w.Orders {
		if o == nil {
			g.Orders = append(g.Orders, Order{Missing: true})
			continue
		}
		g.Orders = append(g.Orders, o.order())
	}
	return g, nil
}

// OCO reports whether the GTT is one of two legs: when one triggers, the other is
// cancelled ("one cancels the other").
func (g GTT) OCO() bool { return g.Type == "two-leg" || len(g.Triggers) == 2 }

// Away is how far a trigger is from the last price, as a percentage of that price;
// unknown without a price.
func Away(trigger decimal.Decimal, last Figure) Figure {
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
