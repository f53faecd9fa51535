package kite

import (
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Candle is the trading of one interval. Prices are rupees for one unit, or
// points of an index.
type Candle struct {
	Time   time.Time       `json:"date"` // when the interval begins
	Open   decimal.Decimal `json:"open"`
	High   decimal.Decimal `json:"high"`
	Low    decimal.Decimal `json:"low"`
	Close  decimal.Decimal `json:"close"`
	Volume int64           `json:"volume"` // units traded
	OI     int64           `json:"oi"`     // open interest; 0 for what has none
}

// Candles is a history, oldest first, one candle for each moment.
type Candles struct {
	Rows    []Candle
	LeftOut int // rows that came as null or without prices: nothing to draw
}

// DecodeCandles reads the answer of get_historical_data: a list, where null and
// [] are no trading. Numbers are exact. A row that is null, or lacks one of its
// four prices, is left out and counted, since a candle at zero would be a crash
// that never was. Whatever else comes is [KindMalformed].
func DecodeCandles(text string) (Candles, error) {
	rows, err := wholeList(text, (*Candle).check)
	if err != nil {
		return Candles{}, malformed("get_historical_data", err)
	}
	drawn := slices.DeleteFunc(rows, func(c Candle) bool { return c.Time.IsZero() })
	return Candles{Rows: inOrder(drawn), LeftOut: len(rows) - len(drawn)}, nil
}

// inOrder sorts by time. Of two candles of one moment the later row stays.
func inOrder(rows []Candle) []Candle {
	slices.SortStableFunc(rows, func(a, b Candle) int { return a.Time.Compare(b.Time) })
	kept := rows[:0]
	for i, c := range rows {
		if i+1 < len(rows) && rows[i+1].Time.Equal(c.Time) {
			continue
		}
		kept = append(kept, c)
	}
	return kept
}

// whole reports whether all four prices are there and in an order that can be
// drawn: nothing above the high, nothing below the low.
func (c *Candle) whole() bool {
	return c.Low.IsPositive() && c.Low.LessThanOrEqual(decimal.Min(c.Open, c.Close)) && c.High.GreaterThanOrEqual(decimal.Max(c.Open, c.Close))
}

// check empties a row that is left out.
func (c *Candle) check() error {
	switch {
	case !c.whole():
		*c = Candle{}
	case c.Time.IsZero():
		return errors.New("a candle without a time")
	}
	return nil
}

// High is the highest price of a history; unknown when it is empty.
func High(rows []Candle) Figure {
	if len(rows) == 0 {
		return Figure{}
	}
	high := rows[0].High
	for _, c := range rows {
		high = decimal.Max(high, c.High)
	}
	return known(high)
}

// Low is the lowest price of a history; unknown when it is empty.
func Low(rows []Candle) Figure {
	if len(rows) == 0 {
		return Figure{}
	}
	low := rows[0].Low
	for _, c := range rows {
		low = decimal.Min(low, c.Low)
	}
	return known(low)
}

// Growth is what the price of one unit changed by from the first open of a
// history to its last close, and that as a percentage of the first open.
// Unknown when it is empty.
func Growth(rows []Candle) (change, percent Figure) {
	if len(rows) == 0 {
		return Figure{}, Figure{}
	}
	open := rows[0].Open
	change = known(rows[len(rows)-1].Close.Sub(open))
	return change, percentOf(change, known(open))
}
