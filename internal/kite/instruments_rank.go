package kite

import (
	"cmp"
	"slices"
	"strings"
)

// Rank orders what a search found for a person who typed query: first what is
// named exactly so, an index by its everyday name included; then shares before
// futures before options, names that begin so before names that contain it,
// NSE before BSE, near expiries before far ones. A share listed on both
// exchanges (one ISIN) is there once, from NSE, unless the query names the
// other one. A query with an exchange keeps that exchange only.
func Rank(query string, found []Instrument) []Instrument {
	s, ok := ParseSymbol(query)
	if !ok {
		s = Symbol{Name: SymbolKey(query)}
	}
	_, said, named := strings.Cut(SymbolKey(query), ":")
	if !named {
		said = SymbolKey(query)
	}
	r := ranking{symbol: s, words: strings.TrimSpace(said)}
	ranked := slices.Clone(found)
	if named && ok {
		ranked = slices.DeleteFunc(ranked, func(i Instrument) bool { return i.Exchange != s.Exchange })
	}
	slices.SortStableFunc(ranked, r.compare)
	return onceEach(ranked)
}

// Clear returns the one instrument of a ranked list that the query can only
// mean: it is named exactly so and nothing else is, or nothing else was found.
// A symbol that two companies share, one on each exchange, is not clear.
func Clear(query string, ranked []Instrument) (Instrument, bool) {
	if len(ranked) == 1 {
		return ranked[0], true
	}
	s, ok := ParseSymbol(query)
	if !ok {
		return Instrument{}, false
	}
	exact := slices.DeleteFunc(slices.Clone(ranked), func(i Instrument) bool { return !ranking{symbol: s}.exact(i) })
	if len(exact) != 1 {
		return Instrument{}, false
	}
	return exact[0], true
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
	words  string // what was typed, in capitals and without an exchange
}

func (r ranking) compare(a, b Instrument) int {
	return cmp.Or(
		compareTrue(r.exact(a), r.exact(b)),
		cmp.Compare(kindRank(a), kindRank(b)),
		cmp.Compare(r.likeness(a), r.likeness(b)),
		compareTrue(!a.Inactive, !b.Inactive),
		cmp.Compare(exchangeRank(a.Exchange), exchangeRank(b.Exchange)),
		a.Expiry.Compare(b.Expiry),
		a.Strike.Cmp(b.Strike),
		cmp.Compare(len(a.Symbol), len(b.Symbol)),
		cmp.Compare(a.Symbol, b.Symbol),
	)
}

// exact: the symbol as typed. A series that goes without saying does.
func (r ranking) exact(i Instrument) bool {
	return strings.EqualFold(strings.TrimSuffix(i.Symbol, "-EQ"), r.symbol.Name) && (r.symbol.Exchange == "" || r.symbol.Exchange == i.Exchange)
}

// likeness is how much an instrument looks like what was typed; 0 is most.
func (r ranking) likeness(i Instrument) int {
	symbol, name := strings.ToUpper(i.Symbol), SymbolKey(i.Name)
	switch {
	case name == r.words:
		return 0
	case strings.HasPrefix(symbol, r.words):
		return 1
	case strings.HasPrefix(name, r.words):
		return 2
	case strings.Contains(" "+name, " "+r.words):
		return 3
	case strings.Contains(symbol, r.words):
		return 4
	default:
		return 5
	}
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
	if at := slices.Index(exchanges(), exchange); at >= 0 {
		return at
	}
	return len(exchanges())
}

// compareTrue orders what is true before what is not.
func compareTrue(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}
