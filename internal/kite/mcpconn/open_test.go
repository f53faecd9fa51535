package mcpconn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestHandshake(t *testing.T) {
	for path, want := range map[string][]string{
		"/sse": {
			"GET /sse", "POST /message initialize", "POST /message notifications/initialized", "POST /message tools/call",
			"POST /mcp tools/call", "POST /mcp tools/call",
		},
		"/mcp": {
			"POST /mcp initialize", "POST /mcp notifications/initialized", "POST /mcp tools/call",
			"POST /mcp tools/call", "POST /mcp tools/call",
		},
	} {
		t.Run(path, func(t *testing.T) {
			f := newServer(t, nil)
			d := f.dialer(t, path, mcpconn.Options{Version: "v1.2.3"})
			c := open(t, d)
			again := d.Resume(credential(c.ID()), nil)
			for _, conn := range []session.Conn{c, again, again} {
				wantText(t, conn, query.Profile(), "answer of get_profile")
			}
			if diff := cmp.Diff(want, f.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if err := d.End(t.Context(), credential(c.ID())); err != nil {
				t.Error(err)
			}
			checkWire(t, f, c.ID())
		})
	}
}

// checkWire checks ids, version, arguments and headers on the wire. The gateway before
// the hosted server refuses clients that do not say who they are.
func checkWire(t *testing.T, f *fakeServer, id session.ID) {
	t.Helper()
	for _, r := range f.record() {
		if r.rpc == "initialize" && !strings.Contains(r.body, `"protocolVersion":"2025-03-26"`) {
			t.Errorf("initialize = %s, want the pinned version", r.body)
		}
		if r.rpc == "tools/call" && (!strings.Contains(r.body, `"id":"b-`) || !strings.Contains(r.body, `"arguments":{}`)) {
			t.Errorf("call = %s, want a string id and empty arguments", r.body)
		}
		if r.path == "/mcp" && r.rpc != "initialize" && r.session != id.Reveal() {
			t.Errorf("%s has another session id than its connection", r.rpc)
		}
		if agreed := r.method != http.MethodGet && r.rpc != "initialize"; agreed != (r.version == "2025-03-26") {
			t.Errorf("%s %s %s comes with protocol version %q", r.method, r.path, r.rpc, r.version)
		}
		if r.agent != "kitebot/v1.2.3" {
			t.Errorf("%s %s comes as %q", r.method, r.path, r.agent)
		}
	}
}

func TestStreamOutlivesOpen(t *testing.T) {
	f := newServer(t, nil)
	d := f.dialer(t, "/sse", mcpconn.Options{OpenTimeout: waitLimit})
	ctx, cancel := context.WithCancel(t.Context())
	c, err := d.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := c.Call(t.Context(), query.Profile()); err != nil {
		t.Errorf("after the context of Open ended: %v", err)
	}
	if !isOpen(c.Lost()) {
		t.Error("lost")
	}
}

func TestOpenRefuses(t *testing.T) {
	endpoint := func(format string) func(*fakeServer) {
		return func(f *fakeServer) {
			f.endpoint = func(id string) string {
				return fmt.Sprintf(strings.ReplaceAll(format, "HOST", strings.TrimPrefix(f.URL, "http://")), id)
			}
		}
	}
	refuses := func(code int) http.HandlerFunc { return status(code, "no "+secret+"\n") }
	page := status(200, "<html>back soon</html>")
	tests := map[string]struct {
		configure func(*fakeServer)
		want      wire.Kind
	}{
		"503":                 {func(f *fakeServer) { f.sse = refuses(503) }, wire.KindUnreachable},
		"401 of a gateway":    {func(f *fakeServer) { f.sse = refuses(401) }, wire.KindBlocked},
		"403":                 {func(f *fakeServer) { f.sse = refuses(403) }, wire.KindBlocked},
		"404 everywhere":      {func(f *fakeServer) { f.sse, f.mcp = refuses(404), refuses(404) }, wire.KindNotServed},
		"a page, then 421":    {func(f *fakeServer) { f.sse, f.mcp = page, refuses(421) }, wire.KindNotServed},
		"404, then 403":       {func(f *fakeServer) { f.sse, f.mcp = refuses(404), refuses(403) }, wire.KindBlocked},
		"404, then 502":       {func(f *fakeServer) { f.sse, f.mcp = refuses(404), refuses(502) }, wire.KindUnreachable},
		"404, then a page":    {func(f *fakeServer) { f.sse, f.mcp = refuses(404), page }, wire.KindMalformed},
		"initialize 400":      {func(f *fakeServer) { f.message = refuses(400) }, wire.KindUnreachable},
		"other host":          {endpoint("http://elsewhere.example.com/message?sessionId=%s"), wire.KindMalformed},
		"other scheme":        {endpoint("https://HOST/message?sessionId=%s"), wire.KindMalformed},
		"user in endpoint":    {endpoint("http://joe@HOST/message?sessionId=%s"), wire.KindMalformed},
		"no id":               {endpoint("/message?session=%s"), wire.KindMalformed},
		"empty id":            {endpoint("/message?sessionId=&x=%s"), wire.KindMalformed},
		"blank in id":         {endpoint("/message?sessionId=%s+x"), wire.KindMalformed},
		"id too long":         {endpoint("/message?sessionId=%s" + strings.Repeat("x", 128)), wire.KindMalformed},
		"version of tomorrow": {func(f *fakeServer) { f.version = "2026-07-28" }, wire.KindMalformed},
		"unknown version":     {func(f *fakeServer) { f.version = "bogus" }, wire.KindMalformed},
		"stream ends at once": {func(f *fakeServer) {
			f.sse = func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/event-stream") }
		}, wire.KindUnreachable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newServer(t, test.configure)
			_, err := f.dialer(t, "/sse", mcpconn.Options{}).Open(t.Context())
			wantKind(t, err, test.want)
			if slices.Contains(f.requests(), "POST /message tools/call") {
				t.Error("a tool was called")
			}
		})
	}
}

func TestOpenSessionRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		id     string
		status int
		want   wire.Kind
	}{
		"no id": {"", 200, wire.KindMalformed},
		"long":  {strings.Repeat("x", 129), 200, wire.KindMalformed},
		"404":   {secret, 404, wire.KindNotServed},
		"500":   {secret, 500, wire.KindUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			f := newServer(t, func(f *fakeServer) {
				f.mcp = func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Mcp-Session-Id", test.id)
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(test.status)
					fmt.Fprint(w, `{"jsonrpc":"2.0","id":"b-1","result":{"protocolVersion":"2025-03-26"}}`)
				}
			})
			_, err := f.dialer(t, "/mcp", mcpconn.Options{}).Open(t.Context())
			wantKind(t, err, test.want)
		})
	}
}

func TestNobodyListens(t *testing.T) {
	f := newServer(t, nil)
	d := f.dialer(t, "/sse", mcpconn.Options{})
	f.Close()
	_, err := d.Open(t.Context())
	wantKind(t, err, wire.KindUnreachable)
	id := session.NewID(secret)
	_, err = d.Resume(credential(id), nil).Call(t.Context(), query.Profile())
	wantKind(t, err, wire.KindUnreachable)
	wantKind(t, d.End(t.Context(), credential(id)), wire.KindUnreachable)
}

func TestCloseOfDialer(t *testing.T) {
	f := newServer(t, func(f *fakeServer) {
		f.result = func(string) string { return "" }
	})
	d := f.dialer(t, "/sse", mcpconn.Options{})
	c := open(t, d)
	resumed := d.Resume(credential(c.ID()), nil)
	failed := make(chan error, 2)
	for _, conn := range []session.Conn{c, resumed} {
		go func() {
			_, err := conn.Call(t.Context(), query.Profile())
			failed <- err
		}()
		<-f.called
	}
	d.Close()
	for range 2 {
		wantKind(t, <-failed, wire.KindUnreachable)
	}
	closes(t, "stream", c.Lost())
	before := len(f.requests())
	_, err := d.Open(t.Context())
	wantKind(t, err, wire.KindUnreachable)
	_, err = resumed.Call(t.Context(), query.Profile())
	wantKind(t, err, wire.KindUnreachable)
	wantKind(t, d.End(t.Context(), credential(c.ID())), wire.KindUnreachable)
	if got := f.requests(); len(got) != before || slices.Contains(got, "DELETE /mcp") {
		t.Errorf("requests after Close, or a DELETE: %v", got)
	}
}

// A server that serves no streams is asked over /mcp instead, within the same
// Open and without a word.
func TestNoStreams(t *testing.T) {
	typed := func(code int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", media)
			status(code, body)(w, r)
		}
	}
	for name, sse := range map[string]http.HandlerFunc{
		"404":         status(404, "404 page not found\n"),
		"405":         status(405, ""),
		"410":         status(410, ""),
		"421":         status(421, ""),
		"426":         status(426, ""),
		"another 4xx": status(400, secret),
		"a page":      typed(200, "text/html", "<html>moved</html>"),
		"no stream":   typed(200, "application/json", "{}"),
		"nothing":     status(204, ""),
		"silence":     hang,
		"a silent stream": func(w http.ResponseWriter, r *http.Request) {
			typed(200, "text/event-stream", ": wait\n\n")(w, r)
			flush(w)
			hang(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newLocalServer(func(f *fakeServer) { f.sse = sse })
				d := f.dialer(t, "/sse", mcpconn.Options{})
				var c session.Conn
				for range 2 {
					c = open(t, d)
					wantText(t, c, query.Profile(), "answer of get_profile")
				}
				want := []string{"GET /sse", "POST /mcp initialize", "POST /mcp notifications/initialized", "POST /mcp tools/call"}
				if got := f.requests(); !slices.Equal(got, slices.Concat(want, want[1:])) {
					t.Errorf("requests = %v", got)
				}
				// What a session is resumed by does not depend on how it was born.
				if c.Lost() != nil || c.ID() != session.NewID(secret+"-born") {
					t.Errorf("a stream, or another session")
				}
				wantText(t, d.Resume(credential(c.ID()), nil), query.Profile(), "answer of get_profile")
			})
		})
	}
}

