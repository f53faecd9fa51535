// Package kite has the values of an account and of the market, and what they come
// to: holdings, positions, orders, trades, funds, quotes and candles, as Kite's
// server answers them, with their figures and totals, which are exact. What is not
// known is a [Figure] that is not OK, never a zero.
package kite

import (
	"errors"
	"kitebot/internal/kite/wire"

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
	holdings, err := wire.List(text, (*Holding).check)
	if err != nil {
		return nil, wire.Malformed("get_holdings", err)
	}
	return holdings, nil
}

func (h *Holding) check() error {
	if h.Symbol == "" {
		return errNoSymbol
	}
	return nil
}

var errNoSymbol = errors.New("a row without a symbol")

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

// SoldOut is how many shares sold today Shares no longer counts. Where Kite takes
// them off is not documented: they are off where the shares that are left and those
// that were sold make up what was there in the morning.
func (h Holding) SoldOut() int64 {
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

// Shown is what a row shows of the holding: the person's own shares, or the MTF
// shares where there are no others.
func (h Holding) Shown() Holding {
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
