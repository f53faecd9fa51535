package mcpconn

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/kite"
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
	d.sight.surface = Surface{Style: kite.StyleModes, OAuth: true}
	return d
}

// bearing is a login by OAuth that was used on an MCP session; "" for none.
func bearing(mcp string) session.Held {
	return session.Held{Session: session.NewBearer(someBearer), MCP: session.NewID(mcp)}
}

// renewals keeps the MCP sessions that a connection tells of.
type renewals struct {
	mu  sync.Mutex
	ids []string
}

func (r *renewals) note(id session.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, id.Reveal())
}

// A bearer goes on with its MCP session of before, without a handshake.
func TestBearerResumes(t *testing.T) {
	m := newModalFar(t, secret+"-old")
	var told renewals
	c := m.grown(t).Resume(bearing(secret+"-old"), told.note)
	if text, err := c.Call(t.Context(), kite.AskHoldings()); text != "answer of portfolio" {
		t.Errorf("Call = %q, %v", text, err)
	}
	if got := m.requests(); !slices.Equal(got, []string{"POST /mcp tools/call"}) || told.ids != nil || c.Lost() != nil {
		t.Errorf("requests %v, told of %d sessions", got, len(told.ids))
	}
	if body := m.record()[0].body; !strings.Contains(body, `"mode":"holdings"`) || c.ID() != session.NewBearer(someBearer) {
		t.Errorf("request %s", body)
	}
}

