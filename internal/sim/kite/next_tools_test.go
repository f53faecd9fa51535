package kite_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// nextReadCalls maps every mode that asks Kite to arguments that are good and to all that it says when Kite fails.
func nextReadCalls() map[string][2]string {
	const instruments = `"instruments":["NSE:ITC","NSE:M&M","NSE:NOPE"]`
	const history = `"instrument_token":505089,"from_date":"2026-11-19 09:15:00","to_date":"2026-11-19 15:30:00","interval":"15minute"`
	return map[string][2]string{
		"portfolio profile": {"", "Failed to get profile"}, "portfolio margins": {"", "Failed to get margins"},
		"portfolio holdings": {"", "Failed to get holdings"}, "portfolio positions": {"", "Failed to execute portfolio_positions"},
		"mutual_funds holdings": {"", "Failed to get mutual fund holdings"}, "gtt list": {"", "Failed to execute gtt_list"},
		"orders list": {"", "Failed to execute orders_list"}, "orders all_trades": {"", "Failed to execute orders_all_trades"},
		"orders history": {`"order_id":"261120100410011"`, "Failed to get order history"},
		"orders trades":  {`"order_id":"261120100410011"`, "Failed to get order trades"},
		"market quote":   {instruments, "Failed to get quotes"}, "market ltp": {instruments, "Failed to get LTP"},
		"market ohlc": {instruments, "Failed to get OHLC data"}, "market historical": {history, "Failed to get historical data"},
		"alerts get": {"", "Failed to get alerts: Error parsing response."},
	}
}

// do calls "tool mode".
func (p *session) do(name, more string) result {
	p.f.t.Helper()
	tool, mode, _ := strings.Cut(name, " ")
	return p.call(tool, mode, more)
}

