package kite

import "github.com/shopspring/decimal"

// Overview is an account at one glance. A part that is nil is one that Kite did
// not answer for.
type Overview struct {
	Holdings  *Portfolio
	Positions *Book
	Funds     *Margins
}

// Total is the value of the holdings, of the shares bought today, and what can
// be used of the funds but for the collateral: that is lent on shares and funds
// that are pledged, which are counted themselves. It is unknown unless all are
// known. The P&L of other positions is not in it: what they bind is already
// taken off the funds.
func (o Overview) Total() Figure {
	bought := o.BoughtToday()
	if o.Holdings == nil || o.Funds == nil || !o.Holdings.Value.OK || !o.Funds.Usable().OK || !bought.OK {
		return Figure{}
	}
	return known(o.Holdings.Value.Value.Add(o.Funds.Usable().Value).Sub(o.Funds.Collateral()).Add(bought.Value))
}

// BoughtToday is what the shares are worth that were bought for delivery today
// (product CNC): paid for already, and a holding only from the next trading day.
func (o Overview) BoughtToday() Figure {
	if o.Positions == nil || o.Positions.Missing > 0 {
		return Figure{}
	}
	total := decimal.Zero
	for _, p := range o.Positions.Open {
		switch {
		case p.Product != "CNC" || p.Quantity < 0:
		case !p.LastPrice.IsPositive():
			return Figure{}
		default:
			total = total.Add(p.LastPrice.Mul(decimal.NewFromInt(p.Quantity)))
		}
	}
	return known(total)
}
