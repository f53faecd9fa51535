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
	l := newBuilder(now).find(id)
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
		return q // these are not traded
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

// listingOfHolding lists a holding, so that generated accounts can be quoted as well.
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

// instruments lists the market of the simulator. The companies behind some of the symbols exist; tokens, ISINs and
// prices are made up, here and there so as to be awkward: "&" and "-" in symbols, series suffixes, a share without a
// price, one share on both exchanges, very long and very short symbols. The contracts are the nearest ones on a day.
func instruments(day time.Time) []Listing {
	return slices.Concat(largeShares(), unusualShares(), indices(), contracts(day))
}

// largeShares are well-known companies.
func largeShares() []Listing {
	nse := func(symbol, name, isin string, token uint32, last, before float64) Listing {
		return equity("NSE", symbol, name, isin, token, last, before)
	}
	return []Listing{
		nse("RELIANCE", "RELIANCE INDUSTRIES", "INE100S01019", 3101, 1388.4, 1402.15),
		nse("TCS", "TATA CONSULTANCY SERV LT", "INE101S01027", 4217, 3121.7, 3098.25),
		nse("HDFCBANK", "HDFC BANK", "INE102S01035", 1517, 986.35, 991.9),
		nse("ICICIBANK", "ICICI BANK", "INE103S01043", 5123, 1371.05, 1369.8),
		nse("INFY", "INFOSYS", "INE104S01051", 1777, 1523.6, 1497.15),
		nse("ITC", "ITC", "INE105S01068", 1973, 402.85, 405.3),
		nse("LT", "LARSEN & TOUBRO", "INE106S01076", 11701, 4010.9, 3987.45),
		nse("MARUTI", "MARUTI SUZUKI INDIA", "INE107S01084", 11203, 15872.35, 15790.1),
		nse("TITAN", "TITAN COMPANY", "INE108S01092", 3707, 3870.15, 3892.6),
		nse("SUNPHARMA", "SUN PHARMACEUTICAL IND L", "INE109S01108", 3593, 1745.25, 1738.9),
		nse("ONGC", "OIL AND NATURAL GAS CORP.", "INE110S01116", 2707, 247.63, 249.18),
		nse("TATASTEEL", "TATA STEEL", "INE111S01124", 3709, 172.41, 171.06),
		nse("TATAPOWER", "TATA POWER CO", "INE131S01312", 3426, 388.6, 391.25),
		nse("TMPV", "TATA MOTORS PASS VEH LTD", "INE132S01320", 3456, 362.45, 358.1),
		nse("WIPRO", "WIPRO", "INE112S01132", 3989, 244.19, 246.02),
		nse("ASIANPAINT", "ASIAN PAINTS", "INE113S01140", 877, 2874.5, 2891.35),
		nse("NESTLEIND", "NESTLE INDIA", "INE114S01158", 17971, 1267.2, 1259.9),
		nse("SBIN", "STATE BANK OF INDIA", "INE115S01166", 3167, 972.85, 967.3),
		nse("BAJAJ-AUTO", "BAJAJ AUTO", "INE116S01174", 16711, 8911.5, 8876),
	}
}

