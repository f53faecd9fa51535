package kite_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"kitebot/internal/sim/kite"
)

func TestNextNegotiates(t *testing.T) {
	w := newNext(t)
	p := &person{w: w, bearer: w.bearer("MK4021")}
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
	p := w.enter("NK0001")
	lone := &person{w: w, bearer: p.bearer}
	const early = `{"jsonrpc":"2.0","id":1,"error":{"code":0,"message":"method \"tools/METHOD\" is invalid during session initialization"}}`
	for _, c := range []struct {
		who        *person
		body, want string
	}{
		{p, rpc("a", "ping", nil), `{"jsonrpc":"2.0","id":"a","result":{}}`},
		{lone, rpc(1, "ping", nil), `{"jsonrpc":"2.0","id":1,"result":{}}`},
		{lone, rpc(1, "tools/list", nil), strings.Replace(early, "METHOD", "list", 1)},
		{lone, callBody(1, "portfolio", `{"mode":"profile"}`), strings.Replace(early, "METHOD", "call", 1)},
		{p, rpc(1, "initialize", map[string]any{}), `{"jsonrpc":"2.0","id":1,"error":{"code":0,"message":"duplicate \"initialize\" received"}}`},
		{p, rpc(1, "server/discover", map[string]any{}), `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found: \"server/discover\""}}`},
		{p, rpc(1, "tools/list", map[string]any{"cursor": "x"}), `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid params"}}`},
		{p, rpc(1, "resources/list", nil), `{"jsonrpc":"2.0","id":1,"result":{"ttlMs":0,"cacheScope":"public","resources":[]}}`},
		{p, rpc(1, "prompts/list", nil), `{"jsonrpc":"2.0","id":1,"result":{"ttlMs":0,"cacheScope":"public","prompts":[]}}`},
		{p, rpc(1, "logging/setLevel", map[string]any{"level": "info"}), `{"jsonrpc":"2.0","id":1,"result":{}}`},
		{p, `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"} and more`, `{"jsonrpc":"2.0","id":2,"result":{}}`},
		{p, "[" + rpc(nil, "notifications/initialized", nil) + "," + rpc(3, "ping", nil) + "]", `{"jsonrpc":"2.0","id":3,"result":{}}`},
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
	if r := p.post("[" + rpc(1, "ping", nil) + "," + rpc(2, "ping", nil) + "]"); strings.Count(r.body, "event: message\n") != 2 {
		t.Errorf("batch: %q", r.body)
	}
	w.clean()
}

// unspoken is what a version is told that never was.
const unspoken = "Bad Request: Unsupported protocol version (supported versions: 2026-07-28,2025-11-25,2025-06-18,2025-03-26,2024-11-05)\n"

// newest is what a version is told that this server does not speak yet.
func newest(version string) string {
	return `{"jsonrpc":"2.0","id":3,"error":{"code":-32022,"message":"protocol version \"` + version + `\" is not supported by this server",` +
		`"data":{"supported":["2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"requested":"` + version + `"}}}`
}

func TestNextRefusals(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
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
		{ping, []string{"MCP-Protocol-Version", "bogus"}, 400, newest("bogus")},
		{ping, []string{"MCP-Protocol-Version", "2026-07-28"}, 400, newest("2026-07-28")},
		{"[" + ping + "]", []string{"MCP-Protocol-Version", "2025-06-18"}, 400, "JSON-RPC batching is not supported in 2025-06-18 and later (request version: 2025-06-18)\n"},
		{"", nil, 400, "POST requires a non-empty body\n"},
		{"[]", nil, 400, "malformed payload: empty batch\n"},
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
	p, ping := w.enter("MK4021"), rpc(3, "ping", nil)
	for _, body := range []string{"not json", "[1]", "1", `{"jsonrpc":"2.0","id":1,"method":7}`} {
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

// A client of the newest protocol is told at its first question that it cannot go on like that.
func TestNextIsDiscovered(t *testing.T) {
	w := newNext(t)
	p := &person{w: w, bearer: w.bearer("MK4021")}
	const version = "2026-07-28"
	said := map[string]any{"_meta": map[string]any{"io.modelcontextprotocol/protocolVersion": version}}
	full := rpc(3, "server/discover", said)
	got := event(t, p.post(full, "MCP-Protocol-Version", version, "Mcp-Method", "server/discover"))
	if !strings.Contains(got, `"supportedVersions":["2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"capabilities":{"logging":{},`) {
		t.Errorf("discovered: %s", got)
	}
	for _, c := range []struct {
		body  string
		pairs []string
		want  string
	}{
		{full, []string{"MCP-Protocol-Version", version}, `"code":-32020,"message":"missing required Mcp-Method header"`},
		{full, nil, `"code":-32020,"message":"Mcp-Protocol-Version header is required for requests carrying `},
		{full, []string{"MCP-Protocol-Version", "2025-11-25"}, `"code":-32020,"message":"Mcp-Protocol-Version header \"2025-11-25\" does not match request `},
		{rpc(3, "server/discover", nil), []string{"MCP-Protocol-Version", version}, `"code":-32602,"message":"missing or invalid _meta field `},
		{rpc(3, "ping", said), []string{"MCP-Protocol-Version", version, "Mcp-Method", "ping"}, `"code":-32022,`},
	} {
		if r := p.post(c.body, c.pairs...); r.status != 400 || r.header.Get("Content-Type") != "application/json" || !strings.Contains(r.body, c.want) {
			t.Errorf("%s %q: %d %s", c.body, c.pairs, r.status, r.body)
		}
	}
	w.clean()
}

func TestNextStreamIsSilent(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	if r := w.must("GET", "/mcp", "", p.header("Mcp-Session-Id", "")...); r.status != 400 || r.body != "Bad Request: GET requires an Mcp-Session-Id header\n" {
		t.Errorf("without a session: %d %q", r.status, r.body)
	}
	if r := w.must("GET", "/mcp", "", p.header("Accept", "application/json")...); r.status != 400 || r.body != "Accept must contain 'text/event-stream' for GET requests\n" {
		t.Errorf("without a stream: %d %q", r.status, r.body)
	}
	for _, c := range []struct {
		end   func()
		clean bool
	}{{func() { w.sim.DropStreams() }, false}, {func() { w.must("DELETE", "/mcp", "", p.header()...) }, true}} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", w.web.URL+"/mcp", nil)
		if err != nil {
			t.Fatal(err)
		}
		h := p.header()
		for i := 0; i < len(h); i += 2 {
			r.Header.Set(h[i], h[i+1])
		}
		res, err := w.web.Client().Do(r)
		if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%v %+v", err, res)
		}
		if r := w.must("GET", "/mcp", "", h...); r.status != http.StatusConflict {
			t.Errorf("a second stream: %d", r.status)
		}
		c.end()
		b, err := io.ReadAll(res.Body)
		if string(b) != ": ok\n\n" || (err == nil) != c.clean {
			t.Errorf("read %q, %v", b, err)
		}
		cancel()
		_ = res.Body.Close()
		eventually(t, "the stream is let go", func() bool { return w.sim.Listeners() == 0 })
	}
}

func TestNextFaultsBeforeTheServer(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.HTTPStatus, Op: kite.OpInitialize, Status: 403, Times: 1})
	if r := (&person{w: w}).post(rpc(1, "initialize", map[string]any{})); r.status != 403 || r.header.Get("WWW-Authenticate") != "" {
		t.Errorf("%d %q", r.status, r.header.Get("WWW-Authenticate"))
	}
	for _, kind := range []kite.FaultKind{kite.ConnectionReset, kite.AnswerLost} {
		w.sim.Inject(kite.Fault{Kind: kind, Tool: "portfolio", Mode: "holdings", Times: 1})
		if r := p.call("portfolio", "profile", ""); r.isError {
			t.Errorf("another mode was struck: %s", r.text)
		}
		if r, err := w.do("POST", "/mcp", callBody(1, "portfolio", `{"mode":"holdings"}`), p.header()...); err == nil {
			t.Errorf("kind %d: answered %d %s", kind, r.status, r.body)
		}
	}
	w.sim.Inject(kite.Fault{Kind: kite.ToolMissing, Tool: "gtt", Times: 1})
	if r := p.call("gtt", "list", ""); r.code != -32602 || r.text != `unknown tool "gtt"` {
		t.Errorf("missing: %+v", r)
	}
	w.clean()
}
