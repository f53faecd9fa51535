package mcpconn_test

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

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// bearerServer is a server that wants bearers: an MCP session is one that it made, or
// the one that it is told of.
type bearerServer struct {
	*fakeServer
	mu       sync.Mutex
	sessions map[string]bool
	joins    int
	// refuse answers a request of a known or unknown session in place of the fakeServer
	// end, if it wants to.
	refuse func(w http.ResponseWriter, call rpc, known bool) bool
	ended  http.HandlerFunc // answers DELETE
	hold   chan struct{}    // initialize waits for it; nil does not
	held   chan struct{}    // gets a word of each that waits
}

const someBearer = secret + ".bearer.sig"

func newBearerServer(t *testing.T, known ...string) *bearerServer {
	m := &bearerServer{sessions: map[string]bool{}, refuse: func(http.ResponseWriter, rpc, bool) bool { return false }}
	for _, id := range known {
		m.sessions[id] = true
	}
	m.fakeServer = newServer(t, func(f *fakeServer) {
		f.sse = http.NotFound
		f.mcp = m.serve
		f.remove = func(w http.ResponseWriter, r *http.Request) { m.ended(w, r) }
		f.list = func() string { return listNext }
	})
	return m
}

func (m *bearerServer) serve(w http.ResponseWriter, r *http.Request) {
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

// knowingDialer returns a Dialer that knows the server.
func (m *bearerServer) knowingDialer(t *testing.T) *mcpconn.Dialer {
	return m.newDialer(t, "/sse", mcpconn.Options{}).Knows(mcpconn.Surface{Style: query.StyleModes, OAuth: true})
}

// bearing is a login by OAuth that was used on an MCP session; "" for none.
func bearing(mcp string) session.Credential {
	return session.Credential{Session: session.NewBearer(someBearer), MCP: session.NewID(mcp)}
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
	m := newBearerServer(t, secret+"-old")
	var made renewals
	c := m.knowingDialer(t).Resume(bearing(secret+"-old"), made.note)
	wantText(t, c, query.Holdings(), "answer of portfolio")
	if got := m.requests(); !slices.Equal(got, []string{"POST /mcp tools/call"}) || made.ids != nil || c.Lost() != nil {
		t.Errorf("requests %v, told of %d sessions", got, len(made.ids))
	}
	if body := m.record()[0].body; !strings.Contains(body, `"mode":"holdings"`) || c.ID() != session.NewBearer(someBearer) {
		t.Errorf("request %s", body)
	}
}

// Whatever way a server says that it does not know the MCP session, another one is
// made, once, and the question put again. The login is none the worse.
func TestMCPSessionIsLost(t *testing.T) {
	refuses := func(code int, body string) func(http.ResponseWriter, rpc) {
		return func(w http.ResponseWriter, _ rpc) { status(code, body)(w, nil) }
	}
	for name, test := range map[string]struct {
		stored string
		refuse func(http.ResponseWriter, rpc)
		again  bool
		want   wire.Kind // where it is not asked again
	}{
		"there was none":      {"", nil, true, 0},
		"there was nonsense":  {secret + "\r\nX: y", nil, true, 0},
		"not found":           {secret, refuses(404, "session not found"), true, 0},
		"not found, no words": {secret, refuses(404, ""), true, 0},
		"another user's":      {secret, refuses(403, "session user mismatch"), true, 0},
		"not begun": {secret, func(w http.ResponseWriter, call rpc) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":0,"message":"method \"tools/call\" is invalid during session initialization"}}`, call.ID)
		}, true, 0},
		"a router":       {secret, refuses(404, "404 page not found\n"), false, wire.KindNotServed},
		"a page":         {secret, refuses(404, "<html>"), false, wire.KindUnreachable},
		"a robot's 403":  {secret, refuses(403, "<html>go away"), false, wire.KindBlocked},
		"a gateway":      {secret, refuses(502, "<html>"), false, wire.KindUnreachable},
		"something else": {secret, refuses(400, "Unsupported protocol version"), false, wire.KindFailed},
	} {
		t.Run(name, func(t *testing.T) {
			m := newBearerServer(t)
			m.refuse = func(w http.ResponseWriter, call rpc, known bool) bool {
				if known || test.refuse == nil {
					return false
				}
				test.refuse(w, call)
				return true
			}
			var made renewals
			text, err := m.knowingDialer(t).Resume(bearing(test.stored), made.note).Call(t.Context(), query.Holdings())
			if !test.again {
				wantKind(t, err, test.want)
				if m.joins > 0 || made.ids != nil {
					t.Errorf("%d sessions made", m.joins)
				}
				return
			}
			if text != "answer of portfolio" || m.joins != 1 || !slices.Equal(made.ids, []string{secret + "-mcp-1"}) {
				t.Errorf("Call = %q, %v; %d sessions made, told of %d", text, err, m.joins, len(made.ids))
			}
		})
	}
}

// A server that knows no session at all is not asked for ever, and its 404 ends no
// login by OAuth.
func TestMCPSessionIsLostAgain(t *testing.T) {
	m := newBearerServer(t)
	m.refuse = func(w http.ResponseWriter, call rpc, _ bool) bool {
		if call.Method == "tools/call" {
			http.Error(w, "session not found", http.StatusNotFound)
		}
		return call.Method == "tools/call"
	}
	_, err := m.knowingDialer(t).Resume(bearing(secret), nil).Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindUnreachable)
	if n := m.count("tools/call"); m.joins != 1 || n != 2 {
		t.Errorf("%d sessions made, %d calls", m.joins, n)
	}
}

// A handshake that fails says nothing of the login, unless it is a 401.
func TestBearerCannotJoin(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		challenge string
		want      wire.Kind
		why       wire.Ending
	}{
		"expired":   {401, `Bearer resource_metadata="x"`, wire.KindEnded, wire.EndExpired},
		"a gateway": {401, "", wire.KindBlocked, wire.EndUnknown},
		"404":       {404, "", wire.KindNotServed, wire.EndUnknown},
		"400":       {400, "", wire.KindUnreachable, wire.EndUnknown},
		"429":       {429, "", wire.KindUnreachable, wire.EndUnknown},
		"403":       {403, "", wire.KindBlocked, wire.EndUnknown},
	} {
		for _, method := range []string{"initialize", "tools/call"} {
			if method == "tools/call" && test.status != 401 {
				continue
			}
			t.Run(name+" "+method, func(t *testing.T) {
				m := newBearerServer(t)
				m.refuse = func(w http.ResponseWriter, call rpc, _ bool) bool {
					if call.Method == method {
						w.Header().Set("WWW-Authenticate", test.challenge)
						http.Error(w, "invalid token "+secret, test.status)
					}
					return call.Method == method
				}
				_, err := m.knowingDialer(t).Resume(bearing(""), nil).Call(t.Context(), query.Holdings())
				wantKind(t, err, test.want)
				if wire.EndingOf(err) != test.why {
					t.Errorf("ending %v, want %v", wire.EndingOf(err), test.why)
				}
			})
		}
	}
}

// The texts of tools end a login by OAuth, and say why.
func TestTextsEndALogin(t *testing.T) {
	for text, why := range map[string]wire.Ending{
		"not logged into Kite. Please authenticate via the OAuth flow":        wire.EndLost,
		"kite session has expired. Please re-authenticate via the OAuth flow": wire.EndExpired,
		"failed to get session: session ID not found":                         wire.EndLost,
		"Failed to get alerts: Incorrect `api_key` or `access_token`.":        wire.EndCutOff,
		"Failed to get holdings":                                              wire.EndUnknown,
	} {
		m := newBearerServer(t)
		m.result = func(string) string { return failedResult(text) }
		_, err := m.knowingDialer(t).Resume(bearing(""), nil).Call(t.Context(), query.Holdings())
		want := wire.KindEnded
		if why == wire.EndUnknown {
			want = wire.KindFailed
		}
		if wantKind(t, err, want); wire.EndingOf(err) != why || m.joins != 1 {
			t.Errorf("%s: ending %v, want %v; %d sessions made", text, wire.EndingOf(err), why, m.joins)
		}
	}
}

// A bearer that no server could have given out is not sent.
func TestBearerOfNonsense(t *testing.T) {
	m := newBearerServer(t)
	d := m.knowingDialer(t)
	for _, bearer := range []string{"", secret + "\r\nX: y", secret + " x", secret + "é", strings.Repeat("x", 4097)} {
		_, err := d.Resume(session.Credential{Session: session.NewBearer(bearer)}, nil).Call(t.Context(), query.Profile())
		wantKind(t, err, wire.KindEnded)
	}
	if got := m.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}

// A bearer that is the first to speak to a server looks at it in the background:
// without a login, and with it.
func TestBearerLooks(t *testing.T) {
	m := newBearerServer(t)
	var l meterRecord
	d := m.newDialer(t, "/sse", mcpconn.Options{Meter: &l})
	wantText(t, d.Resume(bearing(""), nil), query.Holdings(), "answer of portfolio")
	d.Rest()
	if got := d.Surface(); got.Style != query.StyleModes || !got.OAuth || !slices.Equal(l.surfaces, []string{"OAuth", "OAuth, tools with modes"}) {
		t.Errorf("surface %+v, told %q", got, l.surfaces)
	}
	_, err := d.Open(t.Context())
	wantKind(t, err, wire.KindAuthorize)
}

// Calls side by side, over one connection or several, make one MCP session, and
// each loses it once.
func TestCallsShareAnMCPSession(t *testing.T) {
	m := newBearerServer(t)
	d := m.knowingDialer(t)
	var made renewals
	conns := []session.Conn{d.Resume(bearing(secret), made.note), d.Resume(bearing(secret), made.note)}
	for round := range 3 {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				wantText(t, conns[i%2], query.Holdings(), "answer of portfolio")
			})
		}
		all.Wait()
		if m.joins != round+1 || len(made.ids) != round+1 {
			t.Fatalf("%d sessions made, told of %d, want %d", m.joins, len(made.ids), round+1)
		}
		m.mu.Lock()
		clear(m.sessions)
		m.mu.Unlock()
	}
}

// The maker of the session may give up: another caller makes it then.
func TestJoiningIsTakenOver(t *testing.T) {
	m := newBearerServer(t)
	m.hold, m.held = make(chan struct{}), make(chan struct{}, 9)
	d := m.knowingDialer(t)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := d.Resume(bearing(""), nil).Call(ctx, query.Holdings())
		first <- err
	}()
	<-m.held
	second := make(chan string)
	go func() {
		text, err := d.Resume(bearing(""), nil).Call(t.Context(), query.Holdings())
		second <- cmp.Or(text, fmt.Sprint(err))
	}()
	cancel()
	wantKind(t, <-first, wire.KindUnreachable)
	close(m.hold)
	if got := <-second; got != "answer of portfolio" {
		t.Errorf("the other call: %s", got)
	}
}

// What is kept of a bearer goes with its last connection.
func TestGrantsAreForgotten(t *testing.T) {
	d := newBearerServer(t).knowingDialer(t)
	func() {
		c, other := d.Resume(bearing(""), nil), d.Resume(bearing(secret), nil)
		if n := d.KnownBearers(); n != 1 {
			t.Errorf("%d bearers are known", n)
		}
		runtime.KeepAlive(c)
		runtime.KeepAlive(other)
	}()
	for d.KnownBearers() > 0 {
		runtime.GC()
	}
}

// A look with a bearer outlives the MCP session that it meant to look over.
func TestLookOverALostSession(t *testing.T) {
	m := newBearerServer(t)
	lost := false
	m.refuse = func(w http.ResponseWriter, call rpc, known bool) bool {
		if call.Method != "tools/list" || lost {
			return false
		}
		lost = true
		http.Error(w, "session not found", http.StatusNotFound)
		return true
	}
	d := m.newDialer(t, "/sse", mcpconn.Options{})
	wantText(t, d.Resume(bearing(""), nil), query.Holdings(), "answer of portfolio")
	d.Rest()
	if s := d.Surface(); s.Style != query.StyleModes || m.joins != 2 {
		t.Errorf("surface %+v, %d sessions made", s, m.joins)
	}
}

// "Invalid session ID" is what a server says that looks at no bearer. Whether it is
// one is found out by a look without the bearer.
func TestInvalidSessionOfABearer(t *testing.T) {
	inBand := func(list string) http.HandlerFunc { // answers without a bearer
		return func(w http.ResponseWriter, r *http.Request) {
			call := parse(bodyOf(r))
			w.Header().Set("Mcp-Session-Id", secret+"-anonymous")
			w.Header().Set("Content-Type", "application/json")
			if call.Method == "initialize" {
				fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":%q}}`, call.ID, mcpconn.ProtocolVersion)
				return
			}
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":%s}}`, call.ID, list)
		}
	}
	challenges := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="x"`)
			status(code, "")(w, r)
		}
	}
	for name, test := range map[string]struct {
		anonymous http.HandlerFunc // answers a request without a bearer
		want      wire.Kind        // KindUnknown: another MCP session helps
		why       wire.Ending
	}{
		"no OAuth any more": {inBand(listToday), wire.KindEnded, wire.EndSwitched},
		"still OAuth":       {challenges(401), 0, 0},
		"not known":         {challenges(503), wire.KindUnreachable, 0},
		"nothing known":     {inBand(listForeign), wire.KindUnknownServer, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newBearerServer(t)
			m.refuse = func(w http.ResponseWriter, call rpc, known bool) bool {
				if !known {
					http.Error(w, "Invalid session ID", http.StatusBadRequest)
				}
				return !known
			}
			m.before = func(w http.ResponseWriter, r *http.Request) bool {
				anonymous := r.URL.Path == "/mcp" && r.Header.Get("Authorization") == ""
				if anonymous {
					test.anonymous(w, r)
				}
				return anonymous
			}
			text, err := m.knowingDialer(t).Resume(bearing(secret), nil).Call(t.Context(), query.Holdings())
			if test.want != wire.KindUnknown {
				if wantKind(t, err, test.want); wire.EndingOf(err) != test.why || m.joins != 0 {
					t.Errorf("ending %v, %d sessions made", wire.EndingOf(err), m.joins)
				}
			} else if text != "answer of portfolio" || m.joins != 1 {
				t.Errorf("Call = %q, %v; %d sessions made", text, err, m.joins)
			}
		})
	}
}

// A caller that waits for an MCP session is told why there is none.
func TestJoiningFailsForAll(t *testing.T) {
	m := newBearerServer(t)
	m.hold, m.held = make(chan struct{}), make(chan struct{}, 99)
	m.refuse = func(w http.ResponseWriter, _ rpc, _ bool) bool {
		http.Error(w, "<html>", http.StatusBadGateway)
		return true
	}
	d := m.knowingDialer(t)
	c := d.Resume(bearing(""), nil)
	failed := make(chan error, 10)
	ask := func() {
		_, err := c.Call(t.Context(), query.Holdings())
		failed <- err
	}
	go ask()
	<-m.held
	for range cap(failed) - 1 {
		go ask()
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Call(impatient, query.Holdings())
	wantKind(t, err, wire.KindUnreachable)
	close(m.hold)
	for range cap(failed) {
		wantKind(t, <-failed, wire.KindUnreachable)
	}
}

// A login by OAuth is ended by the server's logout. Its MCP session goes after it,
// if it wants to.
func TestEndOfABearer(t *testing.T) {
	logout := []string{"POST /mcp tools/call", "DELETE /mcp"}
	for name, test := range map[string]struct {
		result string
		status int // of the DELETE; 0 for 204
		want   wire.Kind
		asked  []string
	}{
		"logged out":            {textResult(`{"success":true,"status":"logged_out"}`), 0, 0, logout},
		"logged out before":     {textResult(`{"success":true,"status":"already_logged_out"}`), 0, 0, logout},
		"the session stays":     {textResult(`{"status":"logged_out"}`), 500, 0, logout},
		"no login any more":     {failedResult("failed to get session: session ID not found"), 0, 0, logout[:1]},
		"expired":               {failedResult("kite session has expired. Please re-authenticate via the OAuth flow"), 0, 0, logout[:1]},
		"it says something":     {textResult(`{"status":"fine"}`), 0, wire.KindUnreachable, logout[:1]},
		"it says anything":      {textResult("hello " + secret), 0, wire.KindUnreachable, logout[:1]},
		"it fails":              {failedResult("Failed to logout current session"), 0, wire.KindUnreachable, logout[:1]},
		"no answer of the tool": {`{}`, 0, wire.KindUnreachable, logout[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			m := newBearerServer(t, secret+"-mcp")
			m.result = func(string) string { return test.result }
			m.ended = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer "+someBearer || r.Header.Get("Mcp-Session-Id") != secret+"-mcp" {
					t.Error("DELETE of another session, or without the bearer")
				}
				w.WriteHeader(max(test.status, 204))
			}
			err := m.knowingDialer(t).End(t.Context(), bearing(secret+"-mcp"))
			wantKind(t, err, test.want)
			if got := m.requests(); !slices.Equal(got, test.asked) {
				t.Errorf("requests = %v, want %v", got, test.asked)
			}
			if body := m.record()[0].body; !strings.Contains(body, `"name":"session"`) || !strings.Contains(body, `"arguments":{"mode":"logout"}`) {
				t.Errorf("request %s", body)
			}
		})
	}
}

// What no MCP server answers leaves the login where it is; a 401 of the server
// does not.
func TestEndOfABearerRefused(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		challenge string
		want      wire.Kind
	}{
		"expired":   {401, `Bearer resource_metadata="x"`, 0},
		"a gateway": {401, "", wire.KindBlocked},
		"blocked":   {403, "", wire.KindBlocked},
		"a router":  {404, "", wire.KindNotServed},
		"away":      {503, "", wire.KindUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			m := newBearerServer(t)
			m.refuse = func(w http.ResponseWriter, _ rpc, _ bool) bool {
				w.Header().Set("WWW-Authenticate", test.challenge)
				http.Error(w, "404 page not found", test.status)
				return true
			}
			err := m.knowingDialer(t).End(t.Context(), bearing(secret))
			wantKind(t, err, test.want)
		})
	}
}
