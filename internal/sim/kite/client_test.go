package kite_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

// clock is a clock that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is a simulator behind a real socket, its clock and a raw HTTP client.
type fixture struct {
	t     *testing.T
	sim   *kite.Server
	web   *httptest.Server
	clock *clock
}

// startServer starts a simulator without pings whose clock stands at 10:00 Indian time on a Friday.
func startServer(t *testing.T, change ...func(*kite.Options)) *fixture {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 20, 4, 30, 0, 0, time.UTC)}
	opts := kite.Options{Now: c.Now, PingEvery: -1}
	for _, f := range change {
		f(&opts)
	}
	sim := kite.New(opts)
	web := httptest.NewServer(sim)
	sim.SetBaseURL(web.URL)
	t.Cleanup(func() {
		web.Client().CloseIdleConnections()
		sim.Close()
		web.Close()
	})
	return &fixture{t: t, sim: sim, web: web, clock: c}
}

// reply is an HTTP answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request; err is set when no answer came back.
func (w *fixture) do(method, path, body string, header ...string) (reply, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.web.URL+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	// A transport of its own: an idle connection that the server cut would be tried a second time.
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

func (w *fixture) must(method, path, body string, header ...string) reply {
	w.t.Helper()
	r, err := w.do(method, path, body, header...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// later is the outcome of a request that runs beside the test.
type later struct {
	reply
	err error
}

// async sends a request from a goroutine of its own; the test must receive its outcome.
func (w *fixture) async(method, path, body string, header ...string) <-chan later {
	out := make(chan later, 1)
	go func() {
		r, err := w.do(method, path, body, header...)
		out <- later{r, err}
	}()
	return out
}

// rpc is a request body.
func rpc(id any, method string, params any) string {
	m := map[string]any{"jsonrpc": "2.0", "method": method}
	if id != nil {
		m["id"] = id
	}
	if params != nil {
		m["params"] = params
	}
	b, _ := json.Marshal(m)
	return string(b)
}

func callBody(id any, tool, args string) string {
	return rpc(id, "tools/call", map[string]any{"name": tool, "arguments": json.RawMessage(args)})
}

// post sends a message to /mcp.
func (w *fixture) post(session, body string) reply {
	w.t.Helper()
	return w.must("POST", "/mcp", body, "Content-Type", "application/json", "Mcp-Session-Id", session)
}

// call calls a tool on /mcp with a session that is alive.
func (w *fixture) call(session, tool, args string) result {
	w.t.Helper()
	r := w.post(session, callBody(1, tool, args))
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/json" {
		w.t.Fatalf("%s: status %d, %s: %s", tool, r.status, r.header.Get("Content-Type"), r.body)
	}
	return parseResult(w.t, r.body)
}

// initialize makes a session on /mcp.
func (w *fixture) initialize() string {
	w.t.Helper()
	r := w.post("", rpc(1, "initialize", map[string]any{"protocolVersion": "2025-03-26"}))
	id := r.header.Get("Mcp-Session-Id")
	if r.status != http.StatusOK || !strings.HasPrefix(id, "kitemcp-") {
		w.t.Fatalf("initialize: status %d, session %q", r.status, id)
	}
	return id
}

// loggedIn makes a session on /mcp and logs it in.
func (w *fixture) loggedIn(userID string) string {
	w.t.Helper()
	id := w.initialize()
	w.finish(linkIn(w.t, w.call(id, "login", `{}`).text), userID)
	return id
}

// finish plays the browser and expects it to succeed.
func (w *fixture) finish(link, userID string) {
	w.t.Helper()
	if status, body := w.sim.CompleteLogin(w.t.Context(), link, userID); status != http.StatusOK || !strings.Contains(body, "Authentication Complete") {
		w.t.Fatalf("browser login: %d %s", status, body)
	}
}

// userOf asks who is logged in; "" if the tool fails.
func (w *fixture) userOf(session string) string {
	w.t.Helper()
	r := w.call(session, "get_profile", `{}`)
	if r.isError {
		return ""
	}
	var p struct {
		UserID string `json:"user_id"`
	}
	if err := json.Unmarshal([]byte(r.text), &p); err != nil {
		w.t.Fatal(err)
	}
	return p.UserID
}

// eventually waits for something that another goroutine brings about, without guessing how long that takes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}
