// Package kite has the values of an account and of the market, and what they come
// to: holdings, positions, orders, trades, funds, quotes and candles, as Kite's
// server answers them, with their figures and totals, which are exact. What is not
// known is a [Figure] that is not OK, never a zero.
package kite

import (
	"cmp"
	"kitebot/internal/kite/wire"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Holding is one row of get_holdings. Prices are rupees for one share, counts
// are shares. Texts are data from outside. Kite's own percentages are not read,
// and its P&L only checks the figures, which are worked out here.
type Holding struct {
	Symbol   string `json:"tradingsymbol"` // "INFY"; a series may follow a dash: "SGBMAY30-GB"
	Exchange string `json:"exchange"`      // "NSE", "BSE"
	ISIN     string `json:"isin"`
	Product  string `json:"product"` // "CNC"

	Quantity           int64 `json:"quantity"`    // shares that can be sold, see Shares for T1
	T1Quantity         int64 `json:"t1_quantity"` // bought, not yet delivered
	RealisedQuantity   int64 `json:"realised_quantity"`
	UsedQuantity       int64 `json:"used_quantity"`
	OpeningQuantity    int64 `json:"opening_quantity"`
	CollateralQuantity int64 `json:"collateral_quantity"` // pledged; not part of Quantity
	Discrepancy        bool  `json:"discrepancy"`         // Kite says that its average price is not reliable

	AveragePrice decimal.Decimal `json:"average_price"`
	LastPrice    decimal.Decimal `json:"last_price"`  // 0 when Kite has none
	ClosePrice   decimal.Decimal `json:"close_price"` // the day before; 0 when Kite has none
	PnL          decimal.Decimal `json:"pnl"`         // as Kite states it, see [Holding.Mismatched]

	MTF MTF `json:"mtf"`

	// Missing says that the row came as null: a holding is there, and nothing
	// is known of it. It is kept so that the count of holdings stays true.
	Missing bool
}

// MTF is the part of a holding bought with borrowed money (margin trading
// facility). Its shares are not in Holding.Quantity.
type MTF struct {
	Quantity     int64           `json:"quantity"`
	AveragePrice decimal.Decimal `json:"average_price"`
}

// DecodeHoldings reads the answer of get_holdings: a list, where null and []
// are an empty account. A paginated answer is taken only when it is the whole
// list, because a part of it would add up to a wrong total. Numbers are exact.
// A null row becomes a [Holding] that is Missing. Whatever else comes is
// [wire.KindMalformed].
func DecodeHoldings(text string) ([]Holding, error) {
	return wire.List("get_holdings", text, func(h *Holding) error { return needSymbol(h.Symbol) })
}

// Shares is how many shares of the holding are the person's own: delivered ones,
// those on their way (T1) and pledged ones. All figures count these. Shares
// bought with borrowed money are not among them, see [Holding.MTFPart].
func (h Holding) Shares() int64 {
	shares := h.Quantity + h.CollateralQuantity
	if !h.holdsT1() {
		shares += h.T1Quantity
	}
	return shares
}

// holdsT1 reports whether Quantity holds the T1 shares already. Kite documents
// that it does; answers that people have published do not bear that out.
func (h Holding) holdsT1() bool {
	return h.T1Quantity > 0 && h.Quantity == h.RealisedQuantity+h.T1Quantity
}

// SoldToday is how many shares sold today Shares no longer counts. Where Kite takes
// them off is not documented: they are off where the shares that are left and those
// that were sold make up what was there in the morning.
func (h Holding) SoldToday() int64 {
	left := h.Shares() - h.CollateralQuantity
	if h.UsedQuantity > 0 && left+h.UsedQuantity == h.OpeningQuantity {
		return h.UsedQuantity
	}
	return 0
}

// MTFPart is the holding's MTF shares as a holding of their own, so that each
// figure can be asked of them. What is owed for them is not taken off.
func (h Holding) MTFPart() Holding {
	h.Quantity, h.AveragePrice = h.MTF.Quantity, h.MTF.AveragePrice
	h.T1Quantity, h.CollateralQuantity = 0, 0
	return h
}

// OwnOrMTF is what a row shows of the holding: the person's own shares, or the MTF
// shares where there are no others.
func (h Holding) OwnOrMTF() Holding {
	if h.Shares() == 0 && h.MTF.Quantity != 0 {
		return h.MTFPart()
	}
	return h
}

// Mismatched reports whether Kite's P&L of the row is neither that of the shares
// counted nor that of those that are not pledged. Then one of the counts means
// something else than is assumed here. A row without a price, or without shares
// of the person's own, has nothing to compare.
func (h Holding) Mismatched() bool {
	shares := h.Shares()
	if shares == 0 || !h.Priced() {
		return false
	}
	each := h.LastPrice.Sub(h.AveragePrice)
	off := func(shares int64) bool { return times(each, shares).Sub(h.PnL).Abs().GreaterThan(paisa) }
	return off(shares) && (h.CollateralQuantity == 0 || off(shares-h.CollateralQuantity))
}

// paisa is how far Kite's P&L may be off: it is computed from binary fractions.
var paisa = decimal.New(1, -2)

// Mismatches counts the holdings that are [Holding.Mismatched].
func Mismatches(holdings []Holding) int {
	n := 0
	for i := range holdings {
		if holdings[i].Mismatched() {
			n++
		}
	}
	return n
}

// Priced reports whether Kite has a last price for the holding.
func (h Holding) Priced() bool { return h.LastPrice.IsPositive() }

// Counted reports whether the holding counts in a [Portfolio]: it has shares of
// the person's own, or came as null.
func (h Holding) Counted() bool { return h.Missing || h.Shares() != 0 }

// Value is shares × last price.
func (h Holding) Value() Figure { return h.worth(h.Shares()) }

// PledgedValue is what the pledged shares are worth, a part of Value.
func (h Holding) PledgedValue() Figure { return h.worth(h.CollateralQuantity) }

func (h Holding) worth(shares int64) Figure { return h.ifPriced(h.LastPrice, shares) }

// ifPriced is price × shares, unknown without a last price: then the holding
// stays out of every sum, so that both sides of a difference cover the same
// shares.
func (h Holding) ifPriced(price decimal.Decimal, shares int64) Figure {
	if !h.Priced() {
		return Figure{}
	}
	return known(times(price, shares))
}

// Invested is shares × average price; unknown without a last price.
func (h Holding) Invested() Figure { return h.ifPriced(h.AveragePrice, h.Shares()) }

// Profit is value − invested.
func (h Holding) Profit() Figure {
	value, invested := h.Value(), h.Invested()
	if !value.OK || !invested.OK {
		return Figure{}
	}
	return known(value.Value.Sub(invested.Value))
}

// ProfitPercent is the profit of a share as a percentage of what was paid for
// it; unknown when nothing was paid (bonus shares), and without a share: all were
// sold, and what they made is a position's.
func (h Holding) ProfitPercent() Figure {
	if h.Shares() == 0 {
		return Figure{}
	}
	return percentOf(h.ifPriced(h.LastPrice.Sub(h.AveragePrice), 1), known(h.AveragePrice))
}

// Day is the day's change in rupees: (last − close price) × shares. It is
// unknown without a last price or a close price to change from. Undelivered
// shares count in full: what was bought today is a position, and comes to the
// holdings on the next trading day with that day's close to compare with. Kite's
// own day_change is the same difference, worked out in binary fractions.
func (h Holding) Day() Figure {
	if !h.ClosePrice.IsPositive() {
		return Figure{}
	}
	return h.ifPriced(h.dayChange(), h.Shares())
}

// dayChange is the day's change of one share.
func (h Holding) dayChange() decimal.Decimal { return h.LastPrice.Sub(h.ClosePrice) }

// DayPercent is the day's change of a share as a percentage of the close before.
func (h Holding) DayPercent() Figure {
	return percentOf(h.ifPriced(h.dayChange(), 1), known(h.ClosePrice))
}

// Fits reports whether a word is in the holding's symbol, or is its ISIN.
func (h Holding) Fits(word string) bool { return contains(h.Symbol, word) || h.ISIN == word }

// HoldingRef is a short name for one of the holdings, by which [HoldingByRef] finds
// it in a later answer: "NSE:INFY". A name that is too long for a button, or not
// plain, is a hash instead ("#9f86d081884c7d65"); a second row of one name has "~2"
// behind it. A row of which nothing is known has none.
func HoldingRef(holdings []Holding, i int) string { return refOf(holdings, i, (*Holding).rowName) }

// HoldingByRef finds the holding that [HoldingRef] named so.
func HoldingByRef(holdings []Holding, ref string) (Holding, bool) {
	return byRef(holdings, ref, (*Holding).rowName)
}

func (h *Holding) rowName() rowName {
	if h.Missing {
		return rowName{}
	}
	return rowName{h.Exchange, ":", h.Symbol}
}

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

// Reversed is the same order the other way round.
func (s HoldingSort) Reversed() HoldingSort {
	if key := s.Key(); key != s {
		return key
	}
	return "-" + s
}

// HoldingsBy returns the indexes of the holdings in order. What is equal goes
// by symbol, NSE before BSE, and then as Kite had it.
func HoldingsBy(holdings []Holding, by HoldingSort) []int {
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
		return h.OwnOrMTF().ProfitPercent()
	default:
		return h.OwnOrMTF().Value()
	}
}
