package symbol

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// MinSearch is how many characters make a search: fewer are in nearly everything.
const MinSearch = 3

// Search is what a person searches for. An instrument fits if each word is in its
// symbol, its name or its expiry.
type Search struct {
	exchange string // "" when none was said
	words    []string
	index    Symbol // that goes by these words; zero for none
}

// ParseSearch reads what a person searches for. false: it is too short.
func ParseSearch(typed string) (Search, bool) {
	key := Key(typed)
	exchange, name, said := strings.Cut(key, ":")
	if !said || !slices.Contains(exchanges, strings.TrimSpace(exchange)) {
		exchange, name = spokenExchange(key)
	}
	w := Search{exchange: strings.TrimSpace(exchange)}
	if index, ok := indexNamed(key); ok {
		w.exchange, w.index, name = "", index, key
	}
	w.words = slices.DeleteFunc(strings.Fields(name), func(word string) bool { return word == "AND" || word == "&" })
	return w, lettersOf(w.likeliest()) >= MinSearch
}

// Searchable reports whether words are enough to search for.
func Searchable(words string) bool { _, ok := ParseSearch(words); return ok }

// lettersOf counts the characters of a text, without spaces.
func lettersOf(text string) int {
	return utf8.RuneCountInString(strings.Join(strings.Fields(text), ""))
}

// likeliest is the word that the fewest instruments are likely to have: a strike, or
// the longest.
func (w Search) likeliest() (best string) {
	weight := func(word string) int {
		if strings.Trim(word, "0123456789") == "" && len(word) > 3 {
			return 100
		}
		return lettersOf(word)
	}
	for _, word := range w.words {
		if weight(word) > weight(best) {
			best = word
		}
	}
	return best
}

// InSymbols are the texts to look for in "NSE:INFY" and the like: if the first is in
// too many, the others, which are the shares and indices that begin so.
func (w Search) InSymbols() []string {
	word := w.likeliest()
	if w.exchange != "" {
		return []string{w.exchange + ":" + word}
	}
	return []string{word, "NSE:" + word, "BSE:" + word}
}

// InNames are the texts to look for in names. Those of contracts are single words:
// with a space behind it a word is in the names of companies alone.
func (w Search) InNames() []string {
	all := strings.Join(w.words, " ")
	if len(w.words) > 1 {
		return []string{all}
	}
	return []string{all, all + " "}
}

// LikeliestWord is the likeliest of several words, to look for in names when nothing else
// was found; "" for one word.
func (w Search) LikeliestWord() string {
	if len(w.words) < 2 {
		return ""
	}
	return w.likeliest()
}

// Index is the index that goes by the words, "NSE:NIFTY BANK"; "" for none.
func (w Search) Index() string {
	if w.index == (Symbol{}) {
		return ""
	}
	return w.index.String()
}

// IndexPrefix is how the indices begin among which one may be that was typed without
// its spaces, "niftygs10yr"; "" for what is none.
func (w Search) IndexPrefix() string {
	for typed, beginning := range map[string]string{"NIFTY": "NSE:NIFTY ", "BSE": "BSE:BSE "} {
		if len(w.words) == 1 && strings.HasPrefix(w.words[0], typed) && w.words[0] != typed {
			return beginning
		}
	}
	return ""
}

// Filter keeps what fits.
func (w Search) Filter(m Matches) Matches {
	m.Found = slices.DeleteFunc(slices.Clone(m.Found), func(i Instrument) bool { return !w.fits(i) })
	m.Total = len(m.Found) + m.LeftOut
	return m
}

func (w Search) fits(i Instrument) bool {
	switch {
	case i.ID == w.Index():
		return true
	case w.exchange != "" && w.exchange != i.Exchange:
		return false
	}
	text := strings.ToUpper(i.Symbol) + " " + Key(i.Name)
	if !i.Expiry.IsZero() {
		text += strings.ToUpper(i.Expiry.Format(" 2 Jan 2006"))
	}
	return normalize(i.Symbol) == normalize(strings.Join(w.words, "")) ||
		!slices.ContainsFunc(w.words, func(word string) bool { return !strings.Contains(text, word) })
}

var isin = regexp.MustCompile(`^IN[A-Z0-9]{9}[0-9]$`)

// IsISIN reports whether a text has the form of the numbers that securities of India
// go by, "INE009A01021".
func IsISIN(text string) bool { return isin.MatchString(strings.ToUpper(strings.TrimSpace(text))) }

// IsBSECode reports whether a text has the form of the numbers that BSE gives
// shares, "500325".
func IsBSECode(text string) bool { return len(text) == 6 && strings.Trim(text, "0123456789") == "" }
