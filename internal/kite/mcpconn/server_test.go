package mcpconn_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// secret begins every session id of the server: no error and no log line may
	// hold it.
	secret = "7d41e0aa-5eC2eT"
	// waitLimit is how long a test waits for what must happen.
	waitLimit = 10 * time.Second
	// home is the address of a server without a network.
	home = "https://mcp.example.com"
)

// seen is one request as the server saw it.
type seen struct {
	method, path, session, version, agent, rpc, body string
}

// fakeServer is a small server that speaks both transports and can be told to
// misbehave. Its functions may be replaced before the first request.
type fakeServer struct {
	*httptest.Server                                                   // nil without a network
	before           func(w http.ResponseWriter, r *http.Request) bool // answers in place of all else, if it reports true
	endpoint         func(id string) string                            // data of the endpoint event; "" sends none
	list             func() string                                     // JSON of the tools that are listed
	result           func(tool string) string                          // JSON of result, or of error when it begins with "!"; "" never answers
	sse              http.HandlerFunc                                  // replaces GET /sse
	message          http.HandlerFunc                                  // replaces POST /message
	mcp              http.HandlerFunc                                  // replaces POST /mcp
	remove           http.HandlerFunc                                  // replaces DELETE /mcp
	pages            map[string]http.HandlerFunc
	version          string        // protocol version answered
	ping             time.Duration // time between pings; 0 for none
	pings            atomic.Int64  // pings sent
	called           chan string   // gets the name of each tool called
	conns            atomic.Int64  // connections accepted
	tls              bool          // https with HTTP/2

	handler http.Handler
	mu      sync.Mutex
	log     []seen
	streams map[string]*fakeStream
}

// fakeStream is one open stream of the server.
type fakeStream struct {
	out  chan string   // closed: the stream ends once it is said
	drop chan struct{} // closed: the stream breaks off
}

// newServer returns a server on loopback.
func newServer(t *testing.T, configure func(*fakeServer)) *fakeServer {
	f := newLocalServer(configure)
	f.Server = httptest.NewUnstartedServer(f.handler)
	f.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	f.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			f.conns.Add(1)
		}
	}
	if f.tls {
		f.EnableHTTP2 = true
		f.StartTLS()
	} else {
		f.Start()
	}
	t.Cleanup(f.Close)
	return f
}

// newLocalServer returns a server without a network, for tests in which time passes at once.
func newLocalServer(configure func(*fakeServer)) *fakeServer {
	f := &fakeServer{
		before:   func(http.ResponseWriter, *http.Request) bool { return false },
		endpoint: func(id string) string { return "/message?sessionId=" + id },
		result:   func(tool string) string { return textResult("answer of " + tool) },
		list:     func() string { return listToday },
		version:  mcpconn.ProtocolVersion,
		called:   make(chan string, 1000),
		streams:  map[string]*fakeStream{},
	}
	if configure != nil {
		configure(f)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sse", or(f.sse, f.serveSSE))
	mux.HandleFunc("POST /message", or(f.message, f.serveMessage))
	mux.HandleFunc("POST /mcp", or(f.mcp, f.serveMCP))
	mux.HandleFunc("DELETE /mcp", or(f.remove, func(http.ResponseWriter, *http.Request) {}))
	for path, page := range f.pages {
		mux.HandleFunc(path, page)
	}
	f.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := bodyOf(r)
		f.mu.Lock()
		f.log = append(f.log, seen{r.Method, r.URL.Path, r.Header.Get("Mcp-Session-Id"), r.Header.Get("Mcp-Protocol-Version"), r.UserAgent(), parse(body).Method, string(body)})
		f.mu.Unlock()
		if !f.before(w, r) {
			mux.ServeHTTP(w, r)
		}
	})
	return f
}

func or(a, b http.HandlerFunc) http.HandlerFunc {
	if a != nil {
		return a
	}
	return b
}

