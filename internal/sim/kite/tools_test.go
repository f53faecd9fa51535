package kite_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// todayReadCalls maps every tool that asks Kite to its failure text, with arguments that are good.
func todayReadCalls() map[string][2]string {
	const instruments = `{"instruments":["NSE:ITC"]}`
	const history = `{"instrument_token":505089,"from_date":"2026-11-19 09:15:00","to_date":"2026-11-19 15:30:00","interval":"15minute"}`
	out := map[string][2]string{
		"get_order_history":   {`{"order_id":"261120100410011"}`, "Failed to get order history"},
		"get_order_trades":    {`{"order_id":"261120100410011"}`, "Failed to get order trades"},
		"get_quotes":          {instruments, "Failed to get quotes"},
		"get_ltp":             {instruments, "Failed to get latest trading prices"},
		"get_ohlc":            {instruments, "Failed to get OHLC data"},
		"get_historical_data": {history, "Failed to get historical data"},
	}
	for _, tool := range []string{
		"get_profile", "get_margins", "get_holdings", "get_positions", "get_trades", "get_orders", "get_gtts", "get_mf_holdings",
	} {
		out[tool] = [2]string{`{}`, "Failed to execute " + tool}
	}
	return out
}

func TestEveryToolSaysWhatItSays(t *testing.T) {
	w := startServer(t)
	in := w.loggedIn("MK4021")
	for tool, c := range todayReadCalls() {
		id := w.initialize()
		expect(t, w.call(id, tool, c[0]), "Please log in first using the login tool", true)
		expect(t, w.call(id, tool, c[0]), c[1], true)
		w.call(id, "login", `{}`)
		expect(t, w.call(id, tool, c[0]), c[1], true)
		if r := w.call(in, tool, c[0]); r.isError {
			t.Errorf("%s, logged in: %s", tool, r.text)
		}
		w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Tool: tool, Times: 1})
		expect(t, w.call(in, tool, c[0]), c[1], true)
		if r := w.call(in, tool, c[0]); r.isError {
			t.Errorf("%s, after the hiccup: %s", tool, r.text)
		}
	}
}

func TestNullFromKite(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamNull})
	for tool, c := range todayReadCalls() {
		r := w.call(id, tool, c[0])
		want := "[]"
		switch tool {
		case "get_quotes", "get_ltp", "get_ohlc", "get_historical_data", "get_order_history", "get_order_trades":
			want = "null"
		case "get_profile":
			if p := decode[sample.Profile](t, r); p.UserID != "" || !strings.Contains(r.text, `"products":null`) {
				t.Errorf("profile: %s", r.text)
			}
			continue
		case "get_margins":
			if m := decode[sample.Margins](t, r); m != (sample.Margins{}) {
				t.Errorf("margins: %s", r.text)
			}
			continue
		}
		expect(t, r, want, false)
	}
}

func TestBadArguments(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	history := func(from, to, interval string) string {
		return fmt.Sprintf(`{"instrument_token":505089,"from_date":%q,"to_date":%q,"interval":%q}`, from, to, interval)
	}
	for _, c := range [][3]string{
		{"get_order_history", `{}`, "parameter 'order_id': is required"},
		{"get_order_history", `{"order_id":null}`, "parameter 'order_id': is required"},
		{"get_order_history", `{"order_id":""}`, "parameter 'order_id': cannot be empty"},
		{"get_order_history", `{"order_id":123}`, "Failed to get order history"},
		{"get_order_trades", `[1]`, "parameter 'order_id': is required"},
		{"get_order_trades", `{"order_id":"1"}`, "Failed to get order trades"},
		{"get_quotes", `{}`, "parameter 'instruments': is required"},
		{"get_quotes", `{"instruments":[]}`, "parameter 'instruments': cannot be empty"},
		{"get_quotes", `{"instruments":"NSE:ITC"}`, "Failed to get quotes"},
		{"get_ltp", `{"instruments":"NSE:ITC"}`, "At least one instrument must be specified"},
		{"get_ltp", `{"instruments":[]}`, "parameter 'instruments': cannot be empty"},
		{"get_ohlc", `{"instruments":[""]}`, "At least one instrument must be specified"},
		{"get_ohlc", `"x"`, "parameter 'instruments': is required"},
		{"get_historical_data", `{}`, "parameter 'instrument_token': is required"},
		{"get_historical_data", `{"instrument_token":1}`, "parameter 'from_date': is required"},
		{"get_historical_data", history("2026-11-19", "2026-11-19 10:00:00", "day"), "Failed to parse from_date, use format YYYY-MM-DD HH:MM:SS"},
		{"get_historical_data", history("2026-11-19 09:15:00", "x", "day"), "Failed to parse to_date, use format YYYY-MM-DD HH:MM:SS"},
		{"get_historical_data", history("2026-11-19 09:15:00", "2026-11-19 10:00:00", "bogus"), "Failed to get historical data"},
		{"get_historical_data", history("2026-11-19 09:15:00", "2026-11-18 10:00:00", "day"), "Failed to get historical data"},
		{"get_historical_data", history("2026-01-19 09:15:00", "2026-11-18 10:00:00", "minute"), "Failed to get historical data"},
		{"get_historical_data", strings.Replace(history("2026-11-18 09:15:00", "2026-11-18 10:00:00", "day"), "505089", `"505089"`, 1), "Failed to get historical data"},
		{"search_instruments", `{}`, "parameter 'query': is required"},
		{"search_instruments", `{"query":""}`, "parameter 'query': cannot be empty"},
		{"search_instruments", `{"query":"A:B:C","filter_on":"underlying"}`, "Invalid query format, specify exch:underlying, where exchange is BFO/NFO"},
	} {
		got := w.call(id, c[0], c[1])
		if got.text != c[2] || !got.isError {
			t.Errorf("%s %s: got %q, want %q", c[0], c[1], got.text, c[2])
		}
	}
}

