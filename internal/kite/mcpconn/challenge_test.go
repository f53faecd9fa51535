package mcpconn_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// unauthorized answers everything on the transports with 401, and the document
// with what it is given; "" for 404.
func unauthorized(challenge, document string) (*atomic.Int64, func(*fakeServer)) {
	read := &atomic.Int64{}
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		if challenge != "" {
			w.Header().Set("WWW-Authenticate", challenge)
		}
		http.Error(w, "no bearer token "+secret, http.StatusUnauthorized)
	}
	return read, func(f *fakeServer) {
		f.sse, f.message, f.mcp, f.remove = refuse, refuse, refuse, refuse
		f.pages = map[string]http.HandlerFunc{mcpconn.ResourceDocument: func(w http.ResponseWriter, _ *http.Request) {
			read.Add(1)
			if document == "" {
				http.NotFound(w, nil)
				return
			}
			fmt.Fprint(w, document)
		}}
	}
}

const someDocument = `{"resource":"https://elsewhere.example.com/mcp","authorization_servers":["https://elsewhere.example.com"]}`

// A 401 is the server's wish for OAuth when it says so, or when the server has a
// document on that. Otherwise something on the way is to blame, and no login is
// over.
func TestUnauthorized(t *testing.T) {
	for name, test := range map[string]struct {
		challenge, document string
		oauth               bool
		read                int64 // how often the document is, for all that is asked
	}{
		"quoted":                {`Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"`, "", true, 0},
		"not quoted":            {`Bearer resource_metadata=https://mcp.example.com/.well-known/oauth-protected-resource`, "", true, 0},
		"among others":          {`Bearer realm="x", RESOURCE_METADATA = "https://elsewhere.example.com/"`, "", true, 0},
		"no challenge":          {"", someDocument, true, 1},
		"a poor challenge":      {`Bearer realm="mcp"`, someDocument, true, 1},
		"a gateway":             {"", "", false, 1},
		"a gateway's challenge": {`Basic realm="staff"`, "", false, 1},
		"another parameter":     {`Bearer x_resource_metadata="y"`, "", false, 1},
		"a gateway of pages":    {"", "<html>sign in</html>", false, 1},
		"an empty document":     {"", `{}`, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			read, configure := unauthorized(test.challenge, test.document)
			f := newServer(t, configure)
			d, plain := f.dialer(t, "/sse", mcpconn.Options{}), someSession()
			opened, called, why := wire.KindAuthorize, wire.KindEnded, wire.EndSwitched
			if !test.oauth {
				opened, called, why = wire.KindBlocked, wire.KindBlocked, wire.EndUnknown
			}
			_, err := d.Open(t.Context())
			wantKind(t, err, opened)
			for range 2 {
				_, err = d.Resume(plain, nil).Call(t.Context(), query.Holdings())
				wantKind(t, err, called)
				if wire.EndingOf(err) != why {
					t.Errorf("ending %v, want %v", wire.EndingOf(err), why)
				}
			}
			if n := read.Load(); n != test.read {
				t.Errorf("the document was read %d times, want %d", n, test.read)
			}
			if got := f.requests(); got[0] != "GET /sse" || slices.Contains(got, "POST /mcp initialize") {
				t.Errorf("requests = %v", got)
			}
		})
	}
}

// A server that takes no streams may want OAuth: it is found out on the way.
func TestUnauthorizedWithoutStreams(t *testing.T) {
	_, configure := unauthorized(`Bearer resource_metadata="x"`, "")
	f := newServer(t, func(f *fakeServer) { configure(f); f.sse = http.NotFound })
	d := f.dialer(t, "/sse", mcpconn.Options{})
	for range 2 {
		_, err := d.Open(t.Context())
		wantKind(t, err, wire.KindAuthorize)
	}
	if got := f.requests(); !slices.Equal(got, []string{"GET /sse", "POST /mcp initialize", "POST /mcp initialize"}) {
		t.Errorf("requests = %v", got)
	}
}

// A stream outlives the switch of its server, but its login does not.
func TestUnauthorizedOverAStream(t *testing.T) {
	f := newServer(t, nil)
	usual := f.Config.Handler
	var switched atomic.Bool
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if switched.Load() {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="x"`)
			http.Error(w, "no bearer token", http.StatusUnauthorized)
			return
		}
		usual.ServeHTTP(w, r)
	})
	c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
	switched.Store(true)
	_, err := c.Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindEnded)
	if wire.EndingOf(err) != wire.EndSwitched {
		t.Errorf("ending %v", wire.EndingOf(err))
	}
	closes(t, "Lost", c.Lost())
}

// A login by the login tool is not ended by what servers say of logins by OAuth.
func TestTextsOfOAuthAreDoubt(t *testing.T) {
	failure := `{"content":[{"type":"text","text":"failed to get session: session ID not found"}],"isError":true}`
	both(t, func(f *fakeServer) { f.result = func(string) string { return failure } }, mcpconn.Options{}, func(t *testing.T, _ *fakeServer, c session.Conn) {
		_, err := c.Call(t.Context(), query.Holdings())
		wantKind(t, err, wire.KindDoubt)
	})
}
