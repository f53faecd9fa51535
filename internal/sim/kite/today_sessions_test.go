package kite_test

import (
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

const halfHour = 30 * time.Minute

func TestSessionEndsTwelveHoursAfterItsBirthOnMCP(t *testing.T) {
	w := startServer(t)
	w.clock.add(10 * time.Minute) // births are not on a clean-up tick
	id := w.loggedIn("MK4021")
	w.clock.add(6 * time.Hour)
	w.completeLogin(linkIn(t, w.newLinkWhileLoggedIn(id)), "MK4021") // a new login extends nothing
	w.clock.add(6 * time.Hour)
	if got := w.userBehind(id); got != "MK4021" {
		t.Fatalf("at 12 h: %q", got)
	}
	w.clock.add(time.Second)
	if r := w.post(id, rpc(1, "ping", nil)); r.status != 404 || r.body != "Session terminated\n" {
		t.Errorf("after 12 h: %d %q", r.status, r.body)
	}
	w.clock.add(halfHour)
	if r := w.post(id, rpc(1, "ping", nil)); r.status != 400 || r.body != "Invalid session ID\n" {
		t.Errorf("after the clean-up: %d %q", r.status, r.body)
	}
}

// newLinkWhileLoggedIn makes the login tool hand out a link on a session that is logged in.
func (w *fixture) newLinkWhileLoggedIn(session string) string {
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Tool: "login", Times: 1})
	return w.call(session, "login", `{}`).text
}

func TestSessionEndsTwelveHoursAfterItsFirstCallOnSSE(t *testing.T) {
	w := startServer(t)
	w.clock.add(10 * time.Minute)
	s := w.open()
	w.clock.add(time.Hour) // the stream's age does not count
	link := linkIn(t, s.call("login", `{}`).text)
	w.completeLogin(link, "MK4021")
	w.clock.add(12 * time.Hour)
	if r := s.call("get_profile", `{}`); r.isError {
		t.Fatalf("at 12 h: %q", r.text)
	}
	w.clock.add(time.Second)
	expect(t, s.call("get_profile", `{}`), "Failed to establish a session. Please try again.", true)
	expect(t, s.call("get_quotes", `{"instruments":["NSE:ITC"]}`), "Failed to establish a session. Please try again.", true)
	expect(t, s.call("login", `{}`), "Failed to get or create Kite session", true)
	w.clock.add(halfHour)
	expect(t, s.call("get_profile", `{}`), "Please log in first using the login tool", true)
	expect(t, s.call("get_profile", `{}`), "Failed to execute get_profile", true)
}

func TestCallbackAfterTheSessionEnded(t *testing.T) {
	w := startServer(t)
	w.clock.add(10 * time.Minute)
	id := w.initialize()
	w.call(id, "get_profile", `{}`)
	w.clock.add(12 * time.Hour)
	link := w.kitePage(linkIn(t, w.call(id, "login", `{}`).text)) // the page between was opened in time
	w.clock.add(time.Minute)
	for _, later := range []time.Duration{0, 20 * time.Minute} { // it is terminated, then forgotten at the tick at 12:30
		w.clock.add(later)
		if status, body := w.sim.CompleteLogin(t.Context(), link, "MK4021"); status != 500 || body != "error completing Kite session\n" {
			t.Errorf("%d %q", status, body)
		}
	}
	if n := len(w.sim.Sessions()); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

func TestCleanupLogsOutOnlyWhoWasIdle(t *testing.T) {
	for _, c := range []struct {
		touched bool
		want    int // tokens alive after the clean-up
	}{{false, 0}, {true, 1}} {
		// The clock stands after 06:00, so that no token dies by itself within the 13 hours of this test.
		w := startServer(t)
		w.clock.add(10 * time.Minute)
		id := w.loggedIn("MK4021")
		w.clock.add(12*time.Hour + time.Second)
		if c.touched {
			w.post(id, rpc(1, "ping", nil))
		}
		w.clock.add(halfHour)
		if n := len(w.sim.Sessions()); n != 0 {
			t.Fatalf("%d sessions after the clean-up", n)
		}
		if got := w.sim.EndKiteLogins("MK4021"); got != c.want {
			t.Errorf("touched %v: %d tokens alive, want %d", c.touched, got, c.want)
		}
	}
}

func TestKiteEndsTokensAtSix(t *testing.T) {
	for _, c := range []struct {
		login, alive, dead time.Duration // after midnight, Indian time
	}{
		{5*time.Hour + 59*time.Minute, 6*time.Hour - time.Second, 6 * time.Hour},
		{20 * time.Hour, 30*time.Hour - time.Second, 30 * time.Hour},
	} {
		w := startServer(t)
		midnight := w.clock.Now().Add(-10 * time.Hour)
		w.clock.add(24*time.Hour - 10*time.Hour + c.login)
		midnight = midnight.Add(24 * time.Hour)
		id := w.loggedIn("MK4021")
		w.clock.add(midnight.Add(c.alive).Sub(w.clock.Now()))
		if got := w.userBehind(id); got != "MK4021" {
			t.Errorf("login at %s: %q at %s", c.login, got, c.alive)
		}
		w.clock.add(midnight.Add(c.dead).Sub(w.clock.Now()))
		expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
		linkIn(t, w.call(id, "login", `{}`).text)
	}
}

func TestDeletedSessionIsKeptUntilItsTimeIsUp(t *testing.T) {
	w := startServer(t)
	w.clock.add(10 * time.Minute)
	id := w.loggedIn("MK4021")
	w.must("DELETE", "/mcp", "", "Mcp-Session-Id", id)
	w.clock.add(11*time.Hour + 50*time.Minute)
	if r := w.post(id, rpc(1, "ping", nil)); r.status != 404 {
		t.Errorf("before 12 h: %d", r.status)
	}
	got := w.sim.Sessions()
	if len(got) != 1 || got[0].ID != id || !got[0].Terminated || got[0].Account != "" {
		t.Errorf("sessions: %+v", got)
	}
	w.clock.add(time.Hour)
	if r := w.post(id, rpc(1, "ping", nil)); r.status != 400 {
		t.Errorf("after the clean-up: %d", r.status)
	}
}

func TestSessionsShowWhoIsLoggedIn(t *testing.T) {
	w := startServer(t)
	born := w.clock.Now()
	id := w.loggedIn("AD7730")
	w.clock.add(time.Minute)
	idle := w.initialize()
	got := w.sim.Sessions()
	if len(got) != 2 || got[0].ID != id || got[0].Account != "AD7730" || !got[0].ExpiresAt.Equal(born.Add(12*time.Hour)) {
		t.Errorf("sessions: %+v", got)
	}
	if got[1].ID != idle || got[1].Account != "" {
		t.Errorf("the idle session: %+v", got[1])
	}
	if n := w.sim.EndKiteLogins("AD7730"); n != 1 {
		t.Errorf("%d logins ended", n)
	}
	expect(t, w.call(id, "get_holdings", `{}`), "Failed to execute get_holdings", true)
}
