package kite_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/sim/kite/sample"
)

// hits is an answer of market search.
type hits struct {
	Data       []map[string]any
	Meta       map[string]any
	Pagination *struct{ From, Limit, Total, Returned int }
}

func (p *person) search(more string) hits {
	p.w.t.Helper()
	var h hits
	if r := p.call("market", "search", more); r.isError {
		p.w.t.Fatalf("%s: %s", more, r.text)
	} else if err := json.Unmarshal([]byte(r.text), &h); err != nil {
		p.w.t.Fatal(err)
	}
	return h
}

// ids returns what was found, in the order of the alphabet.
func (h hits) ids() string {
	var out []string
	for _, row := range h.Data {
		out = append(out, fmt.Sprint(row["id"]))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestNextSearch(t *testing.T) {
	w := newNext(t)
	p := w.enter("NK0001")
	for more, want := range map[string]string{
		`"query":"m&m"`:                            "NSE:M&M",
		`"query":"zzzzz"`:                          "",
		`"query":"infosys","filter_on":"name"`:     "NSE:INFY",
		`"query":"NIFTY","filter_on":"underlying"`: "NFO:NIFTY26NOV26000CE NFO:NIFTY26NOVFUT",
		`"query":"NSE:ITC","search_mode":"bogus"`:  "NSE:ITC",
		`"search_mode":"get_by_id","id":"BSE:ITC"`: "BSE:ITC",
		`"search_mode":"get_by_tradingsymbol","exchange":"NSE","tradingsymbol":"ITC"`: "NSE:ITC",
		`"search_mode":"get_by_isin","isin":"INE105S01068"`:                           "BSE:ITC NSE:ITC",
		`"search_mode":"get_by_inst_token","inst_token":505089`:                       "NSE:ITC",
		`"search_mode":"get_by_exch_token","exchange":"NSE","exch_token":1973`:        "NSE:ITC",
	} {
		h := p.search(more)
		if got := h.ids(); got != want || h.Pagination != nil || h.Data == nil || len(h.Meta) != 2 ||
			h.Meta["instrument_data_source"] != "bod_instruments" || h.Meta["live_quote_enriched"] != false {
			t.Errorf("%s: %s, want %s; %v", more, got, want, h.Meta)
		}
	}
	expect(t, p.call("market", "search", `"query":"NSE:ITC"`),
		`{"data":[{"active":true,"exchange":"NSE","id":"NSE:ITC","instrument_token":505089,"instrument_type":"EQ","lot_size":1,"name":"ITC",`+
			`"segment":"NSE","tradingsymbol":"ITC"}],"meta":{"instrument_data_source":"bod_instruments","live_quote_enriched":false}}`, false)
	h := p.search(`"query":"NIFTY","limit":2,"from":1`)
	if len(h.Data) != 2 || h.Pagination == nil || h.Pagination.Total != 6 || h.Pagination.From != 1 || h.Pagination.Returned != 2 {
		t.Errorf("page: %+v of %d", h.Pagination, len(h.Data))
	}
	w.clean()
}

func TestNextSearchHasNoOrder(t *testing.T) {
	w := newNext(t)
	p := w.enter("NK0001")
	orders := map[string]bool{}
	for range 40 {
		var ids []string
		for _, row := range p.search(`"query":"N"`).Data {
			ids = append(ids, fmt.Sprint(row["id"]))
		}
		orders[strings.Join(ids, " ")] = true
	}
	if len(orders) < 2 {
		t.Error("forty searches came in one order")
	}
}

func TestNextSearchInFull(t *testing.T) {
	w, today := newNext(t), startServer(t)
	p := w.enter("NK0001")
	old := decode[[]sample.Instrument](t, today.call(today.initialize(), "search_instruments", `{"query":"NFO:NIFTY26NOVFUT"}`))
	raw, err := json.Marshal(old[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, verbosity := range []string{"full", "Compact"} {
		h := p.search(`"query":"NFO:NIFTY26NOVFUT","verbosity":"` + verbosity + `"`)
		if len(h.Data) != 1 || !maps.Equal(h.Data[0], object(t, string(raw))) {
			t.Errorf("%s: %v, want %s", verbosity, h.Data, raw)
		}
	}
}

func TestNextSearchWithPrices(t *testing.T) {
	w := newNext(t)
	p := w.enter("NK0001")
	h := p.search(`"query":"NSE:ITC","include_live_quote":"yes"`)
	row := h.Data[0]
	if len(h.Data) != 1 || row["last_price"] != 402.85 || row["quote_timestamp"] != "2026-11-20T10:00:00+05:30" || row["isin"] != nil ||
		row["lower_circuit_limit"] != 364.75 || row["ohlc"].(map[string]any)["close"] != 405.3 || len(row) != 14 {
		t.Errorf("row: %v", row)
	}
	if fmt.Sprint(h.Meta["live_quote_fields"]) != "[last_price lower_circuit_limit upper_circuit_limit ohlc timestamp]" || h.Meta["live_quote_enriched"] != true {
		t.Errorf("meta: %v", h.Meta)
	}
	p.call("session", "logout", "")
	expect(t, p.call("market", "search", `"query":"NSE:ITC","include_live_quote":true`), goneGrant, true)
	if h := p.search(`"query":"zzzzz","include_live_quote":true`); len(h.Data) != 0 {
		t.Errorf("nothing to price: %v", h.Data)
	}
	if got := p.search(`"query":"NSE:ITC"`).ids(); got != "NSE:ITC" {
		t.Errorf("without a grant: %s", got)
	}
	w.clean()
}
