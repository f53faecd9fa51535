package statement

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// headline is a first line: a name, the value behind it, and what its day
// changed. In privacy mode it is the day in percent.
func headline(name string, value, change, percent kite.Figure, v mask, day string) string {
	line := name
	if value.OK && !bool(v) {
		line += " " + view.RupeesOf(value)
	}
	switch {
	case bool(v) && percent.OK:
		line += " · " + day + " " + view.PercentOf(percent)
	case !bool(v) && change.OK:
		line += " · " + day + " " + view.SignedRupeesOf(change)
	}
	return "<b>" + line + "</b>"
}

func countHas(n int) string {
	if n == 1 {
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

// mapRows is what a function makes of each row.
func mapRows[T, U any](rows []T, of func(T) U) []U {
	made := make([]U, len(rows))
	for i, row := range rows {
		made[i] = of(row)
	}
	return made
}

// masked stands where privacy mode covers an amount.
const masked = "•••"

// mask is privacy mode: it covers amounts, quantities and prices, and lets
// percentages through. What is not known is absent, covered or not.
type mask bool

func (v mask) rupees(f kite.Figure) string { return v.write(f, view.Rupees) }

func (v mask) signed(f kite.Figure) string { return v.write(f, view.SignedRupees) }

// units writes a quantity in full.
func (v mask) units(d decimal.Decimal) string {
	if v {
		return masked
	}
	return view.Quantity(d)
}

func (v mask) count(n int64) string { return v.units(decimal.NewFromInt(n)) }

func (v mask) write(f kite.Figure, write func(decimal.Decimal) string) string {
	if f.OK && bool(v) {
		return masked
	}
	return view.IfKnown(f, write)
}

// change writes a change with its percentage, where there is one; covered, the
// percentage alone.
func (v mask) change(amount, percent kite.Figure) string {
	switch {
	case !percent.OK:
		return v.signed(amount)
	case bool(v):
		return view.PercentOf(percent)
	default:
		return view.SignedRupeesOf(amount) + " (" + view.PercentOf(percent) + ")"
	}
}

// words covers every number in text from outside, such as the reason of a
// rejection, which names amounts.
func (v mask) words(text string) string {
	if !v {
		return text
	}
	var b strings.Builder
	runes, inside := []rune(text), false
	for i, r := range runes {
		number := unicode.IsNumber(r)
		if inside && strings.ContainsRune(".,", r) { // of a number only if it goes on
			number = i+1 < len(runes) && unicode.IsNumber(runes[i+1])
		}
		switch {
		case number && !inside:
			b.WriteString(masked)
		case !number:
			b.WriteRune(r)
		}
		inside = number
	}
	return b.String()
}

// note says that amounts are covered, and how to uncover them.
func (v mask) note() []string {
	if !v {
		return nil
	}
	return []string{"Amounts hidden. /show shows them."}
}

// shareOf writes a share of the whole for a column, without the percent sign:
// 12.35, 100.0.
func shareOf(f kite.Figure) string { return strings.TrimPrefix(view.ShortPercentOf(f), "+") }

// gain is value − invested as both are shown, to the paisa, so that the three add up.
func gain(value, invested kite.Figure) kite.Figure {
	if !value.OK || !invested.OK {
		return kite.Figure{}
	}
	return figureOf(value.Value.Round(2).Sub(invested.Value.Round(2)))
}

// sumOf adds up amounts as they are shown, to the paisa, so that the parts come to
// the sum. It is unknown when one of them is.
func sumOf(parts ...kite.Figure) kite.Figure {
	sum := decimal.Zero
	for _, part := range parts {
		if !part.OK {
			return kite.Figure{}
		}
		sum = sum.Add(part.Value.Round(2))
	}
	return figureOf(sum)
}

// figureOf is an amount that is known.
func figureOf(d decimal.Decimal) kite.Figure { return kite.Figure{Value: d, OK: true} }

// priceOf is a price; 0 is none.
func priceOf(d decimal.Decimal) kite.Figure { return kite.Figure{Value: d, OK: !d.IsZero()} }

// noData says that rows came as null, and that they are not counted.
func noData(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{view.Plural(n, "row", "rows") + " came without data and " + view.IsAre(n) + " not counted."}
}

// groupsOf splits rows into the parts of one kind that follow each other.
func groupsOf[T any, K comparable](rows []T, kind func(T) K) [][]T {
	var parts [][]T
	for i, r := range rows {
		if i == 0 || kind(r) != kind(rows[i-1]) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], r)
	}
	return parts
}

func nonEmpty(words ...string) []string {
	var there []string
	for _, w := range words {
		if w = strings.TrimSpace(view.Clean(w)); w != "" {
			there = append(there, w)
		}
	}
	return there
}

// clock and seconds are the layouts of a moment on its day.
const clock, seconds = "15:04", "15:04:05"

// momentOf is when something of a list happened: the clock alone on the day of the
// list, "27 Nov 14:20" on another.
func momentOf(t, at time.Time, layout string) string {
	switch {
	case t.IsZero():
		return view.Absent
	case view.SameDay(t, at):
		return t.In(market.IST()).Format(layout)
	default:
		return t.In(market.IST()).Format("2 Jan " + layout)
	}
}

// onSessionDay is the day of [view.SessionDay] behind a verb: "closed today", "closed on Friday".
func onSessionDay(verb, day string) string {
	switch day {
	case "day":
		return verb
	case "today":
		return verb + " today"
	default:
		return verb + " on " + day
	}
}

// ofDay names a list with the day that all its rows are of, where that is not the
// day of the answer: after midnight Kite still lists the day before.
func ofDay(name string, at time.Time, rows []time.Time) string {
	var day time.Time
	for _, t := range rows {
		switch {
		case t.IsZero():
		case view.SameDay(t, at), !day.IsZero() && !view.SameDay(t, day):
			return name
		default:
			day = t
		}
	}
	if day.IsZero() {
		return name
	}
	return name + " of " + day.In(market.IST()).Format("Monday 2 Jan")
}

// dateTimeSeconds is a moment with its day and seconds, in IST.
func dateTimeSeconds(t time.Time) string { return t.In(market.IST()).Format("2 Jan "+seconds) + " IST" }
