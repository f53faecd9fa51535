package kite

import "github.com/shopspring/decimal"

// Figure is an amount in rupees, or a percentage in percent, that may be
// unknown. An unknown figure is shown as absent, never as 0: a share without a
// price has not lost everything.
type Figure struct {
	Value decimal.Decimal // meaningful when OK
	OK    bool
}

func known(d decimal.Decimal) Figure { return Figure{Value: d, OK: true} }

// percentPlaces is how many places a percentage is worked out to. Rounding to
// what is shown happens on screen only.
const percentPlaces = 16

// percentOf returns part as a percentage of whole; unknown when either is, and
// when whole is not above zero, because a share of nothing is no number.
func percentOf(part, whole Figure) Figure {
	if !part.OK || !whole.OK || !whole.Value.IsPositive() {
		return Figure{}
	}
	return known(divRound(part.Value.Shift(2), whole.Value, percentPlaces))
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
	return h.ifPriced(h.moved(), h.Shares())
}

// moved is the day's change of one share.
func (h Holding) moved() decimal.Decimal { return h.LastPrice.Sub(h.ClosePrice) }

// DayPercent is the day's change of a share as a percentage of the close before.
func (h Holding) DayPercent() Figure {
	return percentOf(h.ifPriced(h.moved(), 1), known(h.ClosePrice))
}

// Portfolio is an account's holdings with what they come to.
type Portfolio struct {
	Holdings []Holding // all of them, in Kite's order

	Value         Figure // Σ value; unknown when no counted holding has a price, and of MTF shares only
	Invested      Figure // Σ invested, over the same holdings
	Profit        Figure // value − invested
	ProfitPercent Figure
	Day           Figure // Σ day; unknown when no counted holding has one
	DayPercent    Figure // Σ day ÷ Σ (close × shares), over the same holdings

	SoldDay decimal.Decimal // in no other figure, see [Overview.SoldDay]

	Counted  int // holdings that have shares to count, known or not
	Unpriced int // of Counted: without a price, in none of the sums
	NoClose  int // of Counted: with a price but no close, left out of the day

	Pledged decimal.Decimal // the part of Value that is pledged
	MTF     MTFTotal
}

// MTFTotal is what the shares bought with borrowed money come to. They are in
// no sum of a [Portfolio].
type MTFTotal struct {
	Holdings int             // how many holdings have such shares
	Value    decimal.Decimal // at last prices, of the priced ones
	Unpriced int             // of Holdings: without a price
}

// Total works out what holdings come to. It holds the rule of the figures:
//
//   - What is the person's own counts, see [Holding.Shares]. MTF shares stand
//     apart from the total, with their own value.
//   - A holding without a price is left out of value and invested alike.
//   - A holding without a close price is left out of both sides of the day.
//   - A holding without shares of its own counts for nothing; a row that came
//     as null counts as one without a price.
//   - Nothing is rounded.
func Total(holdings []Holding) Portfolio {
	p := Portfolio{Holdings: holdings}
	var value, invested, pledged, day, yesterday, sold decimalSum
	days := 0
	for i := range holdings {
		h := &holdings[i]
		p.MTF.add(h)
		if n := h.SoldOut(); n != 0 && h.Priced() && h.ClosePrice.IsPositive() {
			sold.add(h.moved(), n)
		}
		if !h.Counted() {
			continue
		}
		shares := h.Shares()
		p.Counted++
		if !h.LastPrice.IsPositive() {
			p.Unpriced++
			continue
		}
		value.add(h.LastPrice, shares)
		invested.add(h.AveragePrice, shares)
		pledged.add(h.LastPrice, h.CollateralQuantity)
		if !h.ClosePrice.IsPositive() {
			p.NoClose++
			continue
		}
		days++
		day.add(h.moved(), shares)
		yesterday.add(h.ClosePrice, shares)
	}
	p.Pledged, p.SoldDay = pledged.total(), sold.total()
	if p.Unpriced < p.Counted || p.Counted+p.MTF.Holdings == 0 {
		p.Value, p.Invested = known(value.total()), known(invested.total())
		p.Profit = known(p.Value.Value.Sub(p.Invested.Value))
	}
	if days > 0 {
		p.Day = known(day.total())
	}
	p.ProfitPercent = percentOf(p.Profit, p.Invested)
	p.DayPercent = percentOf(p.Day, known(yesterday.total()))
	return p
}

func (m *MTFTotal) add(h *Holding) {
	if h.MTF.Quantity == 0 {
		return
	}
	m.Holdings++
	if !h.Priced() {
		m.Unpriced++
		return
	}
	m.Value = m.Value.Add(times(h.LastPrice, h.MTF.Quantity))
}
