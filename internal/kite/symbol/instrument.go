package symbol

import (
	"kitebot/internal/kite/wire"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Instrument is one row of search_instruments: something with a price. Texts
// are data from outside.
//
// The last price in the list of instruments is that of some morning: it is not read.
type Instrument struct {
	ID       string          // "NSE:INFY"
	Symbol   string          `json:"tradingsymbol"`   // "INFY"
	Exchange string          `json:"exchange"`        // "NSE", "BSE", "NFO", …
	Code     int64           `json:"exchange_token"`  // the exchange's own number of it; that of BSE is printed on statements
	ISIN     string          `json:"isin"`            // the same on every exchange; "" for indices and contracts
	Name     string          `json:"name"`            // "INFOSYS"; of a contract that of what it is on
	Type     string          `json:"instrument_type"` // "EQ", "FUT", "CE", "PE"
	Segment  string          `json:"segment"`         // "NSE", "INDICES", "NFO-OPT", …
	Expiry   time.Time       `json:"expiry_date" kite:"date"`
	Strike   decimal.Decimal `json:"strike"`            // 0 but for options
	Inactive bool            `json:"active" kite:"not"` // the server says that it is not traded
}

// InstrumentOf is an instrument of which nothing but its name is known.
func InstrumentOf(id string) Instrument {
	exchange, symbol, _ := strings.Cut(id, ":")
	return Instrument{ID: id, Symbol: symbol, Exchange: exchange}
}

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
	More    bool // there are, or may be, more than can be shown
}

// Complete reports whether all that there is was found.
func (m Matches) Complete() bool { return m.Total <= len(m.Found)+m.LeftOut }

// TooMany reports whether more match than can be shown, and none was found.
func (m Matches) TooMany() bool { return len(m.Found) == 0 && m.More }

// Merge returns what either found, each instrument once.
func (m Matches) Merge(other Matches) Matches {
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
// and counted. Whatever else comes is [wire.KindMalformed].
func DecodeInstruments(text string) (Matches, error) {
	found, total, err := wire.Page("search_instruments", text, (*Instrument).check)
	if err != nil {
		return Matches{}, err
	}
	all := len(found)
	found = slices.DeleteFunc(found, func(i Instrument) bool { return i.ID == "" })
	return Matches{Found: found, LeftOut: all - len(found), Total: max(all, total)}, nil
}

// check gives the row its id; one that cannot be asked about has none.
func (i *Instrument) check() error {
	if i.Symbol != "" && i.Exchange != "" {
		i.ID = i.Exchange + ":" + i.Symbol
	}
	return nil
}
