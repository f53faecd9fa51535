package marketdata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

// fullQuote is an answer of get_quotes about one instrument; fields are added or
// replaced by more, where a later name wins.
func fullQuote(id, last, open, high, low, closing string, more ...string) string {
	s := fmt.Sprintf(`{%s:{"instrument_token":408065,"timestamp":"2026-11-12T12:02:04+05:30","last_price":%s,"last_quantity":5,`+
		`"last_trade_time":"2026-11-12T12:02:03+05:30","average_price":1516.872,"volume":7360198,"buy_quantity":215191,"sell_quantity":98077,`+
		`"ohlc":{"open":%s,"high":%s,"low":%s,"close":%s},"net_change":0,"oi":0,"lower_circuit_limit":1347.45,"upper_circuit_limit":1646.85`,
		quote(id), last, open, high, low, closing)
	return strings.Join(append([]string{s}, more...), ",") + "}}"
}

func rungs(prices ...string) string {
	var rows []string
	for i, p := range prices {
		rows = append(rows, fmt.Sprintf(`{"price":%s,"quantity":%d,"orders":%d}`, p, 40*(i+1)*(i+1), i+1))
	}
	return list(rows...)
}

func book(buy, sell string) string { return fmt.Sprintf(`"depth":{"buy":%s,"sell":%s}`, buy, sell) }

func usualQuote() string {
	return fullQuote("NSE:INFY", "1523.6", "1499.4", "1533.05", "1488.3", "1497.15",
		book(rungs("1523.55", "1523.5", "1523.4", "1523.35", "1523.3"), rungs("1523.65", "1523.7", "1523.85", "1523.9", "1524")))
}

// oneQuote decodes an answer about one instrument.
func oneQuote(tb testing.TB, text string) kite.Quote {
	tb.Helper()
	quotes, err := kite.DecodeQuotes(text)
	if err != nil || len(quotes) != 1 {
		tb.Fatalf("%d quotes, %v", len(quotes), err)
	}
	for _, q := range quotes {
		return q
	}
	return kite.Quote{}
}

func figure(s string) kite.Figure { return kite.Figure{Value: decimal.RequireFromString(s), OK: true} }

// hostileID is a symbol that an attacker made up.
const hostileID = "NSE:<b>&\"\u202eX\nटाटा🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀"

func TestQuoteGolden(t *testing.T) {
	index := `{"NSE:NIFTY 50":{"instrument_token":256265,"last_price":26068.15,"ohlc":{"open":26179.2,"high":26246.65,"low":26052.2,"close":26192.15},"depth":{}}}`
	future := fullQuote("NFO:NIFTY26NOVFUT", "26094.4", "26210", "26280.5", "26061", "26226.9", `"lower_circuit_limit":23604.2,"upper_circuit_limit":28849.6`, `"oi":12345675`, `"oi_day_high":12900000,"oi_day_low":11750025`)
	goldens(t, map[string]view.Message{
		"quote":               marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, usualQuote()), Name: "INFOSYS", AsOf: noon()}),
		"quote_year_watched":  marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, usualQuote()), Name: "INFOSYS", AsOf: evening(), Watched: true, YearLow: figure("1307"), YearHigh: figure("1953.9")}),
		"quote_index":         marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, index), Name: "NIFTY 50", AsOf: noon()}),
		"quote_future":        marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, future), Name: "NIFTY", AsOf: noon()}),
		"quote_currency":      marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, fullQuote("CDS:USDINR26NOVFUT", "88.4325", "88.4", "88.5", "88.2125", "88.31", `"lower_circuit_limit":0`, `"upper_circuit_limit":0`)), AsOf: noon()}),
		"quote_upper_circuit": marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, fullQuote("BSE:ACME", "1646.85", "1600", "1646.85", "1590", "1497.15")), AsOf: noon()}),
		"quote_no_price":      marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, fullQuote("NSE:SUSPENDTEX-BZ", "0", "0", "0", "0", "0")), Name: "SUSPENDED TEXTILES", AsOf: noon()}),
		"quote_null":          marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, `{"NSE:INFY":null}`), AsOf: noon()}),
		"quote_no_close":      marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, fullQuote("NSE:FRESH", "148.3", "140", "150", "139", "0", `"lower_circuit_limit":0`)), AsOf: noon()}),
		"quote_hostile":       marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, fullQuote(hostileID, "12.5", "12", "13", "11", "12", `"lower_circuit_limit":0`)), Name: "<script>\u202eعربي & co\nhttps://example.com", AsOf: noon()}),
		"quote_huge":          marketdata.Quote(marketdata.QuoteView{Quote: oneQuote(t, fullQuote("BSE:"+strings.Repeat("LONGNAME", 5), "98765432109876.55", "1", "98765432109876.55", "0.05", "12345678901234.05", `"volume":999999999999999`, `"oi":1e17`, `"upper_circuit_limit":0`)), AsOf: noon()}),
		"quote_no_data":       marketdata.NoQuote("NSE:INFY"),
		"quote_usage":         marketdata.QuoteUsage(),
	})
}

