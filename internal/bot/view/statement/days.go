package statement

import (
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/market"
)

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

// onDay is the day of [view.SessionDay] behind a verb: "closed today", "closed on Friday".
func onDay(verb, day string) string {
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

// stamp is a moment with its day and seconds, in IST.
func stamp(t time.Time) string { return t.In(market.IST()).Format("2 Jan "+seconds) + " IST" }
