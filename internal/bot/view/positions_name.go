package view

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// contract makes the symbol of a derivative readable: what it is on, which may
// be cut in a table, and what must not be: when it ends and which option it is.
// NIFTY26NOV24400CE is NIFTY and " Nov 24400CE", NIFTY26N1724400CE is NIFTY and
// " 17Nov 24400CE", INFY26NOVFUT is INFY and " Nov Fut". What is no derivative
// comes back whole, with the series of a share set apart.
func contract(symbol string) (name, tail string) {
	symbol = strings.TrimSuffix(symbol, "-EQ")
	if m := regexp.MustCompile(`^(.*[A-Z0-9])(\d\d)(` + monthNames + `)(FUT|\d+(?:\.\d+)?(?:CE|PE))$`).FindStringSubmatch(symbol); m != nil {
		return m[1], fmt.Sprintf(" %s %s", titled(m[3]), strings.Replace(m[4], "FUT", "Fut", 1))
	}
	if m := regexp.MustCompile(`^(.*?[A-Z])\d\d([1-9OND])(\d\d)(\d+(?:\.\d+)?(?:CE|PE))$`).FindStringSubmatch(symbol); m != nil {
		if day, err := strconv.Atoi(m[3]); err == nil && day >= 1 && day <= 31 {
			return m[1], fmt.Sprintf(" %d%s %s", day, titled(weeklyMonth(m[2])), m[4])
		}
	}
	if at := series(symbol); at > 0 {
		return symbol[:at], symbol[at:]
	}
	return symbol, ""
}

const monthNames = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"

func titled(month string) string { return month[:1] + strings.ToLower(month[1:]) }

// weeklyMonth is the month of a weekly option: 1 to 9, O, N or D.
func weeklyMonth(code string) string {
	return strings.Split(monthNames, "|")[strings.Index("123456789OND", code)]
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
