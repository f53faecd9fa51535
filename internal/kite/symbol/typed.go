package symbol

import (
	"slices"
	"strings"
	"unicode"
)

// Reading is a symbol as it was typed. Several words may be one symbol, "tata
// motors", or one each, "infy tcs": only Kite knows.
type Reading struct {
	Typed string   // without what says nothing
	Parts []string // its words, each a symbol; nil for a single one
}

// Readings reads the symbols in a text: "infy, tata motors", "price of infy". They
// stand between commas. Inside of one, names of indices and an exchange with its
// symbol stay together: the parts of "infy NSE:NIFTY BANK" are two.
func Readings(text string) []Reading {
	var all []Reading
	for _, words := range pieces(text) {
		r := Reading{Typed: strings.Join(words, " ")}
		if parts := partsOf(words); len(parts) > 1 {
			r.Parts = parts
		}
		all = append(all, r)
	}
	return all
}

// pieces are the words between the commas of a text, without what says nothing.
func pieces(text string) (all [][]string) {
	for piece := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(",;\n", r) }) {
		if words := withoutNoise(strings.Fields(strings.TrimFunc(piece, isQuoteOrEnd))); len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

// ReadingsOf are the readings of instruments.
func ReadingsOf(ids []string) (all []Reading) {
	for _, id := range ids {
		all = append(all, Reading{Typed: id})
	}
	return all
}

func isQuoteOrEnd(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(".:!?…\"'“”‘’", r)
}

// partsOf joins the words that make up one symbol.
func partsOf(words []string) (parts []string) {
	const longest = 4 // words of an index's name
	for len(words) > 0 {
		n := min(longest, len(words))
		for ; n > 1; n-- {
			s, ok := Parse(strings.Join(words[:n], " "))
			if ok && (s.isKnownIndex() || n == 2 && hasSpokenExchange(words[:n])) {
				break
			}
		}
		parts, words = append(parts, strings.Join(words[:n], " ")), words[n:]
	}
	return parts
}

// withoutNoise drops what people say around a symbol when they ask for a price:
// "what is the share price of infy", "infy ltp".
func withoutNoise(words []string) []string {
	if !slices.ContainsFunc(words, priceWords.has) {
		return words
	}
	left := slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return priceWords.has(w) || noiseWords.has(w) || talkWords.has(strings.Trim(w, "’'"))
	})
	if len(left) == 0 {
		return words
	}
	return left
}

// LooksLikeList reports whether a plain message is likelier symbols than talk:
// each of its readings [LooksLike].
func LooksLikeList(text string) bool {
	all := pieces(text)
	return len(all) > 0 && !slices.ContainsFunc(all, func(words []string) bool { return !LooksLike(strings.Join(words, " ")) })
}

// LooksLike reports whether a plain message is likelier a symbol than
// talk: one to three words of letters, digits, & and -, at most 20 characters,
// an exchange before them or not; or a contract, which is longer. Greetings,
// thanks and anything with a word of ordinary sentences are talk; so are bare
// numbers, because people mistype their one-time codes into chats.
func LooksLike(text string) bool {
	s, ok := Parse(text)
	key := Key(text)
	if !ok || !strings.ContainsFunc(key, isLetter) {
		return false
	}
	if s.isKnownIndex() || isContractName(normalize(s.Name)) && !HasOrdinaryWord(key) {
		return true
	}
	if len(key) > maxSpoken || strings.ContainsAny(s.Name, "_.*+/:") {
		return false
	}
	words := strings.Fields(key)
	return strings.Contains(key, ":") || len(words) <= 3 && !HasOrdinaryWord(key)
}

// HasOrdinaryWord reports whether a word of a text is one of ordinary sentences.
func HasOrdinaryWord(text string) bool {
	return slices.ContainsFunc(strings.Fields(text), talkWords.has)
}

// wordSet is a set of words in capitals.
type wordSet map[string]bool

func wordsOf(list string) wordSet {
	set := wordSet{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// has reports whether a word is in the set, in any case.
func (s wordSet) has(word string) bool { return s[strings.ToUpper(word)] }

var (
	priceWords = wordsOf("LTP PRICE PRICES QUOTE QUOTES RATE RATES")
	noiseWords = wordsOf("CURRENT LATEST LIVE SHARE SHARES STOCK STOCKS WHATS")

	// talkWords make a message talk. Where one is a symbol too, it takes a command
	// to ask for it.
	talkWords = wordsOf(" A ABOUT ALL AM AN AND ANY ARE AS AT BE BOT BUY BY BYE CAN CANCEL COME COOL DID DO DOES DONE FINE FOR FROM GET GIVE GO GOOD " +
		"GREAT HALLO HAS HAVE HELLO HELP HERE HEY HI HOLA HOW I IF IN IS IT ITS JUST KNOW LATER LET LIKE LOGIN LOGOUT LOL ME MENU MORNING " +
		"MUCH MY NAMASTE NEVERMIND NEW NICE NO NOPE NOT NOW OF OH OK OKAY ON OR OUR OUT PLEASE PLS PORTFOLIO PRICE QUIT SEE SELL SHOULD SHOW " +
		"SORRY START STOP SURE TELL TEST THANK THANKS THANKYOU THAT THE THEM THEN THERE THEY THIS THX TO TODAY TOMORROW UP US WAIT WANT WAS WE " +
		"WELL WHAT WHATS WHEN WHERE WHICH WHO WHY WILL WITH WOW YEAH YEP YES YESTERDAY YO YOU YOUR HOLDINGS POSITIONS ORDERS FUNDS BALANCE STATUS SETTINGS ")
)