func TestQuoteDepthGolden(t *testing.T) {
	depth := func(answer string, native bool) view.Message {
		return marketdata.Depth(marketdata.DepthView{Quote: oneQuote(t, answer), AsOf: noon(), Native: native})
	}
	goldens(t, map[string]view.Message{
		"quote_depth":          depth(usualQuote(), false),
		"quote_depth_native":   depth(usualQuote(), true),
		"quote_depth_one_side": depth(fullQuote("NSE:INFY", "1523.6", "1499.4", "1533.05", "1488.3", "1497.15", book("[]", rungs("1523.6")), `"buy_quantity":0`), false),
		"quote_depth_empty":    depth(fullQuote("NSE:INFY", "1523.6", "1499.4", "1533.05", "1488.3", "1497.15", book(rungs("0", "0"), "null")), false),
		"quote_depth_crores": depth(fullQuote("NSE:MRF", "152340.55", "1", "2", "1", "151105.2",
			`"depth":{"buy":[{"price":152340.5,"quantity":999999999999999,"orders":123456}],"sell":[{"price":98765432.05,"quantity":99999,"orders":1},{"price":98765433,"quantity":100000,"orders":12}]}`), false),
		"quote_depth_hostile": depth(fullQuote(hostileID, "12.5", "12", "13", "11", "12", book(rungs("12.45"), rungs("12.55"))), true),
	})
}

// quotesAnswers draws what a quote tool could send.
func quotesAnswers() *rapid.Generator[string] {
	id := rapid.OneOf(
		rapid.SampledFrom([]string{"NSE:INFY", "BSE:INFY", "NSE:M&M", "NSE:NIFTY 50", "NFO:NIFTY26NOV26000CE", "CDS:USDINR", "INFY", ":", hostileID, "NSE:" + strings.Repeat("A", 40)}),
		rapid.StringN(1, 60, 200),
	)
	price := rapid.SampledFrom([]string{"0", "-3", "0.05", "1e-60", "123456.789", "999999999999999999", "0.5999999999999659", "null"})
	whole := rapid.SampledFrom([]string{"0", "1", "99999", "-7", "999999999999999", "null"})
	one := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			return "null"
		}
		rung := func() string {
			return fmt.Sprintf(`{"price":%s,"quantity":%s,"orders":%s}`, price.Draw(t, "rung"), whole.Draw(t, "quantity"), whole.Draw(t, "orders"))
		}
		return fmt.Sprintf(`{"last_price":%s,"ohlc":{"open":%s,"high":%s,"low":%s,"close":%s},"volume":%s,"average_price":%s,"oi":%s,"oi_day_high":%s,"oi_day_low":%s,`+
			`"buy_quantity":%s,"sell_quantity":%s,"upper_circuit_limit":%s,"lower_circuit_limit":%s,"last_trade_time":"2026-11-1%dT12:00:00+05:30","depth":{"buy":[%s,%s],"sell":[%s]}}`,
			price.Draw(t, "last"), price.Draw(t, "open"), price.Draw(t, "high"), price.Draw(t, "low"), price.Draw(t, "close"), whole.Draw(t, "volume"),
			price.Draw(t, "average"), price.Draw(t, "oi"), price.Draw(t, "oihigh"), price.Draw(t, "oilow"), whole.Draw(t, "buy"), whole.Draw(t, "sell"),
			price.Draw(t, "upper"), price.Draw(t, "lower"), rapid.IntRange(0, 9).Draw(t, "day"), rung(), rung(), rung())
	})
	return rapid.Custom(func(t *rapid.T) string {
		var fields []string
		for _, key := range rapid.SliceOfNDistinct(id, 0, 14, func(s string) string { return s }).Draw(t, "ids") {
			fields = append(fields, quote(key)+":"+one.Draw(t, "quote"))
		}
		return "{" + strings.Join(fields, ",") + "}"
	})
}