// A complaint about arguments comes before the session is looked at, so it does not create one.
func TestBadArgumentsDoNotTouchTheSession(t *testing.T) {
	w := startServer(t)
	s := w.open()
	expect(t, s.call("get_ltp", `{}`), "parameter 'instruments': is required", true)
	if n := len(w.sim.Sessions()); n != 0 {
		t.Errorf("%d sessions", n)
	}
	expect(t, s.call("get_ltp", `{"instruments":["NSE:ITC"]}`), "Please log in first using the login tool", true)
}

// pageCase is a call of get_holdings on an account with seven rows.
type pageCase struct {
	args string
	rows int
	meta string // how the answer ends, "" for a bare list
}

func pageCases() []pageCase {
	meta := func(from, limit int, more bool, returned int) string {
		return fmt.Sprintf(`,"pagination":{"from":%d,"limit":%d,"total":7,"has_more":%v,"returned":%d}}`, from, limit, more, returned)
	}
	return []pageCase{
		{`{}`, 7, ""},
		{`{"from":1}`, 6, ""},
		{`{"from":100}`, 0, ""},
		{`{"limit":0}`, 7, ""},
		{`{"limit":-1}`, 7, ""},
		{`{"limit":"1"}`, 7, ""},
		{`{"limit":true}`, 7, ""},
		{`{"unknown":1}`, 7, ""},
		{`null`, 7, ""},
		{`[1]`, 7, ""},
		{`{"limit":1}`, 1, meta(0, 1, true, 1)},
		{`{"limit":1.9}`, 1, meta(0, 1, true, 1)},
		{`{"limit":10}`, 7, meta(0, 10, false, 7)},
		{`{"limit":3,"from":4}`, 3, meta(4, 3, false, 3)},
		{`{"limit":3,"from":"4"}`, 3, meta(0, 3, true, 3)},
		{`{"limit":5,"from":100}`, 0, meta(100, 5, false, 0)},
		{`{"limit":1,"from":-5}`, 1, meta(-5, 1, true, 1)},
		{`{"limit":7,"from":-5}`, 7, meta(-5, 7, true, 7)}, // there is no more
	}
}

func TestPages(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("AD7730")
	rows := regexp.MustCompile(`"tradingsymbol":"[A-Z&-]+","exchange"`) // one per row
	for _, c := range pageCases() {
		r := w.call(id, "get_holdings", c.args)
		if got := len(rows.FindAllString(r.text, -1)); got != c.rows || r.isError {
			t.Errorf("%s: %d rows, want %d", c.args, got, c.rows)
		}
		if c.meta == "" && !strings.HasPrefix(r.text, "[") || c.meta != "" && (!strings.HasPrefix(r.text, `{"data":[`) || !strings.HasSuffix(r.text, c.meta)) {
			t.Errorf("%s: %s", c.args, r.text)
		}
	}
	empty := w.loggedIn("NK0001")
	expect(t, w.call(empty, "get_holdings", `{"limit":5}`),
		`{"data":[],"pagination":{"from":0,"limit":5,"total":0,"has_more":false,"returned":0}}`, false)
	expect(t, w.call(empty, "get_positions", `{}`), `[]`, false)
}

