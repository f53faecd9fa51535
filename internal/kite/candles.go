package kite

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
	"kitebot/internal/market"
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
// that never was. Whatever else comes is [wire.KindMalformed].
func DecodeCandles(text string) (Candles, error) {
	rows, err := wire.List("get_historical_data", text, (*Candle).check)
	if err != nil {
		return Candles{}, err
	}
	drawn := slices.DeleteFunc(rows, func(c Candle) bool { return c.Time.IsZero() })
	return Candles{Rows: byTime(drawn), LeftOut: len(rows) - len(drawn)}, nil
}

// byTime sorts by time. Of two candles of one moment the later row stays.
func byTime(rows []Candle) []Candle {
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

// Extremes are the lowest and the highest price of a history; unknown when it is
// empty.
func Extremes(rows []Candle) (low, high Figure) {
	if len(rows) == 0 {
		return Figure{}, Figure{}
	}
	low, high = known(rows[0].Low), known(rows[0].High)
	for _, c := range rows {
		low.Value, high.Value = decimal.Min(low.Value, c.Low), decimal.Max(high.Value, c.High)
	}
	return low, high
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

// Range is how far back a chart goes.
type Range string

// The ranges of charts.
const (
	Day1   Range = "1D"
	Days5  Range = "5D"
	Month1 Range = "1M"
	Month6 Range = "6M"
	Year1  Range = "1Y"
	Year5  Range = "5Y"
)

// Ranges lists the ranges, shortest first.
func Ranges() []Range { return []Range{Day1, Days5, Month1, Month6, Year1, Year5} }

// ParseRange reads a range as people type it: "6m", "6 M", "1yr", "5days".
func ParseRange(text string) (Range, bool) {
	r := Range(timeSpan(strings.ToUpper(strings.Join(strings.Fields(text), ""))))
	return r, slices.Contains(Ranges(), r)
}

// spanUnits are the units of time as people write them.
var spanUnits = map[string]string{
	"MIN": "MIN", "MINS": "MIN", "MINUTE": "MIN", "MINUTES": "MIN", "H": "H", "HR": "H", "HRS": "H", "HOUR": "H", "HOURS": "H",
	"D": "D", "DAY": "D", "DAYS": "D", "W": "W", "WK": "W", "WEEK": "W", "WEEKS": "W",
	"M": "M", "MO": "M", "MTH": "M", "MONTH": "M", "MONTHS": "M", "Y": "Y", "YR": "Y", "YRS": "Y", "YEAR": "Y", "YEARS": "Y",
}

// timeSpan reads a number with a unit of time, "6M"; "" for what is none.
func timeSpan(word string) string {
	digits := strings.TrimRight(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit, ok := spanUnits[word[len(digits):]]
	if !ok || digits == "" || len(digits) > 3 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits + unit
}

// CutSpan takes how far back a chart is to go out of what was typed, wherever it
// stands: "infy 3M", "1 year bank nifty". It need be no range of [Ranges]. "" for
// none.
func CutSpan(text string) (rest, said string) {
	words := strings.Fields(text)
	for i := range words {
		for n := 1; n <= 2 && i+n <= len(words) && n < len(words); n++ {
			if n == 2 && strings.ContainsAny(words[i+1], "0123456789") {
				continue // of "50 1Y" the first is no number of years
			}
			if said = timeSpan(strings.ToUpper(strings.Join(words[i:i+n], ""))); said != "" {
				return strings.Join(slices.Delete(words, i, i+n), " "), said
			}
		}
	}
	return strings.Join(words, " "), ""
}

// ParseChartRequest reads a plain message that asks for a chart: a symbol with the word
// itself, or with how far back, "infy 6M". It returns what goes behind the command.
func ParseChartRequest(text string) (args string, ok bool) {
	words := strings.Fields(text)
	left := slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return slices.Contains([]string{"CHART", "CHARTS", "GRAPH"}, strings.ToUpper(w))
	})
	named := len(left) < len(words)
	if named && len(left) > 1 && slices.Contains([]string{"OF", "FOR"}, strings.ToUpper(left[0])) {
		left = left[1:]
	}
	args = strings.Join(left, " ")
	rest, span := CutSpan(args)
	return args, (named || span != "") && symbol.LooksLikeList(rest)
}

// Window is what get_historical_data is asked for. It is never longer than
// Kite gives for its interval in one answer: 60 days of minutes, 100 of five
// minutes, 200 of fifteen, 400 of hours, 2,000 of days.
type Window struct {
	Interval string    // "5minute", "15minute", "60minute", "day"
	From, To time.Time // Indian time
}

// Window is what to ask for at now so that [Range.Trim] finds the range in the
// answer. Days of trading are counted in the answer rather than by a calendar:
// exchanges differ in their holidays and hours, and no calendar knows all. So
// the days asked for reach back over any row of holidays.
func (r Range) Window(now time.Time) Window {
	now = now.In(market.IST()).Truncate(time.Minute)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, market.IST())
	switch r {
	case Day1:
		return Window{"5minute", today.AddDate(0, 0, -7), now}
	case Days5:
		return Window{"15minute", today.AddDate(0, 0, -14), now}
	case Month1:
		return Window{"60minute", today.AddDate(0, -1, 0), now}
	case Month6:
		return Window{"day", today.AddDate(0, -6, 0), now}
	case Year5:
		return Window{"day", today.AddDate(-5, 0, 0), now}
	default:
		return Window{"day", today.AddDate(-1, 0, 0), now}
	}
}

// Trim returns what of the window's answer is the range: of the short ones the
// last days that had trading, of five years the weeks, since 1,200 days are
// more candles than a picture has room for.
func (r Range) Trim(rows []Candle) []Candle {
	switch r {
	case Day1:
		return lastDays(rows, 1)
	case Days5:
		return lastDays(rows, 5)
	case Year5:
		return weekly(rows)
	default:
		return rows
	}
}

// lastDays returns the candles of the last n days that have any.
func lastDays(rows []Candle, n int) []Candle {
	day := ""
	for i, c := range slices.Backward(rows) {
		d := c.Time.In(market.IST()).Format(time.DateOnly)
		if d == day {
			continue
		}
		if n == 0 {
			return rows[i+1:]
		}
		day, n = d, n-1
	}
	return rows
}

// weekly joins candles of one week, Monday to Sunday in India, to one. It
// begins when its first candle does.
func weekly(rows []Candle) []Candle {
	var weeks []Candle
	year, week := 0, 0
	for _, c := range rows {
		y, w := c.Time.In(market.IST()).ISOWeek()
		if y != year || w != week {
			weeks, year, week = append(weeks, c), y, w
			continue
		}
		last := &weeks[len(weeks)-1]
		last.High, last.Low = decimal.Max(last.High, c.High), decimal.Min(last.Low, c.Low)
		last.Close, last.OI = c.Close, c.OI
		last.Volume += c.Volume
	}
	return weeks
}