// nextList is the part of an answer to tools/list that clients look at.
type nextList struct {
	Result struct {
		Tools []struct {
			Name, Description string
			Annotations       any
			InputSchema       struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
}

func TestNextToolList(t *testing.T) {
	modes := map[string][]string{
		"alerts": {"get", "create", "modify", "delete"}, "gtt": {"list", "place", "modify", "delete"},
		"market": {"quote", "ltp", "ohlc", "historical", "search"}, "mutual_funds": {"holdings"},
		"orders":    {"list", "history", "trades", "all_trades", "place", "modify", "cancel"},
		"portfolio": {"profile", "margins", "holdings", "positions"}, "session": {"status", "logout"},
	}
	w := newNext(t)
	p := w.signIn("NK0001")
	body := event(t, p.post(rpc(1, "tools/list", nil)))
	var m nextList
	if err := json.Unmarshal([]byte(body), &m); err != nil || !strings.Contains(body, `"result":{"ttlMs":0,"cacheScope":"public","tools":[`) {
		t.Fatalf("%v: %.200s", err, body)
	}
	var names []string
	for _, tool := range m.Result.Tools {
		names = append(names, tool.Name)
		if got := tool.InputSchema.Properties["mode"].Enum; !slices.Equal(got, modes[tool.Name]) || tool.Annotations != nil || tool.Description == "" {
			t.Errorf("%s: modes %q, annotations %v", tool.Name, got, tool.Annotations)
		}
		r := p.call(tool.Name, "Nope", "")
		expect(t, r, "Invalid mode. Must be one of: "+strings.Join(modes[tool.Name], ", "), true)
	}
	if !slices.Equal(names, slices.Sorted(maps.Keys(modes))) {
		t.Errorf("tools: %q", names)
	}
}

func TestNextModesThatSayWhatTodaySays(t *testing.T) {
	today, next := startServer(t), newNext(t)
	old, p := today.loggedIn("MK4021"), next.signIn("MK4021")
	for name, tool := range map[string]string{
		"portfolio profile": "get_profile", "portfolio margins": "get_margins", "portfolio holdings": "get_holdings",
		"portfolio positions": "get_positions", "mutual_funds holdings": "get_mf_holdings", "orders all_trades": "get_trades",
		"orders trades": "get_order_trades", "market quote": "get_quotes", "market ltp": "get_ltp", "market ohlc": "get_ohlc",
		"market historical": "get_historical_data",
	} {
		more := nextReadCalls()[name][0]
		want := today.call(old, tool, "{"+more+"}")
		if got := p.do(name, more); got != want || got.isError {
			t.Errorf("%s differs from %s:\n%s", name, tool, cmp.Diff(want.text, got.text))
		}
	}
	for name, tool := range map[string]string{"portfolio holdings": "get_holdings", "portfolio positions": "get_positions", "orders all_trades": "get_trades"} {
		if got, want := p.do(name, `"from":1,"limit":2`), today.call(old, tool, `{"from":1,"limit":2}`); got != want {
			t.Errorf("a page of %s differs from %s: %s", name, tool, got.text)
		}
	}
	next.noViolations()
}

func TestNextShapes(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	const order = "account_id placed_by order_id exchange_order_id parent_order_id status status_message status_message_raw order_timestamp exchange_update_timestamp exchange_timestamp variety modified meta exchange tradingsymbol instrument_token order_type transaction_type validity validity_ttl product quantity disclosed_quantity price trigger_price average_price filled_quantity pending_quantity cancelled_quantity auction_number market_protection tag tags guid"
	for call, want := range map[[2]string]string{
		{"orders list", ""}: order,
		{"orders history", nextReadCalls()["orders history"][0]}: order,
		{"gtt list", ""}:       "id user_id type created_at updated_at expires_at status condition orders meta",
		{"session status", ""}: "authenticated created_at expires_at kite_session_expired kite_session_expires_at session_id status terminated",
	} {
		r := p.do(call[0], call[1])
		if got := keys(t, r.text); got != want || r.isError {
			t.Errorf("%v:\n%s", call, cmp.Diff(want, got))
		}
	}
	if got := p.call("gtt", "list", "").text; !strings.Contains(got, `"auction_number":"","market_protection":0,"tag":"","tags":null,"guid":""}]`) {
		t.Errorf("gtt: %s", got)
	}
	if got := p.call("orders", "list", "").text; !strings.Contains(got, `"tag":"dip","tags":["dip"],"guid":"G261120101533360"}`) {
		t.Errorf("orders: %s", got)
	}
	if got := p.call("orders", "list", `"limit":1,"from":1`).text; !strings.HasSuffix(got, `"pagination":{"from":1,"limit":1,"total":8,"has_more":true,"returned":1}}`) {
		t.Errorf("page: %s", got)
	}
	if got := p.call("mutual_funds", "holdings", `"limit":1`).text; strings.Count(got, `"folio"`) != 4 || strings.Contains(got, "pagination") {
		t.Errorf("funds: %s", got)
	}
	w.noViolations()
}

func TestNextFailures(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	calls := nextReadCalls()
	for name, c := range calls {
		tool, _, _ := strings.Cut(name, " ")
		w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Tool: tool, Times: 1})
		expect(t, p.do(name, c[0]), c[1], true)
		if r := p.do(name, c[0]); r.isError {
			t.Errorf("%s, after the hiccup: %s", name, r.text)
		}
	}
	w.sim.EndKiteLogins("MK4021")
	for name, c := range calls {
		expect(t, p.do(name, c[0]), strings.Replace(c[1], "Error parsing response.", "Incorrect `api_key` or `access_token`.", 1), true)
	}
	p.call("session", "logout", "")
	for name, c := range calls {
		expect(t, p.do(name, c[0]), grantNotFound, true)
	}
	w.noViolations()
}

func TestNextNullFromKite(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamNull})
	for call, want := range map[[2]string]string{
		{"portfolio positions", ""}: "[]", {"portfolio holdings", ""}: "[]", {"gtt list", ""}: "[]",
		{"orders list", ""}: "[]", {"mutual_funds holdings", ""}: "null", {"market ltp", `"instruments":["NSE:ITC"]`}: "null",
		{"orders history", `"order_id":"1"`}: "null", {"alerts get", ""}: `{"alerts":null}`,
	} {
		expect(t, p.do(call[0], call[1]), want, false)
	}
	if got := decode[sample.Profile](t, p.call("portfolio", "profile", "")); got.UserID != "" {
		t.Errorf("profile: %+v", got)
	}
}

