package mcpconn_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// Any bytes as the stream of a session: opening and calling end in time,
// nothing is sent elsewhere, no goroutine stays behind, and only the answer to
// a call is taken for one.
func FuzzSSE(f *testing.F) {
	for _, seed := range streams() {
		f.Add([]byte(seed), byte(255), true)
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r\n")), byte(7), false)
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r")), byte(1), true)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece byte, stays bool) {
		synctest.Test(t, func(t *testing.T) {
			s := &scripted{stream: stream, piece: int(piece), stays: stays, answer: func(req *http.Request) *http.Response {
				return response(req, http.StatusAccepted, "text/plain", http.NoBody)
			}}
			d, book := s.dialer(t, "/sse")
			began := time.Now()
			id, answers := tryStream(t, d)
			if stays && string(stream) == streams()[0] && answers != 2 {
				t.Fatalf("a stream as it should be: %d answers", answers)
			}
			d.Close()
			if took := time.Since(began); took > mcpconn.DefaultOpenTimeout+2*mcpconn.DefaultCallTimeout {
				t.Fatalf("it took %v", took)
			}
			synctest.Wait()
			s.checkRequests(t, id)
			if len(id) > 12 && strings.Contains(book.String(), id) {
				t.Fatal("the log holds the session id")
			}
		})
	})
}

// tryStream opens a session and calls two tools. It returns the session's id
// when there was one, and how many answered.
func tryStream(t *testing.T, d *mcpconn.Dialer) (id string, answers int) {
	c, err := d.Open(t.Context())
	checkFailure(t, err, "")
	if err != nil {
		return "", 0
	}
	id = c.ID().Reveal()
	if id == "" || len(id) > 128 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Fatalf("session %q", id)
	}
	for _, q := range []query.Query{query.Holdings(), query.ToolList()} {
		text, err := c.Call(t.Context(), q)
		checkFailure(t, err, id)
		if err != nil && text != "" || wire.KindOf(err) == wire.KindEnded {
			t.Fatalf("%s: %q, %v", q.Name(), text, err)
		}
		if err == nil {
			answers++
		}
	}
	return id, answers
}

// streams are streams as servers send them, and as they should not.
func streams() []string {
	const (
		endpoint = "event: endpoint\ndata: /message?sessionId=5ad1f4c2-feed-beef\n\n"
		shook    = "\x1eevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":\"b-1\",\"result\":{\"protocolVersion\":\"2025-03-26\",\"capabilities\":{},\"serverInfo\":{\"name\":\"k\",\"version\":\"1\"}}}\n\n\x1e"
		holdings = "\x1edata: {\"jsonrpc\":\"2.0\",\"id\":\"b-2\",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"[]\"}]}}\n\n"
		tools    = "\x1edata: {\"jsonrpc\":\"2.0\",\"id\":\"b-3\",\"result\":{\"tools\":[{\"name\":\"get_ltp\",\"inputSchema\":{\"type\":\"object\"}}]}}\n\n"
		ping     = "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n\n: keep-alive\n\n"
	)
	whole := endpoint + shook + holdings + tools
	return []string{
		whole, endpoint + ping + shook + ping + holdings + ping + tools, "", "\ufeff" + whole, ": hello\n" + whole, "\x00" + whole,
		strings.ReplaceAll(whole, ",", ",\ndata:"), strings.ReplaceAll(whole, "\n", "\r"), strings.TrimRight(whole, "\n"),
		"event: endpoint\n\n" + whole, "event: endpoint\ndata: https://elsewhere.example.com/message?sessionId=5ad1f4c2-feed-beef\n\n",
		"event: endpoint\ndata: http://mcp.example.com/message?sessionId=5ad1f4c2-feed-beef\n\n",
		"event: endpoint\ndata: //mcp.example.com/message?sessionId=5ad1f4c2-feed-beef\n\n" + shook + holdings,
		"event: endpoint\ndata: /message?sessionId=%0d%0a\n\n", "event: endpoint\ndata: /message?sessionId=" + strings.Repeat("x", 200) + "\n\n",
		endpoint + strings.ReplaceAll(endpoint, "feed", "face") + shook + holdings, endpoint + shook + strings.ReplaceAll(endpoint, "feed", "face") + holdings,
		endpoint + shook + "\x1edata: {\"jsonrpc\":\"2.0\",\"id\":\"b-2\",\"error\":{\"code\":-32602,\"message\":\"Invalid session ID\"}}\n\n",
		endpoint + shook + "\x1edata: {\"id\":\"b-2\",\"result\":null}\n\n", endpoint + shook + "\x1edata: {\"id\":{},\"result\":7}\n\n",
		endpoint + shook + "\x1edata: {\"id\":\"b-2\",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" + strings.Repeat("[", 9000) + "\"}]}}\n\n",
		endpoint + shook + "\x1edata: {\"id\":\"b-2\",\"result\":" + strings.Repeat("[", 9000) + "}\n\n", endpoint + "\x1edata: {\"id\":\"b-1\",\"result\":{\"protocolVersion\":\"2026-07-28\"}}\n\n",
	}
}