// Whatever way a server says that it does not know the MCP session, another one is
// made, once, and the question put again. The login is none the worse.
func TestMCPSessionIsLost(t *testing.T) {
	status := func(code int, body string) func(http.ResponseWriter, rpc) {
		return func(w http.ResponseWriter, _ rpc) { http.Error(w, body, code) }
	}
	for name, test := range map[string]struct {
		stored string
		refuse func(http.ResponseWriter, rpc)
		again  bool
		want   kite.Kind // where it is not asked again
	}{
		"there was none":      {"", nil, true, 0},
		"there was nonsense":  {secret + "\r\nX: y", nil, true, 0},
		"not found":           {secret, status(404, "session not found"), true, 0},
		"not found, no words": {secret, status(404, ""), true, 0},
		"somebody else's":     {secret, status(403, "session user mismatch"), true, 0},
		"not begun": {secret, func(w http.ResponseWriter, call rpc) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":0,"message":"method \"tools/call\" is invalid during session initialization"}}`, call.ID)
		}, true, 0},
		"a router":       {secret, status(404, "404 page not found\n"), false, kite.KindNotServed},
		"a page":         {secret, status(404, "<html>"), false, kite.KindNotServed},
		"a robot's 403":  {secret, status(403, "<html>go away"), false, kite.KindBlocked},
		"a gateway":      {secret, status(502, "<html>"), false, kite.KindUnreachable},
		"something else": {secret, status(400, "Unsupported protocol version"), false, kite.KindFailed},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModalFar(t)
			m.refuse = func(w http.ResponseWriter, call rpc, known bool) bool {
				if known || test.refuse == nil {
					return false
				}
				test.refuse(w, call)
				return true
			}
			var told renewals
			text, err := m.grown(t).Resume(bearing(test.stored), told.note).Call(t.Context(), kite.AskHoldings())
			if !test.again {
				wantKind(t, err, test.want)
				if m.joins > 0 || told.ids != nil {
					t.Errorf("%d sessions made", m.joins)
				}
				return
			}
			if text != "answer of portfolio" || m.joins != 1 || !slices.Equal(told.ids, []string{secret + "-mcp-1"}) {
				t.Errorf("Call = %q, %v; %d sessions made, told of %d", text, err, m.joins, len(told.ids))
			}
		})
	}
}

// A server that knows no session at all is not asked for ever, and its 404 ends no
// login by OAuth.
func TestMCPSessionIsLostAgain(t *testing.T) {
	m := newModalFar(t)
	m.refuse = func(w http.ResponseWriter, call rpc, _ bool) bool {
		if call.Method == "tools/call" {
			http.Error(w, "session not found", http.StatusNotFound)
		}
		return call.Method == "tools/call"
	}
	_, err := m.grown(t).Resume(bearing(secret), nil).Call(t.Context(), kite.AskHoldings())
	wantKind(t, err, kite.KindUnreachable)
	if n := m.count("tools/call"); m.joins != 1 || n != 2 {
		t.Errorf("%d sessions made, %d calls", m.joins, n)
	}
}

// A handshake that fails says nothing of the login, unless it is a 401.
func TestBearerCannotJoin(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		challenge string
		want      kite.Kind
		why       kite.Ending
	}{
		"expired":   {401, `Bearer resource_metadata="x"`, kite.KindEnded, kite.EndExpired},
		"a gateway": {401, "", kite.KindBlocked, kite.EndUnsaid},
		"404":       {404, "", kite.KindNotServed, kite.EndUnsaid},
		"400":       {400, "", kite.KindUnreachable, kite.EndUnsaid},
		"429":       {429, "", kite.KindUnreachable, kite.EndUnsaid},
		"403":       {403, "", kite.KindBlocked, kite.EndUnsaid},
	} {
		for _, method := range []string{"initialize", "tools/call"} {
			if method == "tools/call" && test.status != 401 {
				continue
			}
			t.Run(name+" "+method, func(t *testing.T) {
				m := newModalFar(t)
				m.refuse = func(w http.ResponseWriter, call rpc, _ bool) bool {
					if call.Method == method {
						w.Header().Set("WWW-Authenticate", test.challenge)
						http.Error(w, "invalid token "+secret, test.status)
					}
					return call.Method == method
				}
				_, err := m.grown(t).Resume(bearing(""), nil).Call(t.Context(), kite.AskHoldings())
				wantKind(t, err, test.want)
				if kite.EndingOf(err) != test.why {
					t.Errorf("ending %v, want %v", kite.EndingOf(err), test.why)
				}
			})
		}
	}
}

// The texts of tools end a login by OAuth, and say why.
func TestTextsEndALogin(t *testing.T) {
	for text, why := range map[string]kite.Ending{
		"not logged into Kite. Please authenticate via the OAuth flow":        kite.EndLost,
		"kite session has expired. Please re-authenticate via the OAuth flow": kite.EndExpired,
		"failed to get session: session ID not found":                         kite.EndLost,
		"Failed to get alerts: Incorrect `api_key` or `access_token`.":        kite.EndCutOff,
		"Failed to get holdings":                                              kite.EndUnsaid,
	} {
		m := newModalFar(t)
		m.result = func(string) string { return strings.TrimSuffix(textResult(text), "}") + `,"isError":true}` }
		_, err := m.grown(t).Resume(bearing(""), nil).Call(t.Context(), kite.AskHoldings())
		want := kite.KindEnded
		if why == kite.EndUnsaid {
			want = kite.KindFailed
		}
		if wantKind(t, err, want); kite.EndingOf(err) != why || m.joins != 1 {
			t.Errorf("%s: ending %v, want %v; %d sessions made", text, kite.EndingOf(err), why, m.joins)
		}
	}
}

// Calls side by side, over one connection or several, make one MCP session, and
// each loses it once.
func TestCallsShareAnMCPSession(t *testing.T) {
	m := newModalFar(t)
	d := m.grown(t)
	var told renewals
	conns := []session.Conn{d.Resume(bearing(secret), told.note), d.Resume(bearing(secret), told.note)}
	for round := range 3 {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if text, err := conns[i%2].Call(t.Context(), kite.AskHoldings()); text != "answer of portfolio" {
					t.Errorf("Call = %q, %v", text, err)
				}
			})
		}
		all.Wait()
		if m.joins != round+1 || len(told.ids) != round+1 {
			t.Fatalf("%d sessions made, told of %d, want %d", m.joins, len(told.ids), round+1)
		}
		m.mu.Lock()
		clear(m.sessions)
		m.mu.Unlock()
	}
}

// Whoever makes the session may give up: somebody else makes it then.
func TestJoiningIsTakenOver(t *testing.T) {
	m := newModalFar(t)
	m.hold, m.held = make(chan struct{}), make(chan struct{}, 9)
	d := m.grown(t)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := d.Resume(bearing(""), nil).Call(ctx, kite.AskHoldings())
		first <- err
	}()
	<-m.held
	second := make(chan string)
	go func() {
		text, err := d.Resume(bearing(""), nil).Call(t.Context(), kite.AskHoldings())
		second <- cmp.Or(text, fmt.Sprint(err))
	}()
	cancel()
	wantKind(t, <-first, kite.KindUnreachable)
	close(m.hold)
	if got := <-second; got != "answer of portfolio" {
		t.Errorf("the other call: %s", got)
	}
}

// A bearer that no server could have given out is not shown to anybody.
func TestBearerOfNonsense(t *testing.T) {
	m := newModalFar(t)
	d := m.grown(t)
	for _, bearer := range []string{"", secret + "\r\nX: y", secret + " x", secret + "é", strings.Repeat("x", 4097)} {
		_, err := d.Resume(session.Held{Session: session.NewBearer(bearer)}, nil).Call(t.Context(), kite.AskProfile())
		wantKind(t, err, kite.KindEnded)
	}
	if got := m.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}

// What is kept of a bearer goes with its last connection.
func TestGrantsAreForgotten(t *testing.T) {
	var all grants
	func() {
		g := all.of(bearing(""))
		if all.of(bearing(secret)) != g {
			t.Error("two grants of one bearer")
		}
		runtime.KeepAlive(g)
	}()
	for left := 1; left > 0; runtime.GC() {
		all.mu.Lock()
		left = len(all.all)
		all.mu.Unlock()
	}
}

// A bearer that is the first to speak to a server looks at it in the background:
// without a login, and with it.
func TestBearerLooks(t *testing.T) {
	m := newModalFar(t)
	var l ledger
	d := m.stranger(t, "/sse", Options{Meter: &l})
	if text, err := d.Resume(bearing(""), nil).Call(t.Context(), kite.AskHoldings()); text != "answer of portfolio" {
		t.Errorf("Call = %q, %v", text, err)
	}
	d.work.Wait()
	if got := d.Surface(); got.Style != kite.StyleModes || !got.OAuth || !slices.Equal(l.surfaces, []string{"OAuth", "OAuth, tools with modes"}) {
		t.Errorf("surface %+v, told %q", got, l.surfaces)
	}
	_, err := d.Open(t.Context())
	wantKind(t, err, kite.KindAuthorize)
}