// What the real server does and the simulator does not is refused, so that no test rests on it.
func TestNextRefusesWhatItDoesNotSimulate(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	for call, what := range map[[2]string]string{
		{"portfolio holdings", `"type":"compact"`}:                        "other types of holdings than full",
		{"market search", `"search_mode":"get_by_isin","isin":"x"`}:       "the search mode get_by_isin",
		{"market search", `"query":"NSE:ITC","include_live_quote":"yes"`}: "live quotes of a search",
	} {
		expect(t, p.do(call[0], call[1]), "the simulator does not know "+what, true)
	}
	if r := w.must("GET", "/mcp", "", p.header()...); r.status != 405 {
		t.Errorf("GET: %d", r.status)
	}
	if n := len(w.sim.Violations()); n != 4 {
		t.Errorf("violations: %q", w.sim.Violations())
	}
}

func TestNextBadArguments(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	history := nextReadCalls()["market historical"][0]
	for _, c := range []struct {
		call, more, want string
		isError          bool
	}{
		{"orders history", "", "parameter 'order_id': is required", true},
		{"orders trades", `"order_id":""`, "parameter 'order_id': cannot be empty", true},
		{"orders history", `"order_id":"1"`, "Failed to get order history", true},
		{"market quote", "", "parameter 'instruments': is required", true},
		{"market quote", `"instruments":"NSE:ITC"`, "{}", false},
		{"market ltp", `"instruments":"NSE:ITC"`, "At least one instrument must be specified", true},
		{"market ohlc", `"instruments":[""]`, "At least one instrument must be specified", true},
		{"market historical", "", "parameter 'instrument_token': is required", true},
		{"market historical", strings.Replace(history, "505089", `"505089"`, 1), "Failed to get historical data", true},
		{"market historical", strings.Replace(history, " 09:15:00", "", 1), "Failed to parse from_date, use format YYYY-MM-DD HH:MM:SS", true},
		{"market search", "", "parameter 'query': is required", true},
		{"market search", `"query":"A:B:C","filter_on":"underlying"`, "Invalid query format, specify exch:underlying, where exchange is BFO/NFO", true},
		{"market search", `"search_mode":"get_by_exch_token","exch_token":1`, "parameter 'exchange': is required", true},
		{"market search", `"search_mode":"get_by_exch_token","exchange":"NSE","exch_token":1`, "Instrument not found", true},
	} {
		expect(t, p.do(c.call, c.more), c.want, c.isError)
	}
	w.noViolations()
}

func TestNextModeMustBeGiven(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	for _, arguments := range []string{`{}`, `null`, `[1]`, `"x"`, `{"mode":null}`, `{"mode":7}`, `{"Mode":"profile"}`, `{"mode":"Profile"}`} {
		r := parseResult(t, event(t, p.post(callBody(1, "portfolio", arguments))))
		expect(t, r, "Invalid mode. Must be one of: profile, margins, holdings, positions", true)
	}
	if n := len(w.sim.Violations()); n != 8 {
		t.Errorf("%d violations", n)
	}
}

func TestWritingModesAreRefusedAndRemembered(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	before := p.call("orders", "list", "").text + p.call("gtt", "list", "").text + p.call("alerts", "get", "").text
	var want []string
	for tool, modes := range map[string][]string{
		"orders": {"place", "modify", "cancel"}, "gtt": {"place", "modify", "delete"}, "alerts": {"create", "modify", "delete"},
	} {
		for _, mode := range modes {
			expect(t, p.call(tool, mode, `"order_id":"261120101533360"`), "Failed to execute "+tool+"_"+mode, true)
			want = append(want, "mcp: call of "+tool+" with the mode "+mode+", which writes")
		}
	}
	if r := p.call("place_order", "x", ""); r.code != -32602 || r.text != `unknown tool "place_order"` {
		t.Errorf("an old tool: %+v", r)
	}
	want = append(want, `mcp: call of "place_order", a tool that is not listed`)
	if got := w.sim.Violations(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("violations: %q, want %q", got, want)
	}
	if p.call("orders", "list", "").text+p.call("gtt", "list", "").text+p.call("alerts", "get", "").text != before {
		t.Error("a writing mode changed something")
	}
}