// RoundTrip makes an http.RoundTripper of a server without a network.
func (f *fakeServer) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	body, w := io.Pipe()
	a := &localAnswer{body: w, header: http.Header{}, begun: make(chan struct{})}
	context.AfterFunc(ctx, func() { w.CloseWithError(context.Canceled) })
	go func() {
		defer cancel()
		defer func() {
			if bug := recover(); bug != nil {
				w.CloseWithError(io.ErrUnexpectedEOF)
			}
		}()
		f.handler.ServeHTTP(a, req.WithContext(ctx))
		a.WriteHeader(http.StatusOK)
		_ = w.Close()
	}()
	select {
	case <-a.begun:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case <-ctx.Done():
		if a.status == 0 {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return &http.Response{StatusCode: a.status, Header: a.header, ContentLength: -1, Request: req, Body: struct {
		io.Reader
		io.Closer
	}{body, closer(cancel)}}, nil
}

type closer func()

func (c closer) Close() error { c(); return nil }

// localAnswer is the answer of a server without a network.
type localAnswer struct {
	body   *io.PipeWriter
	header http.Header
	once   sync.Once
	status int
	begun  chan struct{} // closed when there is a status
}

func (a *localAnswer) Header() http.Header { return a.header }
func (a *localAnswer) WriteHeader(status int) {
	a.once.Do(func() { a.status = status; close(a.begun) })
}
func (a *localAnswer) Flush() { a.WriteHeader(http.StatusOK) }
func (a *localAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func textResult(text string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"content":[{"type":"text","text":%s}]}`, quoted)
}

// failedResult is a result that says of itself that it is a failure.
func failedResult(text string) string {
	return strings.TrimSuffix(textResult(text), "}") + `,"isError":true}`
}

// status answers with a status and a text.
func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// hang never answers.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

type rpc struct {
	ID     json.RawMessage
	Method string
	Params struct{ Name string }
}

func parse(body []byte) rpc {
	var r rpc
	_ = json.Unmarshal(body, &r)
	return r
}

// bodyOf returns the body of a request, which can be read again.
func bodyOf(req *http.Request) []byte {
	if req.Body == nil {
		return nil
	}
	body, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// requests returns what came so fakeServer, as "POST /mcp tools/call" and so on.
func (f *fakeServer) requests() (out []string) {
	for _, s := range f.record() {
		out = append(out, strings.TrimSpace(s.method+" "+s.path+" "+s.rpc))
	}
	return out
}

func (f *fakeServer) record() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.log...)
}

// count returns how often a JSON-RPC method was called.
func (f *fakeServer) count(method string) (n int) {
	for _, s := range f.record() {
		if s.rpc == method {
			n++
		}
	}
	return n
}

func (f *fakeServer) serveSSE(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	id := fmt.Sprintf("%s-%04d", secret, len(f.streams))
	s := &fakeStream{out: make(chan string, 100), drop: make(chan struct{})}
	f.streams[id] = s
	f.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	if data := f.endpoint(id); data != "" {
		fmt.Fprintf(w, "event: endpoint\ndata: %s\r\n\r\n", data)
	}
	flush(w)
	f.feed(w, r, s)
}

// feed writes answers and pings until the stream is over.
func (f *fakeServer) feed(w http.ResponseWriter, r *http.Request, s *fakeStream) {
	var ticks <-chan time.Time
	if f.ping > 0 {
		t := time.NewTicker(f.ping)
		defer t.Stop()
		ticks = t.C
	}
	for n := 1; ; {
		select {
		case data, open := <-s.out:
			if !open {
				return
			}
			_, _ = io.WriteString(w, data)
		case <-ticks:
			fmt.Fprintf(w, "data:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n\n", n)
			n++
			f.pings.Add(1)
		case <-s.drop:
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		}
		if len(s.out) == 0 {
			flush(w)
		}
	}
}

func flush(w http.ResponseWriter) { w.(http.Flusher).Flush() }

// answerTo returns the JSON-RPC answer to a request; "" for none.
func (f *fakeServer) answerTo(r rpc) string {
	result := "{}"
	switch r.Method {
	case "initialize":
		result = fmt.Sprintf(`{"protocolVersion":%q,"capabilities":{},"serverInfo":{"name":"far","version":"1"}}`, f.version)
	case "tools/list":
		result = `{"tools":` + f.list() + `}`
	case "tools/call":
		f.called <- r.Params.Name
		result = f.result(r.Params.Name)
	}
	if result == "" || len(r.ID) == 0 {
		return ""
	}
	if failure, ok := strings.CutPrefix(result, "!"); ok {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":%s}`, r.ID, failure)
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, r.ID, result)
}

