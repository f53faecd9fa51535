package kite_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

func TestFaultsBeforeTheServer(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	s := w.open()
	header := []string{"Content-Type", "application/json", "Mcp-Session-Id", id}
	before := len(w.sim.Calls())
	type request struct{ op, method, path, body string }
	for _, c := range []request{
		{kite.OpCall, "POST", "/mcp", callBody(1, "get_holdings", "{}")},
		{kite.OpCall, "POST", s.endpoint, callBody(1, "get_holdings", "{}")},
		{kite.OpInitialize, "POST", "/mcp", rpc(1, "initialize", nil)},
		{kite.OpInitialize, "POST", s.endpoint, rpc(1, "initialize", nil)},
		{kite.OpList, "POST", "/mcp", rpc(1, "tools/list", nil)},
		{kite.OpDelete, "DELETE", "/mcp", ""},
		{kite.OpStream, "GET", "/sse", ""},
		{kite.OpCallback, "GET", "/callback", ""},
	} {
		for _, status := range []int{400, 404, 500, 524} {
			w.sim.Inject(kite.Fault{Kind: kite.HTTPStatus, Op: c.op, Times: 1, Status: status})
			r := w.must(c.method, c.path, c.body, header...)
			if r.status != status || status == 524 != strings.Contains(r.body, "<html") {
				t.Errorf("%s %s: %d %q, want %d", c.method, c.path, r.status, r.body, status)
			}
		}
		w.sim.Inject(kite.Fault{Kind: kite.HTTPStatus, Op: c.op, Times: 1, Status: 502, Body: "<html>bad gateway"})
		if r := w.must(c.method, c.path, c.body, header...); r.body != "<html>bad gateway" || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s %s: %q", c.method, c.path, r.body)
		}
		w.sim.Inject(kite.Fault{Kind: kite.ConnectionReset, Op: c.op, Times: 1})
		if r, err := w.do(c.method, c.path, c.body, header...); err == nil {
			t.Errorf("%s %s: answered %d to a reset", c.method, c.path, r.status)
		}
	}
	if n := len(w.sim.Calls()); n != before {
		t.Errorf("%d tools ran", n-before)
	}
	if got := w.userBehind(id); got != "MK4021" {
		t.Errorf("a DELETE that never arrived logged out: %q", got)
	}
}

func TestFaultsPickTheirRequests(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	s := w.open()
	s.call("login", `{}`)
	hits := 0
	w.sim.Inject(kite.Fault{Kind: kite.ToolMissing, Tool: "get_holdings", Transport: kite.MCP, Times: 2, OnHit: func() { hits++ }})
	expect(t, s.call("get_holdings", `{}`), "Failed to execute get_holdings", true)
	if r := w.call(id, "get_positions", `{}`); r.isError {
		t.Errorf("another tool was struck: %s", r.text)
	}
	for range 2 {
		if r := w.call(id, "get_holdings", `{}`); r.code != -32602 || r.text != "tool 'get_holdings' not found: tool not found" {
			t.Errorf("got %+v", r)
		}
	}
	if r := w.call(id, "get_holdings", `{}`); r.isError || hits != 2 {
		t.Errorf("third call: %+v, %d hits", r, hits)
	}
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure})
	for range 3 {
		expect(t, w.call(id, "get_margins", `{}`), "Failed to execute get_margins", true)
	}
	w.sim.ClearFaults()
	if r := w.call(id, "get_margins", `{}`); r.isError {
		t.Errorf("after ClearFaults: %s", r.text)
	}
	if v := w.sim.Violations(); len(v) != 0 {
		t.Errorf("violations: %q", v)
	}
}

func TestMalformedJSON(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("NK0001")
	w.sim.Inject(kite.Fault{Kind: kite.BadJSON})
	for tool, c := range todayReadCalls() {
		if r := w.call(id, tool, c[0]); !r.isError && json.Valid([]byte(r.text)) {
			t.Errorf("%s: %s", tool, r.text)
		}
	}
}

