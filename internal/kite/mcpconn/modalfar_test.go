package mcpconn

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

// modalFar is a far end that wants bearers: an MCP session is one that it made, or
// the one that it is told of.
type modalFar struct {
	*far
	mu       sync.Mutex
	sessions map[string]bool
	joins    int
	// refuse answers a request of a known or unknown session in place of the far
	// end, if it wants to.
	refuse func(w http.ResponseWriter, call rpc, known bool) bool
	ended  http.HandlerFunc // answers DELETE
	hold   chan struct{}    // initialize waits for it; nil does not
	held   chan struct{}    // gets a word of each that waits
}

const someBearer = secret + ".bearer.sig"

func newModalFar(t *testing.T, known ...string) *modalFar {
	m := &modalFar{sessions: map[string]bool{}, refuse: func(http.ResponseWriter, rpc, bool) bool { return false }}
	for _, id := range known {
		m.sessions[id] = true
	}
	m.far = newFar(t, func(f *far) {
		f.sse = http.NotFound
		f.mcp = m.serve
		f.remove = func(w http.ResponseWriter, r *http.Request) { m.ended(w, r) }
		f.list = func() string { return listNext }
	})
	return m
}

func (m *modalFar) serve(w http.ResponseWriter, r *http.Request) {
	call, id := parse(bodyOf(r)), r.Header.Get("Mcp-Session-Id")
	if r.Header.Get("Authorization") != "Bearer "+someBearer {
		w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="x"`)
		http.Error(w, "no bearer token", http.StatusUnauthorized)
		return
	}
	if call.Method == "initialize" && m.hold != nil {
		m.held <- struct{}{}
		<-m.hold
	}
	m.mu.Lock()
	if call.Method == "initialize" {
		m.joins++
		id = fmt.Sprintf("%s-mcp-%d", secret, m.joins)
		m.sessions[id] = true
		w.Header().Set("Mcp-Session-Id", id)
	}
	known := m.sessions[id]
	m.mu.Unlock()
	if m.refuse(w, call, known) {
		return
	}
	if !known {
		http.Error(w, "session not found", http.StatusNotFound)
		return
	}
	if len(call.ID) == 0 {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "event: message\ndata: %s\n\n", m.answerTo(call))
}

// grown returns a Dialer that knows the far end.
func (m *modalFar) grown(t *testing.T) *Dialer {
	d := m.dialer(t, "/sse", Options{})
	d.surfaces.surface = Surface{Style: query.StyleModes, OAuth: true}
	return d
}

// bearing is a login by OAuth that was used on an MCP session; "" for none.
func bearing(mcp string) session.Credential {
	return session.Credential{Session: session.NewBearer(someBearer), MCP: session.NewID(mcp)}
}