// A failure says nothing about streams: each Open asks for one again.
func TestAFailureIsNotTheEndOfStreams(t *testing.T) {
	for name, sse := range map[string]http.HandlerFunc{
		"500": status(500, ""), "503": status(503, "<html>"), "408": status(408, ""), "429": status(429, ""),
		"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newServer(t, func(f *fakeServer) { f.sse = sse })
			d := f.dialer(t, "/sse", mcpconn.Options{})
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

// What was found of streams is remembered for a while, and then looked at again
// by one Open of many. While the server is away nothing is learned.
func TestStreamsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var replaced map[string]http.HandlerFunc // by path
		f := newLocalServer(func(f *fakeServer) {
			f.before = func(w http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				handler := replaced[r.URL.Path]
				mu.Unlock()
				if handler != nil {
					handler(w, r)
				}
				return handler != nil
			}
		})
		d := f.dialer(t, "/sse", mcpconn.Options{})
		before := 0 // requests, when the server was set to something
		set := func(sse, mcp http.HandlerFunc) {
			mu.Lock()
			defer mu.Unlock()
			replaced, before = map[string]http.HandlerFunc{"/sse": sse, "/mcp": mcp}, len(f.record())
		}
		wantStreams := func(want int) {
			t.Helper()
			n := 0
			for _, r := range f.record()[before:] {
				if r.path == "/sse" {
					n++
				}
			}
			if n != want {
				t.Errorf("%d streams asked for, want %d", n, want)
			}
		}
		opens := func(want int, streamed bool) {
			t.Helper()
			c := open(t, d)
			if wantStreams(want); (c.Lost() != nil) != streamed {
				t.Errorf("a stream: %v", c.Lost() != nil)
			}
			c.Close()
		}
		set(status(404, ""), status(502, ""))
		for range 2 {
			_, err := d.Open(t.Context())
			wantKind(t, err, wire.KindUnreachable)
		}
		wantStreams(2)
		set(hang, nil)
		for range 2 { // a caller's own waitLimit is not the server's: nothing is learned from it
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := d.Open(ctx)
			cancel()
			wantKind(t, err, wire.KindUnreachable)
		}
		wantStreams(2)
		set(hang, nil)
		began := time.Now()
		opens(1, false)
		if took := time.Since(began); took != mcpconn.DefaultStreamTimeout {
			t.Errorf("it took %v", took)
		}
		opens(1, false)
		set(nil, nil)
		time.Sleep(mcpconn.DefaultStreamRetry - time.Second)
		opens(0, false)
		time.Sleep(time.Second)
		opens(1, true)
		opens(2, true)
		set(status(404, ""), nil)
		opens(1, false)
		time.Sleep(mcpconn.DefaultStreamRetry)
		set(hang, nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { _, _ = d.Open(t.Context()) })
		}
		all.Wait()
		wantStreams(1)
	})
}

// No caller waits for longer than they said, whatever it is that does not come.
func TestOpenIsBounded(t *testing.T) {
	says := func(media, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", media)
			status(200, text)(w, r)
			flush(w)
			hang(w, r)
		}
	}
	endpoint := "event: endpoint\ndata: /message?sessionId=" + secret
	for name, test := range map[string]struct {
		path      string
		configure func(*fakeServer)
	}{
		"no headers":       {"/sse", func(f *fakeServer) { f.sse = hang }},
		"no endpoint":      {"/sse", func(f *fakeServer) { f.sse = says("text/event-stream", ": wait\n\n") }},
		"half an endpoint": {"/sse", func(f *fakeServer) { f.sse = says("text/event-stream", endpoint) }},
		"no post":          {"/sse", func(f *fakeServer) { f.message = hang }},
		"no initialize":    {"/sse", func(f *fakeServer) { f.message = status(202, "") }},
		"no answer":        {"/mcp", func(f *fakeServer) { f.mcp = hang }},
		"no end of answer": {"/mcp", func(f *fakeServer) { f.mcp = says("application/json", `{"jsonrpc"`) }},
		"no end of events": {"/mcp", func(f *fakeServer) { f.mcp = says("text/event-stream", ": wait\n\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newLocalServer(func(f *fakeServer) {
					test.configure(f)
					if f.mcp == nil {
						f.mcp = hang
					}
				})
				d := f.dialer(t, test.path, mcpconn.Options{OpenTimeout: 9 * time.Second})
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
