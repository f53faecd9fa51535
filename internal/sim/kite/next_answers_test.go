package kite_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite/sample"
)

// searchResult is an answer of market search.
type searchResult struct {
	Data       []map[string]any
	Meta       map[string]any
	Pagination *struct{ From, Limit, Total, Returned int }
}

func (p *session) search(more string) searchResult {
	p.f.t.Helper()
	var h searchResult
	if r := p.call("market", "search", more); r.isError {
		p.f.t.Fatalf("%s: %s", more, r.text)
	} else if err := json.Unmarshal([]byte(r.text), &h); err != nil {
		p.f.t.Fatal(err)
	}
	return h
}

// ids returns what was found, in the order of the alphabet.
func (h searchResult) ids() string {
	var out []string
	for _, row := range h.Data {
		out = append(out, fmt.Sprint(row["id"]))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestNextSearch(t *testing.T) {
	w := newNext(t)
	p := w.signIn("NK0001")
	for more, want := range map[string]string{
		`"query":"m&m"`:                            "NSE:M&M",
		`"query":"zzzzz"`:                          "",
		`"query":"infosys","filter_on":"name"`:     "NSE:INFY",
		`"query":"NIFTY","filter_on":"underlying"`: "NFO:NIFTY26NOV26000CE NFO:NIFTY26NOVFUT",
		`"query":"NSE:ITC","search_mode":"bogus"`:  "NSE:ITC",
		`"search_mode":"get_by_exch_token","exchange":"NSE","exch_token":1973`: "NSE:ITC",
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
	w.noViolations()
}

func TestNextSearchHasNoOrder(t *testing.T) {
	w := newNext(t)
	p := w.signIn("NK0001")
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
	p := w.signIn("NK0001")
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

func TestAlerts(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	mine := sample.AccountOf("MK4021").Alerts
	ids := make([]string, len(mine))
	for i, a := range mine {
		ids[i] = `"` + a.UUID + `"`
	}
	type many struct{ Alerts []sample.Alert }
	for more, want := range map[string][]sample.Alert{
		"":                                mine,
		`"uuids":[]`:                      mine,
		`"uuids":` + ids[0]:               mine, // a plain text is no list
		`"status":"enabled"`:              mine[:2],
		`"status":"disabled"`:             mine[2:],
		`"status":"deleted"`:              {},
		`"type":"ato"`:                    {},
		`"type":"simple","history":false`: mine,
		`"uuids":[` + ids[2] + `,` + ids[0] + `],"status":"deleted"`: {mine[0], mine[2]},
		`"uuids":["a","b"]`: nil,
	} {
		if diff := cmp.Diff(want, decode[many](t, p.call("alerts", "get", more)).Alerts); diff != "" {
			t.Errorf("%s:\n%s", more, diff)
		}
	}
	expect(t, p.call("alerts", "get", `"uuids":["a","b"],"history":true`), `{"alerts":null}`, false)
	expect(t, p.call("alerts", "get", `"uuids":["a"]`), "Failed to get alert a: Alert not found", true)
	expect(t, w.signIn("NK0001").call("alerts", "get", `"history":true`), `{"alerts":[]}`, false)
	one := p.call("alerts", "get", `"uuids":[`+ids[0]+`]`).text
	const order = "type user_id uuid name status disabled_reason lhs_attribute lhs_exchange lhs_tradingsymbol operator rhs_type rhs_attribute rhs_exchange rhs_tradingsymbol rhs_constant alert_count created_at updated_at"
	if got := keys(t, strings.TrimPrefix(one, `{"alert":`)); got != order || !strings.Contains(one, `"name":"Reliance \u003c 1,300 \u0026 falling"`) {
		t.Errorf("one: %s", one)
	}
	w.noViolations()
}
