package view

import (
	"slices"
	"time"

	"kitebot/internal/market"
)

// AsOf says how old the figures of what trades on these exchanges are, on one line of
// a phone: "12 Nov 12:02 IST · market open". It names the day, because a message that
// was refreshed keeps the date it was first sent. Without exchanges they are of shares.
// Of commodities and currencies it does not say whether the market is open.
func AsOf(t time.Time, exchanges ...string) string {
	minute := t.In(market.IST()).Format("2 Jan 15:04") + " IST"
	switch {
	case otherHours(exchanges):
		return "As of " + minute
	case market.Open(t):
		return minute + " · market open"
	default:
		return minute + " · market closed"
	}
}

// otherHours reports whether one of the exchanges keeps other hours than shares do.
// What has no exchange is no instrument.
func otherHours(exchanges []string) bool {
	shares := []string{"NSE", "BSE", "NFO", "BFO", ""}
	return slices.ContainsFunc(exchanges, func(exchange string) bool { return !slices.Contains(shares, exchange) })
}

// SessionDay names the day that the day's figures in an answer of t are of: "today"
// once the exchange has opened, else the weekday of its last session. The exchanges of
// commodities and currencies open at nine, and in the evening of some holidays: from
// nine on it may be their own session already, and the day has no name: "day".
func SessionDay(t time.Time, exchanges ...string) string {
	session, now := market.Session(t), t.In(market.IST())
	switch {
	case SameDay(session, t):
		return "today"
	case otherHours(exchanges) && now.Hour() >= 9 && now.Weekday()%6 != 0:
		return "day"
	default:
		return session.Weekday().String()
	}
}

// SameDay reports whether two moments are of one day in India.
func SameDay(a, b time.Time) bool {
	return a.In(market.IST()).Format(time.DateOnly) == b.In(market.IST()).Format(time.DateOnly)
}

// ClockTime is the hour and minute in India.
func ClockTime(t time.Time) string { return t.In(market.IST()).Format("15:04") }

// ClockSeconds adds seconds: a time that changes with every press.
func ClockSeconds(t time.Time) string { return t.In(market.IST()).Format("15:04:05") }

// DayTime is a moment that need not be today.
func DayTime(t time.Time) string { return t.In(market.IST()).Format("2 Jan, 15:04") }