// Whatever Kite answers, if it can be decoded it is a message that Telegram
// takes: as a quote, as an order book, as a list, as the caption of a chart.
func TestAnyQuoteRenders(t *testing.T) {
	photo := viewtest.PNG(40, 30, 1)
	rapid.Check(t, func(t *rapid.T) {
		quotes, err := kite.DecodeQuotes(quotesAnswers().Draw(t, "answer"))
		if err != nil {
			t.Fatal(err)
		}
		name := rapid.String().Draw(t, "name")
		var ids []string
		for id, q := range quotes {
			ids = append(ids, id)
			candles := []kite.Candle{{Time: noon(), Open: q.Prices.Open, High: q.Prices.High, Low: q.Prices.Low, Close: q.LastPrice}}
			for what, m := range map[string]view.Message{
				"quote": marketdata.Quote(marketdata.QuoteView{Quote: q, Name: name, AsOf: noon(), YearLow: q.Change(), YearHigh: q.ChangePercent()}),
				"depth": marketdata.Depth(marketdata.DepthView{Quote: q, AsOf: noon(), Native: true}),
				"chart": marketdata.Chart(marketdata.ChartView{Quote: q, Name: name, Range: kite.Month6, Rows: candles, LeftOut: 3, Photo: photo, AsOf: noon()}),
				"empty": marketdata.Chart(marketdata.ChartView{Quote: q, Name: name, Range: kite.Month6, AsOf: noon()}),
				"none":  marketdata.NoQuote(id),
				"typed": marketdata.NoSuchSymbol(id, ""),
			} {
				if err := viewtest.Check(m); err != nil {
					t.Fatalf("%s: %v\n%s", what, err, m.HTML)
				}
			}
		}
		for _, v := range []marketdata.QuotesView{{Page: 2, Watch: true}, {Watch: true, Edit: true}, {}} {
			v.Rows, v.AsOf, v.Native = marketdata.QuoteRows(append(ids, "NSE:UNKNOWN"), quotes), noon(), true
			if m := marketdata.Quotes(v); viewtest.Check(m) != nil {
				t.Fatalf("%v\n%s", viewtest.Check(m), m.HTML)
			}
		}
	})
}

// The change on the first line is what whole paise come to.
func TestQuoteChangeOnScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last, before := rapid.Int64Range(1, 1e9).Draw(t, "last"), rapid.Int64Range(1, 1e9).Draw(t, "close")
		text := fmt.Sprintf(`{"NSE:INFY":{"last_price":%d.%02d,"ohlc":{"close":%d.%02d}}}`, last/100, last%100, before/100, before%100)
		quotes, err := kite.DecodeQuotes(text)
		if err != nil {
			t.Fatal(err)
		}
		html := marketdata.Quote(marketdata.QuoteView{Quote: quotes["NSE:INFY"], AsOf: noon()}).HTML
		line, _, _ := strings.Cut(html, "\n")
		_, shown, _ := strings.Cut(line, " · ")
		shown, _, _ = strings.Cut(strings.NewReplacer("₹", "", ",", "", "+", "", "−", "-").Replace(shown), " ")
		diff := last - before
		sign := ""
		if diff < 0 {
			sign, diff = "-", -diff
		}
		if want := fmt.Sprintf("%s%d.%02d", sign, diff/100, diff%100); shown != want {
			t.Fatalf("%d − %d is shown as %q (%s), want %q", last, before, shown, line, want)
		}
	})
}