// unusualShares are the ones that clients get wrong.
func unusualShares() []Listing {
	nse := func(symbol, name, isin string, token uint32, last, before float64) Listing {
		return equity("NSE", symbol, name, isin, token, last, before)
	}
	bse := func(symbol, name, isin string, token uint32, last, before float64) Listing {
		return equity("BSE", symbol, name, isin, token, last, before)
	}
	return []Listing{
		bse("ITC", "ITC LTD.", "INE105S01068", 500991, 402.7, 405.25),
		nse("M&M", "MAHINDRA & MAHINDRA", "INE117S01182", 2063, 3714.2, 3689.75),
		nse("J&KBANK", "JAMMU & KASHMIR BANK", "INE118S01190", 5663, 104.87, 106.14),
		nse("L&TFH", "L&T <FINANCE> HOLDINGS", "INE119S01206", 24973, 289.35, 284.7),
		nse("MRF", "MRF", "INE120S01214", 2287, 152340.55, 151105.2),
		nse("GOLDBEES", "NIP IND ETF GOLD BEES", "INF121S01012", 14431, 101.38, 100.92),
		nse("NIFTYBEES", "NIP IND ETF NIFTY BEES", "INF122S01020", 10577, 294.67, 295.81),
		nse("LIQUIDBEES", "NIP IND ETF LIQUID BEES", "INF123S01038", 11011, 1000, 1000),
		nse("BHARATINFRAGROWTHETF2032", "BHARAT INFRASTRUCTURE GROWTH AND DIVIDEND OPPORTUNITIES ETF 2032",
			"INF124S01046", 23981, 61.07, 60.43),
		nse("754GS2036-GS", "GOI 7.54% 2036", "IN0020220137", 19301, 103.44, 103.41),
		nse("RVNSTEEL-BE", "RAVINA STEEL TUBES", "INE125S01254", 21407, 37.85, 39.84),
		nse("SAMPATSOLAR-SM", "SAMPAT SOLAR WORKS", "INE126S01262", 28409, 188.35, 179.4),
		nse("SUSPENDTEX-BZ", "SUSPENDED TEXTILES", "INE127S01270", 27701, 0, 0),
		nse("IDEA", "VODAFONE IDEA", "INE128S01288", 14363, 9.97, 9.93),
		bse("SRIGANGA", "SRI GANGA ORGANICS LTD.", "INE129S01296", 533797, 12.06, 12.69),
		bse("MARIGOLDTEA", "MARIGOLD TEA ESTATES LTD.", "INE130S01304", 530411, 1418.75, 1432.5),
	}
}

func indices() []Listing {
	return []Listing{
		index("NSE", "NIFTY 50", 1009, 26068.15, 26192.15),
		index("NSE", "NIFTY BANK", 1013, 58867.7, 59347.7),
		index("NSE", "INDIA VIX", 1019, 13.63, 12.14),
		index("BSE", "SENSEX", 1, 85231.92, 85632.68),
	}
}

// contracts are futures and options that end after the day; the last figure but two is the lot size.
func contracts(day time.Time) []Listing {
	nse, bse := monthly(day, lastOn(time.Tuesday)), monthly(day, lastOn(time.Thursday))
	gold, crude := monthly(day, lastWeekday), monthly(day, func(month time.Time) time.Time { return month.AddDate(0, 0, 16) })
	on := func(exchange, underlying, kind, ending string, expiry time.Time, token uint32, strike float64, lot int, last, before float64) Listing {
		symbol := underlying + strings.ToUpper(expiry.Format("06Jan")) + ending
		return contract(exchange, symbol, underlying, kind, expiry.Format(time.DateOnly), token, strike, lot, last, before)
	}
	return []Listing{
		on("NFO", "NIFTY", "FUT", "FUT", nse, 37054, 0, 75, 26094.4, 26226.9),
		on("NFO", "NIFTY", "CE", "26000CE", nse, 41771, 26000, 75, 212.35, 301.6),
		on("NFO", "BANKNIFTY", "FUT", "FUT", nse, 37051, 0, 35, 58921.2, 59433),
		on("NFO", "RELIANCE", "FUT", "FUT", nse, 52177, 0, 500, 1391.3, 1405.7),
		on("BFO", "SENSEX", "FUT", "FUT", bse, 861201, 0, 20, 85310.5, 85744.05),
		on("MCX", "GOLDPETAL", "FUT", "FUT", gold, 446631, 0, 1, 12287, 12311),
		on("MCX", "CRUDEOILM", "FUT", "FUT", crude, 457211, 0, 10, 5248, 5301),
	}
}

// monthly is the first expiry after a day, by the rule for a month that is given its first day.
func monthly(day time.Time, expiry func(month time.Time) time.Time) time.Time {
	month := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, day.Location())
	for !expiry(month).After(day) {
		month = month.AddDate(0, 1, 0)
	}
	return expiry(month)
}

// lastWeekday is the last day of a month that is no Saturday or Sunday.
func lastWeekday(month time.Time) time.Time { return tradingDayBefore(month.AddDate(0, 1, 0)) }

// lastOn is the last such day of the week in a month.
func lastOn(day time.Weekday) func(month time.Time) time.Time {
	return func(month time.Time) time.Time {
		d := month.AddDate(0, 1, -1)
		for d.Weekday() != day {
			d = d.AddDate(0, 0, -1)
		}
		return d
	}
}
