package kite

import "github.com/shopspring/decimal"

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
