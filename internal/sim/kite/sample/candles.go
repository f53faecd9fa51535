package sample

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Trading hours in minutes after midnight, Indian time: 09:15 to 15:30.
const (
	marketOpens  = 9*60 + 15
	marketCloses = 15*60 + 30
)

// Interval is a length of candles and the longest span that Kite gives in one answer.
type Interval struct {
	minutes int // 0 is a day
	MaxSpan time.Duration
}

// IntervalByName knows the intervals of Kite by name.
func IntervalByName(name string) (Interval, bool) {
	const day = 24 * time.Hour
	i, ok := map[string]Interval{
		"minute": {1, 60 * day}, "3minute": {3, 100 * day}, "5minute": {5, 100 * day}, "10minute": {10, 100 * day},
		"15minute": {15, 200 * day}, "30minute": {30, 200 * day}, "60minute": {60, 400 * day}, "day": {0, 2000 * day},
	}[name]
	return i, ok
}

// Candles returns the history of an instrument between from and to, both included, up to now. It is a random walk
// seeded by the instrument: the same at every call of a day, ending in the last price and, one trading day earlier, in
// the close before.
func (l Listing) Candles(every Interval, from, to, now time.Time) []Candle {
	out := []Candle{}
	for _, d := range l.days(from, now) {
		if every.minutes == 0 {
			if !d.Date.Before(from) && !d.Date.After(to) {
				out = append(out, d)
			}
			continue
		}
		if dayAfter := d.Date.AddDate(0, 0, 1); !dayAfter.After(from) || d.Date.After(to) {
			continue
		}
		for _, c := range l.intraday(d, every.minutes, now) {
			if !c.Date.Before(from) && !c.Date.After(to) {
				out = append(out, c)
			}
		}
	}
	return out
}

// days returns the daily candles from the day of from to the last trading day that has begun by now, oldest first.
// There is no history before 2000.
func (l Listing) days(from, now time.Time) []Candle {
	if l.LastPrice == 0 {
		return nil
	}
	first := midnight(from)
	if oldest := time.Date(2000, 1, 1, 0, 0, 0, 0, IST()); first.Before(oldest) {
		first = oldest
	}
	var backwards []Candle
	shut, next := l.LastPrice, l.Close
	for d := lastTradingDay(now); !d.Before(first); d = tradingDayBefore(d) {
		r := l.random(d)
		c := Candle{Date: d, Open: tick(next * (1 + 0.004*r.NormFloat64())), Close: shut, Volume: l.Volume/2 + r.IntN(l.Volume+1)}
		c.High = tick(max(c.Open, c.Close) * (1 + 0.006*r.Float64()))
		c.Low = tick(min(c.Open, c.Close) * (1 - 0.006*r.Float64()))
		backwards = append(backwards, c.widened())
		shut, next = next, tick(max(next*(1-0.0004+0.011*r.NormFloat64()), 0.05))
	}
	out := make([]Candle, 0, len(backwards))
	for i := len(backwards) - 1; i >= 0; i-- {
		out = append(out, backwards[i])
	}
	return out
}

// widened makes sure that rounding has not put the open or the close outside of the range of the day.
func (c Candle) widened() Candle {
	c.High = max(c.High, c.Open, c.Close)
	c.Low = min(c.Low, c.Open, c.Close)
	return c
}

// intraday cuts a day, up to now, into candles of so many minutes. The first opens where the day does, the last closes
// where it does, and together they have its range.
func (l Listing) intraday(day Candle, minutes int, now time.Time) []Candle {
	opens := day.Date.Add(marketOpens * time.Minute)
	path := l.path(day, min(marketCloses-marketOpens, int(now.Sub(opens)/time.Minute)+1))
	top, bottom, r := slices.Max(path), slices.Min(path), l.random(opens)
	var out []Candle
	for m, price := range path {
		if m%minutes == 0 {
			first := path[max(m-1, 0)]
			if m == 0 {
				first = day.Open
			}
			out = append(out, Candle{Date: opens.Add(time.Duration(m) * time.Minute), Open: first, High: first, Low: first})
		}
		c := &out[len(out)-1]
		c.High, c.Low, c.Close = max(c.High, price), min(c.Low, price), price
		if price == top {
			c.High = day.High
		}
		if price == bottom {
			c.Low = day.Low
		}
		c.Volume += 1 + int(float64(day.Volume)/float64(len(path))*r.ExpFloat64())
	}
	return out
}

// path walks at random from the open of the day to its close, within its range.
func (l Listing) path(day Candle, minutes int) []float64 {
	r := l.random(day.Date.Add(time.Minute)) // another walk than that of the days
	path, price := make([]float64, minutes), day.Open
	for m := range path {
		price += (day.Close-price)/float64(minutes-m) + (day.High-day.Low)/25*r.NormFloat64()
		price = min(max(price, day.Low), day.High)
		path[m] = tick(price)
	}
	path[minutes-1] = day.Close
	return path
}

// random returns the generator of an instrument and a moment, always the same one for both.
func (l Listing) random(at time.Time) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(l.InstrumentToken), uint64(at.Unix())))
}

func midnight(t time.Time) time.Time {
	t = t.In(IST())
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, IST())
}

// lastTradingDay returns the day of the last session that has begun by now. Weekends are the only holidays here.
func lastTradingDay(now time.Time) time.Time {
	d := midnight(now)
	if now.Before(d.Add(marketOpens*time.Minute)) || !weekday(d) {
		return tradingDayBefore(d)
	}
	return d
}

func tradingDayBefore(d time.Time) time.Time {
	for d = d.AddDate(0, 0, -1); !weekday(d); d = d.AddDate(0, 0, -1) {
	}
	return d
}

func weekday(d time.Time) bool {
	return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
}

// IST is Indian time, which has no summer time and needs no zone database.
func IST() *time.Location {
	return time.FixedZone("IST", 5*60*60+30*60)
}
