// Package symbol reads what people type for shares, indices, futures and options,
// and finds the instrument that they mean among those that Kite has.
package symbol

import (
	"regexp"
	"slices"
	"strings"
)

// Symbol is an instrument as a person named it.
type Symbol struct {
	Exchange string // "NSE"; "" when none was said
	Name     string // "INFY", "NIFTY 50"; never empty
}

// The bounds of what is taken for a symbol. The longest real ones are contracts
// of about thirty characters.
const (
	maxSymbol = 40 // characters
	maxSpoken = 20 // of plain text that is to look like one
)

// String is the symbol as Kite is asked for it, "NSE:INFY", or the bare name
// when no exchange was said.
func (s Symbol) String() string {
	if s.Exchange == "" {
		return s.Name
	}
	return s.Exchange + ":" + s.Name
}

// Candidates are the instruments that a symbol can mean, the likeliest first: one
// question with all of them tells which exist, and [kite.Choose] which is meant.
// Without an exchange shares are looked for on both, contracts where they trade.
// Several words are an index, or a symbol without the spaces: "tata motors" is
// TATAMOTORS, "bajaj auto" BAJAJ-AUTO.
func (s Symbol) Candidates() []string {
	exchanges := []string{"NSE", "BSE"}
	joined := strings.ReplaceAll(s.Name, " ", "")
	switch {
	case s.Exchange != "":
		exchanges = []string{s.Exchange}
	case isContractName(joined):
		exchanges = []string{"NFO", "BFO", "MCX", "CDS"}
	}
	names := []string{s.Name}
	if joined != s.Name && !s.isKnownIndex() {
		names = append(names, joined)
		if strings.Count(s.Name, " ") == 1 {
			names = append(names, strings.ReplaceAll(s.Name, " ", "-"))
		}
	}
	if isContractName(joined) {
		names = []string{joined}
	}
	var likely []string
	for _, name := range names {
		for _, exchange := range exchanges {
			likely = append(likely, exchange+":"+name)
		}
	}
	return likely
}

// contract is the form of futures and options: NIFTY26NOVFUT, NIFTY26NOV26000CE,
// and as they are said, NIFTYNOV26000CE.
var contract = regexp.MustCompile(`^[A-Z][A-Z0-9&-]*([0-9](CE|PE)|[0-9][A-Z0-9]{3}FUT|(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)FUT)$`)

func isContractName(name string) bool {
	// The ends are looked at first: they are cheaper than the pattern.
	return (strings.HasSuffix(name, "E") || strings.HasSuffix(name, "FUT")) && contract.MatchString(name)
}

// Parse reads a symbol as people type it: "infy", "NSE:INFY",
// "nse : m&m", "bse itc", "nifty", "Bank Nifty". The names that indices go by become the
// index ([Symbol.Exchange] is then known). An exchange that is said is taken at
// its word: "NSE:MIDCAP" is the fund, "midcap" the index. false: this can be no
// symbol.
func Parse(text string) (Symbol, bool) {
	text = Key(text)
	if index, ok := indexNamed(text); ok {
		return index, true
	}
	exchange, name, said := strings.Cut(text, ":")
	if !said {
		exchange, name = spokenExchange(text)
	}
	s := Symbol{strings.TrimSpace(exchange), strings.TrimSpace(name)}
	if said && !slices.Contains(exchanges, s.Exchange) || !isSymbolName(s.Name) {
		return Symbol{}, false
	}
	return s, true
}

// spokenExchange reads an exchange that is said as a word, before the symbol or
// behind it: "nse infy", "itc bse". "" for none.
func spokenExchange(text string) (exchange, name string) {
	words := strings.Fields(text)
	if !hasSpokenExchange(words) {
		return "", text
	}
	if isSpokenExchange(words[0]) {
		return words[0], strings.Join(words[1:], " ")
	}
	last := len(words) - 1
	return words[last], strings.Join(words[:last], " ")
}

func hasSpokenExchange(words []string) bool {
	return len(words) > 1 && isSpokenExchange(words[0]) != isSpokenExchange(words[len(words)-1])
}

var spokenExchanges = []string{"NSE", "BSE", "NFO", "BFO", "MCX", "CDS"}

func isSpokenExchange(word string) bool {
	return slices.Contains(spokenExchanges, strings.ToUpper(word))
}

// Key is what was typed in a form that is the same for every way of
// typing it: capitals, single spaces. What a person picked is remembered by it.
func Key(text string) string { return strings.ToUpper(strings.Join(strings.Fields(text), " ")) }

// IsID reports whether id is an instrument as Kite names it, "NSE:INFY", that
// can be passed about and comes back as the same from [Parse]. Texts from
// outside need not be.
func IsID(id string) bool {
	s, ok := Parse(id)
	return ok && s.Exchange != "" && s.String() == id
}

// IsContract reports whether an instrument is a future or an option, by the exchange
// it trades at. Such a one is gone in some weeks.
func IsContract(id string) bool {
	exchange, _, _ := strings.Cut(id, ":")
	return slices.Contains([]string{"NFO", "BFO", "MCX", "CDS", "BCD", "NCO"}, exchange)
}

// exchanges are those that Kite has instruments of.
var exchanges = []string{"NSE", "BSE", "NFO", "BFO", "MCX", "CDS", "BCD", "NCO", "NSEIX", "GLOBAL"}

// colons are in the names of some indices, between numbers: "BSE SENSEX SIXTY 65:35".
var colons = regexp.MustCompile(`([0-9]):([0-9])`)

// isSymbolName takes what tradingsymbols are made of.
func isSymbolName(name string) bool {
	if strings.Contains(name, ":") {
		name = colons.ReplaceAllString(name, "$1-$2")
	}
	return name != "" && len(name) <= maxSymbol && strings.ContainsFunc(name, isLetterOrDigit) && !strings.ContainsFunc(name, func(r rune) bool {
		return !isLetterOrDigit(r) && !strings.ContainsRune("&-_.*+/ ", r)
	})
}

func isLetterOrDigit(r rune) bool { return isLetter(r) || r >= '0' && r <= '9' }

func isLetter(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }
