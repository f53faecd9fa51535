package symbol_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite/symbol"
)

const oneInstrument = `{"id":"NFO:ACME26NOV1500CE","instrument_token":123456,"exchange_token":482,"tradingsymbol":"ACME26NOV1500CE","exchange":"NFO","isin":"",` +
	`"name":"ACME","series":"","last_price":12.5,"strike":1500,"tick_size":0.05,"lot_size":300,"multiplier":1,"instrument_type":"CE","segment":"NFO-OPT",` +
	`"expiry_type":"","expiry_date":"2026-11-24","active":false}`

func TestDecodeInstruments(t *testing.T) {
	want := []symbol.Instrument{{
		ID: "NFO:ACME26NOV1500CE", Symbol: "ACME26NOV1500CE", Exchange: "NFO", Code: 482, Name: "ACME", Type: "CE", Segment: "NFO-OPT",
		Expiry: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Strike: decimal.NewFromInt(1500), Inactive: true,
	}}
	for name, text := range map[string]string{
		"bare":              "[" + oneInstrument + "]",
		"wrapped":           `{"data":[` + oneInstrument + `],"meta":{"instrument_data_source":"bod_instruments","live_quote_enriched":false}}`,
		"page of many":      `{"data":[` + oneInstrument + `],"pagination":{"from":3,"limit":1,"total":90,"has_more":true,"returned":1}}`,
		"with what is none": `[null,` + oneInstrument + `,{"tradingsymbol":"","exchange":"NSE"},{"tradingsymbol":"X"}]`,
	} {
		got, err := symbol.DecodeInstruments(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got.Found); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if wantOut := 3 * strings.Count(text, "[null"); got.LeftOut != wantOut {
			t.Errorf("%s: %d left out, want %d", name, got.LeftOut, wantOut)
		}
		wantTotal := 1 + got.LeftOut
		if name == "page of many" {
			wantTotal = 90
		}
		if got.Total != wantTotal || got.Complete() != (name != "page of many") {
			t.Errorf("%s: %d in all, whole: %v", name, got.Total, got.Complete())
		}
	}
	for _, none := range []string{"null", "[]", `{"data":[],"meta":{}}`, `{"data":[],"pagination":{"from":0,"total":0,"has_more":false}}`, `{"data":null,"pagination":{"from":0}}`} {
		if got, err := symbol.DecodeInstruments(none); err != nil || len(got.Found) != 0 || !got.Complete() {
			t.Errorf("DecodeInstruments(%s) = %v, %v", none, got, err)
		}
	}
}

// share, contract and index are the kinds of instruments that differ in rank.
func listed(exchange, ticker, name, isin string) symbol.Instrument {
	return symbol.Instrument{ID: exchange + ":" + ticker, Symbol: ticker, Exchange: exchange, Name: name, ISIN: isin, Type: "EQ", Segment: exchange}
}

func contracted(symbol, name, kind, expiry string) symbol.Instrument {
	i := listed("NFO", symbol, name, "")
	i.Type, i.Segment = kind, "NFO-"+kind
	i.Expiry, _ = time.Parse(time.DateOnly, expiry)
	return i
}

func marketOfTests() []symbol.Instrument {
	index := listed("NSE", "NIFTY 50", "NIFTY 50", "")
	index.Segment = "INDICES"
	dead := listed("NSE", "ACMEOLD", "ACME (OLD)", "IN7")
	dead.Inactive = true
	return []symbol.Instrument{
		contracted("ACME26DECFUT", "ACME", "FUT", "2026-12-29"),
		contracted("ACME26NOV1500CE", "ACME", "CE", "2026-11-24"),
		contracted("ACME26NOVFUT", "ACME", "FUT", "2026-11-24"),
		listed("BSE", "ACME", "ACME LTD.", "IN1"),
		listed("NSE", "ACMEFIN", "ACME FINANCE", "IN2"),
		listed("NSE", "SUPERACME", "SUPER WORKS", "IN3"),
		dead,
		listed("NSE", "ACME", "ACME INDUSTRIES", "IN1"),
		listed("NSE", "TWIN", "TWIN STEEL", "IN4"),
		listed("BSE", "TWIN", "TWIN TEXTILES", "IN5"),
		listed("NSE", "NIFTYBEES", "NIFTY BEES", "IN6"),
		contracted("NIFTY26NOVFUT", "NIFTY", "FUT", "2026-11-24"),
		index,
	}
}

func TestRank(t *testing.T) {
	tests := []struct {
		query string
		want  []string // the first of them
		clear string
	}{
		{"acme", []string{"NSE:ACME", "NSE:ACMEFIN", "NSE:ACMEOLD", "NSE:SUPERACME"}, "NSE:ACME"},
		{"BSE:acme", []string{"BSE:ACME"}, "BSE:ACME"},
		{"acme finance", []string{"NSE:ACMEFIN"}, ""},
		{"nifty", []string{"NSE:NIFTY 50", "NSE:NIFTYBEES"}, "NSE:NIFTY 50"},
		{"acme26novfut", []string{"NFO:ACME26NOVFUT"}, "NFO:ACME26NOVFUT"},
		{"twin", []string{"NSE:TWIN", "BSE:TWIN"}, ""},
		{"nse:twin", []string{"NSE:TWIN"}, "NSE:TWIN"},
		{"what is this?", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			ranked := symbol.Rank(tt.query, marketOfTests())
			var ids []string
			for _, i := range ranked[:min(len(tt.want), len(ranked))] {
				ids = append(ids, i.ID)
			}
			if diff := cmp.Diff(tt.want, ids); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if one, ok := symbol.Unambiguous(tt.query, ranked); ok != (tt.clear != "") || one.ID != tt.clear {
				t.Errorf("Unambiguous = %q, %v", one.ID, ok)
			}
		})
	}
	ids := func(query string) (ids []string) {
		for _, i := range symbol.Rank(query, marketOfTests()) {
			ids = append(ids, i.ID)
		}
		return ids
	}
	if got := ids("acme"); slices.Contains(got, "BSE:ACME") {
		t.Error("a share is there from both exchanges")
	}
	futures := slices.DeleteFunc(ids("acme"), func(id string) bool { return !strings.HasPrefix(id, "NFO:ACME") })
	if diff := cmp.Diff([]string{"NFO:ACME26NOVFUT", "NFO:ACME26DECFUT", "NFO:ACME26NOV1500CE"}, futures); diff != "" {
		t.Errorf("contracts (-want +got):\n%s", diff)
	}
}

