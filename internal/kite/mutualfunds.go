package kite

import (
	"cmp"
	"errors"
	"kitebot/internal/kite/wire"
	"slices"

	"github.com/shopspring/decimal"
)

// MutualFund is one row of get_mf_holdings. Prices are rupees for one unit.
// Texts are data from outside.
type MutualFund struct {
	Fund         string          `json:"fund"` // its name
	ISIN         string          `json:"tradingsymbol"`
	Folio        string          `json:"folio"`
	Units        decimal.Decimal `json:"quantity"` // a fraction
	AveragePrice decimal.Decimal `json:"average_price"`
	LastPrice    decimal.Decimal `json:"last_price"`      // the NAV; 0 when Kite has none
	NAVDate      string          `json:"last_price_date"` // the day of the NAV as Kite writes it; often ""
	Missing      bool            // the row came as null: nothing is known of it
}

// DecodeMutualFunds reads the answer of get_mf_holdings: a list, where null and
// [] are none. A null row becomes a [MutualFund] that is Missing. Kite's own
// pnl is left aside: it is 0 for funds that have gained. A part of a list, and
// whatever else comes, is [wire.KindMalformed].
func DecodeMutualFunds(text string) ([]MutualFund, error) {
	return wire.List("get_mf_holdings", text, func(f *MutualFund) error {
		if f.Fund == "" && f.ISIN == "" {
			return errors.New("a row without a fund")
		}
		return nil
	})
}

// Value is units × NAV.
func (f MutualFund) Value() Figure { return f.ifPriced(f.LastPrice) }

// Invested is units × average price; unknown without a NAV, so that both sides
// of the profit cover the same funds.
func (f MutualFund) Invested() Figure { return f.ifPriced(f.AveragePrice) }

// Profit is (NAV − average price) × units.
func (f MutualFund) Profit() Figure { return f.ifPriced(f.LastPrice.Sub(f.AveragePrice)) }

// ProfitPercent is the profit as a percentage of what was invested.
func (f MutualFund) ProfitPercent() Figure { return percentOf(f.Profit(), f.Invested()) }

func (f MutualFund) ifPriced(price decimal.Decimal) Figure {
	if !f.LastPrice.IsPositive() {
		return Figure{}
	}
	return known(price.Mul(f.Units))
}

// FundTotals is an account's mutual funds with what they come to.
type FundTotals struct {
	Funds         []MutualFund // the most valuable first, those without a NAV behind
	Value         Figure       // Σ value; unknown when there are funds and none has a NAV
	Invested      Figure
	Profit        Figure
	ProfitPercent Figure
	Unpriced      int // without a NAV, in none of the sums; null rows too
}

// TotalMutualFunds works out what mutual funds come to. Nothing is rounded.
func TotalMutualFunds(funds []MutualFund) FundTotals {
	t := FundTotals{
		Funds: slices.Clone(funds),
		Value: sum(funds, MutualFund.Value), Invested: sum(funds, MutualFund.Invested), Profit: sum(funds, MutualFund.Profit),
	}
	for _, f := range funds {
		if !f.Value().OK {
			t.Unpriced++
		}
	}
	t.ProfitPercent = percentOf(t.Profit, t.Invested)
	slices.SortStableFunc(t.Funds, func(a, b MutualFund) int {
		va, vb := a.Value(), b.Value()
		return cmp.Or(trueFirst(!a.Missing, !b.Missing), trueFirst(va.OK, vb.OK), vb.Value.Cmp(va.Value), cmp.Compare(a.Fund, b.Fund))
	})
	return t
}

// Share is a fund's value as a percentage of all that have one.
func (t FundTotals) Share(f MutualFund) Figure { return percentOf(f.Value(), t.Value) }

// FundRef is a short name for one of the funds, by which [FundByRef] finds it in a
// later answer, as in [HoldingRef]: a hash of its ISIN and folio.
func FundRef(funds []MutualFund, i int) string { return refOf(funds, i, (*MutualFund).rowName) }

// FundByRef finds the fund that [FundRef] named so.
func FundByRef(funds []MutualFund, ref string) (MutualFund, bool) {
	return byRef(funds, ref, (*MutualFund).rowName)
}

func (f *MutualFund) rowName() rowName {
	if f.Missing {
		return rowName{}
	}
	return rowName{f.ISIN, "/", f.Folio}
}

// Fits reports whether a word is in the fund's name, or is its ISIN.
func (f MutualFund) Fits(word string) bool { return contains(f.Fund, word) || f.ISIN == word }
