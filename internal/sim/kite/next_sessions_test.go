package kite_test

import (
	"net/http"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

const (
	grantNotFound = "failed to get session: session ID not found"
	grantExpired  = "kite session has expired. Please re-authenticate via the OAuth flow"
)

func TestTwoPeopleAndTwoLoginsOfOne(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.NoRateLimits = true })
	first, other, second := w.signIn("MK4021"), w.signIn("AD7730"), w.signIn("MK4021")
	for p, want := range map[*session]string{first: "MK4021", other: "AD7730", second: "MK4021"} {
		if got := p.user(); got != want {
			t.Errorf("user %q, want %q", got, want)
		}
	}
	for _, method := range []string{"POST", "DELETE"} {
		r := w.must(method, "/mcp", rpc(1, "ping", nil), other.header("Mcp-Session-Id", first.session)...)
		if r.status != http.StatusForbidden || r.body != "session user mismatch\n" {
			t.Errorf("%s with the session of another: %d %q", method, r.status, r.body)
		}
	}
	expect(t, first.call("session", "logout", ""), `{"session_id":"`+grantOf(t, first.bearer)+`","status":"logged_out","success":true}`, false)
	newer := &session{w, second.bearer, first.session}
	if got := newer.user(); got != "MK4021" {
		t.Errorf("a newer bearer on an old session: %q", got)
	}
	calls := w.sim.Calls()
	want := kite.Call{Tool: "portfolio", Mode: "profile"}
	if got := calls[len(calls)-1]; got != want {
		t.Errorf("last call %+v, want %+v", got, want)
	}
	w.noViolations()
}

func TestDeleteEndsTheSessionOnly(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	if r := w.must("DELETE", "/mcp", "", p.header("Mcp-Session-Id", "")...); r.status != 400 || r.body != "Bad Request: DELETE requires an Mcp-Session-Id header\n" {
		t.Errorf("without a session: %d %q", r.status, r.body)
	}
	if r := w.must("DELETE", "/mcp", "", p.header()...); r.status != http.StatusNoContent || r.body != "" {
		t.Errorf("DELETE: %d %q", r.status, r.body)
	}
	for _, method := range []string{"POST", "DELETE"} {
		if r := w.must(method, "/mcp", rpc(1, "ping", nil), p.header()...); r.status != 404 || r.body != "session not found\n" {
			t.Errorf("%s afterwards: %d %q", method, r.status, r.body)
		}
	}
	if got := w.openSession(p.bearer).user(); got != "MK4021" {
		t.Errorf("the bearer is %q's", got)
	}
	if n := w.sim.EndKiteLogins("MK4021"); n != 1 {
		t.Errorf("%d logins at Kite", n)
	}
	w.noViolations()
}

func TestLogoutTellsKiteNothing(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	id := w.sim.Grants()[0]
	expect(t, p.call("session", "logout", ""), `{"session_id":"`+id+`","status":"logged_out","success":true}`, false)
	expect(t, p.call("session", "logout", ""), `{"session_id":"`+id+`","status":"already_logged_out","success":true}`, false)
	expect(t, p.call("session", "status", ""), `{"authenticated":false,"session_id":"`+id+`","status":"logged_out","terminated":true}`, false)
	expect(t, p.call("portfolio", "profile", ""), grantNotFound, true)
	expect(t, p.call("alerts", "get", ""), grantNotFound, true)
	if n := w.sim.EndKiteLogins("MK4021"); n != 1 {
		t.Errorf("%d logins at Kite, want the one that nobody ended", n)
	}
	w.noViolations()
}

func TestKiteEndsItsTokenUnderAGrant(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	w.clock.add(20*time.Hour - time.Second) // to 05:59:59
	if got := p.user(); got != "MK4021" {
		t.Fatalf("before six: %q", got)
	}
	w.clock.add(time.Second)
	expect(t, p.call("portfolio", "profile", ""), "Failed to get profile", true)
	expect(t, p.call("alerts", "get", ""), "Failed to get alerts: Incorrect `api_key` or `access_token`.", true)
	id := w.sim.Grants()[0]
	expect(t, p.call("session", "status", ""), `{"authenticated":true,"created_at":"2026-11-20T04:30:00Z","expires_at":"2026-11-21T04:30:00Z",`+
		`"kite_session_expired":false,"kite_session_expires_at":"2026-11-21T04:30:00Z","session_id":"`+id+`","status":"authenticated","terminated":false}`, false)
	w.noViolations()
}

