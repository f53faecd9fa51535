package mcpconn

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

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
	if text, err := c.Call(t.Context(), query.Holdings()); text != "answer of portfolio" {
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
		want   wire.Kind // where it is not asked again
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
		"a router":       {secret, status(404, "404 page not found\n"), false, wire.KindNotServed},
		"a page":         {secret, status(404, "<html>"), false, wire.KindUnreachable},
		"a robot's 403":  {secret, status(403, "<html>go away"), false, wire.KindBlocked},
		"a gateway":      {secret, status(502, "<html>"), false, wire.KindUnreachable},
		"something else": {secret, status(400, "Unsupported protocol version"), false, wire.KindFailed},
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
			text, err := m.grown(t).Resume(bearing(test.stored), told.note).Call(t.Context(), query.Holdings())
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
	_, err := m.grown(t).Resume(bearing(secret), nil).Call(t.Context(), query.Holdings())
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
				m := newModalFar(t)
				m.refuse = func(w http.ResponseWriter, call rpc, _ bool) bool {
					if call.Method == method {
						w.Header().Set("WWW-Authenticate", test.challenge)
						http.Error(w, "invalid token "+secret, test.status)
					}
					return call.Method == method
				}
				_, err := m.grown(t).Resume(bearing(""), nil).Call(t.Context(), query.Holdings())
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
		m := newModalFar(t)
		m.result = func(string) string { return strings.TrimSuffix(textResult(text), "}") + `,"isError":true}` }
		_, err := m.grown(t).Resume(bearing(""), nil).Call(t.Context(), query.Holdings())
		want := wire.KindEnded
		if why == wire.EndUnknown {
			want = wire.KindFailed
		}
		if wantKind(t, err, want); wire.EndingOf(err) != why || m.joins != 1 {
			t.Errorf("%s: ending %v, want %v; %d sessions made", text, wire.EndingOf(err), why, m.joins)
		}
	}
}

// A bearer that no server could have given out is not shown to anybody.
func TestBearerOfNonsense(t *testing.T) {
	m := newModalFar(t)
	d := m.grown(t)
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
	m := newModalFar(t)
	var l ledger
	d := m.stranger(t, "/sse", Options{Meter: &l})
	if text, err := d.Resume(bearing(""), nil).Call(t.Context(), query.Holdings()); text != "answer of portfolio" {
		t.Errorf("Call = %q, %v", text, err)
	}
	d.work.Wait()
	if got := d.Surface(); got.Style != query.StyleModes || !got.OAuth || !slices.Equal(l.surfaces, []string{"OAuth", "OAuth, tools with modes"}) {
		t.Errorf("surface %+v, told %q", got, l.surfaces)
	}
	_, err := d.Open(t.Context())
	wantKind(t, err, wire.KindAuthorize)
}
