package kite_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

func TestStreamTalksRawJSONRPC(t *testing.T) {
	s := startServer(t).open()
	for body, want := range map[string]string{
		rpc(1, "ping", nil):                        `{"jsonrpc":"2.0","id":1,"result":{}}`,
		rpc("str-6", "ping", nil):                  `{"jsonrpc":"2.0","id":"str-6","result":{}}`,
		`[{"jsonrpc":"2.0","id":4,"method":"x"}]`:  `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Failed to parse message"}}`,
		`{"jsonrpc":"1.0","id":5,"method":"ping"}`: `{"jsonrpc":"2.0","id":5,"error":{"code":-32600,"message":"Invalid JSON-RPC version"}}`,
		rpc(6, "tools/call", nil):                  `{"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"tool '' not found: tool not found"}}`,
		callBody(7, "nope", "{}"):                  `{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"tool 'nope' not found: tool not found"}}`,
		rpc(8, "server/discover", nil):             `{"jsonrpc":"2.0","id":8,"error":{"code":-32601,"message":"Method server/discover not found"}}`,
		callBody(11, "get_profile", "{}"):          `{"jsonrpc":"2.0","id":11,"result":{"content":[{"type":"text","text":"Please log in first using the login tool"}],"isError":true}}`,
	} {
		s.post(body)
		if got := s.answer(); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}

func TestStreamDoesNotAnswerNotifications(t *testing.T) {
	s := startServer(t).open()
	s.post(rpc(nil, "notifications/initialized", nil))
	s.post(`{"jsonrpc":"2.0","id":7,"result":{}}`)
	s.post(rpc(8, "ping", nil))
	if got, want := s.answer(), `{"jsonrpc":"2.0","id":8,"result":{}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMessageRefusals(t *testing.T) {
	w := startServer(t)
	s := w.open()
	mcp := w.initialize()
	invalid := `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}` + "\n"
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", s.endpoint, "", `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Method not allowed"}}` + "\n"},
		{"POST", "/message", "{}", `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Missing sessionId"}}` + "\n"},
		{"POST", "/message?sessionId=" + mcp, "{}", invalid},
		{"POST", "/message?sessionId=0b1c2d3e-0000-4000-8000-000000000000", "{}", invalid},
		{"POST", s.endpoint, "not json", `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}` + "\n"},
	} {
		r := w.must(c.method, c.path, c.body)
		if r.status != 400 || r.body != c.want || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %d %q, want 400 %q", c.method, c.path, r.status, r.body, c.want)
		}
	}
	for _, method := range []string{"POST", "OPTIONS"} {
		if r := w.must(method, "/sse", ""); r.status != 405 || r.body != "Method not allowed\n" {
			t.Errorf("%s /sse: %d %q", method, r.status, r.body)
		}
	}
	for _, path := range []string{"/sse/", "/mcp/", "/.well-known/oauth-authorization-server", "/"} {
		if r := w.must("GET", path, ""); r.status != 404 || r.body != "Not Found" {
			t.Errorf("GET %s: %d %q", path, r.status, r.body)
		}
	}
}

func TestKeepAliveIsARequest(t *testing.T) {
	s := startServer(t, func(o *kite.Options) { o.PingEvery = 5 * time.Millisecond }).open()
	for n := 1; n <= 3; n++ {
		want := fmt.Sprintf("event: message\ndata:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n", n)
		if got := s.next(); got != want {
			t.Fatalf("ping %d: got %q, want %q", n, got, want)
		}
	}
}

func TestParallelCallsAreAllAnswered(t *testing.T) {
	w := startServer(t)
	s := w.open()
	const n = 20
	for i := range n {
		s.post(callBody(i+1, "search_instruments", `{"query":"NIFTY"}`))
	}
	seen := map[int]bool{}
	for range n {
		var m struct{ ID int }
		if err := json.Unmarshal([]byte(s.answer()), &m); err != nil {
			t.Fatal(err)
		}
		seen[m.ID] = true
	}
	if len(seen) != n {
		t.Errorf("%d different answers, want %d", len(seen), n)
	}
}

func TestSlowCallLetsTheNextPass(t *testing.T) {
	w := startServer(t)
	s := w.open()
	release := make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Tool: "search_instruments", Until: release})
	s.post(callBody(1, "search_instruments", `{"query":"ITC"}`))
	s.post(rpc(2, "ping", nil))
	if got, want := s.answer(), `{"jsonrpc":"2.0","id":2,"result":{}}`; got != want {
		t.Errorf("first answer %s, want %s", got, want)
	}
	close(release)
	if got := parseResult(t, s.answer()); got.isError {
		t.Errorf("second answer: %s", got.text)
	}
}

