package mcpconn

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

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

const (
	fuzzHome = "https://mcp.example.com"
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

// dialer returns a Dialer to the script. Its clock is that of the bubble.
func (s *scripted) dialer(t *testing.T, path string) (*Dialer, *logbook) {
	t.Helper()
	s.turns = make(chan struct{}, 100)
	s.piece = max(s.piece, 1)
	book, o := logged(Options{URL: fuzzHome + path, HTTPClient: &http.Client{Transport: s}})
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return acquainted(d), book
}

// checkRequests ends the test when a request left the server, or went to
// another session than the one it belongs to.
func (s *scripted) checkRequests(t *testing.T, want string) {
	t.Helper()
	for _, req := range s.seen {
		if req.URL.Scheme != "https" || req.URL.Host != "mcp.example.com" || req.URL.User != nil {
			t.Fatalf("%s %s", req.Method, req.URL)
		}
		if req.Method == http.MethodGet && req.URL.Path != ssePath && req.URL.Path != resourceDocument {
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

// The script itself: a whole stream is understood, however it is cut.
func TestScriptedStream(t *testing.T) {
	for _, piece := range []int{1, 7, 4096} {
		synctest.Test(t, func(t *testing.T) {
			s := &scripted{stream: []byte(streams()[0]), piece: piece, stays: true, answer: func(req *http.Request) *http.Response {
				return response(req, http.StatusAccepted, "text/plain", http.NoBody)
			}}
			d, _ := s.dialer(t, ssePath)
			defer d.Close()
			c := open(t, d)
			if text, err := c.Call(t.Context(), query.Holdings()); text != "[]" {
				t.Errorf("Call = %q, %v", text, err)
			}
			if text, err := c.Call(t.Context(), query.ToolList()); !strings.Contains(text, "get_ltp") {
				t.Errorf("list = %q, %v", text, err)
			}
			s.checkRequests(t, c.ID().Reveal())
		})
	}
}

func bodyOf(req *http.Request) []byte {
	if req.Body == nil {
		return nil
	}
	body, _ := io.ReadAll(req.Body)
	_ = req.Body.Close()
	return body
}

func bodyWith(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