// Of two equal keys the last counts, wherever they stand, and nothing holds the first against it.
func TestRepeatedKeys(t *testing.T) {
	for body, want := range map[string][]string{
		`"name":"orders","arguments":{"mode":"list","mode":"place"}`: {
			`mcp: tools/call with the key "mode" twice`, "mcp: call of orders with the mode place, which writes",
		},
		`"name":"orders","arguments":{"mode":"place","\u006dode":"list"}`:          {`mcp: tools/call with the key "mode" twice`},
		`"name":"gtt","name":"orders","arguments":{"mode":"list"}`:                 {`mcp: tools/call with the key "name" twice`},
		`"name":"orders","arguments":{"mode":"place"},"arguments":{"mode":"list"}`: {`mcp: tools/call with the key "arguments" twice`},
		`"name":"orders","arguments":{"mode":"list","x":[{"a":1},{"a":{"a":1}}]}`:  nil,
		`"name":"orders","arguments":{"mode":"list","x":["mode","mode","mode"]}`:   nil,
		`"name":"orders","arguments":{"mode":"list","x":"list","y":"mode"}`:        nil,
		`"name":"orders","arguments":{"mode":"list","x":[[],{"b":1,"b":2}]}`:       {`mcp: tools/call with the key "b" twice`},
	} {
		w := newNext(t)
		p := w.signIn("MK4021")
		r := parseResult(t, event(t, p.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{`+body+`}}`)))
		if got := w.sim.Violations(); strings.Join(got, "\n") != strings.Join(want, "\n") || r.isError != (len(want) == 2) {
			t.Errorf("%s: %q, violations %q", body, r.text, got)
		}
		if c := w.sim.Calls(); len(c) != 1 || c[0].Tool != "orders" || c[0].Mode != map[bool]string{true: "place", false: "list"}[r.isError] {
			t.Errorf("%s: calls %+v", body, c)
		}
	}
}

func TestOneSessionPerBearer(t *testing.T) {
	w := newNext(t)
	bearer := w.bearer("MK4021")
	first := w.openSession(bearer)
	w.must("DELETE", "/mcp", "", first.header()...)
	w.openSession(bearer)
	w.sim.Restart()
	w.sim.Inject(kite.Fault{Kind: kite.AnswerLost, Op: kite.OpInitialize, Times: 1})
	if _, err := w.do("POST", "/mcp", rpc(1, "initialize", map[string]any{}), (&session{f: w, bearer: bearer}).header()...); err == nil {
		t.Error("the answer came")
	}
	w.openSession(bearer)
	w.openSession(w.bearer("MK4021"))
	w.noViolations()
	w.openSession(bearer)
	if v := w.sim.Violations(); len(v) != 1 || v[0] != "mcp: a second session of one bearer" {
		t.Errorf("violations: %q", v)
	}
}

// Kite that hangs counts as failed, and the alerts say so in its words.
func TestAlertsRepeatWhatKiteSays(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Tool: "alerts", Times: 2})
	expect(t, p.call("alerts", "get", ""), "Failed to get alerts: Error parsing response.", true)
	expect(t, p.call("alerts", "get", `"uuids":["x"]`), "Failed to get alert x: Error parsing response.", true)
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamHang, After: time.Millisecond, Times: 2})
	expect(t, p.call("alerts", "get", `"uuids":["x","y"]`), "Failed to get alerts: Request failed.", true)
	expect(t, p.call("portfolio", "holdings", ""), "Failed to get holdings", true)
	w.noViolations()
}
