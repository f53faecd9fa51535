package view

import (
	"slices"
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

// asOfAt is asOf of what trades on these exchanges. Of commodities and currencies it
// does not say whether the market is open: they keep other hours. What has no exchange
// is no instrument.
func asOfAt(t time.Time, exchanges ...string) string {
	if otherHours(exchanges) {
		return asOfAnyHour(t)
	}
	return asOf(t)
}

func otherHours(exchanges []string) bool {
	shares := []string{"NSE", "BSE", "NFO", "BFO", ""}
	return slices.ContainsFunc(exchanges, func(exchange string) bool { return !slices.Contains(shares, exchange) })
}

// each is what a function says of each row.
func each[T any](rows []T, of func(T) string) []string {
	said := make([]string, len(rows))
	for i, row := range rows {
		said[i] = of(row)
	}
	return said
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

// dayAt is [dayOf] of what trades on these exchanges. Those of commodities and
// currencies open at nine, and in the evening of some holidays: from nine on it may be
// their own session already, and the day has no name.
func dayAt(t time.Time, exchanges ...string) string {
	day := dayOf(t)
	if now := t.In(market.IST()); day != "today" && otherHours(exchanges) && now.Hour() >= 9 && now.Weekday()%6 != 0 {
		return "day"
	}
	return day
}

// DayOf is the day of t's figures where a line begins with it: "Today", "Friday".
func DayOf(t time.Time) string {
	return capital(dayOf(t))
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func sameDay(a, b time.Time) bool {
	return a.In(market.IST()).Format(time.DateOnly) == b.In(market.IST()).Format(time.DateOnly)
}