// Any answer over …/mcp: calling ends in time, costs one request (a list of
// tools some more), and only the server's word ends a session.
func FuzzAnswer(f *testing.F) {
	good := `{"jsonrpc":"2.0","id":"b-1","result":{"content":[{"type":"text","text":"[]"}],"protocolVersion":"2025-03-26","tools":[],"nextCursor":""}}`
	refusal := `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`
	for _, seed := range []struct {
		status      uint16
		media, body string
	}{
		{200, "application/json", good}, {200, "application/json; charset=utf-8", good + "\n" + good}, {200, "text/event-stream", "data: " + good + "\n\n"},
		{200, "text/event-stream", "id: 1\nretry: 0\ndata:\n\n"}, {200, "text/event-stream", "\ufeff: x\r\nevent: message\r\ndata: " + good}, {200, "text/event-stream", "event: message\rdata: " + good + "\r\r"}, {202, "", ""}, {204, "", ""},
		{200, "text/event-stream", "data: {\"id\":1,\"method\":\"ping\"}\n\n" + strings.Repeat("data: "+good+"\n\n", 3)}, {200, "application/json", strings.Replace(good, `""`, `"next"`, 1)},
		{400, "text/plain", "Invalid session ID"}, {400, "application/json", refusal}, {404, "text/plain", "Session terminated"}, {404, "text/html", "<html>"}, {404, "text/html", "<html>Session terminated"}, {404, "", ""}, {524, "text/html", "<html>"},
		{200, "application/json", `{"id":"b-1","error":{"code":-32602,"message":"tool 'x' not found: tool not found"}}`}, {200, "application/json", `{"id":"b-1","result":{"content":[{"type":"image"}]}}`},
		{200, "application/json", strings.Repeat("[", 11000)}, {200, "text/event-stream", "data: {\"id\":\"b-1\",\"result\":" + strings.Repeat("[", 9000) + "}\n\n"}, {301, "text/plain", ""}, {200, "\x00;=", good},
		{401, "text/plain", "no bearer token"}, {404, "text/plain", "session not found"}, {403, "text/plain", "session user mismatch"}, {405, "", ""},
		{200, "text/event-stream", "data: " + strings.Replace(good, `"[]"`, `"failed to get session: session ID not found"`, 1) + "\n\n"},
		{200, "application/json", `{"id":"b-1","error":{"code":0,"message":"method \"tools/call\" is invalid during session initialization"}}`},
		{200, "application/json", strings.Replace(good, `"[]"`, `"Please log in first using the login tool"`, 1)},
	} {
		f.Add(seed.status-100, seed.media, []byte(seed.body), byte(255))
	}
	f.Fuzz(func(t *testing.T, status uint16, media string, body []byte, piece byte) {
		synctest.Test(t, func(t *testing.T) {
			s := &scripted{piece: 1}
			s.answer = func(req *http.Request) *http.Response {
				resp := response(req, 100+int(status)%500, media, &pieces{r: bytes.NewReader(body), most: 1 + int(piece)})
				resp.Header.Set("Mcp-Session-Id", secret)
				return resp
			}
			d, book := s.dialer(t, "/mcp")
			began := time.Now()
			tryAnswer(t, d, s)
			d.Close()
			if took := time.Since(began); took > 7*mcpconn.DefaultCallTimeout+3*mcpconn.DefaultOpenTimeout {
				t.Fatalf("it took %v", took)
			}
			synctest.Wait()
			s.checkRequests(t, "")
			wantNoSecret(t, book.String())
		})
	})
}

// tryAnswer opens, calls and ends a session whose server gives one answer to
// everything.
func tryAnswer(t *testing.T, d *mcpconn.Dialer, s *scripted) {
	for _, q := range []query.Query{query.Holdings(), query.ToolList()} {
		before := s.asked("tools/call")
		text, err := d.Resume(someSession(), nil).Call(t.Context(), q)
		checkFailure(t, err, secret)
		if err != nil && text != "" {
			t.Fatalf("%s: a text and %v", q.Name(), err)
		}
		if n := s.asked("tools/call") - before; n != 1 && !q.IsToolList() {
			t.Fatalf("%s: %d calls", q.Name(), n)
		}
		if n := s.asked("tools/list"); n > 2*mcpconn.MaxPages {
			t.Fatalf("%s: %d pages", q.Name(), n)
		}
	}
	c, err := d.Open(t.Context())
	checkFailure(t, err, secret)
	if wire.KindOf(err) == wire.KindEnded || err == nil && c.ID().Reveal() != secret {
		t.Fatalf("Open: %v", err)
	}
	err = d.End(t.Context(), someSession())
	checkFailure(t, err, secret)
	if err != nil && !wire.Unanswered(err) {
		t.Fatalf("End: %v", err)
	}
	before := len(s.seen)
	_, err = d.Resume(bearing(secret), nil).Call(t.Context(), query.Holdings())
	checkFailure(t, err, secret)
	err = d.End(t.Context(), bearing(secret))
	checkFailure(t, err, secret)
	if n := len(s.seen) - before; n > 20+6*mcpconn.MaxPages || err != nil && !wire.Unanswered(err) {
		t.Fatalf("a bearer: %d requests; End: %v", n, err)
	}
}