func TestAnswerLostAfterTheToolRan(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	w.sim.Inject(kite.Fault{Kind: kite.AnswerLost, Tool: "login"})
	if _, err := w.do("POST", "/mcp", callBody(1, "login", "{}"), "Content-Type", "application/json", "Mcp-Session-Id", id); err == nil {
		t.Error("the answer came on /mcp")
	}
	s := w.open()
	s.post(callBody(1, "login", "{}"))
	eventually(t, "both logins ran", func() bool { return len(w.sim.LoginLinks()) == 2 })
	s.post(rpc(2, "ping", nil))
	if got, want := s.answer(), `{"jsonrpc":"2.0","id":2,"result":{}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSilentStream(t *testing.T) {
	w := startServer(t)
	w.sim.Inject(kite.Fault{Kind: kite.AnswerLost, Op: kite.OpStream, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", w.web.URL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.web.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	eventually(t, "the stream is open", func() bool { return w.sim.Streams() == 1 })
	w.sim.DropStreams()
	if n, err := res.Body.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the stream said something (%d bytes, %v)", n, err)
	}
}

func TestHangEndsWhenTheClientLeaves(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	asked := make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamHang, Tool: "login", After: time.Hour, Times: 1, OnHit: func() { close(asked) }})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", w.web.URL+"/mcp", strings.NewReader(callBody(1, "login", "{}")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Mcp-Session-Id", id)
	left := make(chan error, 1)
	go func() {
		res, err := w.web.Client().Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		left <- err
	}()
	<-asked
	cancel()
	if err := <-left; err == nil {
		t.Error("the hanging call was answered")
	}
	// The server finishes what it has begun: the login is gone and a link was signed that nobody got.
	eventually(t, "the second link", func() bool { return len(w.sim.LoginLinks()) == 2 })
	expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
}

func TestCallInFlightIsLostWithItsStream(t *testing.T) {
	w := startServer(t)
	s := w.open()
	link := linkIn(t, s.call("login", `{}`).text)
	w.completeLogin(link, "MK4021")
	asked, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Tool: "get_holdings", Until: release, OnHit: func() { close(asked) }})
	s.post(callBody(1, "get_holdings", "{}"))
	<-asked
	w.sim.DropStreams()
	if err := s.ended(); err == nil {
		t.Error("the stream goes on")
	}
	close(release)
	if got := w.userBehind(s.id); got != "MK4021" {
		t.Errorf("the session belongs to %q", got)
	}
}

func TestDeleteThatHangsBlocksAllRequests(t *testing.T) {
	w := startServer(t)
	victim, other := w.loggedIn("MK4021"), w.loggedIn("AD7730")
	held, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamHang, Op: kite.OpDelete, Times: 1, Until: release, OnHit: func() { close(held) }})
	deleted := w.async("DELETE", "/mcp", "", "Mcp-Session-Id", victim)
	<-held
	answered := w.async("POST", "/mcp", callBody(1, "get_profile", "{}"), "Content-Type", "application/json", "Mcp-Session-Id", other)
	select {
	case got := <-answered:
		t.Errorf("answered %+v while the registry was held", got)
	case <-time.After(30 * time.Millisecond): // the wait is the fact under test: nothing happens
	}
	close(release)
	if got := <-deleted; got.err != nil || got.status != 200 {
		t.Errorf("DELETE: %+v", got)
	}
	if got := <-answered; got.err != nil || !strings.Contains(got.body, "AD7730") {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestInvalidFaultsPanic(t *testing.T) {
	sim := kite.New(kite.Options{})
	defer sim.Close()
	for name, f := range map[string]kite.Fault{
		"no kind":            {},
		"no status":          {Kind: kite.HTTPStatus},
		"a stray status":     {Kind: kite.Delay, After: time.Second, Status: 500},
		"a delay of nothing": {Kind: kite.Delay},
		"null on DELETE":     {Kind: kite.UpstreamNull, Op: kite.OpDelete},
		"a tool on ping":     {Kind: kite.ConnectionReset, Op: kite.OpPing, Tool: "login"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was accepted", name)
				}
			}()
			sim.Inject(f)
		}()
	}
}
