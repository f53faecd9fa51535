package kite_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

const (
	verifier  = "a-verifier-that-is-long-enough-to-be-accepted-0123456789"
	loopback  = "http://127.0.0.1:49152/done"
	wantsBoth = "application/json, text/event-stream"
)

// newNext starts a simulator of the rewrite.
func newNext(t *testing.T, change ...func(*kite.Options)) *fixture {
	t.Helper()
	return startServer(t, append([]func(*kite.Options){func(o *kite.Options) { o.Version = kite.Next }}, change...)...)
}

// challenge is the S256 form of a verifier.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizeQuery is a complete /authorize query; pairs replace or, with an empty value, remove parts of it.
func authorizeQuery(pairs ...string) url.Values {
	q := url.Values{
		"client_id": {"client"}, "redirect_uri": {loopback}, "state": {"st&te"}, "code_challenge": {challenge(verifier)},
		"code_challenge_method": {"S256"}, "response_type": {"code"},
	}
	return replaced(q, pairs)
}

func replaced(q url.Values, pairs []string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return q
}

// authorize plays a whole login in the browser and returns the code that it ends with.
func (w *fixture) authorize(userID string, pairs ...string) string {
	w.t.Helper()
	back, status := w.sim.Authorize(w.t.Context(), w.web.URL+"/authorize?"+authorizeQuery(pairs...).Encode(), userID)
	if status != http.StatusFound {
		w.t.Fatalf("browser login: %d, sent to %q", status, back)
	}
	return mustQuery(w.t, back).Get("code")
}

// redeem sends a complete token request.
func (w *fixture) redeem(code string, pairs ...string) reply {
	w.t.Helper()
	q := replaced(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {"client"}, "redirect_uri": {loopback}, "code_verifier": {verifier},
	}, pairs)
	return w.must("POST", "/token", q.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// bearer logs a user in and returns the bearer.
func (w *fixture) bearer(userID string) string {
	w.t.Helper()
	r := w.redeem(w.authorize(userID))
	token, _ := object(w.t, r.body)["access_token"].(string)
	if r.status != http.StatusOK || token == "" {
		w.t.Fatalf("token: %d %s", r.status, r.body)
	}
	return token
}

// object reads a JSON object.
func object(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("no JSON object: %v in %q", err, body)
	}
	return m
}

// session is an MCP session together with the bearer of its user.
type session struct {
	f               *fixture
	bearer, session string
}

// openSession makes an MCP session with a bearer; "" shows none.
func (w *fixture) openSession(bearer string) *session {
	w.t.Helper()
	p := &session{f: w, bearer: bearer}
	r := p.post(rpc(1, "initialize", map[string]any{"protocolVersion": "2025-03-26"}))
	if p.session = r.header.Get("Mcp-Session-Id"); r.status != http.StatusOK || len(p.session) != 26 {
		w.t.Fatalf("initialize: %d %s, session %q", r.status, r.body, p.session)
	}
	return p
}

// signIn logs a user in and makes an MCP session.
func (w *fixture) signIn(userID string) *session {
	w.t.Helper()
	return w.openSession(w.bearer(userID))
}

// header is what a well-behaved client sends; pairs replace or, with an empty value, remove parts of it.
func (p *session) header(pairs ...string) []string {
	h := map[string]string{"Content-Type": "application/json", "Accept": wantsBoth}
	if p.bearer != "" {
		h["Authorization"] = "Bearer " + p.bearer
	}
	if p.session != "" {
		h["Mcp-Session-Id"] = p.session
	}
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	var out []string
	for name, value := range h {
		if value != "" {
			out = append(out, name, value)
		}
	}
	return out
}

// post sends a message to /mcp.
func (p *session) post(body string, pairs ...string) reply {
	p.f.t.Helper()
	return p.f.must("POST", "/mcp", body, p.header(pairs...)...)
}

// event returns the data of the only event of an answer.
func event(t *testing.T, r reply) string {
	t.Helper()
	data, ok := strings.CutPrefix(r.body, "event: message\ndata: ")
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "text/event-stream" || !ok || strings.Count(r.body, "\n\n") != 1 {
		t.Fatalf("not one event: %d %s %q", r.status, r.header.Get("Content-Type"), r.body)
	}
	return strings.TrimSuffix(data, "\n\n")
}

// call calls a mode of a tool with further arguments, such as `"limit":1`.
func (p *session) call(tool, mode, more string) result {
	p.f.t.Helper()
	if more != "" {
		more = "," + more
	}
	return parseResult(p.f.t, event(p.f.t, p.post(callBody(1, tool, `{"mode":"`+mode+`"`+more+`}`))))
}

// user asks who is logged in; "" if the tool fails.
func (p *session) user() string {
	p.f.t.Helper()
	r := p.call("portfolio", "profile", "")
	if r.isError {
		return ""
	}
	return decode[sample.Profile](p.f.t, r).UserID
}

// noViolations fails the test when the simulator has something to complain about.
func (w *fixture) noViolations() {
	w.t.Helper()
	if v := w.sim.Violations(); len(v) != 0 {
		w.t.Errorf("violations: %q", v)
	}
}

// grantOf reads which grant a bearer stands for.
func grantOf(t *testing.T, bearer string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(bearer, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	id, _ := object(t, string(raw))["session_id"].(string)
	return id
}