func (f *fakeServer) serveMessage(w http.ResponseWriter, r *http.Request) {
	s := f.stream(r.URL.Query().Get("sessionId"))
	if s == nil {
		http.Error(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`, http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	if text := f.answerTo(parse(bodyOf(r))); text != "" {
		s.out <- "event: message\ndata: " + text + "\n\n"
	}
}

func (f *fakeServer) serveMCP(w http.ResponseWriter, r *http.Request) {
	call := parse(bodyOf(r))
	w.Header().Set("Mcp-Session-Id", secret+"-born")
	text := f.answerTo(call)
	switch {
	case len(call.ID) == 0:
		w.WriteHeader(http.StatusAccepted)
	case text == "":
		<-r.Context().Done()
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
		flush(w) // the answer is complete before its body is
		_, _ = io.WriteString(w, "\n")
	}
}

func (f *fakeServer) stream(id string) *fakeStream {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.streams[id]
}

// drop breaks a stream off and forgets its session.
func (f *fakeServer) drop(t *testing.T, id session.ID) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.streams[id.Reveal()]
	if s == nil {
		t.Fatal("no such stream")
	}
	delete(f.streams, id.Reveal())
	close(s.drop)
}

// logbook is a log that tests read.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newDialer returns a Dialer, and its log down to the last detail.
func newDialer(t *testing.T, o mcpconn.Options) (*mcpconn.Dialer, *logbook) {
	t.Helper()
	book := &logbook{}
	o.Logger = slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d, err := mcpconn.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d, book
}

// newDialer returns a Dialer to f at path that has not looked at it. Its log must stay
// free of the secret.
func (f *fakeServer) newDialer(t *testing.T, path string, o mcpconn.Options) *mcpconn.Dialer {
	t.Helper()
	switch {
	case f.Server == nil:
		// A Timeout would cut every stream; it must not count.
		o.URL, o.HTTPClient = home+path, &http.Client{Transport: f, Timeout: 3 * time.Second}
	case f.tls:
		o.HTTPClient = mcpconn.NewHTTPClient(nil)
		o.HTTPClient.Transport.(*http.Transport).TLSClientConfig = f.Client().Transport.(*http.Transport).TLSClientConfig
		fallthrough
	default:
		o.URL = f.URL + path
	}
	d, book := newDialer(t, o)
	t.Cleanup(func() {
		d.Close()
		wantNoSecret(t, book.String())
	})
	return d
}

// dialer returns a Dialer that has looked at the server, and seen that of
// today. Tests that are not about looking need not count its requests.
func (f *fakeServer) dialer(t *testing.T, path string, o mcpconn.Options) *mcpconn.Dialer {
	t.Helper()
	return f.newDialer(t, path, o).Knows(mcpconn.Surface{Style: query.StyleTools, Login: true})
}

// What servers list: the one of today, the one that may follow it, both of these
// without and with what the other has, and one that is none of ours.
const (
	listToday     = `[{"name":"get_holdings"},{"name":"login"},{"name":"place_order"}]`
	listNext      = `[{"name":"orders"},` + modal + `]`
	listHybrid    = `[{"name":"login"},` + modal + `]`
	listLoginless = `[{"name":"get_holdings"}]`
	listForeign   = `[{"name":"roll_dice"},{"name":"` + secret + `"}]`

	modal = `{"name":"portfolio","inputSchema":{"properties":{"mode":{"enum":["profile","holdings"]}}}}`
)

// open opens a session that must open.
func open(t *testing.T, d *mcpconn.Dialer) session.Conn {
	t.Helper()
	c, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// both runs a test over a stream and over streamable HTTP.
func both(t *testing.T, configure func(*fakeServer), o mcpconn.Options, test func(*testing.T, *fakeServer, session.Conn)) {
	t.Helper()
	for _, path := range []string{"/sse", "/mcp"} {
		t.Run(path, func(t *testing.T) {
			f := newServer(t, configure)
			test(t, f, open(t, f.dialer(t, path, o)))
		})
	}
}

// wantNoSecret fails the test when a text holds the secret, plain or escaped.
func wantNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, s := range []string{secret, url.QueryEscape(secret), "sessionId="} {
		if strings.Contains(text, s) {
			t.Errorf("text holds %q: %s", s, text)
		}
	}
}

// credential is a session by its id alone.
func credential(id session.ID) session.Credential { return session.Credential{Session: id} }

// someSession is a session that the server takes for its own.
func someSession() session.Credential { return credential(session.NewID(secret)) }

// wantKind checks the kind of a failed call, none for KindUnknown, and that its error,
// and all it wraps, keeps the secret.
func wantKind(t *testing.T, err error, want wire.Kind) {
	t.Helper()
	if (err == nil) != (want == wire.KindUnknown) || wire.KindOf(err) != want {
		t.Errorf("error = %v, want kind %q", err, want)
	}
	for ; err != nil; err = errors.Unwrap(err) {
		wantNoSecret(t, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
}

// wantText checks the text that a call is answered with.
func wantText(t *testing.T, c session.Conn, q query.Query, want string) {
	t.Helper()
	if text, err := c.Call(t.Context(), q); text != want || err != nil {
		t.Errorf("%s = %.100q, %v; want %.100q", q.Name(), text, err, want)
	}
}

// closes fails the test when c does not close in time.
func closes(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(waitLimit):
		t.Fatalf("%s: not within %v", what, waitLimit)
	}
}

func isOpen(c <-chan struct{}) bool {
	select {
	case <-c:
		return false
	default:
		return true
	}
}
