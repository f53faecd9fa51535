package kite_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

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
	w.noViolations()
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
		r := (&session{f: w}).post(ping, "Authorization", c.authorization)
		challenge := `Bearer resource_metadata="` + w.web.URL + `/.well-known/oauth-protected-resource"`
		switch {
		case c.want == "" && event(t, r) != `{"jsonrpc":"2.0","id":1,"result":{}}`:
			t.Errorf("%s: %d %q", name, r.status, r.body)
		case c.want != "" && (r.status != http.StatusUnauthorized || r.body != c.want || r.header.Get("WWW-Authenticate") != challenge):
			t.Errorf("%s: %d %q %q", name, r.status, r.body, r.header.Get("WWW-Authenticate"))
		}
	}
	w.noViolations()
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
	if r := (&session{f: w}).post("{}"); r.body != "missing bearer token\n" {
		t.Errorf("early, none: %q", r.body)
	}
	if r := (&session{f: w, bearer: "x"}).post("{}"); r.body != "invalid or expired token\n" {
		t.Errorf("early, bad: %q", r.body)
	}
	r := w.must("GET", "/authorize?"+authorizeQuery().Encode(), "")
	if to := r.header.Get("Location"); r.status != http.StatusFound || !strings.HasPrefix(to, w.web.URL+"/connect/login?api_key=kitemcp&v=3&redirect_params=") {
		t.Errorf("early /authorize: %d to %q", r.status, to)
	}
	if r := w.redeem(w.authorize("NK0001")); object(t, r.body)["expires_in"] != 6.0*60*60 {
		t.Errorf("early token: %s", r.body)
	}
}

const (
	invalidRequest = `{"error":"invalid_request","error_description":"The token request is invalid."}` + "\n"
	invalidGrant   = `{"error":"invalid_grant","error_description":"The authorization grant is invalid or expired."}` + "\n"
)

// refusesToken expects a token request to be refused with that answer.
func refusesToken(t *testing.T, name string, r reply, want string) {
	t.Helper()
	if r.status != http.StatusBadRequest || r.body != want || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: %d %q, want 400 %q", name, r.status, r.body, want)
	}
}

func TestIncompleteTokenRequestsKeepTheCode(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.NoRateLimits = true })
	code := w.authorize("MK4021")
	for _, name := range []string{"grant_type", "code", "code_verifier"} {
		refusesToken(t, "without "+name, w.redeem(code, name, ""), invalidRequest)
	}
	refusesToken(t, "refresh", w.redeem(code, "grant_type", "refresh_token"), invalidRequest)
	asJSON := `{"grant_type":"authorization_code","code":"` + code + `","code_verifier":"` + verifier + `"}`
	refusesToken(t, "JSON", w.must("POST", "/token", asJSON, "Content-Type", "application/json"), invalidRequest)
	w.noViolations()
	if r := w.redeem(code); r.status != http.StatusOK {
		t.Errorf("then: %d %s", r.status, r.body)
	}
}

func TestWrongTokenRequestsBurnTheCode(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.NoRateLimits = true })
	for i, c := range [][2]string{
		{"client_id", "another"}, {"client_id", ""}, {"redirect_uri", loopback + "/"}, {"redirect_uri", ""}, {"code_verifier", verifier + "x"},
		{"code_verifier", challenge(verifier)},
	} {
		code := w.authorize("MK4021")
		refusesToken(t, c[0], w.redeem(code, c[0], c[1]), invalidGrant)
		refusesToken(t, c[0]+", then right", w.redeem(code), invalidGrant)
		v := w.sim.Violations()
		if len(v) != 2*(i+1) || v[2*i] != "token: a wrong "+c[0] || v[2*i+1] != "token: a code that was tried before" {
			t.Errorf("%s: violations %q", c[0], v)
		}
	}
	if n := len(w.sim.Bearers()); n != 0 {
		t.Errorf("%d bearers", n)
	}
}

func TestCodesWorkOnceForTenMinutes(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.NoRateLimits = true })
	inTime, late, lost := w.authorize("MK4021"), w.authorize("MK4021"), w.authorize("AD7730")
	w.clock.add(10 * time.Minute)
	if r := w.redeem(inTime); r.status != http.StatusOK {
		t.Errorf("at 10 minutes: %d %s", r.status, r.body)
	}
	w.clock.add(time.Second)
	refusesToken(t, "after 10 minutes", w.redeem(late), invalidGrant)
	refusesToken(t, "made up", w.redeem(strings.Repeat("0", 64)), invalidGrant)
	w.sim.Restart()
	refusesToken(t, "from before the restart", w.redeem(lost), invalidGrant)
	w.noViolations()
	refusesToken(t, "twice", w.redeem(inTime), invalidGrant)
	if v := w.sim.Violations(); len(v) != 1 {
		t.Errorf("violations: %q", v)
	}
}

func TestLostTokenIsLost(t *testing.T) {
	w := newNext(t)
	code := w.authorize("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.AnswerLost, Op: kite.OpToken, Times: 1})
	form := "grant_type=authorization_code&client_id=client&code_verifier=" + verifier + "&code=" + code + "&redirect_uri=" + loopback
	if r, err := w.do("POST", "/token", form, "Content-Type", "application/x-www-form-urlencoded"); err == nil {
		t.Errorf("answered: %d %s", r.status, r.body)
	}
	if n := len(w.sim.Bearers()); n != 1 {
		t.Errorf("%d bearers were made", n)
	}
	w.sim.Inject(kite.Fault{Kind: kite.HTTPStatus, Op: kite.OpToken, Status: 502, Times: 1})
	if r := w.redeem(code); r.status != 502 {
		t.Errorf("fault: %d", r.status)
	}
}

func TestRegister(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.NoRateLimits, o.RedirectURIs = true, []string{"https://bot.example/in"} })
	r := w.must("POST", "/register", `{"redirect_uris":["`+loopback+`","https://bot.example/in"],"client_name":"reader","scope":"x"}`)
	got := object(t, r.body)
	id, _ := got["client_id"].(string)
	if r.status != http.StatusCreated || len(id) != 32 || got["client_name"] != "reader" || got["token_endpoint_auth_method"] != "none" ||
		got["client_id_issued_at"] != float64(w.clock.Now().Unix()) || len(got) != 7 {
		t.Errorf("%d %s", r.status, r.body)
	}
	uris := func(n int, uri string) string {
		return `{"redirect_uris":["` + strings.Repeat(uri+`","`, n-1) + uri + `"]}`
	}
	const metadata, redirect = "invalid_client_metadata", "invalid_redirect_uri"
	for name, c := range map[string][2]string{
		"no JSON": {"x", metadata}, "two": {uris(1, loopback) + "{}", metadata}, "none": {`{}`, metadata}, "eleven": {uris(11, loopback), metadata},
		"long name": {`{"redirect_uris":["` + loopback + `"],"client_name":"` + strings.Repeat("n", 257) + `"}`, metadata},
		"long URI":  {uris(1, loopback+strings.Repeat("x", 2048)), metadata}, "empty URI": {uris(1, ""), metadata},
		"large": {`{"x":"` + strings.Repeat("x", 17<<10) + `"}`, metadata}, "web": {uris(1, "https://t.me/x"), redirect},
		"one of two": {`{"redirect_uris":["` + loopback + `","http://[::1]/"]}`, redirect},
	} {
		if r := w.must("POST", "/register", c[0]); r.status != 400 || object(t, r.body)["error"] != c[1] {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := w.must("POST", "/register", uris(10, loopback)); r.status != http.StatusCreated {
		t.Errorf("ten: %d %s", r.status, r.body)
	}
}
