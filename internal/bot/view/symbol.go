package view

import (
	"strconv"
	"strings"
	"time"

	"kitebot/internal/market"
)

// Contract writes the symbol of a derivative as Kite does: what it is on, which may
// be cut in a narrow place, and what must not be, since it tells contracts apart:
// NIFTY26NOV24400CE is NIFTY and " NOV 24400 CE", NIFTY26N1724400CE of a week is
// NIFTY and " 17 NOV 24400 CE", INFY26NOVFUT is INFY and " NOV FUT". The year is
// written unless the contract ends within twelve months, that of the moment at
// included: so no two names are the same. What is no derivative comes back whole,
// with the series of a share set apart.
func Contract(symbol string, at time.Time) (name, tail string) {
	symbol = PlainSymbol(symbol)
	if name, ends, rest, ok := derivative(symbol); ok {
		return name, " " + ends.words(at) + " " + rest
	}
	if at := Series(symbol); at > 0 {
		return symbol[:at], symbol[at:]
	}
	return symbol, ""
}

// ContractName is a symbol as it is written on one line.
func ContractName(symbol string, at time.Time) string {
	name, tail := Contract(symbol, at)
	return Clean(name) + Clean(tail)
}

// expiry is when a contract ends, as far as its symbol says.
type expiry struct {
	year, month int
	day         int // 0: the last of the month
}

// words writes the expiry: "NOV", "17 NOV", "DEC 2027".
func (e expiry) words(at time.Time) string {
	words := monthNames[3*e.month-3 : 3*e.month]
	if e.day > 0 {
		words = strconv.Itoa(e.day) + " " + words
	}
	year, month, _ := at.In(market.IST()).Date()
	if ahead := 12*(e.year-year) + e.month - int(month); ahead < 0 || ahead >= 12 {
		words += " " + strconv.Itoa(e.year)
	}
	return words
}

const (
	digits     = "0123456789"
	monthNames = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
	weekMonths = "123456789OND" // the months of contracts that end on a day of their own
)

// derivative takes apart NIFTY26NOV24400CE and INFY26NOVFUT, which end with a month,
// and NIFTY26N1724400CE and NIFTY2610624400CE, which end on a day in November and in
// January; rest is "24400 CE" or "FUT".
func derivative(symbol string) (name string, ends expiry, rest string, ok bool) {
	for _, kind := range []string{"CE", "PE", "FUT"} {
		before, found := strings.CutSuffix(symbol, kind)
		if !found {
			continue
		}
		if kind == "FUT" {
			name, ends, rest, ok = split(before)
			return name, ends, kind, ok && rest == ""
		}
		name, ends, rest, ok = split(before)
		return name, ends, rest + " " + kind, ok && rest != ""
	}
	return "", expiry{}, "", false
}

// split takes apart what stands before the kind of a contract: the number at its
// end is a strike, behind a month or behind a day.
func split(s string) (name string, ends expiry, strike string, ok bool) {
	before := strings.TrimRight(s, digits+".")
	number := s[len(before):]
	if at := len(before) - len("26NOV"); at > 0 {
		month := strings.Index(monthNames, before[at+2:])
		if isDigits(before[at:at+2]) && month >= 0 && month%3 == 0 {
			return before[:at], expiry{year: yearOf(before[at:]), month: month/3 + 1}, number, true
		}
	}
	if at := len(before) - len("26N"); at > 0 && isDigits(before[at:at+2]) { // October to December
		return week(before[:at], before[at:]+number)
	}
	return week(before, number)
}

// week reads the year, the month and the day that a week's contract has before its
// strike: 26N1724400.
func week(name, s string) (string, expiry, string, bool) {
	if name == "" || len(s) < len("26N17") || !isDigits(s[:2]) || !isDigits(s[3:5]) {
		return "", expiry{}, "", false
	}
	month, day := strings.IndexByte(weekMonths, s[2])+1, 10*int(s[3]-'0')+int(s[4]-'0')
	if month < 1 || day < 1 || day > 31 {
		return "", expiry{}, "", false
	}
	return name, expiry{yearOf(s), month, day}, s[5:], true
}

// yearOf is the year that a text begins with: 26 is 2026.
func yearOf(s string) int { return 2000 + 10*int(s[0]-'0') + int(s[1]-'0') }

func isDigits(s string) bool { return s != "" && strings.Trim(s, digits) == "" }

// SymbolOf is an instrument's symbol without its exchange and without the
// series that goes without saying, fit for one line. It is not escaped.
func SymbolOf(id string) string {
	_, name, both := strings.Cut(id, ":")
	if !both {
		name = id
	}
	if name = strings.TrimSpace(Clean(strings.TrimSuffix(name, "-EQ"))); name == "" {
		return "(no name)"
	}
	return name
}

// ExchangeOf is the exchange of an instrument, "" where none is named.
func ExchangeOf(id string) string {
	exchange, _, both := strings.Cut(id, ":")
	if !both {
		return ""
	}
	return exchange
}

// InstrumentName is an instrument as it is written for people: a contract as Kite does.
func InstrumentName(id string, at time.Time) string { return ContractName(SymbolOf(id), at) }

// PlainSymbol leaves out the series that goes without saying.
func PlainSymbol(s string) string { return strings.TrimSuffix(s, "-EQ") }

// Series returns where the series of a symbol begins (IDEA-BE, SGBMAY30-GB): a
// dash and one or two capitals or digits; 0 when there is none (BAJAJ-AUTO).
func Series(symbol string) int {
	at := strings.LastIndexByte(symbol, '-')
	after := symbol[at+1:]
	if at < 1 || after == "" || len(after) > 2 || strings.Trim(after, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return 0
	}
	return at
}

// SomeNames lists names, the first few of many. They are escaped.
func SomeNames(ids []string) string {
	const most = 5
	var names []string
	for _, id := range ids[:min(most, len(ids))] {
		names = append(names, Escape(Fit(SymbolOf(id), 24)))
	}
	if more := len(ids) - most; more > 0 {
		names[most-1] += " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
}

// NamesLine is the line that names what a figure is missing for; none where nothing is.
func NamesLine(words string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{words + SomeNames(names)}
}
