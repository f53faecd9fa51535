package mcpconn

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// A server that serves no streams is asked over /mcp instead, within the same
// Open and without a word to anybody.
func TestNoStreams(t *testing.T) {
	status := func(code int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	for name, sse := range map[string]http.HandlerFunc{
		"404":         status(404, "text/plain", "404 page not found\n"),
		"405":         status(405, "text/plain", ""),
		"410":         status(410, "text/plain", ""),
		"421":         status(421, "text/plain", ""),
		"426":         status(426, "text/plain", ""),
		"another 4xx": status(400, "text/plain", secret),
		"a page":      status(200, "text/html", "<html>moved</html>"),
		"no stream":   status(200, "application/json", "{}"),
		"nothing":     status(204, "", ""),
		"silence":     func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a silent stream": func(w http.ResponseWriter, r *http.Request) {
			status(200, "text/event-stream", ": wait\n\n")(w, r)
			flush(w)
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, func(f *far) { f.sse = sse })
			d := f.dialer(t, "/sse", Options{StreamTimeout: 100 * time.Millisecond})
			for range 2 {
				c := open(t, d)
				if text, err := c.Call(t.Context(), query.Profile()); text != "answer of get_profile" {
					t.Errorf("Call = %q, %v", text, err)
				}
			}
			want := []string{"GET /sse", "POST /mcp initialize", "POST /mcp notifications/initialized", "POST /mcp tools/call"}
			if got := f.requests(); !slices.Equal(got, slices.Concat(want, want[1:])) {
				t.Errorf("requests = %v", got)
			}
		})
	}
}

// Trouble says nothing about streams: each Open asks for one again.
func TestTroubleIsNotTheEndOfStreams(t *testing.T) {
	for name, sse := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"503": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusServiceUnavailable) },
		"408": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(408) },
		"429": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) },
		"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, func(f *far) { f.sse = sse })
			d := f.dialer(t, "/sse", Options{})
			for range 2 {
				_, err := d.Open(t.Context())
				wantKind(t, err, wire.KindUnreachable)
			}
			if got := f.requests(); !slices.Equal(got, []string{"GET /sse", "GET /sse"}) {
				t.Errorf("requests = %v", got)
			}
		})
	}
}

// changing is a server without a network, whose streams come and go.
type changing struct {
	line
	mu      sync.Mutex
	sse     tripper // nil serves streams
	mcp     tripper // nil answers
	streams int     // how often somebody asked for one
}

func (s *changing) serve(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	sse, mcp := s.sse, s.mcp
	if req.Method == http.MethodGet {
		s.streams++
	}
	s.mu.Unlock()
	switch {
	case req.Method == http.MethodGet && sse != nil:
		return sse(req)
	case req.URL.Path != mcpPath:
		return s.line.serve(req)
	case mcp != nil:
		return mcp(req)
	}
	body, _ := io.ReadAll(req.Body)
	answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":%q}}`, parse(body).ID, protocolVersion)
	resp := response(req, http.StatusOK, "application/json", io.NopCloser(strings.NewReader(answer)))
	resp.Header.Set("Mcp-Session-Id", secret)
	return resp, nil
}

// set changes the server; wanted is how often streams were asked for since.
func (s *changing) set(sse, mcp tripper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sse, s.mcp, s.streams = sse, mcp, 0
}

func refuses(status int) tripper {
	return func(req *http.Request) (*http.Response, error) {
		return response(req, status, "text/plain", http.NoBody), nil
	}
}

// What was found of streams is remembered for a while, and then looked at again
// by one Open of many. While the server is away nothing is learned.
func TestStreamsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &changing{}
		d := tripper(s.serve).dialer(t, ssePath, Options{})
		opens := func(want int, streamed bool) {
			t.Helper()
			c, err := d.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.streams != want || (c.Lost() != nil) != streamed {
				t.Errorf("%d streams asked for, want %d; a stream: %v", s.streams, want, c.Lost() != nil)
			}
			c.Close()
		}
		s.set(refuses(404), refuses(502))
		for range 2 {
			_, err := d.Open(t.Context())
			wantKind(t, err, wire.KindUnreachable)
		}
		if s.streams != 2 {
			t.Errorf("while the server is away: %d streams asked for", s.streams)
		}
		s.set(hang, nil)
		began := time.Now()
		opens(1, false)
		if took := time.Since(began); took != DefaultStreamTimeout {
			t.Errorf("it took %v", took)
		}
		opens(1, false)
		s.set(nil, nil)
		time.Sleep(DefaultStreamRetry - time.Second)
		opens(0, false)
		time.Sleep(time.Second)
		opens(1, true)
		opens(2, true)
		s.set(refuses(404), nil)
		opens(1, false)
		time.Sleep(DefaultStreamRetry)
		s.set(hang, nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { _, _ = d.Open(t.Context()) })
		}
		all.Wait()
		if s.streams != 1 {
			t.Errorf("20 Opens asked for %d streams", s.streams)
		}
	})
}

// A caller's own patience is not the server's: nothing is learned from it.
func TestImpatienceTeachesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &changing{sse: hang}
		d := tripper(s.serve).dialer(t, ssePath, Options{})
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := d.Open(ctx)
			cancel()
			wantKind(t, err, wire.KindUnreachable)
		}
		if s.streams != 2 {
			t.Errorf("%d streams asked for, want 2", s.streams)
		}
	})
}

// What a session is resumed by does not depend on how it was born.
func TestBornWithoutAStream(t *testing.T) {
	f := newFar(t, func(f *far) { f.sse = http.NotFound })
	d := f.dialer(t, "/sse", Options{})
	c := open(t, d)
	if c.Lost() != nil || c.ID() != session.NewID(secret+"-born") {
		t.Errorf("a stream, or another session")
	}
	if text, err := d.Resume(held(c.ID()), nil).Call(t.Context(), query.Profile()); text != "answer of get_profile" {
		t.Errorf("resumed: %q, %v", text, err)
	}
}
