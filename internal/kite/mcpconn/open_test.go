package mcpconn

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			f := newFar(t, nil)
			d := f.dialer(t, path, Options{})
			c := open(t, d)
			again := d.Resume(held(c.ID()), nil)
			for _, conn := range []session.Conn{c, again, again} {
				if got, err := conn.Call(t.Context(), query.Profile()); err != nil || got != "answer of get_profile" {
					t.Errorf("Call = %q, %v", got, err)
				}
			}
			if diff := cmp.Diff(want, f.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			checkWire(t, f, c.ID())
		})
	}
}

// checkWire checks ids, version, arguments and session headers on the wire.
func checkWire(t *testing.T, f *far, id session.ID) {
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
	}
}

func TestStreamOutlivesOpen(t *testing.T) {
	f := newFar(t, nil)
	d := f.dialer(t, "/sse", Options{OpenTimeout: patience})
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
	endpoint := func(format string) func(*far) {
		return func(f *far) {
			f.endpoint = func(id string) string {
				return fmt.Sprintf(strings.ReplaceAll(format, "HOST", strings.TrimPrefix(f.URL, "http://")), id)
			}
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no "+secret, code) }
	}
	page := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>back soon</html>")) }
	tests := map[string]struct {
		configure func(*far)
		want      wire.Kind
	}{
		"503":                 {func(f *far) { f.sse = status(503) }, wire.KindUnreachable},
		"401 of a gateway":    {func(f *far) { f.sse = status(401) }, wire.KindBlocked},
		"403":                 {func(f *far) { f.sse = status(403) }, wire.KindBlocked},
		"404 everywhere":      {func(f *far) { f.sse, f.mcp = status(404), status(404) }, wire.KindNotServed},
		"a page, then 421":    {func(f *far) { f.sse, f.mcp = page, status(421) }, wire.KindNotServed},
		"404, then 403":       {func(f *far) { f.sse, f.mcp = status(404), status(403) }, wire.KindBlocked},
		"404, then 502":       {func(f *far) { f.sse, f.mcp = status(404), status(502) }, wire.KindUnreachable},
		"404, then a page":    {func(f *far) { f.sse, f.mcp = status(404), page }, wire.KindMalformed},
		"initialize 400":      {func(f *far) { f.message = status(400) }, wire.KindUnreachable},
		"other host":          {endpoint("http://elsewhere.example.com/message?sessionId=%s"), wire.KindMalformed},
		"other scheme":        {endpoint("https://HOST/message?sessionId=%s"), wire.KindMalformed},
		"user in endpoint":    {endpoint("http://joe@HOST/message?sessionId=%s"), wire.KindMalformed},
		"no id":               {endpoint("/message?session=%s"), wire.KindMalformed},
		"empty id":            {endpoint("/message?sessionId=&x=%s"), wire.KindMalformed},
		"blank in id":         {endpoint("/message?sessionId=%s+x"), wire.KindMalformed},
		"id too long":         {endpoint("/message?sessionId=%s" + strings.Repeat("x", 128)), wire.KindMalformed},
		"version of tomorrow": {func(f *far) { f.version = "2026-07-28" }, wire.KindMalformed},
		"version of nobody":   {func(f *far) { f.version = "bogus" }, wire.KindMalformed},
		"stream ends at once": {func(f *far) {
			f.sse = func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/event-stream") }
		}, wire.KindUnreachable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, test.configure)
			_, err := f.dialer(t, "/sse", Options{}).Open(t.Context())
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
			f := newFar(t, func(f *far) {
				f.mcp = func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Mcp-Session-Id", test.id)
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(test.status)
					fmt.Fprint(w, `{"jsonrpc":"2.0","id":"b-1","result":{"protocolVersion":"2025-03-26"}}`)
				}
			})
			_, err := f.dialer(t, "/mcp", Options{}).Open(t.Context())
			wantKind(t, err, test.want)
		})
	}
}

func TestNobodyListens(t *testing.T) {
	f := newFar(t, nil)
	d := f.dialer(t, "/sse", Options{})
	f.Close()
	_, err := d.Open(t.Context())
	wantKind(t, err, wire.KindUnreachable)
	id := session.NewID(secret)
	_, err = d.Resume(held(id), nil).Call(t.Context(), query.Profile())
	wantKind(t, err, wire.KindUnreachable)
	wantKind(t, d.End(t.Context(), held(id)), wire.KindUnreachable)
}

func TestCloseOfDialer(t *testing.T) {
	f := newFar(t, func(f *far) {
		f.result = func(string) string { return "" }
	})
	d := f.dialer(t, "/sse", Options{})
	c := open(t, d)
	resumed := d.Resume(held(c.ID()), nil)
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
	wantKind(t, d.End(t.Context(), held(c.ID())), wire.KindUnreachable)
	if got := f.requests(); len(got) != before || slices.Contains(got, "DELETE /mcp") {
		t.Errorf("requests after Close, or a DELETE: %v", got)
	}
}
