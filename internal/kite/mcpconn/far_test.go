package mcpconn

import (
	"bytes"
	"encoding/json"
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

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret begins every session id of the far end: no error and no log line may
// hold it.
const secret = "7d41e0aa-5eC2eT"

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// seen is one request as the far end saw it.
type seen struct {
	method, path, session, rpc, body string
}

// far is a small far end that speaks both transports and can be told to
// misbehave. Its functions may be replaced before the first request.
type far struct {
	*httptest.Server
	endpoint func(id string) string   // data of the endpoint event; "" sends none
	list     func() string            // JSON of the tools that are listed
	result   func(tool string) string // JSON of result, or of error when it begins with "!"; "" never answers
	sse      http.HandlerFunc         // replaces GET /sse
	message  http.HandlerFunc         // replaces POST /message
	mcp      http.HandlerFunc         // replaces POST /mcp
	remove   http.HandlerFunc         // replaces DELETE /mcp
	pages    map[string]http.HandlerFunc
	version  string        // protocol version answered
	ping     time.Duration // time between pings; 0 for none
	pings    atomic.Int64  // pings sent
	mute     chan struct{} // closed: no more pings
	called   chan string   // gets the name of each tool called
	conns    atomic.Int64  // connections accepted
	tls      bool          // https with HTTP/2

	mu      sync.Mutex
	log     []seen
	streams map[string]*farStream
}

// farStream is one open stream of the far end.
type farStream struct {
	out  chan string
	drop chan struct{}
	once sync.Once
}

func newFar(t *testing.T, configure func(*far)) *far {
	f := &far{
		endpoint: func(id string) string { return "/message?sessionId=" + id },
		result:   func(tool string) string { return textResult("answer of " + tool) },
		list:     func() string { return listToday },
		version:  protocolVersion,
		mute:     make(chan struct{}),
		called:   make(chan string, 1000),
		streams:  map[string]*farStream{},
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
	f.Server = httptest.NewUnstartedServer(f.recorded(mux))
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

func or(a, b http.HandlerFunc) http.HandlerFunc {
	if a != nil {
		return a
	}
	return b
}

func textResult(text string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"content":[{"type":"text","text":%s}]}`, quoted)
}

// recorded keeps every request, with its JSON-RPC method or tool.
func (f *far) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		f.log = append(f.log, seen{r.Method, r.URL.Path, r.Header.Get("Mcp-Session-Id"), parse(body).Method, string(body)})
		f.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

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

// requests returns what came so far, as "POST /mcp tools/call" and so on.
func (f *far) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, s := range f.log {
		out = append(out, strings.TrimSpace(s.method+" "+s.path+" "+s.rpc))
	}
	return out
}

func (f *far) record() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.log...)
}

func (f *far) serveSSE(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	id := fmt.Sprintf("%s-%04d", secret, len(f.streams))
	s := &farStream{out: make(chan string, 100), drop: make(chan struct{})}
	f.streams[id] = s
	f.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	if data := f.endpoint(id); data != "" {
		fmt.Fprintf(w, "event: endpoint\ndata: %s\r\n\r\n", data)
	}
	flush(w)
	f.feed(w, r, s)
}

// feed writes answers and pings until the stream is dropped.
func (f *far) feed(w http.ResponseWriter, r *http.Request, s *farStream) {
	var ticks <-chan time.Time
	if f.ping > 0 {
		t := time.NewTicker(f.ping)
		defer t.Stop()
		ticks = t.C
	}
	mute := f.mute
	for n := 1; ; {
		select {
		case data := <-s.out:
			_, _ = io.WriteString(w, data)
		case <-ticks:
			fmt.Fprintf(w, "data:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n\n", n)
			n++
			f.pings.Add(1)
		case <-mute:
			mute, ticks = nil, nil
		case <-s.drop:
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		}
		flush(w)
	}
}

func flush(w http.ResponseWriter) { w.(http.Flusher).Flush() }

// answerTo returns the JSON-RPC answer to a request; "" for none.
func (f *far) answerTo(r rpc) string {
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

func (f *far) serveMessage(w http.ResponseWriter, r *http.Request) {
	s := f.stream(r.URL.Query().Get("sessionId"))
	if s == nil {
		http.Error(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`, http.StatusBadRequest)
		return
	}
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	if text := f.answerTo(parse(body)); text != "" {
		s.out <- "event: message\ndata: " + text + "\n\n"
	}
}

func (f *far) serveMCP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := parse(body)
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

func (f *far) stream(id string) *farStream {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.streams[id]
}

// drop breaks a stream off and forgets its session.
func (f *far) drop(t *testing.T, id session.ID) {
	t.Helper()
	s := f.stream(id.Reveal())
	if s == nil {
		t.Fatal("no such stream")
	}
	f.mu.Lock()
	delete(f.streams, id.Reveal())
	f.mu.Unlock()
	s.once.Do(func() { close(s.drop) })
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

// logged has options write their log, down to the last detail, into a book.
func logged(o Options) (*logbook, Options) {
	book := &logbook{}
	o.Logger = slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return book, o
}

// dialer returns a Dialer to f at path whose log must stay free of the secret.
func (f *far) dialer(t *testing.T, path string, o Options) *Dialer {
	t.Helper()
	o.URL = f.URL + path
	book, o := logged(o)
	if f.tls && o.HTTPClient == nil {
		o.HTTPClient = NewHTTPClient(nil)
		o.HTTPClient.Transport.(*http.Transport).TLSClientConfig = f.Client().Transport.(*http.Transport).TLSClientConfig
	}
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		hides(t, book.String())
	})
	return acquainted(d)
}

// open opens a session that must open.
func open(t *testing.T, d *Dialer) session.Conn {
	t.Helper()
	c, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// hides fails the test when a text holds the secret, plain or escaped.
func hides(t *testing.T, text string) {
	t.Helper()
	for _, s := range []string{secret, url.QueryEscape(secret), "sessionId="} {
		if strings.Contains(text, s) {
			t.Errorf("text holds %q: %s", s, text)
		}
	}
}

// wantKind checks the kind of a failed call, and that its error, and all it
// wraps, keeps the secret.
// held is a session by its id alone.
func held(id session.ID) session.Credential { return session.Credential{Session: id} }

func wantKind(t *testing.T, err error, want wire.Kind) {
	t.Helper()
	if err == nil || wire.KindOf(err) != want {
		t.Errorf("error = %v, want kind %q", err, want)
	}
	for e := err; e != nil; {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			hides(t, fmt.Sprintf(verb, e))
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			return
		}
		e = u.Unwrap()
	}
}

// closes fails the test when c does not close in time.
func closes(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("%s: not within %v", what, patience)
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
