package symbol

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Rank orders what a search found for a person who typed query: first what is
// named exactly so, an index by its everyday name included; then shares before
// futures before options, names that begin so before names that contain it,
// NSE before BSE, near expiries before far ones. A share listed on both
// exchanges (one ISIN) is there once, from NSE, unless the query names the
// other one. A query with an exchange keeps that exchange only.
func Rank(query string, found []Instrument) []Instrument {
	r := rankingFor(query)
	ranked := slices.Clone(found)
	if r.said != "" {
		ranked = slices.DeleteFunc(ranked, func(i Instrument) bool { return i.Exchange != r.said })
	}
	slices.SortStableFunc(ranked, r.compare)
	return onceEach(ranked)
}

// Unambiguous returns the one instrument of a ranked list that the query can only mean: it
// is named exactly so and nothing else is, or nothing else was found and it begins
// so. A symbol that two companies share, one on each exchange, is not clear.
func Unambiguous(query string, ranked []Instrument) (Instrument, bool) {
	r := rankingFor(query)
	exact := slices.DeleteFunc(slices.Clone(ranked), func(i Instrument) bool { return !r.exact(i) })
	switch {
	case len(exact) == 1:
		return exact[0], true
	case len(ranked) == 1 && r.begins(ranked[0]):
		return ranked[0], true
	}
	return Instrument{}, false
}

// onceEach drops what repeats an earlier instrument, and listings of one share
// on further exchanges.
func onceEach(ranked []Instrument) []Instrument {
	ids, at := map[string]bool{}, map[string]string{}
	return slices.DeleteFunc(ranked, func(i Instrument) bool {
		first, listed := at[i.ISIN]
		if ids[i.ID] || i.ISIN != "" && listed && first != i.Exchange {
			return true
		}
		ids[i.ID] = true
		if !listed {
			at[i.ISIN] = i.Exchange
		}
		return false
	})
}

// ranking compares instruments for what was typed.
type ranking struct {
	symbol Symbol // what it parses to: the index behind an everyday name
	said   string // the exchange that was named; "" for none
	phrase string // what was typed, in capitals and without the exchange
	words  []string
}

func rankingFor(query string) ranking {
	r := ranking{phrase: Key(query)}
	r.symbol = Symbol{Name: r.phrase}
	if s, ok := Parse(query); ok {
		r.symbol = s
		if _, index := indexNamed(query); !index {
			r.said, r.phrase = s.Exchange, s.Name
		}
	}
	r.words = strings.Fields(r.phrase)
	return r
}

func (r ranking) compare(a, b Instrument) int {
	return cmp.Or(
		cmp.Compare(r.exactRank(a), r.exactRank(b)),
		cmp.Compare(kindRank(a), kindRank(b)),
		cmp.Compare(r.likeness(a), r.likeness(b)),
		cmp.Compare(activeRank(a), activeRank(b)),
		cmp.Compare(exchangeRank(a.Exchange), exchangeRank(b.Exchange)),
		a.Expiry.Compare(b.Expiry),
		a.Strike.Cmp(b.Strike),
		cmp.Compare(len(a.Symbol), len(b.Symbol)),
		cmp.Compare(a.Symbol, b.Symbol),
	)
}

// exact: the symbol as typed, however it is spaced, or its ISIN or number at BSE. A series
// that goes without saying does, and so does the year of a contract.
func (r ranking) exact(i Instrument) bool {
	symbol, joined := strings.ToUpper(strings.TrimSuffix(i.Symbol, "-EQ")), normalize(r.symbol.Name)
	named := normalize(symbol) == joined || i.ISIN != "" && i.ISIN == joined ||
		i.Exchange == "BSE" && IsBSECode(joined) && strconv.FormatInt(i.Code, 10) == joined || r.isContract(i, symbol)
	return named && (r.symbol.Exchange == "" || r.symbol.Exchange == i.Exchange)
}

// isContract knows NIFTY26NOV26000CE by "NIFTY NOV 26000 CE".
func (r ranking) isContract(i Instrument, symbol string) bool {
	if !i.IsContract() || len(r.words) < 3 || r.words[0] != strings.ToUpper(i.Name) {
		return false
	}
	when, ok := strings.CutPrefix(symbol, r.words[0])
	return ok && len(when) > 2 && strings.Trim(when[:2], "0123456789") == "" && when[2:] == strings.Join(r.words[1:], "")
}

// begins reports whether a share is what a person who typed so may be about to
// type: each word begins its symbol, or a word of its name. A contract has to be on
// what the first word names.
func (r ranking) begins(i Instrument) bool {
	if i.IsContract() && (len(r.words) == 0 || r.words[0] != strings.ToUpper(i.Name)) {
		return false
	}
	return len(r.words) > 0 && !slices.ContainsFunc(r.words, func(word string) bool {
		return !strings.HasPrefix(strings.ToUpper(i.Symbol), word) && !strings.Contains(" "+Key(i.Name), " "+word)
	})
}

// likeness is how much an instrument looks like what was typed; 0 is most. Of
// several words that are not found together each counts.
func (r ranking) likeness(i Instrument) int {
	symbol, name := strings.ToUpper(i.Symbol), Key(i.Name)
	all := likeness(r.phrase, symbol, name)
	if all < unlike || len(r.words) < 2 {
		return all
	}
	for _, word := range r.words {
		all += likeness(word, symbol, name)
	}
	return all
}

// unlike is the likeness of what does not hold a text.
const unlike = 5

func likeness(text, symbol, name string) int {
	switch {
	case name == text:
		return 0
	case strings.HasPrefix(symbol, text):
		return 1
	case strings.HasPrefix(name, text):
		return 2
	case strings.Contains(" "+name, " "+text):
		return 3
	case strings.Contains(symbol, text):
		return 4
	default:
		return unlike
	}
}

// exactRank puts what is named exactly so first.
func (r ranking) exactRank(i Instrument) int {
	if r.exact(i) {
		return 0
	}
	return 1
}

// activeRank puts what is traded before what is not.
func activeRank(i Instrument) int {
	if i.Inactive {
		return 1
	}
	return 0
}

// kindRank puts what has a price of its own before what rests on it.
func kindRank(i Instrument) int {
	switch {
	case i.IsOption():
		return 2
	case i.IsContract():
		return 1
	default:
		return 0
	}
}

// exchangeRank is the order of the exchanges; unknown ones come last.
func exchangeRank(exchange string) int {
	if at := slices.Index(exchanges, exchange); at >= 0 {
		return at
	}
	return len(exchanges)
}
