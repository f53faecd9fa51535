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

// sum adds up the figures that are known. It is unknown when there are rows and
// none of them has one; of no rows it is 0.
func sum[T any](rows []T, figure func(T) Figure) Figure {
	total, ok := decimal.Zero, len(rows) == 0
	for _, row := range rows {
		if f := figure(row); f.OK {
			total, ok = total.Add(f.Value), true
		}
	}
	if !ok {
		return Figure{}
	}
	return known(total)
}
