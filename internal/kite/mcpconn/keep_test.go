package mcpconn

import (
	"strings"
	"testing"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

// Every new connection costs a handshake of several round trips, so that calls
// in a row must share one.
func TestConnectionsAreKept(t *testing.T) {
	for _, tls := range []bool{false, true} {
		f := newFar(t, func(f *far) {
			f.tls = tls
			f.result = func(string) string { return textResult(strings.Repeat("x", 2<<10)) }
		})
		d := f.dialer(t, "/sse", Options{})
		c := open(t, d)
		for name, conn := range map[string]session.Conn{"/message": c, "/mcp": d.Resume(held(c.ID()), nil)} {
			t.Run(map[bool]string{false: "http", true: "https"}[tls]+name, func(t *testing.T) {
				var before int64
				for i := range 201 {
					if _, err := conn.Call(t.Context(), query.Holdings()); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						before = f.conns.Load()
					}
				}
				if n := f.conns.Load() - before; n != 0 {
					t.Errorf("%d new connections in 200 calls, want none", n)
				}
			})
		}
	}
}

// A session that does nothing should cost little: over HTTP/2 it has no
// connection of its own.
func TestStreamsShareConnections(t *testing.T) {
	f := newFar(t, func(f *far) { f.tls = true })
	d := f.dialer(t, "/sse", Options{})
	const n = 20
	for range n {
		open(t, d)
	}
	if got := f.conns.Load(); got > 2 {
		t.Errorf("%d streams use %d connections, want one or two", n, got)
	}
}