const (
	// turn stands in the bytes of a stream where the next request has to have
	// come first: an answer to what was not asked yet is dropped.
	turn = '\x1e'
)

// scripted is a server without a network: everything it answers is in the
// bytes it was given. It keeps the requests it saw.
type scripted struct {
	answer func(*http.Request) *http.Response // to a POST or DELETE
	stream []byte                             // body of /sse
	piece  int                                // bytes a read gives at most
	stays  bool                               // the stream stays open when it is through

	turns chan struct{} // one for each POST
	mu    sync.Mutex
	seen  []*http.Request
	rpcs  []string // the method of each JSON-RPC request
}

// asked returns how often a JSON-RPC method was called.
func (s *scripted) asked(method string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.rpcs {
		if m == method {
			n++
		}
	}
	return n
}

func (s *scripted) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
	}
	s.mu.Lock()
	s.seen, s.rpcs = append(s.seen, req), append(s.rpcs, parse(body).Method)
	s.mu.Unlock()
	if req.Method == http.MethodGet {
		body := &scriptedBody{script: s, ctx: req.Context(), rest: s.stream}
		return response(req, http.StatusOK, "text/event-stream", body), nil
	}
	select {
	case s.turns <- struct{}{}:
	default:
	}
	resp := s.answer(req)
	resp.Request = req
	return resp, req.Context().Err()
}

func response(req *http.Request, status int, media string, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {media}}, Body: body, Request: req}
}

// scriptedBody is the body of the stream.
type scriptedBody struct {
	script *scripted
	ctx    context.Context
	rest   []byte
}

func (b *scriptedBody) Read(p []byte) (int, error) {
	if len(b.rest) == 0 && !b.script.stays {
		return 0, io.EOF
	}
	var asked <-chan struct{}
	if len(b.rest) > 0 && b.rest[0] == turn {
		asked = b.script.turns
	}
	if len(b.rest) == 0 || asked != nil {
		select {
		case <-asked:
			b.rest = b.rest[1:]
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
	n := min(len(p), b.script.piece, len(b.rest))
	if i := bytes.IndexByte(b.rest[:n], turn); i >= 0 {
		n = i
	}
	copy(p, b.rest[:n])
	b.rest = b.rest[n:]
	return n, b.ctx.Err()
}

func (*scriptedBody) Close() error { return nil }

// dialer returns a Dialer to the script. Its clock is that of the test.
func (s *scripted) dialer(t *testing.T, path string) (*mcpconn.Dialer, *logbook) {
	t.Helper()
	s.turns = make(chan struct{}, 100)
	s.piece = max(s.piece, 1)
	d, book := newDialer(t, mcpconn.Options{URL: home + path, HTTPClient: &http.Client{Transport: s}})
	return d.Knows(mcpconn.Surface{Style: query.StyleTools, Login: true}), book
}

// checkRequests ends the test when a request left the server, or went to
// another session than the one it belongs to.
func (s *scripted) checkRequests(t *testing.T, want string) {
	t.Helper()
	for _, req := range s.seen {
		if req.URL.Scheme != "https" || req.URL.Host != "mcp.example.com" || req.URL.User != nil {
			t.Fatalf("%s %s", req.Method, req.URL)
		}
		if req.Method == http.MethodGet && req.URL.Path != "/sse" && req.URL.Path != mcpconn.ResourceDocument {
			t.Fatalf("GET %s", req.URL)
		}
		if id := req.URL.Query().Get("sessionId"); want != "" && req.Method == http.MethodPost && id != want {
			t.Fatalf("a request of session %q went to %q", want, id)
		}
	}
}

// checkFailure ends the test when an error is of no kind, or holds the secret.
func checkFailure(t *testing.T, err error, id string) {
	t.Helper()
	var known *wire.Error
	if err == nil {
		return
	}
	if !errors.As(err, &known) || known.Kind == wire.KindUnknown {
		t.Fatalf("error %v", err)
	}
	if len(id) > 12 && strings.Contains(err.Error(), id) || len(err.Error()) > 300 {
		t.Fatalf("the error tells too much: %.300q", err)
	}
}

// pieces reads so many bytes at a time at most.
type pieces struct {
	r    io.Reader
	most int
}

func (p *pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.most)]) }
func (*pieces) Close() error                 { return nil }
