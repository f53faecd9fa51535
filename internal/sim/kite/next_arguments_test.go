package kite_test

import (
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

func TestNextBadArguments(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	history := reading()["market historical"][0]
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
	w.clean()
}

func TestNextModeMustBeGiven(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
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
	p := w.enter("MK4021")
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
		p := w.enter("MK4021")
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
	first := w.join(bearer)
	w.must("DELETE", "/mcp", "", first.header()...)
	w.join(bearer)
	w.sim.Restart()
	w.sim.Inject(kite.Fault{Kind: kite.AnswerLost, Op: kite.OpInitialize, Times: 1})
	if _, err := w.do("POST", "/mcp", rpc(1, "initialize", map[string]any{}), (&person{w: w, bearer: bearer}).header()...); err == nil {
		t.Error("the answer came")
	}
	w.join(bearer)
	w.join(w.bearer("MK4021"))
	w.clean()
	w.join(bearer)
	if v := w.sim.Violations(); len(v) != 1 || v[0] != "mcp: a second session of one bearer" {
		t.Errorf("violations: %q", v)
	}
}

// Kite that hangs counts as failed, and the alerts say so in its words.
func TestAlertsRepeatWhatKiteSays(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Tool: "alerts", Times: 2})
	expect(t, p.call("alerts", "get", ""), "Failed to get alerts: Error parsing response.", true)
	expect(t, p.call("alerts", "get", `"uuids":["x"]`), "Failed to get alert x: Error parsing response.", true)
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamHang, After: time.Millisecond, Times: 2})
	expect(t, p.call("alerts", "get", `"uuids":["x","y"]`), "Failed to get alerts: Request failed.", true)
	expect(t, p.call("portfolio", "holdings", ""), "Failed to get holdings", true)
	w.clean()
}
