package kite_test

import (
	"net/http"
	"strings"
	"testing"

	"kitebot/internal/sim/kite"
)

func TestNextNegotiates(t *testing.T) {
	w := newNext(t)
	p := &session{f: w, bearer: w.bearer("MK4021")}
	for asked, want := range map[string]string{
		"2024-11-05": "2024-11-05", "2025-03-26": "2025-03-26", "2025-06-18": "2025-06-18", "2025-11-25": "2025-11-25",
		"2026-07-28": "2025-11-25", "bogus": "2025-11-25", "": "2025-11-25",
	} {
		r := p.post(rpc(1, "initialize", map[string]any{"protocolVersion": asked}))
		body := `{"jsonrpc":"2.0","id":1,"result":{"capabilities":{"logging":{},"tools":{"listChanged":true}},"protocolVersion":"` +
			want + `","serverInfo":{"name":"Kite MCP Server","version":"v0.0.0"}}}`
		if got := event(t, r); got != body {
			t.Errorf("asked %q: %s", asked, got)
		}
	}
}

func TestNextTalksRawJSONRPC(t *testing.T) {
	w := newNext(t)
	p := w.signIn("NK0001")
	lone := &session{f: w, bearer: p.bearer}
	const early = `{"jsonrpc":"2.0","id":1,"error":{"code":0,"message":"method \"tools/METHOD\" is invalid during session initialization"}}`
	for _, c := range []struct {
		who        *session
		body, want string
	}{
		{p, rpc("a", "ping", nil), `{"jsonrpc":"2.0","id":"a","result":{}}`},
		{lone, rpc(1, "ping", nil), `{"jsonrpc":"2.0","id":1,"result":{}}`},
		{lone, rpc(1, "tools/list", nil), strings.Replace(early, "METHOD", "list", 1)},
		{lone, callBody(1, "portfolio", `{"mode":"profile"}`), strings.Replace(early, "METHOD", "call", 1)},
		{p, rpc(1, "initialize", map[string]any{}), `{"jsonrpc":"2.0","id":1,"error":{"code":0,"message":"duplicate \"initialize\" received"}}`},
		{p, rpc(1, "tools/list", map[string]any{"cursor": "x"}), `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid params"}}`},
		{p, `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"} and more`, `{"jsonrpc":"2.0","id":2,"result":{}}`},
	} {
		if got := event(t, c.who.post(c.body)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
		}
	}
	for _, body := range []string{
		rpc(nil, "notifications/initialized", nil), rpc(nil, "notifications/cancelled", map[string]any{}),
		`{"jsonrpc":"2.0","id":1,"result":{}}`, `{"jsonrpc":"2.0","id":1,"Method":"ping"}`,
	} {
		if r := p.post(body); r.status != http.StatusAccepted || r.body != "" {
			t.Errorf("%s: %d %q", body, r.status, r.body)
		}
	}
	w.noViolations()
}

// unspoken is what a version is told that never was.
const unspoken = "Bad Request: Unsupported protocol version (supported versions: 2026-07-28,2025-11-25,2025-06-18,2025-03-26,2024-11-05)\n"

func TestNextRefusals(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	ping := rpc(3, "ping", nil)
	for _, c := range []struct {
		body   string
		pairs  []string
		status int
		want   string
	}{
		{ping, []string{"Content-Type", "text/plain"}, 415, "Content-Type must be 'application/json'\n"},
		{ping, []string{"Content-Type", ""}, 415, "Content-Type must be 'application/json'\n"},
		{ping, []string{"Accept", "application/json"}, 400, "Accept must contain both 'application/json' and 'text/event-stream'\n"},
		{ping, []string{"Accept", ""}, 400, "Accept must contain both 'application/json' and 'text/event-stream'\n"},
		{ping, []string{"Mcp-Session-Id", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, 404, "session not found\n"},
		{"nope", []string{"Mcp-Session-Id", "kitemcp-0b1c2d3e-0000-4000-8000-000000000000"}, 404, "session not found\n"},
		{ping, []string{"MCP-Protocol-Version", "2025-01-01", "Content-Type", "x/y"}, 400, unspoken},
		{ping, []string{"MCP-Protocol-Version", "bogus"}, 400, unspoken},
		{ping, []string{"MCP-Protocol-Version", "2026-07-28"}, 400, unspoken},
		{"", nil, 400, "POST requires a non-empty body\n"},
		{`{"jsonrpc":"1.0","id":1,"method":"ping"}`, nil, 400, `malformed payload: invalid message version tag "1.0"; expected "2.0"` + "\n"},
		{rpc(3, "foo/bar", nil), nil, 400, `JSON RPC not handled: "foo/bar" unsupported` + "\n"},
		{rpc(nil, "notifications/foo", nil), nil, 400, `JSON RPC not handled: "notifications/foo" unsupported` + "\n"},
		{rpc(nil, "ping", nil), nil, 400, `invalid request: missing id for "ping"` + "\n"},
		{rpc(3, "tools/call", nil), nil, 400, `invalid request: missing required "params"` + "\n"},
	} {
		if r := p.post(c.body, c.pairs...); r.status != c.status || r.body != c.want {
			t.Errorf("%s %q: %d %q, want %d %q", c.body, c.pairs, r.status, r.body, c.status, c.want)
		}
	}
}

func TestNextReadsLeniently(t *testing.T) {
	w := newNext(t)
	p, ping := w.signIn("MK4021"), rpc(3, "ping", nil)
	for _, body := range []string{"not json", "[" + ping + "]", "1", `{"jsonrpc":"2.0","id":1,"method":7}`} {
		if r := p.post(body); r.status != 400 || !strings.HasPrefix(r.body, "malformed payload: unmarshaling jsonrpc message: json: ") {
			t.Errorf("%s: %d %q", body, r.status, r.body)
		}
	}
	for _, pairs := range [][]string{
		{"Accept", "*/*"}, {"Accept", "application/*;q=0.1, text/*"}, {"Content-Type", "Application/JSON; charset=utf-8"}, {"MCP-Protocol-Version", "2024-11-05"},
	} {
		if got := event(t, p.post(ping, pairs...)); got != `{"jsonrpc":"2.0","id":3,"result":{}}` {
			t.Errorf("%q: %s", pairs, got)
		}
	}
	if r := w.must("PUT", "/mcp", "", p.header()...); r.status != 405 || r.body != "Method Not Allowed\n" || r.header.Get("Allow") != "GET, POST, DELETE" {
		t.Errorf("PUT: %d %q", r.status, r.body)
	}
}

func TestNextFaultsBeforeTheServer(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.HTTPStatus, Op: kite.OpInitialize, Status: 403, Times: 1})
	if r := (&session{f: w}).post(rpc(1, "initialize", map[string]any{})); r.status != 403 || r.header.Get("WWW-Authenticate") != "" {
		t.Errorf("%d %q", r.status, r.header.Get("WWW-Authenticate"))
	}
	for _, kind := range []kite.FaultKind{kite.ConnectionReset, kite.AnswerLost} {
		w.sim.Inject(kite.Fault{Kind: kind, Tool: "portfolio", Times: 1})
		if r, err := w.do("POST", "/mcp", callBody(1, "portfolio", `{"mode":"holdings"}`), p.header()...); err == nil {
			t.Errorf("kind %d: answered %d %s", kind, r.status, r.body)
		}
	}
	w.sim.Inject(kite.Fault{Kind: kite.ToolMissing, Tool: "gtt", Times: 1})
	if r := p.call("gtt", "list", ""); r.code != -32602 || r.text != `unknown tool "gtt"` {
		t.Errorf("missing: %+v", r)
	}
	w.noViolations()
}
