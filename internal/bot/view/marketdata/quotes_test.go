package marketdata_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/kite"
)

// prices is an answer of get_ohlc, from id, last price and close before.
func prices(triples ...string) string {
	var fields []string
	for i := 0; i+2 < len(triples); i += 3 {
		fields = append(fields, fmt.Sprintf(`%s:{"last_price":%s,"ohlc":{"open":1,"high":1,"low":1,"close":%s}}`, quote(triples[i]), triples[i+1], triples[i+2]))
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func quoteRows(tb testing.TB, answer string, ids ...string) []marketdata.QuoteRow {
	tb.Helper()
	quotes, err := kite.DecodeOHLC(answer)
	if err != nil {
		tb.Fatal(err)
	}
	return marketdata.QuoteRows(ids, quotes)
}

func usualRows(tb testing.TB) []marketdata.QuoteRow {
	return quoteRows(tb, prices("NSE:INFY", "1523.6", "1497.15", "NSE:M&M", "3714.2", "3689.75", "NSE:NIFTY 50", "26068.15", "26192.15",
		"NSE:MRF", "152340.55", "151105.2", "NSE:LIQUIDBEES", "1000", "1000"), "NSE:NIFTY 50", "NSE:INFY", "NSE:M&M", "NSE:MRF", "NSE:LIQUIDBEES")
}

func manyRows(tb testing.TB, n int) []marketdata.QuoteRow {
	var ids, all []string
	for i := range n {
		id := fmt.Sprintf("NSE:STOCK%03d", i)
		ids, all = append(ids, id), append(all, id, fmt.Sprintf("%d.55", 100+i*i), "101.05")
	}
	return quoteRows(tb, prices(all...), ids...)
}

func TestQuotesGolden(t *testing.T) {
	odd := quoteRows(t, `{"NSE:ITC":{"last_price":402.85,"ohlc":{"close":405.3}},"BSE:ITC":{"last_price":402.7,"ohlc":{"close":405.25}},"NSE:SUSPENDTEX-BZ":{"last_price":0},"NSE:NULLED":null,"NSE:FRESH":{"last_price":12.5}}`,
		"NSE:ITC", "BSE:ITC", "NSE:SUSPENDTEX-BZ", "NSE:NULLED", "NSE:FRESH", "NSE:WRONG", "NSE:ALSOWRONG")
	contracts := quoteRows(t, prices("NFO:NIFTY26NOV70000CE", "1212.35", "1011.9", "NFO:NIFTYNXT5026NOV70000CE", "1212.35", "1011.9", "CDS:USDINR26NOVFUT", "84.3125", "84.2575", "NSE:INFY", "1523.6", "1497.15"),
		"NFO:NIFTY26NOV70000CE", "NFO:NIFTYNXT5026NOV70000CE", "CDS:USDINR26NOVFUT", "NSE:INFY")
	hostile := quoteRows(t, prices(hostileID, "12.5", "12", "NSE:<i>", "98765432109876.5", "1", "عربي:عربي", "1", "2"), hostileID, "NSE:<i>", "عربي:عربي", "&\n", "")
	quotes := func(v marketdata.QuotesView) view.Message {
		v.AsOf = noon()
		return marketdata.Quotes(v)
	}
	goldens(t, map[string]view.Message{
		"quotes":              quotes(marketdata.QuotesView{Rows: usualRows(t)}),
		"quotes_one":          quotes(marketdata.QuotesView{Rows: usualRows(t)[1:2]}),
		"quotes_native":       quotes(marketdata.QuotesView{Rows: usualRows(t), Native: true}),
		"quotes_odd":          quotes(marketdata.QuotesView{Rows: odd}),
		"quotes_unknown":      quotes(marketdata.QuotesView{Rows: quoteRows(t, "{}", "NSE:WRONG")}),
		"quotes_null":         quotes(marketdata.QuotesView{Rows: quoteRows(t, "null", "NSE:INFY", "NSE:TCS")}),
		"quotes_hostile":      quotes(marketdata.QuotesView{Rows: hostile, Native: true}),
		"quotes_huge":         quotes(marketdata.QuotesView{Rows: manyRows(t, 500)}),
		"quotes_empty":        quotes(marketdata.QuotesView{}),
		"quotes_unclear":      quotes(marketdata.QuotesView{Rows: usualRows(t), Unclear: []string{"TATA", "<b>&\u202e", strings.Repeat("long ", 20)}}),
		"quotes_unclear_only": quotes(marketdata.QuotesView{Unclear: []string{"tata"}}),
		"watch":               quotes(marketdata.QuotesView{Rows: usualRows(t), Watch: true}),
		"watch_contracts":     quotes(marketdata.QuotesView{Rows: contracts, Watch: true}),
		"watch_edit":          quotes(marketdata.QuotesView{Rows: odd, Watch: true, Edit: true}),
		"watch_huge":          quotes(marketdata.QuotesView{Rows: manyRows(t, 500), Watch: true, Page: 50, Native: true}),
		"watch_empty":         quotes(marketdata.QuotesView{Watch: true}),
		"watch_added":         marketdata.WatchAdded([]string{"NSE:INFY", "NSE:M&M"}, []string{"NSE:TCS"}, nil, nil, false, 50),
		"watch_added_part":    marketdata.WatchAdded(nil, nil, []string{"<foo>", "b", "c", "d", "e", "f", "g"}, nil, true, 50),
	})
}

// The button that asks again for what was typed asks for the same.
func TestQuotesRefresh(t *testing.T) {
	for _, ids := range [][]string{{"NSE:INFY"}, {"NSE:NIFTY 50", "BSE:ITC", "NSE:M&M", "NFO:NIFTY26NOVFUT"}} {
		m := marketdata.Quotes(marketdata.QuotesView{Rows: quoteRows(t, "{}", ids...), AsOf: noon()})
		last := m.Buttons[len(m.Buttons)-1][0]
		arg, ok := strings.CutPrefix(last.Data, "quotes:refresh:")
		if got := marketdata.ParseQuotesArg(arg); !ok || !slices.Equal(got, ids) {
			t.Errorf("%q asks for %q, want %q", last.Data, got, ids)
		}
	}
	if got := marketdata.ParseQuotesArg("INFY,,<b>,bse:x, TCS,BSE:ITC"); !slices.Equal(got, []string{"NSE:INFY", "BSE:ITC"}) {
		t.Errorf("ParseQuotesArg = %q", got)
	}
}

// The pages of the watch list hold each symbol once, in their table and in
// their buttons, while looking and while editing.
func TestWatchPagesAreTheWhole(t *testing.T) {
	for _, n := range []int{1, 9, 10, 11, 101} {
		rows := manyRows(t, n)
		for _, edit := range []bool{false, true} {
			var tables strings.Builder
			data := map[string]int{}
			for page := 1; page <= (n+9)/10; page++ {
				m := marketdata.Quotes(marketdata.QuotesView{Rows: rows, Watch: true, Edit: edit, Page: page, AsOf: noon()})
				_, table, _ := strings.Cut(m.HTML, "<pre>")
				tables.WriteString(table)
				for _, row := range m.Buttons {
					for _, b := range row {
						data[b.Data]++
					}
				}
			}
			action := map[bool]string{false: "quote:open:", true: "watch:remove:"}[edit]
			for _, r := range rows {
				if strings.Count(tables.String(), strings.TrimPrefix(r.ID, "NSE:")+" ") != 1 || data[action+r.ID] != 1 {
					t.Fatalf("%d rows: %s is there %d times", n, r.ID, data[action+r.ID])
				}
			}
		}
	}
}

// BenchmarkWatch draws a watch list of twenty symbols: 0.3 ms at most.
func BenchmarkWatch(b *testing.B) {
	rows := manyRows(b, 20)
	b.ReportAllocs()
	for b.Loop() {
		if marketdata.Quotes(marketdata.QuotesView{Rows: rows, Watch: true}).HTML == "" {
			b.Fatal("nothing drawn")
		}
	}
}
