package kite

import "github.com/shopspring/decimal"

// Portfolio is an account's holdings with what they come to.
type Portfolio struct {
	Holdings []Holding // all of them, in Kite's order

	Value         Figure // Σ value; unknown when no counted holding has a price, and of MTF shares only
	Invested      Figure // Σ invested, over the same holdings
	Profit        Figure // value − invested
	ProfitPercent Figure
	Day           Figure // Σ day; unknown when no counted holding has one
	DayPercent    Figure // Σ day ÷ Σ (close × shares), over the same holdings

	DayOfSold decimal.Decimal // in no other figure, see [Overview.DayOfSold]

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

// TotalHoldings works out what holdings come to. It holds the rule of the figures:
//
//   - What is the person's own counts, see [Holding.Shares]. MTF shares stand
//     apart from the total, with their own value.
//   - A holding without a price is left out of value and invested alike.
//   - A holding without a close price is left out of both sides of the day.
//   - A holding without shares of its own counts for nothing; a row that came
//     as null counts as one without a price.
//   - Nothing is rounded.
func TotalHoldings(holdings []Holding) Portfolio {
	p := Portfolio{Holdings: holdings}
	var value, invested, pledged, day, yesterday, sold decimalSum
	days := 0
	for i := range holdings {
		h := &holdings[i]
		p.MTF.add(h)
		if n := h.SoldToday(); n != 0 && h.Priced() && h.ClosePrice.IsPositive() {
			sold.add(h.dayChange(), n)
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
		day.add(h.dayChange(), shares)
		yesterday.add(h.ClosePrice, shares)
	}
	p.Pledged, p.DayOfSold = pledged.total(), sold.total()
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

// Share is a holding's value as a percentage of the value of all that is
// counted; unknown when either is, and of a holding that is not counted.
func (p Portfolio) Share(h Holding) Figure {
	if h.Shares() == 0 {
		return Figure{}
	}
	return percentOf(h.Value(), p.Value)
}
