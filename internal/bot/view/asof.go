package view

import (
	"strings"
	"time"

	"kitebot/internal/market"
)

// asOf says how old the figures are, on one line of a phone. It names the day,
// because a message that was refreshed keeps the date it was first sent.
func asOf(t time.Time) string {
	state := "closed"
	if market.Open(t) {
		state = "open"
	}
	return minuteOf(t) + " · market " + state
}

// asOfAnyHour is asOf where the market keeps other hours than shares do.
func asOfAnyHour(t time.Time) string { return "As of " + minuteOf(t) }

func minuteOf(t time.Time) string { return t.In(market.IST()).Format("2 Jan 15:04") + " IST" }

// dayOf names the day that the day's figures in an answer of t are of: "today"
// once the exchange has opened, else the weekday of its last session.
func dayOf(t time.Time) string {
	session := market.Session(t)
	if sameDay(session, t) {
		return "today"
	}
	return session.Weekday().String()
}

// DayOf is the day of t's figures where a line begins with it: "Today", "Friday".
func DayOf(t time.Time) string {
	day := dayOf(t)
	return strings.ToUpper(day[:1]) + day[1:]
}

func sameDay(a, b time.Time) bool {
	return a.In(market.IST()).Format(time.DateOnly) == b.In(market.IST()).Format(time.DateOnly)
}
