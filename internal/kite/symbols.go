package kite

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
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

// Guesses are the instruments that a symbol can mean, the likeliest first: one
// question with all of them tells which exist, and [Choose] which is meant.
// Without an exchange shares are looked for on both, contracts where they trade.
func (s Symbol) Guesses() []string {
	if s.Exchange != "" {
		return []string{s.String()}
	}
	likely := []string{"NSE", "BSE"}
	if isContractName(s.Name) {
		likely = []string{"NFO", "BFO", "MCX", "CDS"}
	}
	for i, exchange := range likely {
		likely[i] = exchange + ":" + s.Name
	}
	return likely
}

// isContractName knows the form of futures and options: NIFTY26NOVFUT,
// NIFTY26NOV26000CE.
func isContractName(name string) bool {
	kind := strings.HasSuffix(name, "FUT") || strings.HasSuffix(name, "CE") || strings.HasSuffix(name, "PE")
	return kind && strings.ContainsAny(name, "0123456789")
}

// Choose picks from the answer to [Symbol.Guesses] the one that is meant: the
// likeliest of those that Kite knows. One symbol on two exchanges is nearly
// always one share, and then its prices are close. When they are more than a
// twentieth apart, or one is not known, it may be two companies: false, a search
// tells by the ISIN. false too when Kite knows none.
func Choose(guesses []string, quotes map[string]Quote) (Quote, bool) {
	var chosen Quote
	for _, id := range guesses {
		q, there := quotes[id]
		switch {
		case !there:
		case chosen.ID == "":
			chosen = q
		case !near(chosen.LastPrice, q.LastPrice):
			return Quote{}, false
		}
	}
	return chosen, chosen.ID != ""
}

func near(a, b decimal.Decimal) bool {
	if !a.IsPositive() || !b.IsPositive() {
		return false
	}
	return a.Sub(b).Abs().Mul(decimal.NewFromInt(20)).LessThanOrEqual(a)
}

// ParseSymbol reads a symbol as people type it: "infy", "NSE:INFY",
// "nse : m&m", "nifty", "Bank Nifty". The names that indices go by become the
// index ([Symbol.Exchange] is then known). An exchange that is said is taken at
// its word: "NSE:MIDCAP" is the fund, "midcap" the index. false: this can be no
// symbol.
func ParseSymbol(text string) (Symbol, bool) {
	text = SymbolKey(text)
	exchange, name, said := strings.Cut(text, ":")
	if !said {
		exchange, name = "", text
	}
	s := Symbol{strings.TrimSpace(exchange), strings.TrimSpace(name)}
	if said && !slices.Contains(exchanges(), s.Exchange) || !isSymbolName(s.Name) {
		return Symbol{}, false
	}
	if index, ok := indexNamed(s.Name); ok && !said {
		return index, true
	}
	return s, true
}

// SymbolKey is what was typed in a form that is the same for every way of
// typing it: capitals, single spaces. What a person picked is remembered by it.
func SymbolKey(text string) string { return strings.ToUpper(strings.Join(strings.Fields(text), " ")) }

// IsID reports whether id is an instrument as Kite names it, "NSE:INFY", that
// can be passed about and comes back as the same from [ParseSymbol]. Texts from
// outside need not be.
func IsID(id string) bool {
	s, ok := ParseSymbol(id)
	return ok && s.Exchange != "" && s.String() == id
}

// exchanges are those that Kite has instruments of.
func exchanges() []string {
	return []string{"NSE", "BSE", "NFO", "BFO", "MCX", "CDS", "BCD", "NCO", "NSEIX", "GLOBAL"}
}

// isSymbolName takes what tradingsymbols are made of.
func isSymbolName(name string) bool {
	return name != "" && len(name) <= maxSymbol && strings.ContainsFunc(name, isLetterOrDigit) && !strings.ContainsFunc(name, func(r rune) bool {
		return !isLetterOrDigit(r) && !strings.ContainsRune("&-_.*+/ ", r)
	})
}

func isLetterOrDigit(r rune) bool { return isLetter(r) || r >= '0' && r <= '9' }

func isLetter(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }

// LooksLikeSymbol reports whether a plain message is likelier a symbol than
// talk: one to three words of letters, digits, & and -, at most 20 characters,
// an exchange before them or not. Greetings, thanks and anything with a word of
// ordinary sentences are talk; so are bare numbers, because people mistype
// their one-time codes into chats.
func LooksLikeSymbol(text string) bool {
	s, ok := ParseSymbol(text)
	key := SymbolKey(text)
	if !ok || len(key) > maxSpoken || !strings.ContainsFunc(key, isLetter) || strings.ContainsAny(s.Name, "_.*+/") {
		return false
	}
	if _, index := indexNamed(key); index || strings.Contains(key, ":") {
		return true
	}
	words := strings.Fields(key)
	return len(words) <= 3 && !slices.ContainsFunc(words, isTalk)
}

// isTalk knows the words that make a message talk. Where one is a symbol too,
// it takes a command to ask for it.
func isTalk(word string) bool {
	const talk = " A ABOUT ALL AM AN AND ANY ARE AS AT BE BOT BUY BY BYE CAN CANCEL COME COOL DID DO DOES DONE FINE FOR FROM GET GIVE GO GOOD " +
		"GREAT HALLO HAS HAVE HELLO HELP HERE HEY HI HOLA HOW I IF IN IS IT ITS JUST KNOW LATER LET LIKE LOGIN LOGOUT LOL ME MENU MORNING " +
		"MUCH MY NAMASTE NEVERMIND NEW NICE NO NOPE NOT NOW OF OH OK OKAY ON OR OUR OUT PLEASE PLS PORTFOLIO PRICE QUIT SEE SELL SHOULD SHOW " +
		"SORRY START STOP SURE TELL TEST THANK THANKS THANKYOU THAT THE THEM THEN THERE THEY THIS THX TO TODAY TOMORROW UP US WAIT WANT WAS WE " +
		"WELL WHAT WHATS WHEN WHERE WHICH WHO WHY WILL WITH WOW YEAH YEP YES YESTERDAY YO YOU YOUR HOLDINGS POSITIONS ORDERS FUNDS BALANCE STATUS SETTINGS "
	return strings.Contains(talk, " "+word+" ")
}
