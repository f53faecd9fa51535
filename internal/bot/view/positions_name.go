package view

import (
	"fmt"
	"strconv"
	"strings"
)

// contract makes the symbol of a derivative readable: what it is on, which may
// be cut in a table, and what must not be: when it ends and which option it is.
// NIFTY26NOV24400CE is NIFTY and " Nov26 24400CE", NIFTY26N1724400CE is NIFTY and
// " 17Nov 24400CE", INFY26NOVFUT is INFY and " Nov26 Fut". What is no derivative
// comes back whole, with the series of a share set apart.
func contract(symbol string) (name, tail string) {
	symbol = strings.TrimSuffix(symbol, "-EQ")
	if before, found := strings.CutSuffix(symbol, "FUT"); found {
		if name, month, ok := monthly(before); ok {
			return name, " " + month + " Fut"
		}
	}
	if name, tail, ok := option(symbol); ok {
		return name, tail
	}
	if at := series(symbol); at > 0 {
		return symbol[:at], symbol[at:]
	}
	return symbol, ""
}

const digits = "0123456789"

// option reads NIFTY26NOV24400CE, of a month, and NIFTY26N1724400CE and
// NIFTY2610624400CE, of a week in November and in January.
func option(symbol string) (name, tail string, ok bool) {
	kind := symbol[max(0, len(symbol)-2):]
	if kind != "CE" && kind != "PE" {
		return "", "", false
	}
	rest := symbol[:len(symbol)-2]
	before := strings.TrimRight(rest, digits+".")
	strike := rest[len(before):]
	if name, month, ok := monthly(before); ok && strike != "" {
		return name, " " + month + " " + strike + kind, true
	}
	if n := len(before); n > 3 && strings.Contains("OND", before[n-1:]) && isDigits(before[n-3:n-1]) {
		return weekly(before[:n-3], before[n-1:], strike, kind)
	}
	if len(strike) > 3 && strike[2] != '0' && isDigits(strike[:3]) {
		return weekly(before, strike[2:3], strike[3:], kind)
	}
	return "", "", false
}

// monthly splits NIFTY26NOV into NIFTY and Nov26.
func monthly(s string) (name, month string, ok bool) {
	at := len(s) - len("26NOV")
	if at < 1 || !isDigits(s[at:at+2]) || !strings.Contains("|"+monthNames+"|", "|"+s[at+2:]+"|") {
		return "", "", false
	}
	return s[:at], titled(s[at+2:]) + s[at:at+2], true
}

// weekly puts together what ends on a day; the day comes before the strike.
func weekly(name, month, dayAndStrike, kind string) (string, string, bool) {
	if name == "" || len(dayAndStrike) < 3 || !isDigits(dayAndStrike[:2]) {
		return "", "", false
	}
	day, err := strconv.Atoi(dayAndStrike[:2])
	if err != nil || day < 1 || day > 31 {
		return "", "", false
	}
	return name, fmt.Sprintf(" %d%s %s", day, weeklyMonth(month), dayAndStrike[2:]+kind), true
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, digits) == "" }

const monthNames = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"

func titled(month string) string { return month[:1] + strings.ToLower(month[1:]) }

// weeklyMonth is the month of a weekly option: 1 to 9, O, N or D.
func weeklyMonth(code string) string {
	return titled(strings.Split(monthNames, "|")[strings.Index("123456789OND", code)])
}

// productTags says in a letter how a position is held.
func productTags() []struct{ product, letter, meaning string } {
	return []struct{ product, letter, meaning string }{
		{"CNC", "c", "CNC (delivery)"},
		{"MIS", "i", "MIS (intraday)"},
		{"NRML", "n", "NRML (overnight)"},
		{"MTF", "m", "MTF (borrowed)"},
	}
}

// productTag follows a name: " i" for MIS. A product without a letter is
// written out, as far as there is room.
func productTag(product string) string {
	for _, p := range productTags() {
		if p.product == product {
			return " " + p.letter
		}
	}
	if product = beginning(clean(product), 4); product == "" {
		return ""
	}
	return " " + product
}

// productKey explains the letters of the products that are shown.
func productKey(shown map[string]bool) []string {
	var key []string
	for _, p := range productTags() {
		if shown[p.product] {
			key = append(key, p.letter+" = "+p.meaning)
		}
	}
	if key == nil {
		return nil
	}
	return []string{strings.Join(key, ", ")}
}
