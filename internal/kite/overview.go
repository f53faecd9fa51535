package kite

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Overview is an account at one glance. A part that is nil is one that Kite did
// not answer for.
type Overview struct {
	Holdings    *Portfolio
	MutualFunds *FundTotals
	Funds       *Margins
	Positions   *PositionTotals
}

// Worth is the value of the holdings and of the mutual funds, and the cash. It is
// unknown unless all three are known.
//
// Cash is Kite's cash balance, and not the available margin: that is cash +
// collateral − used margin, and collateral is lent on shares that are counted
// themselves. What is blocked for positions is still in the cash. So is what was
// paid for shares bought today, which Kite holds in the used margin (delivery)
// until they are holdings. Hence these are not added: they would count twice.
func (o Overview) Worth() Figure {
	if o.Holdings == nil || o.MutualFunds == nil || o.Funds == nil {
		return Figure{}
	}
	cash := o.Funds.Cash()
	if !o.Holdings.Value.OK || !o.MutualFunds.Value.OK || !cash.OK {
		return Figure{}
	}
	return known(decimal.Sum(o.Holdings.Value.Value, o.MutualFunds.Value.Value, cash.Value))
}

// HoldingsDay is the day's P&L of the holdings; without any it is 0.
func (o Overview) HoldingsDay() Figure {
	switch {
	case o.Holdings == nil:
		return Figure{}
	case o.Holdings.Counted+o.Holdings.MTF.Holdings == 0:
		return known(decimal.Zero)
	}
	return o.Holdings.Day
}

// PositionsDay is the day's P&L of the positions, without what is in that of the
// holdings already.
func (o Overview) PositionsDay() Figure {
	if o.Positions == nil || !o.Positions.Day.OK {
		return Figure{}
	}
	return sum(slices.Concat(o.Positions.Open, o.Positions.Closed), Position.dayOfTrades)
}

// dayOfTrades is the day's P&L of a position. Of one for delivery (CNC) it is
// what today's trades made: shares that it carried over are holdings by now, and
// their day is counted there. Without a last price it is not, and all of the
// position's day counts here.
func (p Position) dayOfTrades() Figure {
	if p.Product != "CNC" || p.OvernightQuantity == 0 || !p.LastPrice.IsPositive() {
		return p.DayProfit()
	}
	held := times(p.LastPrice, p.DayBuyQuantity-p.DaySellQuantity)
	return known(p.DaySellValue.Sub(p.DayBuyValue).Add(held))
}

// DayOfSold is what shares sold today moved from the close before to the last
// price, where the holdings no longer count them. Their position has the way
// from the last price to that of the sale; both together are what their day made.
func (o Overview) DayOfSold() decimal.Decimal {
	if o.Holdings == nil || !o.PositionsDay().OK {
		return decimal.Zero
	}
	return o.Holdings.DayOfSold
}

// Day is the day's P&L of the account, as far as it is known.
func (o Overview) Day() Figure {
	day := sum([]Figure{o.HoldingsDay(), o.PositionsDay()}, func(f Figure) Figure { return f })
	if day.OK {
		day.Value = day.Value.Add(o.DayOfSold())
	}
	return day
}
