package sample

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Listing is an instrument with its prices of the day, which stand still.
type Listing struct {
	Instrument
	Close  float64 // of the trading day before
	Volume int
}

// Market is the market: every instrument that can be searched, quoted and charted.
type Market struct {
	ByID     map[string]Listing
	ByToken  map[uint32]Listing
	Listings []Listing // by token, which is no order that a person would want
}

// NewMarket returns the market as it is at a moment, together with whatever else the accounts hold.
func NewMarket(asOf time.Time, accounts []Account) *Market {
	b := &Market{ByID: map[string]Listing{}, ByToken: map[uint32]Listing{}}
	for _, l := range instruments(lastTradingDay(asOf)) {
		b.add(l)
	}
	for _, a := range accounts {
		for _, h := range a.Holdings {
			if _, known := b.ByID[h.Exchange+":"+h.Tradingsymbol]; !known {
				b.add(listingOfHolding(h))
			}
		}
	}
	slices.SortFunc(b.Listings, func(a, c Listing) int { return cmp.Compare(a.InstrumentToken, c.InstrumentToken) })
	return b
}

func (b *Market) add(l Listing) {
	b.ByID[l.ID] = l
	b.ByToken[l.InstrumentToken] = l
	b.Listings = append(b.Listings, l)
}

// DayOHLC returns the prices of the session, which are those of its candle, and the close before.
func (l Listing) DayOHLC(now time.Time) OHLC {
	days := l.days(lastTradingDay(now), now)
	if len(days) == 0 {
		return OHLC{Close: l.Close}
	}
	return OHLC{Open: days[0].Open, High: days[0].High, Low: days[0].Low, Close: l.Close}
}

// QuoteAndCandles quotes and charts one instrument at a moment, such as NSE:INFY, without a server: what get_quotes and
// get_historical_data answer then.
func QuoteAndCandles(id, every string, from, now time.Time) (FullQuote, []Candle) {
	l := newSample(now).find(id)
	i, ok := IntervalByName(every)
	if !ok {
		panic(fmt.Sprintf("sample: no interval %q", every))
	}
	return l.Quote(now), l.Candles(i, from, now, now)
}

// band is how far the price may go from the close before, as a share of it.
func (l Listing) band() float64 {
	switch {
	case l.InstrumentType == "CE", l.InstrumentType == "PE":
		return 0.9
	case l.Series == "BE", l.Series == "SM":
		return 0.05
	default:
		return 0.1
	}
}

// tick rounds a price to the 5 paise steps of the exchanges.
func tick(price float64) float64 {
	return math.Round(price*20) / 20
}

// Quote returns the full quote of an instrument at now.
func (l Listing) Quote(now time.Time) FullQuote {
	now = now.In(IST()).Truncate(time.Second)
	q := FullQuote{
		InstrumentToken: l.InstrumentToken, Timestamp: now, LastPrice: l.LastPrice, OHLC: l.DayOHLC(now), Volume: l.Volume,
	}
	if l.InstrumentType == "INDEX" || l.LastPrice == 0 {
		return q // nobody trades these
	}
	q.LastQuantity, q.LastTradeTime = l.LotSize, now.Add(-3*time.Second)
	q.AveragePrice = math.Round((l.LastPrice*2+q.OHLC.Open)/3*100) / 100
	q.LowerCircuitLimit, q.UpperCircuitLimit = tick(l.Close*(1-l.band())), tick(l.Close*(1+l.band()))
	for i := range q.Depth.Buy {
		step, many := float64(i+1)*0.05, (i+1)*l.LotSize*7
		q.Depth.Buy[i] = DepthLevel{Price: tick(l.LastPrice - step), Quantity: many, Orders: i + 1}
		q.Depth.Sell[i] = DepthLevel{Price: tick(l.LastPrice + step), Quantity: many + l.LotSize, Orders: i + 2}
		q.BuyQuantity += many * 40
		q.SellQuantity += (many + l.LotSize) * 40
	}
	return q
}

// listingOfHolding makes a listing of what somebody holds, so that generated accounts can be quoted, too.
func listingOfHolding(h Holding) Listing {
	l := equity(h.Exchange, h.Tradingsymbol, h.Tradingsymbol, h.ISIN, h.InstrumentToken>>8, h.LastPrice, h.ClosePrice)
	l.InstrumentToken = h.InstrumentToken
	return l
}

// segmentCode is the last byte of an instrument token.
func segmentCode(exchange string) uint32 {
	return map[string]uint32{"NSE": 1, "NFO": 2, "BSE": 4, "MCX": 5, "BFO": 12}[exchange]
}

// equity lists a share, a bond or a fund that trades like one. The series is what stands after the last dash of the
// symbol where exchanges put it, else EQ.
func equity(exchange, symbol, name, isin string, exchangeToken uint32, last, before float64) Listing {
	series := "EQ"
	if i := strings.LastIndexByte(symbol, '-'); i >= 0 && len(symbol)-i == 3 {
		series = symbol[i+1:]
	}
	return Listing{
		Instrument: Instrument{
			ID: exchange + ":" + symbol, InstrumentToken: exchangeToken<<8 | segmentCode(exchange), ExchangeToken: exchangeToken,
			Tradingsymbol: symbol, Exchange: exchange, ISIN: isin, Name: name, Series: series, LastPrice: last,
			TickSize: 0.05, LotSize: 1, Multiplier: 1, InstrumentType: "EQ", Segment: exchange, Active: last > 0,
		},
		Close: before, Volume: int(exchangeToken)*613 + 1200,
	}
}

// index lists an index: quoted, never traded.
func index(exchange, symbol string, exchangeToken uint32, last, before float64) Listing {
	l := equity(exchange, symbol, symbol, "", exchangeToken, last, before)
	l.InstrumentToken = exchangeToken<<8 | 9
	l.Series, l.TickSize, l.LotSize, l.Volume = "", 0, 0, 0
	l.InstrumentType, l.Segment = "INDEX", "INDICES"
	return l
}

// contract lists a future (strike 0) or an option on an underlying that goes by that name on its exchange.
func contract(exchange, symbol, underlying, kind, expiry string, exchangeToken uint32, strike float64, lot int, last, before float64) Listing {
	l := equity(exchange, symbol, underlying, "", exchangeToken, last, before)
	l.Series, l.InstrumentType, l.Segment = "", kind, exchange+"-"+kind
	l.Strike, l.LotSize, l.ExpiryDate = strike, lot, expiry
	if exchange == "MCX" {
		l.Multiplier, l.LotSize = lot, 1
	}
	return l
}
