package kite_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite"
)

func TestPathsOfTheRewrite(t *testing.T) {
	w := newNext(t)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/sse", 404, "404 page not found\n"},
		{"POST", "/sse", 404, "404 page not found\n"},
		{"POST", "/message?sessionId=1", 404, "404 page not found\n"},
		{"GET", "/.well-known/oauth-protected-resource/mcp", 404, "404 page not found\n"},
		{"GET", "/.well-known/oauth-authorization-server/mcp", 404, "404 page not found\n"},
		{"GET", "/.well-known/openid-configuration", 404, "404 page not found\n"},
		{"POST", "/revoke", 404, "404 page not found\n"},
		{"GET", "/mcp/", 404, "404 page not found\n"},
		{"GET", "/token", 405, "method not allowed\n"},
		{"GET", "/register", 405, "method not allowed\n"},
		{"OPTIONS", "/register", 204, ""},
		{"OPTIONS", "/.well-known/oauth-protected-resource", 204, ""},
		{"POST", "/mcp", 401, "no bearer token\n"},
		{"GET", "/mcp", 401, "no bearer token\n"},
		{"DELETE", "/mcp", 401, "no bearer token\n"},
		{"OPTIONS", "/mcp", 401, "no bearer token\n"},
		{"PUT", "/mcp", 401, "no bearer token\n"},
	} {
		r := w.must(c.method, c.path, "", "Content-Type", "application/json")
		if r.status != c.status || r.body != c.body {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, r.status, r.body, c.status, c.body)
		}
		h := r.header
		if h.Get("Strict-Transport-Security") != "max-age=63072000; includeSubDomains" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s %s: headers %v", c.method, c.path, h)
		}
	}
	if r := w.must("GET", "/", ""); r.status != 200 || !strings.Contains(r.body, "<title>Kite MCP Server</title>") {
		t.Errorf("docs: %d %s", r.status, r.body)
	}
	w.clean()
}

func TestDocumentsOfTheRewrite(t *testing.T) {
	w := newNext(t)
	base := w.web.URL
	for path, want := range map[string]map[string]any{
		"/.well-known/oauth-protected-resource": {
			"resource": base + "/mcp", "authorization_servers": []any{base}, "scopes_supported": []any{"default"},
			"bearer_methods_supported": []any{"header"},
		},
		"/.well-known/oauth-authorization-server": {
			"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
			"registration_endpoint": base + "/register", "response_types_supported": []any{"code"},
			"grant_types_supported": []any{"authorization_code"}, "code_challenge_methods_supported": []any{"S256"},
			"token_endpoint_auth_methods_supported": []any{"none"},
		},
	} {
		r := w.must("GET", path, "")
		if diff := cmp.Diff(want, object(t, r.body)); r.status != 200 || r.header.Get("Content-Type") != "application/json" || diff != "" {
			t.Errorf("%s: %d\n%s", path, r.status, diff)
		}
	}
}

func TestBearersAreAskedFor(t *testing.T) {
	w := newNext(t)
	good := w.bearer("MK4021")
	ping := rpc(1, "ping", nil)
	dot := strings.LastIndexByte(good, '.')
	for name, c := range map[string]struct {
		authorization string
		want          string // "" for 200
	}{
		"none": {"", "no bearer token\n"}, "basic": {"Basic " + good, "no bearer token\n"}, "empty": {"Bearer ", "no bearer token\n"},
		"three words": {"Bearer " + good + " x", "no bearer token\n"}, "garbage": {"Bearer garbage", "invalid token\n"},
		"no signature": {"Bearer " + good[:dot+1], "invalid token\n"}, "cut": {"Bearer " + good[:len(good)-2], "invalid token\n"},
		"tampered": {"Bearer A" + good[1:], "invalid token\n"}, "good": {"Bearer " + good, ""}, "lower case": {"bearer  " + good, ""},
	} {
		r := (&person{w: w}).post(ping, "Authorization", c.authorization)
		challenge := `Bearer resource_metadata="` + w.web.URL + `/.well-known/oauth-protected-resource"`
		switch {
		case c.want == "" && event(t, r) != `{"jsonrpc":"2.0","id":1,"result":{}}`:
			t.Errorf("%s: %d %q", name, r.status, r.body)
		case c.want != "" && (r.status != http.StatusUnauthorized || r.body != c.want || r.header.Get("WWW-Authenticate") != challenge):
			t.Errorf("%s: %d %q %q", name, r.status, r.body, r.header.Get("WWW-Authenticate"))
		}
	}
	w.clean()
	if r := w.must("POST", "/mcp?access_token="+good, ping, "Content-Type", "application/json"); r.status != http.StatusUnauthorized {
		t.Errorf("in the query: %d", r.status)
	}
	if v := w.sim.Violations(); len(v) != 1 || v[0] != "POST /mcp: a bearer in the query" {
		t.Errorf("violations: %q", v)
	}
}

func TestOtherFormsOfTheRewrite(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.UnquotedMetadata = true })
	want := "Bearer resource_metadata=" + w.web.URL + "/.well-known/oauth-protected-resource"
	if got := w.must("POST", "/mcp", "").header.Get("WWW-Authenticate"); got != want {
		t.Errorf("unquoted: %q", got)
	}
	w = newNext(t, func(o *kite.Options) { o.EarlyNext = true })
	if r := (&person{w: w}).post("{}"); r.body != "missing bearer token\n" {
		t.Errorf("early, none: %q", r.body)
	}
	if r := (&person{w: w, bearer: "x"}).post("{}"); r.body != "invalid or expired token\n" {
		t.Errorf("early, bad: %q", r.body)
	}
	r := w.must("GET", "/authorize?"+asking().Encode(), "")
	if to := r.header.Get("Location"); r.status != http.StatusFound || !strings.HasPrefix(to, w.web.URL+"/connect/login?api_key=kitemcp&v=3&redirect_params=") {
		t.Errorf("early /authorize: %d to %q", r.status, to)
	}
	if r := w.redeem(w.code("NK0001")); object(t, r.body)["expires_in"] != 6.0*60*60 {
		t.Errorf("early token: %s", r.body)
	}
}
