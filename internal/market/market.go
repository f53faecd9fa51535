// Package market knows when Indian equities trade. It is pure: the time is
// always an argument, and no time zone database is needed.
package market

import "time"

// IST is Indian Standard Time, which has had no summer time since 1945.
func IST() *time.Location { return ist }

var ist = time.FixedZone("IST", 5*60*60+30*60)

// The regular session of the equity segment of NSE, as time since midnight IST.
const (
	opens  = 9*time.Hour + 15*time.Minute
	closes = 15*time.Hour + 30*time.Minute
)

// TradingDay reports whether NSE's equity segment trades on the day that t
// falls on in India: Monday to Friday, but not on a holiday of the exchange.
//
// The holidays of 2026 are those that NSE announced, with the election day
// that it added in January. For 2027 only the two days are known that do not
// depend on its announcement (Republic Day and Good Friday): the days that go
// by the moon are left out, and taken for trading days, until they are
// published. Sessions at odd hours (muhurat trading, a Sunday budget, a test
// on a Saturday) are not known either.
func TradingDay(t time.Time) bool {
	t = t.In(ist)
	if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return false
	}
	return !holiday(t)
}

// Open reports whether the regular session is on at t: from 09:15 up to, but
// not including, 15:30 IST of a trading day.
func Open(t time.Time) bool {
	since := t.Sub(midnight(t))
	return TradingDay(t) && since >= opens && since < closes
}

// Session is the day, at midnight IST, of the last regular session that has
// begun by t. A day's change in an answer of t belongs to it.
func Session(t time.Time) time.Time {
	day := midnight(t.Add(-opens))
	for !TradingDay(day) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// midnight is the start of the day that t falls on in India.
func midnight(t time.Time) time.Time {
	year, month, day := t.In(ist).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, ist)
}

// holiday reports whether the exchange announced the day as a holiday. Only
// days that are not at a weekend are listed.
func holiday(t time.Time) bool {
	switch t.Format(time.DateOnly) {
	case "2026-01-15", // municipal elections in Maharashtra
		"2026-01-26", // Republic Day
		"2026-03-03", // Holi
		"2026-03-26", // Ram Navami
		"2026-03-31", // Mahavir Jayanti
		"2026-04-03", // Good Friday
		"2026-04-14", // Ambedkar Jayanti
		"2026-05-01", // Maharashtra Day
		"2026-05-28", // Bakri Id
		"2026-06-26", // Muharram
		"2026-09-14", // Ganesh Chaturthi
		"2026-10-02", // Gandhi Jayanti
		"2026-10-20", // Dussehra
		"2026-11-10", // Diwali Balipratipada
		"2026-11-24", // Guru Nanak Jayanti
		"2026-12-25", // Christmas
		"2027-01-26", // Republic Day
		"2027-03-26": // Good Friday
		return true
	default:
		return false
	}
}
