package marketdata_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite/symbol"
)

func instrument(exchange, symbol, name string, more ...string) string {
	s := fmt.Sprintf(`{"tradingsymbol":%s,"exchange":%s,"name":%s,"instrument_type":"EQ","segment":"NSE","series":"EQ","active":true`, quote(symbol), quote(exchange), quote(name))
	return strings.Join(append([]string{s}, more...), ",") + "}"
}

func instruments(tb testing.TB, rows ...string) []symbol.Instrument {
	tb.Helper()
	found, err := symbol.DecodeInstruments(list(rows...))
	if err != nil {
		tb.Fatal(err)
	}
	return found.Found
}

func tataShares(tb testing.TB) []symbol.Instrument {
	return instruments(tb,
		instrument("NSE", "TATAPOWER", "TATA POWER CO"), instrument("NSE", "TATASTEEL", "TATA STEEL"),
		instrument("BSE", "TATAYODOGA", "TATA YODOGAWA", `"active":false`),
		instrument("NFO", "TATASTEEL26NOV170CE", "TATASTEEL", `"instrument_type":"CE","strike":170,"expiry_date":"2026-11-24"`),
		instrument("NFO", "TATASTEEL26NOVFUT", "TATASTEEL", `"instrument_type":"FUT","expiry_date":"2026-11-24"`),
	)
}

func manyInstruments(tb testing.TB, n int) []symbol.Instrument {
	var rows []string
	for i := range n {
		rows = append(rows, instrument("NSE", fmt.Sprintf("STOCK%03d", i), fmt.Sprintf("COMPANY %d", i)))
	}
	return instruments(tb, rows...)
}

func TestSearchGolden(t *testing.T) {
	hostile := instruments(t, instrument("NSE", "<b>&\"\u202eX\nY", "</b><script>عربي"), instrument("NSE", "टाटा", strings.Repeat("🚀", 100)), instrument("N<SE", "A", "b"))
	long := strings.Repeat("very long words ", 9)
	goldens(t, map[string]view.Message{
		"search":                marketdata.Search(marketdata.SearchView{Query: "tata", Found: tataShares(t)}),
		"search_one":            marketdata.Search(marketdata.SearchView{Query: "power", Found: tataShares(t)[:1]}),
		"search_empty":          marketdata.Search(marketdata.SearchView{Query: "zzz <&>"}),
		"search_more":           marketdata.Search(marketdata.SearchView{Query: "nifty", Found: tataShares(t)[:2], More: true, Means: "NSE:TATAPOWER"}),
		"search_odd":            marketdata.Search(marketdata.SearchView{Query: "tata", LeftOut: 2}),
		"search_hostile":        marketdata.Search(marketdata.SearchView{Query: "<b>&\u202e\nx", Found: hostile, LeftOut: 1}),
		"search_huge":           marketdata.Search(marketdata.SearchView{Query: "stock", Found: manyInstruments(t, 500), Page: 63}),
		"search_middle":         marketdata.Search(marketdata.SearchView{Query: "stock", Found: manyInstruments(t, 20), Page: 2}),
		"search_long":           marketdata.Search(marketdata.SearchView{Query: long, Found: manyInstruments(t, 20)}),
		"search_usage":          marketdata.SearchUsage(),
		"search_short":          marketdata.SearchTooShort("lt"),
		"search_short_exchange": marketdata.SearchTooShort("bse:lt"),
		"search_short_hostile":  marketdata.SearchTooShort("<&"),
		"search_many":           marketdata.SearchTooMany("gold <&>"),
	})
}

func TestPickGolden(t *testing.T) {
	goldens(t, map[string]view.Message{
		"search_pick":                  marketdata.PickSymbol(marketdata.PickView{Typed: "tata", Options: tataShares(t)[:3], For: "quote"}),
		"search_pick_twins":            marketdata.PickSymbol(marketdata.PickView{Typed: " Twin ", For: "chart", Options: instruments(t, instrument("NSE", "TWIN", "TWIN STEEL"), instrument("BSE", "TWIN", "TWIN TEXTILES"))}),
		"search_pick_many":             marketdata.PickSymbol(marketdata.PickView{Typed: "stock", Options: manyInstruments(t, 500), For: "chart", Page: 2}),
		"search_pick_long":             marketdata.PickSymbol(marketdata.PickView{Typed: strings.Repeat("long ", 20), Options: tataShares(t), For: "quote"}),
		"search_pick_one":              marketdata.PickSymbol(marketdata.PickView{Typed: "crudeoil", Options: tataShares(t)[3:4], For: "quote"}),
		"search_pick_more":             marketdata.PickSymbol(marketdata.PickView{Typed: "crudeoil", Options: tataShares(t)[:1], For: "quote", More: true}),
		"search_pick_none":             marketdata.PickSymbol(marketdata.PickView{Typed: "foo", For: "quote"}),
		"quote_no_such_symbol":         marketdata.NoSuchSymbol("b<o>o", ""),
		"quote_no_such_symbol_command": marketdata.NoSuchSymbol("holdngs", "holdings"),
		"quote_no_such_symbol_code":    marketdata.NoSuchSymbol("500325", ""),
		"search_pick_remembered":       marketdata.SymbolRemembered("TATA <&>", "NSE:TATAPOWER"),
		"search_pick_unlearnt":         marketdata.SymbolForgotten("TATA <&>"),
		"quote_no_such_symbol_long":    marketdata.NoSuchSymbol(strings.Repeat("🚀 &", 90), ""),
	})
	if diff := viewtest.Dump(marketdata.NoSuchSymbol(" \n\u202e", "")); diff != viewtest.Dump(marketdata.QuoteUsage()) {
		t.Errorf("no symbol at all: %s", diff)
	}
}