func TestDroppedStream(t *testing.T) {
	w := startServer(t)
	s := w.open()
	if n := w.sim.Streams(); n != 1 {
		t.Fatalf("%d streams, want 1", n)
	}
	if n := w.sim.DropStreams(); n != 1 {
		t.Errorf("dropped %d, want 1", n)
	}
	if err := s.ended(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream ended with %v, want unexpected EOF", err)
	}
	if r := w.must("POST", s.endpoint, rpc(1, "ping", nil)); r.status != http.StatusBadRequest {
		t.Errorf("POST after the drop: %d", r.status)
	}
	if n := w.sim.Streams(); n != 0 {
		t.Errorf("%d streams left", n)
	}
	if again := w.open(); again.id == s.id {
		t.Error("a new stream has the old id")
	}
}

func TestClientThatLeavesIsForgotten(t *testing.T) {
	w := startServer(t)
	s := w.open()
	s.cancel()
	eventually(t, "no streams", func() bool { return w.sim.Streams() == 0 })
}

func TestFrozenStreamStaysButIsSilent(t *testing.T) {
	w := startServer(t)
	frozen := w.open()
	w.sim.FreezeStreams(true)
	frozen.post(rpc(1, "ping", nil))
	healthy := w.open()
	healthy.post(rpc(2, "ping", nil))
	healthy.answer()
	select {
	case e := <-frozen.events:
		t.Fatalf("a frozen stream said %q", e)
	default:
	}
	if n := w.sim.Streams(); n != 2 {
		t.Errorf("%d streams, want 2", n)
	}
	w.sim.FreezeStreams(false)
	if got, want := frozen.answer(), `{"jsonrpc":"2.0","id":1,"result":{}}`; got != want {
		t.Errorf("after the thaw: %s, want %s", got, want)
	}
}

func TestCloseEndsStreamsAndWaits(t *testing.T) {
	w := startServer(t)
	s := w.open()
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Op: kite.OpPing, After: time.Hour})
	s.post(rpc(1, "ping", nil))
	w.sim.Close()
	if err := s.ended(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream ended with %v", err)
	}
	if _, err := w.do("GET", "/sse", ""); err == nil {
		t.Error("a closed server answered")
	}
}

func TestInitializeNegotiates(t *testing.T) {
	w := startServer(t)
	for asked, want := range map[string]string{
		"2024-11-05": "2024-11-05", "2025-03-26": "2025-03-26", "2025-06-18": "2025-03-26",
		"2025-11-25": "2025-03-26", "2026-07-28": "2025-03-26", "bogus": "2025-03-26", "": "2025-03-26",
	} {
		r := w.post("", rpc(1, "initialize", map[string]any{"protocolVersion": asked}))
		var m struct {
			Result struct {
				ProtocolVersion string
				Capabilities    struct{ Tools struct{ ListChanged bool } }
				ServerInfo      struct{ Name string }
			}
		}
		if err := json.Unmarshal([]byte(r.body), &m); err != nil {
			t.Fatal(err)
		}
		if m.Result.ProtocolVersion != want || !m.Result.Capabilities.Tools.ListChanged || m.Result.ServerInfo.Name != "Kite MCP Server" {
			t.Errorf("asked %q: got %s", asked, r.body)
		}
	}
}

func TestMCPRefusals(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	const unknown = "kitemcp-0b1c2d3e-0000-4000-8000-000000000000"
	ping := rpc(1, "ping", nil)
	for _, c := range []struct {
		name, method, session, kind, body string
		status                            int
		want                              string
	}{
		{"charset", "POST", id, "application/json; charset=utf-8", ping, 400, "Invalid content type: must be 'application/json'\n"},
		{"no JSON", "POST", id, "application/json", "not json", 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"request body is not valid json"}}` + "\n"},
		{"batch", "POST", id, "application/json", "[" + ping + "]", 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"request body is not valid json"}}` + "\n"},
		{"unknown", "POST", unknown, "application/json", ping, 400, "Invalid session ID\n"},
		{"garbage", "POST", "garbage", "application/json", ping, 400, "Invalid session ID\n"},
		{"missing", "POST", "", "application/json", ping, 400, "Invalid session ID\n"},
		{"PUT", "PUT", id, "application/json", ping, 404, "404 page not found\n"},
		{"DELETE unknown", "DELETE", unknown, "", "", 500, "Session termination failed: session ID not found\n"},
		{"DELETE garbage", "DELETE", strings.Repeat("x", 36), "", "", 500, "Session termination failed: invalid session ID format: invalid UUID format\n"},
		{"DELETE nothing", "DELETE", "", "", "", 500, "Session termination failed: invalid session ID format: invalid UUID length: 0\n"},
	} {
		r := w.must(c.method, "/mcp", c.body, "Content-Type", c.kind, "Mcp-Session-Id", c.session)
		if r.status != c.status || r.body != c.want {
			t.Errorf("%s: %d %q, want %d %q", c.name, r.status, r.body, c.status, c.want)
		}
	}
	if r := w.post(id, rpc(nil, "notifications/initialized", nil)); r.status != 202 || r.body != "" {
		t.Errorf("notification: %d %q", r.status, r.body)
	}
	if r := w.post(id, ping); r.status != 200 || r.body != `{"jsonrpc":"2.0","id":1,"result":{}}`+"\n" {
		t.Errorf("ping: %d %q", r.status, r.body)
	}
}