// A wrong instrument is never taken with confidence: each word that was typed begins
// its symbol or a word of its name, and a contract is on what the first one names.
func TestWhatIsTakenBeginsSo(t *testing.T) {
	market := append(marketOfTests(), listed("NSE", "J&KBANK", "JAMMU & KASHMIR BANK", "IN8"), contracted("CRUDEOILM26DECFUT", "CRUDEOILM", "FUT", "2026-12-17"))
	words := []string{"mm", "amm", "jam", "bank", "kash", "crude", "crudeoil", "crudeoilm", "acme", "acm", "cme", "fin", "finance", "super", "works", "twin", "steel", "nifty", "26nov", "old"}
	rapid.Check(t, func(t *rapid.T) {
		query := rapid.SampledFrom(words).Draw(t, "word")
		if rapid.Bool().Draw(t, "two") {
			query += " " + rapid.SampledFrom(words).Draw(t, "second")
		}
		found := rapid.SliceOfNDistinct(rapid.SampledFrom(market), 0, 3, func(i symbol.Instrument) string { return i.ID }).Draw(t, "found")
		one, ok := symbol.Unambiguous(query, symbol.Rank(query, found))
		if !ok || one.Segment == "INDICES" {
			return
		}
		for _, word := range strings.Fields(strings.ToUpper(query)) {
			if !strings.HasPrefix(one.Symbol, word) && !strings.Contains(" "+one.Name, " "+word) && !strings.HasPrefix(strings.ReplaceAll(strings.ToUpper(query), " ", ""), one.Symbol) {
				t.Fatalf("%q is taken for %s, %s", query, one.ID, one.Name)
			}
		}
		if first, _, _ := strings.Cut(strings.ToUpper(query), " "); one.IsContract() && first != one.Name && first != one.Symbol {
			t.Fatalf("%q is taken for the contract %s", query, one.ID)
		}
	})
	for query, want := range map[string]string{"mm": "", "amm": "", "crudeoil": "", "jam": "NSE:J&KBANK", "kash": "NSE:J&KBANK", "bank kash": "NSE:J&KBANK", "crudeoilm": "NFO:CRUDEOILM26DECFUT"} {
		last := market[len(market)-2:]
		if strings.HasPrefix(query, "crude") {
			last = last[1:]
		} else {
			last = last[:1]
		}
		if one, ok := symbol.Unambiguous(query, symbol.Rank(query, last)); one.ID != want || ok != (want != "") {
			t.Errorf("%q is taken for %q, want %q", query, one.ID, want)
		}
	}
}

// A contract goes by its words without the year, an instrument by its codes.
func TestUnambiguousByOtherNames(t *testing.T) {
	reliance := listed("BSE", "RELIANCE", "RELIANCE", "INE000A01010")
	reliance.Code = 500325
	far := contracted("ACME27NOV1500CE", "ACME", "CE", "2027-11-30")
	for _, tt := range []struct {
		query string
		found []symbol.Instrument
		want  string
	}{
		{"ACME NOV 1500 CE", marketOfTests(), "NFO:ACME26NOV1500CE"},
		{"acme nov 1500 ce", append(marketOfTests(), far), ""},
		{"acme 26 nov 1500 ce", append(marketOfTests(), far), "NFO:ACME26NOV1500CE"},
		{"acme fin", marketOfTests(), "NSE:ACMEFIN"},
		{"INE000A01010", []symbol.Instrument{reliance}, "BSE:RELIANCE"},
		{"500325", []symbol.Instrument{reliance}, "BSE:RELIANCE"},
		{"acmefin", marketOfTests(), "NSE:ACMEFIN"},
		{"500326", []symbol.Instrument{reliance}, ""},
	} {
		if one, _ := symbol.Unambiguous(tt.query, symbol.Rank(tt.query, tt.found)); one.ID != tt.want {
			t.Errorf("%q is %q, want %q", tt.query, one.ID, tt.want)
		}
	}
}

// Ranking keeps every share, once, whatever the order it came in.
func TestRankKeepsEveryShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		found := rapid.Permutation(marketOfTests()).Draw(t, "found")
		found = append(found, found[rapid.IntRange(0, len(found)-1).Draw(t, "twice")])
		query := rapid.SampledFrom([]string{"acme", "nifty", "twin", "zzz", "a b c", "", "<b>"}).Draw(t, "query")
		before := fmt.Sprint(found)
		ranked := symbol.Rank(query, found)
		if len(ranked) != len(marketOfTests())-1 { // ACME is listed on both exchanges
			t.Fatalf("%d of %d", len(ranked), len(marketOfTests()))
		}
		if diff := cmp.Diff(symbol.Rank(query, marketOfTests()), ranked); diff != "" {
			t.Fatalf("the order depends on the order it came in:\n%s", diff)
		}
		if fmt.Sprint(found) != before {
			t.Fatal("the list that was found changed")
		}
	})
}
