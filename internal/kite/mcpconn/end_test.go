package mcpconn_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestEnd(t *testing.T) {
	unknown := status(400, "Invalid session ID\n")
	const notFound = "Session termination failed: session ID not found\n"
	for name, test := range map[string]struct {
		remove, mcp http.HandlerFunc // mcp nil: the session still answers
		probed, ok  bool
	}{
		"ended":                       {status(200, ""), nil, false, true},
		"ended before":                {status(404, "Session terminated\n"), nil, false, true},
		"unknown":                     {status(500, notFound), unknown, true, true},
		"unknown, it says, yet alive": {status(500, notFound), nil, true, false},
		"failed, then gone":           {status(500, "boom "+secret), status(404, "Session terminated\n"), true, true},
		"failed, alive":               {status(500, "boom "+secret), nil, true, false},
		"failed, probe failed":        {status(500, "boom"), status(502, "<html>"), true, false},
		"a router's 404, alive":       {status(404, "404 page not found\n"), nil, true, false},
		"not allowed":                 {status(405, ""), nil, true, false},
		"no answer":                   {hang, nil, false, false},
		"no answer to the probe":      {status(500, "boom"), hang, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newLocalServer(func(f *fakeServer) { f.remove, f.mcp = test.remove, test.mcp })
				id := session.NewID(secret + "-0000")
				err := f.dialer(t, "/sse", mcpconn.Options{}).End(t.Context(), credential(id))
				wantKind(t, err, map[bool]wire.Kind{false: wire.KindUnreachable}[test.ok])
				want := []string{"DELETE /mcp"}
				if test.probed {
					want = append(want, "POST /mcp tools/call")
				}
				if got := f.requests(); !slices.Equal(got, want) {
					t.Errorf("requests = %v, want %v", got, want)
				}
				for _, r := range f.record() {
					if r.session != id.Reveal() {
						t.Errorf("%s without the session id", r.method)
					}
				}
			})
		})
	}
}

// The server says 200 also when Kite did not answer the logout within 7 s.
func TestASlowEndIsNotBelieved(t *testing.T) {
	for took, ended := range map[time.Duration]bool{0: true, 3 * time.Second: true, 7 * time.Second: false, 15 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			f := newLocalServer(func(f *fakeServer) {
				f.remove = func(http.ResponseWriter, *http.Request) { time.Sleep(took) } // what the server waits for Kite
			})
			err := f.dialer(t, "/mcp", mcpconn.Options{}).End(t.Context(), someSession())
			wantKind(t, err, map[bool]wire.Kind{false: wire.KindUnreachable}[ended])
		})
	}
}

// A session of the login tool is gone when the server has switched to OAuth, and
// not when nothing but a router answers.
func TestEndOfASessionElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		challenge, document string
		want                wire.Kind
	}{
		"switched":             {`Bearer resource_metadata="x"`, "", 0},
		"switched, it is said": {"", someDocument, 0},
		"a gateway":            {"", "", wire.KindBlocked},
	} {
		t.Run(name, func(t *testing.T) {
			_, configure := unauthorized(test.challenge, test.document)
			err := newServer(t, configure).dialer(t, "/sse", mcpconn.Options{}).End(t.Context(), someSession())
			wantKind(t, err, test.want)
		})
	}
	f := newServer(t, func(f *fakeServer) { f.mcp, f.remove = http.NotFound, http.NotFound })
	wantKind(t, f.dialer(t, "/sse", mcpconn.Options{}).End(t.Context(), someSession()), wire.KindNotServed)
}