func TestSSESessionResumesOnMCP(t *testing.T) {
	w := startServer(t)
	s := w.open()
	s.call("search_instruments", `{"query":"ITC"}`)
	if r := w.post(s.id, rpc(1, "ping", nil)); r.status != 400 || r.body != "Invalid session ID\n" {
		t.Errorf("before any call that touches the registry: %d %q", r.status, r.body)
	}
	link := linkIn(t, s.call("login", `{}`).text)
	if r := w.post(s.id, rpc(1, "ping", nil)); r.status != 200 {
		t.Errorf("after login: %d %q", r.status, r.body)
	}
	s.cancel()
	eventually(t, "the stream is gone", func() bool { return w.sim.Streams() == 0 })
	w.completeLogin(link, "MK4021")
	if got := w.userBehind(s.id); got != "MK4021" {
		t.Errorf("resumed session belongs to %q", got)
	}
	calls := w.sim.Calls()
	last := calls[len(calls)-1]
	want := kite.Call{Tool: "get_profile"}
	if last != want {
		t.Errorf("last call %+v, want %+v", last, want)
	}
	if v := w.sim.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
}

func TestSecondInitializeIsANewSession(t *testing.T) {
	w := startServer(t)
	old := w.loggedIn("MK4021")
	r := w.post(old, rpc(1, "initialize", map[string]any{"protocolVersion": "2025-03-26"}))
	fresh := r.header.Get("Mcp-Session-Id")
	if fresh == "" || fresh == old {
		t.Fatalf("new id %q, old id %q", fresh, old)
	}
	expect(t, w.call(fresh, "get_profile", `{}`), "Please log in first using the login tool", true)
	if got := w.userBehind(old); got != "MK4021" {
		t.Errorf("the old session belongs to %q", got)
	}
	if v := w.sim.Violations(); len(v) != 1 || !strings.Contains(v[0], "initialize") || strings.Contains(v[0], old) {
		t.Errorf("violations: %q", v)
	}
}

func TestDeleteLogsOut(t *testing.T) {
	w := startServer(t)
	s := w.open()
	link := linkIn(t, s.call("login", `{}`).text)
	w.completeLogin(link, "AD7730")
	other := w.loggedIn("AD7730")
	for range 2 {
		if r := w.must("DELETE", "/mcp", "", "Mcp-Session-Id", s.id); r.status != 200 || r.body != "" {
			t.Errorf("DELETE: %d %q", r.status, r.body)
		}
	}
	if r := w.post(s.id, rpc(1, "ping", nil)); r.status != 404 || r.body != "Session terminated\n" {
		t.Errorf("/mcp after DELETE: %d %q", r.status, r.body)
	}
	expect(t, s.call("get_holdings", `{}`), "Failed to establish a session. Please try again.", true)
	expect(t, s.call("login", `{}`), "Failed to get or create Kite session", true)
	if status, body := w.sim.CompleteLogin(t.Context(), link, "AD7730"); status != 400 || body != "session error\n" {
		t.Errorf("old link: %d %q", status, body)
	}
	if got := w.userBehind(other); got != "AD7730" {
		t.Errorf("the other session of the user belongs to %q now", got)
	}
}

func TestRestartForgetsEverything(t *testing.T) {
	w := startServer(t)
	s := w.open()
	link := linkIn(t, s.call("login", `{}`).text)
	id := w.loggedIn("MK4021")
	w.sim.Restart()
	if err := s.ended(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the stream ended with %v", err)
	}
	if r := w.post(id, rpc(1, "ping", nil)); r.status != 400 || r.body != "Invalid session ID\n" {
		t.Errorf("/mcp: %d %q", r.status, r.body)
	}
	if r := w.must("POST", s.endpoint, rpc(1, "ping", nil)); r.status != 400 {
		t.Errorf("/message: %d", r.status)
	}
	if status, body := w.sim.CompleteLogin(t.Context(), link, "MK4021"); status != 400 || body != "missing or invalid session_id\n" {
		t.Errorf("old link: %d %q", status, body)
	}
	if n := len(w.sim.Sessions()); n != 0 {
		t.Errorf("%d sessions left", n)
	}
	if got := w.userBehind(w.loggedIn("MK4021")); got != "MK4021" {
		t.Errorf("after the restart: %q", got)
	}
}

func TestCallInFlightIsLostWithItsProcess(t *testing.T) {
	for name, end := range map[string]func(*kite.Server){"restart": (*kite.Server).Restart, "close": (*kite.Server).Close} {
		w := startServer(t)
		id, asked := w.initialize(), make(chan struct{})
		w.sim.Inject(kite.Fault{Kind: kite.Delay, Op: kite.OpPing, After: time.Hour, OnHit: func() { close(asked) }})
		lost := w.async("POST", "/mcp", rpc(1, "ping", nil), "Content-Type", "application/json", "Mcp-Session-Id", id)
		<-asked
		end(w.sim)
		if got := <-lost; got.err == nil {
			t.Errorf("%s: the call was answered: %+v", name, got)
		}
	}
}
