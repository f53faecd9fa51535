package mcpconn

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// A login by OAuth is ended by the server's logout. Its MCP session goes after it,
// if it wants to.
func TestEndOfABearer(t *testing.T) {
	failure := func(text string) string { return strings.TrimSuffix(textResult(text), "}") + `,"isError":true}` }
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
		"no login any more":     {failure("failed to get session: session ID not found"), 0, 0, logout[:1]},
		"expired":               {failure("kite session has expired. Please re-authenticate via the OAuth flow"), 0, 0, logout[:1]},
		"it says something":     {textResult(`{"status":"fine"}`), 0, wire.KindUnreachable, logout[:1]},
		"it says anything":      {textResult("hello " + secret), 0, wire.KindUnreachable, logout[:1]},
		"it fails":              {failure("Failed to logout current session"), 0, wire.KindUnreachable, logout[:1]},
		"no answer of the tool": {`{}`, 0, wire.KindUnreachable, logout[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModalFar(t, secret+"-mcp")
			m.result = func(string) string { return test.result }
			m.ended = func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer "+someBearer || r.Header.Get("Mcp-Session-Id") != secret+"-mcp" {
					t.Error("DELETE of another session, or without the bearer")
				}
				w.WriteHeader(max(test.status, 204))
			}
			err := m.grown(t).End(t.Context(), bearing(secret+"-mcp"))
			if test.want == wire.KindUnknown && err != nil {
				t.Errorf("End = %v, want nil", err)
			} else if test.want != wire.KindUnknown {
				wantKind(t, err, test.want)
			}
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
			m := newModalFar(t)
			m.refuse = func(w http.ResponseWriter, _ rpc, _ bool) bool {
				w.Header().Set("WWW-Authenticate", test.challenge)
				http.Error(w, "404 page not found", test.status)
				return true
			}
			err := m.grown(t).End(t.Context(), bearing(secret))
			if test.want == wire.KindUnknown && err != nil {
				t.Errorf("End = %v, want nil", err)
			} else if test.want != wire.KindUnknown {
				wantKind(t, err, test.want)
			}
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
			err := newFar(t, configure).dialer(t, "/sse", Options{}).End(t.Context(), held(session.NewID(secret)))
			if test.want == wire.KindUnknown && err != nil {
				t.Errorf("End = %v, want nil", err)
			} else if test.want != wire.KindUnknown {
				wantKind(t, err, test.want)
			}
		})
	}
	f := newFar(t, func(f *far) { f.mcp, f.remove = http.NotFound, http.NotFound })
	wantKind(t, f.dialer(t, "/sse", Options{}).End(t.Context(), held(session.NewID(secret))), wire.KindNotServed)
}
