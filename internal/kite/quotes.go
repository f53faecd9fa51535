package kite

import (
	"errors"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Quote is what Kite says of one instrument now. Prices are rupees for one
// unit; those of an index are points. The quote tools give more or less of it: what
// a tool does not give is zero. Texts are data from outside.
type Quote struct {
	ID    string // as it was asked: "NSE:INFY", "NSE:NIFTY 50"
	Token int64  `json:"instrument_token"`

	LastPrice decimal.Decimal `json:"last_price"` // 0 when Kite has none
	Prices    OHLC            `json:"ohlc"`       // of the day; Close is that of the day before

	// From get_quotes only.
	AveragePrice decimal.Decimal `json:"average_price"`   // of the day's trades; 0 when there were none
	Volume       int64           `json:"volume"`          // units traded today
	LastTrade    time.Time       `json:"last_trade_time"` // zero when absent
	BuyQuantity  int64           `json:"buy_quantity"`    // all that is bid for
	SellQuantity int64           `json:"sell_quantity"`   // all that is offered
	OI           decimal.Decimal `json:"oi"`              // open interest in units; 0 for what has none
	OIDayHigh    decimal.Decimal `json:"oi_day_high"`
	OIDayLow     decimal.Decimal `json:"oi_day_low"`
	LowerCircuit decimal.Decimal `json:"lower_circuit_limit"` // lowest price allowed today; 0 when there is no limit
	UpperCircuit decimal.Decimal `json:"upper_circuit_limit"`
	Depth        `json:"depth"`

	// Missing says that the entry came as null: Kite knows the instrument, and
	// gave nothing of it.
	Missing bool
}

// OHLC are the four prices of a day.
type OHLC struct {
	Open  decimal.Decimal `json:"open"`
	High  decimal.Decimal `json:"high"`
	Low   decimal.Decimal `json:"low"`
	Close decimal.Decimal `json:"close"`
}

// Depth is the order book: the best prices first, at most five on a side.
type Depth struct {
	Bids []Level `json:"buy"`
	Asks []Level `json:"sell"`
}

// Level is one price of the order book.
type Level struct {
	Price    decimal.Decimal `json:"price"`
	Quantity int64           `json:"quantity"`
	Orders   int64           `json:"orders"`
}

// empty reports whether nothing is offered at the price: such levels come as zeros.
func (l Level) empty() bool { return !l.Price.IsPositive() || l.Quantity <= 0 }

// Priced reports whether Kite has a last price.
func (q Quote) Priced() bool { return q.LastPrice.IsPositive() }

// IsIndex reports whether it quotes an index. The last byte of a token is the
// segment, and Kite's indices are segment 9.
func (q Quote) IsIndex() bool { return q.Token&0xff == 9 || symbol.IsIndex(q.ID) }

// Change is the day's change of one unit: last price − the close before. It is
// worked out here, because Kite's own net_change is 0. Unknown without either.
func (q Quote) Change() Figure {
	if !q.Priced() || !q.Prices.Close.IsPositive() {
		return Figure{}
	}
	return known(q.LastPrice.Sub(q.Prices.Close))
}

// ChangePercent is the day's change as a percentage of the close before.
func (q Quote) ChangePercent() Figure { return percentOf(q.Change(), known(q.Prices.Close)) }

// DecodeQuotes reads the answer of get_quotes: an object keyed by what was
// asked. What Kite does not know is absent from it. The answer null, which is
// no data at all rather than an unknown symbol, is a nil map. Numbers are
// exact. Whatever else comes is [wire.KindMalformed].
func DecodeQuotes(text string) (map[string]Quote, error) { return decodeQuotes("get_quotes", text) }

// DecodeOHLC reads the answer of get_ohlc like [DecodeQuotes]: last prices and
// those of the day.
func DecodeOHLC(text string) (map[string]Quote, error) { return decodeQuotes("get_ohlc", text) }

// decodeQuotes serves both tools: their answers differ in what is left out.
func decodeQuotes(tool, text string) (map[string]Quote, error) {
	quotes := map[string]Quote{}
	null, err := wire.ByName(tool, text, func(id string, q *Quote) {
		q.ID = id
		q.Bids, q.Asks = slices.DeleteFunc(q.Bids, Level.empty), slices.DeleteFunc(q.Asks, Level.empty)
		quotes[id] = *q
	})
	if err != nil || null {
		return nil, err
	}
	if _, nameless := quotes[""]; nameless {
		return nil, wire.Malformed(tool, errors.New("a quote of nothing"))
	}
	return quotes, nil
}

// Choose picks from the answer to [symbol.Symbol.Candidates] the one that is meant: the
// likeliest of those that Kite knows. One symbol on two exchanges is nearly
// always one share, and then its prices are close. When they are more than a
// twentieth apart, or one is not known, it may be two companies: false, and a search
// decides by the ISIN. false too when Kite knows none.
func Choose(guesses []string, quotes map[string]Quote) (Quote, bool) {
	var chosen Quote
	for _, id := range guesses {
		q, there := quotes[id]
		switch {
		case !there:
		case chosen.ID == "":
			chosen = q
		case !nearlyEqual(chosen.LastPrice, q.LastPrice):
			return Quote{}, false
		}
	}
	return chosen, chosen.ID != ""
}

func nearlyEqual(a, b decimal.Decimal) bool {
	if !a.IsPositive() || !b.IsPositive() {
		return false
	}
	return a.Sub(b).Abs().Mul(decimal.NewFromInt(20)).LessThanOrEqual(a)
}