func TestSearch(t *testing.T) {
	w := startServer(t)
	s := w.open()
	ids := func(args string) string {
		var out []string
		for _, i := range decode[[]sample.Instrument](t, s.call("search_instruments", args)) {
			out = append(out, i.ID)
		}
		slices.Sort(out) // they come in another order each time
		return strings.Join(out, " ")
	}
	for args, want := range map[string]string{
		`{"query":"zzzzz"}`:                               "",
		`{"query":"m&m"}`:                                 "NSE:M&M",
		`{"query":"inf","filter_on":"bogus"}`:             "NSE:BHARATINFRAGROWTHETF2032 NSE:INFY",
		`{"query":"INE105S01068","filter_on":"isin"}`:     "BSE:ITC NSE:ITC",
		`{"query":"infosys","filter_on":"name"}`:          "NSE:INFY",
		`{"query":"be","filter_on":"tradingsymbol"}`:      "NSE:GOLDBEES NSE:LIQUIDBEES NSE:NIFTYBEES NSE:RVNSTEEL-BE",
		`{"query":"NOPE","filter_on":"underlying"}`:       "",
		`{"query":"NIFTY","filter_on":"underlying"}`:      "NFO:NIFTY26NOV26000CE NFO:NIFTY26NOVFUT",
		`{"query":"BFO:SENSEX","filter_on":"underlying"}`: "BFO:SENSEX26NOVFUT",
	} {
		if got := ids(args); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
	if got := ids(`{"query":"ITC","filter_on":"tradingsymbol","from":1}`); got != "BSE:ITC" && got != "NSE:ITC" {
		t.Errorf("from the second on: %s", got)
	}
	r := s.call("search_instruments", `{"query":"NIFTY 50","limit":2}`)
	if !strings.HasSuffix(r.text, `"pagination":{"from":0,"limit":2,"total":1,"has_more":false,"returned":1}}`) {
		t.Errorf("page: %s", r.text)
	}
	if n := len(w.sim.Sessions()); n != 0 {
		t.Errorf("searching made %d sessions", n)
	}
}

func TestWriteToolsAreRefusedAndRemembered(t *testing.T) {
	tools := []string{"place_gtt_order", "modify_gtt_order", "delete_gtt_order", "place_order", "modify_order", "cancel_order"}
	for _, without := range []bool{false, true} {
		w := startServer(t, func(o *kite.Options) { o.NoOrderTools = without })
		id := w.loggedIn("MK4021")
		before := w.call(id, "get_gtts", `{}`).text + w.call(id, "get_orders", `{}`).text
		for i, tool := range tools {
			want := result{"Failed to execute " + tool, true, 0}
			if without && i >= 3 {
				want = result{"tool '" + tool + "' not found: tool not found", true, -32602}
			}
			if r := w.call(id, tool, `{"trigger_id":410211}`); r != want {
				t.Errorf("%s: %+v", tool, r)
			}
		}
		got := w.sim.Violations()
		if len(got) != len(tools) {
			t.Fatalf("violations: %q", got)
		}
		for i, tool := range tools {
			if !strings.Contains(got[i], tool) {
				t.Errorf("violation %d: %q, want %s in it", i, got[i], tool)
			}
		}
		if w.call(id, "get_gtts", `{}`).text+w.call(id, "get_orders", `{}`).text != before {
			t.Error("a write tool changed something")
		}
	}
}

// toolList is the part of an answer to tools/list that clients look at.
type toolList struct {
	Result struct {
		Tools []struct {
			Name, Description string
			Annotations       map[string]bool
			InputSchema       struct {
				Type       string
				Properties map[string]struct{ Type, Description string }
				Required   []string
			}
		}
	}
}

func TestToolList(t *testing.T) {
	for _, c := range []struct {
		order bool
		count int
	}{{false, 19}, {true, 22}} {
		w := startServer(t, func(o *kite.Options) { o.NoOrderTools = !c.order })
		var m toolList
		if err := json.Unmarshal([]byte(w.post(w.initialize(), rpc(1, "tools/list", nil)).body), &m); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range m.Result.Tools {
			names = append(names, tool.Name)
			if tool.Annotations["readOnlyHint"] || !tool.Annotations["destructiveHint"] || len(tool.Annotations) != 4 {
				t.Errorf("%s: annotations %v", tool.Name, tool.Annotations)
			}
			for _, r := range tool.InputSchema.Required {
				if tool.InputSchema.Properties[r].Type == "" {
					t.Errorf("%s requires %s, which it does not describe", tool.Name, r)
				}
			}
		}
		if len(names) != c.count || !slices.IsSorted(names) || slices.Contains(names, "place_order") != c.order {
			t.Errorf("%d tools: %q", len(names), names)
		}
		if !slices.Contains(names, "place_gtt_order") || !slices.Contains(names, "get_holdings") {
			t.Errorf("tools are missing: %q", names)
		}
	}
}
