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

// Shares is what the figures count: settled shares and those bought but not
// yet delivered. Pledged and MTF shares are not in it.
func (h Holding) Shares() int64 { return h.Quantity + h.T1Quantity }

// Priced reports whether Kite has a last price for the holding.
func (h Holding) Priced() bool { return h.LastPrice.IsPositive() }

// Value is shares × last price.
func (h Holding) Value() Figure { return h.worth(h.Shares()) }

// PledgedValue is what the pledged shares are worth at the last price.
func (h Holding) PledgedValue() Figure { return h.worth(h.CollateralQuantity) }

// MTFValue is what the MTF shares are worth at the last price. What is owed
// for them is not taken off.
func (h Holding) MTFValue() Figure { return h.worth(h.MTF.Quantity) }

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

// ProfitPercent is profit as a percentage of invested; unknown when nothing
// was paid (bonus shares).
func (h Holding) ProfitPercent() Figure { return percentOf(h.Profit(), h.Invested()) }

// Day is the day's change in rupees: the change of one share × shares. It is
// unknown without a last price or a close price to change from. Undelivered
// shares count in full: what was bought today is a position, and comes to the
// holdings on the next trading day with that day's close to compare with.
func (h Holding) Day() Figure {
	if !h.ClosePrice.IsPositive() {
		return Figure{}
	}
	return h.ifPriced(h.DayChange, h.Shares())
}

// DayPercent is the day's change as a percentage of yesterday's value.
func (h Holding) DayPercent() Figure { return percentOf(h.Day(), h.yesterday()) }

// yesterday is what the shares were worth at the close before.
func (h Holding) yesterday() Figure {
	if !h.ClosePrice.IsPositive() {
		return Figure{}
	}
	return h.ifPriced(h.ClosePrice, h.Shares())
}

// Portfolio is an account's holdings with what they come to.
type Portfolio struct {
	Holdings []Holding // all of them, in Kite's order

	Value         Figure // Σ value; unknown when no counted holding has a price
	Invested      Figure // Σ invested, over the same holdings
	Profit        Figure // value − invested
	ProfitPercent Figure
	Day           Figure // Σ day; unknown when no counted holding has one
	DayPercent    Figure // Σ day ÷ Σ (close × shares), over the same holdings

	Counted  int // holdings that have shares to count, known or not
	Unpriced int // of Counted: without a price, in none of the sums
	NoClose  int // of Counted: with a price but no close, left out of the day

	Pledged Aside // not in the sums above
	MTF     Aside // not in the sums above
}

// Aside is what stands beside the total.
type Aside struct {
	Holdings int             // how many holdings have such shares
	Value    decimal.Decimal // at last prices, of the priced ones
	Unpriced int             // of Holdings: without a price
}

// Total works out what holdings come to. It holds the rule of the figures:
//
//   - Shares are quantity + T1 quantity. Pledged and MTF shares stand beside
//     the total, with their own value.
//   - A holding without a price is left out of value and invested alike.
//   - A holding without a close price is left out of both sides of the day.
//   - A holding without shares of its own counts for nothing; a row that came
//     as null counts as one without a price.
//   - Nothing is rounded.
func Total(holdings []Holding) Portfolio {
	p := Portfolio{Holdings: holdings}
	var value, invested, day, yesterday tally
	days := 0
	for i := range holdings {
		h := &holdings[i]
		p.Pledged.add(h, h.CollateralQuantity)
		p.MTF.add(h, h.MTF.Quantity)
		shares := h.Quantity + h.T1Quantity
		if shares == 0 && !h.Missing {
			continue
		}
		p.Counted++
		if !h.LastPrice.IsPositive() {
			p.Unpriced++
			continue
		}
		value.add(h.LastPrice, shares)
		invested.add(h.AveragePrice, shares)
		if !h.ClosePrice.IsPositive() {
			p.NoClose++
			continue
		}
		days++
		day.add(h.DayChange, shares)
		yesterday.add(h.ClosePrice, shares)
	}
	if p.Counted == 0 || p.Unpriced < p.Counted {
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

func (a *Aside) add(h *Holding, shares int64) {
	if shares == 0 {
		return
	}
	a.Holdings++
	if !h.LastPrice.IsPositive() {
		a.Unpriced++
		return
	}
	a.Value = a.Value.Add(times(h.LastPrice, shares))
}
