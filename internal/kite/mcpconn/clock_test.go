package mcpconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// The tests here run in bubbles, where hours pass at once and a limit is met to
// the nanosecond. Their server has no network: it is a function.

// tripper is a server as a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// dialer returns a Dialer to the function.
func (f tripper) dialer(t *testing.T, path string, o Options) *Dialer {
	t.Helper()
	o.URL = fuzzHome + path
	// A Timeout would cut every stream; it must not count.
	o.HTTPClient = &http.Client{Transport: f, Timeout: 3 * time.Second}
	book, o := logged(o)
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

// hang never answers.
func hang(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// line is a server with one stream, which the test may write to.
type line struct{ *io.PipeWriter }

func (l *line) serve(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		body, w := io.Pipe()
		l.PipeWriter = w
		context.AfterFunc(req.Context(), func() { w.CloseWithError(req.Context().Err()) })
		go l.say("event: endpoint\ndata: /message?sessionId=" + secret)
		return response(req, http.StatusOK, "text/event-stream", body), nil
	}
	body, _ := io.ReadAll(req.Body)
	if r := parse(body); r.Method == "initialize" {
		l.say(fmt.Sprintf(`data: {"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":%q}}`, r.ID, protocolVersion))
	} else if r.Method == "tools/call" {
		l.say(fmt.Sprintf(`data: {"jsonrpc":"2.0","id":%s,"result":%s}`, r.ID, textResult("x")))
	}
	return response(req, http.StatusAccepted, "text/plain", http.NoBody), nil
}

// say sends an event. A stream that is gone hears nothing.
func (l *line) say(event string) { _, _ = io.WriteString(l, event+"\n\n") }

// A stream lives as long as it is heard of, whatever it says, and not a moment
// longer than it may be silent.
func TestSilentStreamIsLost(t *testing.T) {
	for name, sign := range map[string]string{
		"pings": `data: {"jsonrpc":"2.0","id":1,"method":"ping"}`, "comments": ": here", "empty lines": "\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var server line
				c := open(t, tripper(server.serve).dialer(t, ssePath, Options{}))
				for range 6 * 60 * 12 {
					time.Sleep(10 * time.Second)
					server.say(sign)
				}
				if text, err := c.Call(t.Context(), query.Holdings()); text != "x" {
					t.Fatalf("after twelve hours: %q, %v", text, err)
				}
				time.Sleep(DefaultSilenceLimit - time.Nanosecond)
				synctest.Wait()
				if !isOpen(c.Lost()) {
					t.Fatal("lost too early")
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if isOpen(c.Lost()) {
					t.Fatal("a silent stream is not lost")
				}
				_, err := c.Call(t.Context(), query.Holdings())
				wantKind(t, err, wire.KindUnreachable)
				if !errors.Is(err, errSilent) {
					t.Errorf("error = %v, want silence", err)
				}
			})
		})
	}
}

// Nobody waits for longer than they said, whatever it is that does not come.
func TestOpenIsBounded(t *testing.T) {
	only := func(method string, serve tripper) tripper {
		return func(req *http.Request) (*http.Response, error) {
			if req.Method == method {
				return serve(req)
			}
			return hang(req)
		}
	}
	quiet := func(first string) tripper { // says one thing and no more
		return func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == mcpPath {
				return hang(req)
			}
			if req.Method != http.MethodGet {
				return response(req, http.StatusAccepted, "text/plain", http.NoBody), nil
			}
			body, w := io.Pipe()
			context.AfterFunc(req.Context(), func() { w.CloseWithError(req.Context().Err()) })
			go func() { _, _ = io.WriteString(w, first) }()
			return response(req, http.StatusOK, "text/event-stream", body), nil
		}
	}
	endpoint := "event: endpoint\ndata: /message?sessionId=" + secret + "\n\n"
	for name, test := range map[string]struct {
		path  string
		serve tripper
	}{
		"no headers":       {ssePath, hang},
		"no endpoint":      {ssePath, quiet(": wait\n\n")},
		"half an endpoint": {ssePath, quiet(strings.TrimRight(endpoint, "\n"))},
		"no post":          {ssePath, only(http.MethodGet, quiet(endpoint))},
		"no initialize":    {ssePath, quiet(endpoint)},
		"no answer":        {mcpPath, hang},
		"no end of answer": {mcpPath, quietAnswer("application/json", `{"jsonrpc"`)},
		"no end of events": {mcpPath, quietAnswer("text/event-stream", ": wait\n\n")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := test.serve.dialer(t, test.path, Options{OpenTimeout: 9 * time.Second})
				began := time.Now()
				_, err := d.Open(t.Context())
				wantBound(t, err, context.DeadlineExceeded, time.Since(began), 9*time.Second)
				ctx, cancel := context.WithCancel(t.Context())
				defer time.AfterFunc(5*time.Second, cancel).Stop()
				began = time.Now()
				_, err = d.Open(ctx)
				wantBound(t, err, context.Canceled, time.Since(began), 5*time.Second)
			})
		})
	}
}

// quietAnswer answers with a body that never ends.
func quietAnswer(media, first string) tripper {
	return func(req *http.Request) (*http.Response, error) {
		body, w := io.Pipe()
		context.AfterFunc(req.Context(), func() { w.CloseWithError(req.Context().Err()) })
		go func() { _, _ = io.WriteString(w, first) }()
		return response(req, http.StatusOK, media, body), nil
	}
}

func wantBound(t *testing.T, err, want error, took, limit time.Duration) {
	t.Helper()
	wantKind(t, err, wire.KindUnreachable)
	if took != limit {
		t.Errorf("it took %v, want %v", took, limit)
	}
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}
