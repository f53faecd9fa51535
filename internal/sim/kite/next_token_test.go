package kite_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

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
	code := w.code("MK4021")
	for _, name := range []string{"grant_type", "code", "code_verifier"} {
		refusesToken(t, "without "+name, w.redeem(code, name, ""), invalidRequest)
	}
	refusesToken(t, "refresh", w.redeem(code, "grant_type", "refresh_token"), invalidRequest)
	asJSON := `{"grant_type":"authorization_code","code":"` + code + `","code_verifier":"` + verifier + `"}`
	refusesToken(t, "JSON", w.must("POST", "/token", asJSON, "Content-Type", "application/json"), invalidRequest)
	w.clean()
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
		code := w.code("MK4021")
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
	inTime, late, lost := w.code("MK4021"), w.code("MK4021"), w.code("AD7730")
	w.clock.add(10 * time.Minute)
	if r := w.redeem(inTime); r.status != http.StatusOK {
		t.Errorf("at 10 minutes: %d %s", r.status, r.body)
	}
	w.clock.add(time.Second)
	refusesToken(t, "after 10 minutes", w.redeem(late), invalidGrant)
	refusesToken(t, "made up", w.redeem(strings.Repeat("0", 64)), invalidGrant)
	w.sim.Restart()
	refusesToken(t, "from before the restart", w.redeem(lost), invalidGrant)
	w.clean()
	refusesToken(t, "twice", w.redeem(inTime), invalidGrant)
	if v := w.sim.Violations(); len(v) != 1 {
		t.Errorf("violations: %q", v)
	}
}

func TestLostTokenIsLost(t *testing.T) {
	w := newNext(t)
	code := w.code("MK4021")
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
