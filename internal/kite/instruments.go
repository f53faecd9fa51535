package kite

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Instrument is one row of search_instruments: something with a price. Texts
// are data from outside.
type Instrument struct {
	ID       string // "NSE:INFY"
	Token    int64
	Symbol   string // "INFY"
	Exchange string // "NSE", "BSE", "NFO", …
	Code     int64  // the exchange's own number of it; that of BSE is printed on statements
	ISIN     string // the same on every exchange; "" for indices and contracts
	Name     string // "INFOSYS"; of a contract that of what it is on
	Series   string // "EQ", "BE", …; "" for contracts
	Type     string // "EQ", "FUT", "CE", "PE"
	Segment  string // "NSE", "INDICES", "NFO-OPT", …
	Expiry   time.Time
	Strike   decimal.Decimal // 0 but for options
	LotSize  int64
	Inactive bool // the server says that it is not traded
}

// InstrumentOf is an instrument of which nothing but its name is known.
func InstrumentOf(id string) Instrument {
	exchange, symbol, _ := strings.Cut(id, ":")
	return Instrument{ID: id, Symbol: symbol, Exchange: exchange}
}

// IsIndex reports whether it is an index, which has points for prices.
func (i Instrument) IsIndex() bool { return i.Segment == "INDICES" || i.Type == "INDEX" }

// IsOption reports whether it is an option.
func (i Instrument) IsOption() bool { return i.Type == "CE" || i.Type == "PE" }

// IsContract reports whether it is a future or an option.
func (i Instrument) IsContract() bool { return i.Type == "FUT" || i.IsOption() }

// MaxMatches is how many matches are asked for. The server has thousands for some
// words, and what it gives of more than it was asked for is a random part.
const MaxMatches = 1000

// Matches is what a search found.
type Matches struct {
	Found   []Instrument
	LeftOut int  // rows that name nothing
	Total   int  // how many there are, also of a page
	More    bool // there are, or may be, more than can be told
}

// Whole reports whether all that there is was found.
func (m Matches) Whole() bool { return m.Total <= len(m.Found)+m.LeftOut }

// TooMany reports whether more match than can be told, and none that can be.
func (m Matches) TooMany() bool { return len(m.Found) == 0 && m.More }

// And returns what either found, each instrument once.
func (m Matches) And(other Matches) Matches {
	all := Matches{LeftOut: m.LeftOut + other.LeftOut, More: m.More || other.More}
	seen := map[string]bool{}
	for _, i := range slices.Concat(m.Found, other.Found) {
		if !seen[i.ID] {
			seen[i.ID] = true
			all.Found = append(all.Found, i)
		}
	}
	all.Total = len(all.Found) + all.LeftOut
	return all
}

// Has reports whether an instrument was found.
func (m Matches) Has(id string) bool {
	return slices.ContainsFunc(m.Found, func(i Instrument) bool { return i.ID == id })
}

// DecodeInstruments reads the answer of search_instruments, all or a page. Rows that
// are null or lack their symbol or exchange cannot be asked about: they are left out
// and counted. Whatever else comes is [KindMalformed].
func DecodeInstruments(text string) (Matches, error) {
	found, total, err := anyPage(text, (*wireInstrument).instrument)
	if err != nil {
		return Matches{}, malformed("search_instruments", err)
	}
	all := len(found)
	found = slices.DeleteFunc(found, func(i Instrument) bool { return i.ID == "" })
	return Matches{Found: found, LeftOut: all - len(found), Total: max(all, total)}, nil
}

// wireInstrument is a row as the server writes it. The last price of the
// instruments' list is of some morning: it is not even read.
type wireInstrument struct {
	Token    count  `json:"instrument_token"`
	Code     count  `json:"exchange_token"`
	Symbol   string `json:"tradingsymbol"`
	Exchange string `json:"exchange"`
	ISIN     string `json:"isin"`
	Name     string `json:"name"`
	Series   string `json:"series"`
	Type     string `json:"instrument_type"`
	Segment  string `json:"segment"`
	Expiry   string `json:"expiry_date"`
	Strike   amount `json:"strike"`
	LotSize  count  `json:"lot_size"`
	Active   *bool  `json:"active"`
}

// instrument is what the row means; nothing for one that cannot be asked about.
func (w *wireInstrument) instrument() (Instrument, error) {
	if w == nil || w.Symbol == "" || w.Exchange == "" {
		return Instrument{}, nil
	}
	return Instrument{
		ID: w.Exchange + ":" + w.Symbol, Token: int64(w.Token), Symbol: w.Symbol, Exchange: w.Exchange, Code: int64(w.Code), ISIN: w.ISIN,
		Name: w.Name, Series: w.Series, Type: w.Type, Segment: w.Segment, Expiry: day(w.Expiry),
		Strike: w.Strike.Decimal, LotSize: int64(w.LotSize), Inactive: w.Active != nil && !*w.Active,
	}, nil
}

// day reads the date of an expiry, which is a plain text; zero when it is none.
func day(text string) time.Time {
	text, _, _ = strings.Cut(text, "T")
	t, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	if err != nil {
		return time.Time{}
	}
	return t
}
