package chart

import "math"

// tooMuch bounds what can be drawn: a larger price is damage.
const tooMuch = 1e13

func isPrice(v float64) bool { return math.Abs(v) < tooMuch } // false for NaN

// drawableCandles returns the candles that can be drawn, as copies. A volume that is no
// number counts as none.
func drawableCandles(all []Candle) []Candle {
	var rows []Candle
	for _, row := range all {
		if !row.traded() {
			continue
		}
		if !(row.Volume > 0) || row.Volume > tooMuch {
			row.Volume = 0
		}
		rows = append(rows, row)
	}
	return rows
}

// traded reports whether a candle has prices: numbers, and not all zero.
func (row Candle) traded() bool {
	return isPrice(row.Open) && isPrice(row.High) && isPrice(row.Low) && isPrice(row.Close) &&
		(row.Open != 0 || row.High != 0 || row.Low != 0 || row.Close != 0)
}

// priceRange returns the prices at the bottom and the top of the picture. The
// last price is in it; an open or close beyond high and low is too.
func priceRange(rows []Candle, in Candles) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, row := range rows {
		lo = min(lo, row.Open, row.High, row.Low, row.Close)
		hi = max(hi, row.Open, row.High, row.Low, row.Close)
	}
	if in.hasLast() {
		lo, hi = min(lo, in.LastPrice), max(hi, in.LastPrice)
	}
	return padRange(lo, hi)
}

// merge makes at most room candles of rows by taking equally many neighbours
// for one: first open, highest high, lowest low, last close, all the volume.
func merge(rows []Candle, room int) []Candle {
	each := (len(rows) + room - 1) / room
	if each <= 1 {
		return rows
	}
	var merged []Candle
	for i, row := range rows {
		if i%each == 0 {
			merged = append(merged, row)
			continue
		}
		m := &merged[len(merged)-1]
		m.High, m.Low, m.Close = max(m.High, row.High), min(m.Low, row.Low), row.Close
		m.Volume += row.Volume
	}
	return merged
}
