package kite

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"
)

// Quote is what Kite says of one instrument now. Prices are rupees for one
// unit; those of an index are points. The three quote tools tell more or less
// of it: what a tool does not tell is zero. Texts are data from outside.
type Quote struct {
	ID    string // as it was asked: "NSE:INFY", "NSE:NIFTY 50"
	Token int64  // instrument token

	LastPrice decimal.Decimal // 0 when Kite has none
	Prices    OHLC            // of the day; Close is that of the day before

	// From get_quotes only.
	AveragePrice decimal.Decimal // of the day's trades; 0 when there were none
	Volume       int64           // units traded today
	LastTrade    time.Time       // zero when absent
	Timestamp    time.Time       // zero when absent
	BuyQuantity  int64           // all that is bid for
	SellQuantity int64           // all that is offered
	OI           decimal.Decimal // open interest in units; 0 for what has none
	OIDayHigh    decimal.Decimal
	OIDayLow     decimal.Decimal
	LowerCircuit decimal.Decimal // lowest price allowed today; 0 when there is no limit
	UpperCircuit decimal.Decimal
	Bids         []Level // best first; at most five are told
	Asks         []Level

	// Missing says that the entry came as null: Kite knows the instrument, and
	// told nothing of it.
	Missing bool
}

// OHLC are the four prices of a day.
type OHLC struct{ Open, High, Low, Close decimal.Decimal }

// Level is one price of the order book.
type Level struct {
	Price    decimal.Decimal
	Quantity int64
	Orders   int64
}

// Priced reports whether Kite has a last price.
func (q Quote) Priced() bool { return q.LastPrice.IsPositive() }

// IsIndex reports whether it quotes an index. The last byte of a token is the
// segment, and Kite's indices are segment 9.
func (q Quote) IsIndex() bool { return q.Token&0xff == 9 || IsIndex(q.ID) }

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
// exact. Whatever else comes is [KindMalformed].
func DecodeQuotes(text string) (map[string]Quote, error) { return decodeQuotes("get_quotes", text) }

// DecodeOHLC reads the answer of get_ohlc like [DecodeQuotes]: last prices and
// those of the day.
func DecodeOHLC(text string) (map[string]Quote, error) { return decodeQuotes("get_ohlc", text) }

// decodeQuotes serves both tools: their answers differ in what is left out.
func decodeQuotes(tool, text string) (map[string]Quote, error) {
	quotes := map[string]Quote{}
	null, err := decodeNamed(text, func(id string, row *wireQuote) { quotes[id] = row.quote(id) })
	if err != nil {
		return nil, malformed(tool, errors.New("not quotes by instrument"))
	}
	if null {
		return nil, nil
	}
	if _, nameless := quotes[""]; nameless {
		return nil, malformed(tool, errors.New("a quote of nothing"))
	}
	return quotes, nil
}

// wireQuote is a quote as the server writes it.
type wireQuote struct {
	Token     count  `json:"instrument_token"`
	LastPrice amount `json:"last_price"`
	OHLC      struct {
		Open  amount `json:"open"`
		High  amount `json:"high"`
		Low   amount `json:"low"`
		Close amount `json:"close"`
	} `json:"ohlc"`
	AveragePrice amount `json:"average_price"`
	Volume       count  `json:"volume"`
	LastTrade    moment `json:"last_trade_time"`
	Timestamp    moment `json:"timestamp"`
	BuyQuantity  count  `json:"buy_quantity"`
	SellQuantity count  `json:"sell_quantity"`
	OI           amount `json:"oi"`
	OIDayHigh    amount `json:"oi_day_high"`
	OIDayLow     amount `json:"oi_day_low"`
	LowerCircuit amount `json:"lower_circuit_limit"`
	UpperCircuit amount `json:"upper_circuit_limit"`
	Depth        struct {
		Buy  parts[wireLevel] `json:"buy"`
		Sell parts[wireLevel] `json:"sell"`
	} `json:"depth"`
}

type wireLevel struct {
	Price    amount `json:"price"`
	Quantity count  `json:"quantity"`
	Orders   count  `json:"orders"`
}

func (w *wireQuote) quote(id string) Quote {
	if w == nil {
		return Quote{ID: id, Missing: true}
	}
	return Quote{
		ID: id, Token: int64(w.Token), LastPrice: w.LastPrice.Decimal,
		Prices: OHLC{
			Open: w.OHLC.Open.Decimal, High: w.OHLC.High.Decimal, Low: w.OHLC.Low.Decimal, Close: w.OHLC.Close.Decimal,
		},
		AveragePrice: w.AveragePrice.Decimal, Volume: int64(w.Volume),
		LastTrade: w.LastTrade.Time, Timestamp: w.Timestamp.Time,
		BuyQuantity: int64(w.BuyQuantity), SellQuantity: int64(w.SellQuantity),
		OI: w.OI.Decimal, OIDayHigh: w.OIDayHigh.Decimal, OIDayLow: w.OIDayLow.Decimal,
		LowerCircuit: w.LowerCircuit.Decimal, UpperCircuit: w.UpperCircuit.Decimal,
		Bids: levels(w.Depth.Buy), Asks: levels(w.Depth.Sell),
	}
}

// levels drops the empty rungs, which the server sends as zeros.
func levels(rungs []wireLevel) []Level {
	var taken []Level
	for _, r := range rungs {
		if r.Price.IsPositive() && r.Quantity > 0 {
			taken = append(taken, Level{r.Price.Decimal, int64(r.Quantity), int64(r.Orders)})
		}
	}
	return taken
}
