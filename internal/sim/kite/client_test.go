package kite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/sim/kite"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

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

// asyncReply is the outcome of a request that runs concurrently with the test.
type asyncReply struct {
	reply
	err error
}

// async sends a request from a goroutine of its own; the test must receive its outcome.
func (w *fixture) async(method, path, body string, header ...string) <-chan asyncReply {
	out := make(chan asyncReply, 1)
	go func() {
		r, err := w.do(method, path, body, header...)
		out <- asyncReply{r, err}
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
	w.completeLogin(linkIn(w.t, w.call(id, "login", `{}`).text), userID)
	return id
}

// completeLogin plays the browser and expects it to succeed.
func (w *fixture) completeLogin(link, userID string) {
	w.t.Helper()
	if status, body := w.sim.CompleteLogin(w.t.Context(), link, userID); status != http.StatusOK || !strings.Contains(body, "Authentication Complete") {
		w.t.Fatalf("browser login: %d %s", status, body)
	}
}

// userBehind asks who is logged in; "" if the tool fails.
func (w *fixture) userBehind(session string) string {
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

// result is what a tool said.
type result struct {
	text    string
	isError bool
	code    int // of a JSON-RPC error
}

func parseResult(t *testing.T, body string) result {
	t.Helper()
	var m struct {
		Result struct {
			Content []struct{ Type, Text string }
			IsError bool
		}
		Error struct {
			Code    int
			Message string
		}
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("not a response: %v in %q", err, body)
	}
	if m.Error.Code != 0 {
		return result{text: m.Error.Message, isError: true, code: m.Error.Code}
	}
	if len(m.Result.Content) != 1 || m.Result.Content[0].Type != "text" {
		t.Fatalf("not exactly one text: %q", body)
	}
	return result{text: m.Result.Content[0].Text, isError: m.Result.IsError}
}

// expect fails the test unless a tool said exactly this.
func expect(t *testing.T, got result, text string, isError bool) {
	t.Helper()
	if got.text != text || got.isError != isError {
		t.Errorf("got %q (error %v), want %q (error %v)", got.text, got.isError, text, isError)
	}
}

// linkIn finds the login link in the text of the login tool.
func linkIn(t *testing.T, text string) string {
	t.Helper()
	link := regexp.MustCompile(`http://127\.0\.0\.1:\d+/(?:authorize|connect/login)\?[^\s)]+`).FindString(text)
	if link == "" {
		t.Fatalf("no link in %q", text)
	}
	return link
}

// decode reads the JSON text of a tool.
func decode[T any](t *testing.T, r result) T {
	t.Helper()
	var v T
	if r.isError {
		t.Fatalf("the tool failed: %s", r.text)
	}
	d := json.NewDecoder(strings.NewReader(r.text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(fmt.Errorf("decode %.80q: %w", r.text, err))
	}
	return v
}

// sse is an open stream as a raw client sees it.
type sse struct {
	w        *fixture
	endpoint string
	id       string
	events   chan string // raw blocks without the empty line after them; closed at the end
	err      error       // why events was closed; io.EOF is a clean end
	cancel   context.CancelFunc
}

// open opens a stream and waits for its endpoint event.
func (w *fixture) open() *sse {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", w.web.URL+"/sse?sessionId=ignored", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.web.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("GET /sse: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	s := &sse{w: w, events: make(chan string, 100), cancel: cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.err = s.read(bufio.NewReader(res.Body))
		close(s.events)
	}()
	w.t.Cleanup(func() { cancel(); _ = res.Body.Close(); <-done })
	first := s.next()
	if !strings.HasPrefix(first, "event: endpoint\ndata: /message?sessionId=") || !strings.HasSuffix(first, "\r\n\r") {
		w.t.Fatalf("first event %q", first)
	}
	s.endpoint = strings.TrimSpace(strings.TrimPrefix(first, "event: endpoint\ndata: "))
	u, err := url.Parse(s.endpoint)
	if err != nil {
		w.t.Fatal(err)
	}
	s.id = u.Query().Get("sessionId")
	return s
}

// read splits the stream at empty lines, keeping every other byte.
func (s *sse) read(r *bufio.Reader) error {
	block := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if block += line; strings.HasSuffix(block, "\n\n") || strings.HasSuffix(block, "\r\n\r\n") {
			s.events <- strings.TrimSuffix(block, "\n")
			block = ""
		}
	}
}

// next waits for an event.
func (s *sse) next() string {
	s.w.t.Helper()
	select {
	case e, ok := <-s.events:
		if !ok {
			s.w.t.Fatalf("the stream ended: %v", s.err)
		}
		return e
	case <-time.After(10 * time.Second):
		s.w.t.Fatal("no event in 10 s")
		return ""
	}
}

// post sends a message and expects 202 with nothing in it.
func (s *sse) post(body string) {
	s.w.t.Helper()
	if r := s.w.must("POST", s.endpoint, body); r.status != http.StatusAccepted || r.body != "" {
		s.w.t.Fatalf("POST /message: %d %q", r.status, r.body)
	}
}

// answer waits for the next answer event and returns its data.
func (s *sse) answer() string {
	s.w.t.Helper()
	data, ok := strings.CutPrefix(s.next(), "event: message\ndata: ")
	if !ok {
		s.w.t.Fatal("an event that is no answer")
	}
	return strings.TrimSuffix(data, "\n")
}

// call calls a tool over SSE and waits for its answer.
func (s *sse) call(tool, args string) result {
	s.w.t.Helper()
	s.post(callBody(7, tool, args))
	return parseResult(s.w.t, s.answer())
}

// ended waits until the stream is over and returns why.
func (s *sse) ended() error {
	s.w.t.Helper()
	for {
		select {
		case _, ok := <-s.events:
			if !ok {
				return s.err
			}
		case <-time.After(10 * time.Second):
			s.w.t.Fatal("the stream did not end in 10 s")
		}
	}
}