// The pages of a search hold each match once.
func TestSearchPagesAreTheWhole(t *testing.T) {
	for _, n := range []int{1, 8, 9, 100} {
		found := manyInstruments(t, n)
		data := map[string]int{}
		for page := 1; page <= (n+7)/8; page++ {
			for _, row := range marketdata.Search(marketdata.SearchView{Query: "stock", Found: found, Page: page}).Buttons {
				for _, b := range row {
					data[b.Data]++
				}
			}
		}
		for _, i := range found {
			if data["quote:open:"+i.ID] != 1 {
				t.Fatalf("%s is on %d of the pages", i.ID, data["quote:open:"+i.ID])
			}
		}
	}
}

// Whatever a search finds, it is a message that Telegram takes, and what its
// buttons carry is understood.
func TestAnySearchRenders(t *testing.T) {
	text := rapid.OneOf(rapid.SampledFrom([]string{"INFY", "NSE", "BSE", "M&M", "<b>", "", strings.Repeat("A", 60)}), rapid.StringN(0, 80, 300))
	rapid.Check(t, func(t *rapid.T) {
		var rows []string
		for range rapid.IntRange(0, 20).Draw(t, "rows") {
			rows = append(rows, instrument(text.Draw(t, "exchange"), text.Draw(t, "symbol"), text.Draw(t, "name"),
				rapid.SampledFrom([]string{`"strike":0`, `"instrument_type":"CE","strike":1e17`, `"instrument_type":"FUT","expiry_date":"2026-11-24"`, `"active":false`}).Draw(t, "kind")))
		}
		found, err := symbol.DecodeInstruments(list(rows...))
		if err != nil {
			t.Fatal(err)
		}
		query := text.Draw(t, "query")
		ranked := symbol.Rank(query, found.Found)
		m := marketdata.Search(marketdata.SearchView{Query: query, Found: ranked, LeftOut: found.LeftOut, Page: rapid.IntRange(-1, 4).Draw(t, "page")})
		if err := viewtest.Check(m); err != nil {
			t.Fatalf("%v\n%s", err, m.HTML)
		}
		pick := marketdata.PickSymbol(marketdata.PickView{Typed: query, Options: ranked, For: "quote"})
		if err := viewtest.Check(pick); err != nil {
			t.Fatalf("%v\n%s", err, pick.HTML)
		}
		for _, row := range append(m.Buttons, pick.Buttons...) {
			for _, b := range row {
				checkMarketData(t, b.Data, query)
			}
		}
	})
}

// checkMarketData reads a button's data as a command would.
func checkMarketData(t *rapid.T, data, query string) {
	t.Helper()
	if arg, ok := strings.CutPrefix(data, "quote:pick:"); ok {
		id, typed := marketdata.ParsePickArg(arg)
		if !symbol.IsID(id) || typed != "" && typed != symbol.Key(query) {
			t.Fatalf("%q picks %q for %q", data, id, typed)
		}
		return
	}
	arg, search := strings.CutPrefix(data, "search:page:")
	more, pick := strings.CutPrefix(data, "quote:more:")
	if search || pick {
		if pick {
			arg = more
		}
		if _, again := marketdata.ParseSearchArg(arg); strings.Join(strings.Fields(query), " ") != again {
			t.Fatalf("%q searches %q, not %q", data, again, query)
		}
		return
	}
	if id, ok := strings.CutPrefix(data, "quote:open:"); !ok || !symbol.IsID(id) {
		t.Fatalf("data %q", data)
	}
}

func TestParseSearchArg(t *testing.T) {
	for arg, want := range map[string]string{
		"2:tata power": "2 tata power", "1:a:b": "1 a:b", "": "1 ", "x:y": "1 y", "-3:y": "1 y", "99999999999999999999:y": "1 y", "7": "7 ",
	} {
		page, query := marketdata.ParseSearchArg(arg)
		if got := fmt.Sprintf("%d %s", page, query); got != want {
			t.Errorf("ParseSearchArg(%q) = %q, want %q", arg, got, want)
		}
	}
}