// The grant ends a moment before the bearer, since the code was redeemed a moment after the callback.
func TestGrantsAndBearersLiveADay(t *testing.T) {
	w := newNext(t)
	w.clock.add(10 * time.Minute) // births are not on a clean-up tick
	code := w.authorize("MK4021")
	w.clock.add(45 * time.Second)
	token, _ := object(t, w.redeem(code).body)["access_token"].(string)
	p := w.openSession(token)
	keep := func(d time.Duration) { // keeps the session in use
		for ; d > 0; d -= 6 * time.Hour {
			w.clock.add(min(d, 6*time.Hour))
			p.post(rpc(1, "ping", nil))
		}
	}
	keep(24*time.Hour - 45*time.Second)
	expect(t, p.call("portfolio", "margins", ""), "Failed to get margins", true) // Kite's token died at six
	w.clock.add(time.Second)
	expect(t, p.call("portfolio", "margins", ""), grantExpired, true)
	expect(t, p.call("alerts", "get", ""), grantExpired, true)
	if got := p.call("session", "status", ""); got.isError || object(t, got.text)["status"] != "expired" || object(t, got.text)["kite_session_expired"] != true {
		t.Errorf("status: %s", got.text)
	}
	w.clock.add(43 * time.Second)
	expect(t, p.call("portfolio", "margins", ""), grantExpired, true)
	w.clock.add(time.Second)
	if r := p.post(rpc(1, "ping", nil)); r.status != 401 || r.body != "invalid token\n" {
		t.Errorf("after a day: %d %q", r.status, r.body)
	}
	w.noViolations()
}

// The clean-up ticks every half hour from the start of the process; this grant ends a minute before one.
func TestExpiredGrantsAreForgottenAtATick(t *testing.T) {
	w := newNext(t)
	w.clock.add(29 * time.Minute)
	code := w.authorize("MK4021")
	w.clock.add(9 * time.Minute)
	token, _ := object(t, w.redeem(code).body)["access_token"].(string)
	w.clock.add(24*time.Hour - 9*time.Minute + time.Second)
	p := w.openSession(token)
	expect(t, p.call("portfolio", "profile", ""), grantExpired, true)
	w.clock.add(time.Minute - 2*time.Second)
	expect(t, p.call("portfolio", "profile", ""), grantExpired, true)
	w.clock.add(time.Second)
	expect(t, p.call("portfolio", "profile", ""), grantNotFound, true)
	if n := len(w.sim.Grants()); n != 0 {
		t.Errorf("%d grants", n)
	}
	w.noViolations()
}

func TestIdleSessionsAreForgotten(t *testing.T) {
	w := newNext(t)
	bearer := w.bearer("MK4021")
	w.clock.add(time.Hour)
	p := w.openSession(bearer)
	w.clock.add(22 * time.Hour)
	p.post(rpc(1, "ping", nil))
	if s := w.sim.Sessions(); len(s) != 1 || s[0].ID != p.session || s[0].Account != "MK4021" || !s[0].ExpiresAt.Equal(w.clock.Now().Add(24*time.Hour)) {
		t.Errorf("sessions: %+v", s)
	}
	w.clock.add(24*time.Hour - time.Second)
	p.bearer = w.bearer("MK4021")
	if got := p.user(); got != "MK4021" {
		t.Errorf("before a day without use: %q", got)
	}
	w.clock.add(23 * time.Hour)
	newest := w.bearer("MK4021")
	w.clock.add(time.Hour)
	p.bearer = newest
	if r := p.post(rpc(1, "ping", nil)); r.status != 404 || r.body != "session not found\n" {
		t.Errorf("after a day without use: %d %q", r.status, r.body)
	}
	w.noViolations()
}

func TestNextCallInFlightIsLostWithItsProcess(t *testing.T) {
	w := newNext(t)
	p, asked := w.signIn("MK4021"), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Tool: "portfolio", After: time.Hour, OnHit: func() { close(asked) }})
	lost := w.async("POST", "/mcp", callBody(1, "portfolio", `{"mode":"profile"}`), p.header()...)
	<-asked
	w.sim.Restart()
	if got := <-lost; got.err == nil {
		t.Errorf("answered: %+v", got)
	}
	if n := len(w.sim.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestRestartKeepsBearersOnly(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	link := w.kitePage(w.web.URL + "/authorize?" + authorizeQuery().Encode())
	w.sim.Restart()
	if r := p.post(rpc(1, "ping", nil)); r.status != 404 || r.body != "session not found\n" {
		t.Errorf("the session: %d %q", r.status, r.body)
	}
	again := w.openSession(p.bearer)
	expect(t, again.call("portfolio", "profile", ""), grantNotFound, true)
	expect(t, again.call("session", "logout", ""), `{"session_id":"`+grantOf(t, p.bearer)+`","status":"already_logged_out","success":true}`, false)
	if r := again.call("market", "search", `"query":"ITC"`); r.isError {
		t.Errorf("search: %s", r.text)
	}
	if r := w.must("GET", w.callbackOf(link, "user_id=MK4021"), ""); r.status != 400 {
		t.Errorf("a login under way: %d", r.status)
	}
	if n := w.sim.EndKiteLogins("MK4021"); n != 1 {
		t.Errorf("%d logins at Kite", n)
	}
	w.noViolations()
}
