package kite_test

import (
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

func TestLoginWithAHiccupDestroysTheLogin(t *testing.T) {
	for _, kind := range []kite.FaultKind{kite.UpstreamFailure, kite.UpstreamHang} {
		w := startServer(t)
		id := w.loggedIn("MK4021")
		w.clock.add(time.Hour)
		w.sim.Inject(kite.Fault{Kind: kind, Tool: "get_profile", Times: 1, After: time.Millisecond})
		expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
		if got := w.userOf(id); got != "MK4021" {
			t.Fatalf("a hiccup of a read tool logged out: %q", got)
		}
		w.sim.Inject(kite.Fault{Kind: kind, Tool: "login", Times: 1, After: time.Millisecond})
		linkIn(t, w.call(id, "login", `{}`).text)
		expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
		if n := w.sim.EndKiteLogins("MK4021"); n != 0 {
			t.Errorf("%d access tokens are alive at Kite", n)
		}
	}
}

func TestLoginDuringTheBrowserLoginDeletesTheFreshToken(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := linkIn(t, w.call(id, "login", `{}`).text)

	// The profile check of the second login hangs while the browser finishes.
	asked, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamHang, Tool: "login", Times: 1, Until: release, OnHit: func() { close(asked) }})
	second := w.async("POST", "/mcp", callBody(1, "login", "{}"), "Content-Type", "application/json", "Mcp-Session-Id", id)
	<-asked
	w.finish(link, "MK4021")
	close(release)
	got := <-second
	if got.err != nil {
		t.Fatal(got.err)
	}
	linkIn(t, parseResult(t, got.body).text)
	expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
	if n := w.sim.EndKiteLogins("MK4021"); n != 0 {
		t.Errorf("the fresh access token is alive at Kite")
	}
}

func TestLoginWhileTheCallbackAsksKite(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := linkIn(t, w.call(id, "login", `{}`).text)

	asked, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Op: kite.OpCallback, Times: 1, Until: release, OnHit: func() { close(asked) }})
	page := make(chan int, 1)
	go func() {
		status, _ := w.sim.CompleteLogin(t.Context(), link, "MK4021")
		page <- status
	}()
	<-asked
	linkIn(t, w.call(id, "login", `{}`).text)
	close(release)
	if status := <-page; status != 200 {
		t.Errorf("the browser says %d, want success", status)
	}
	expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
	if n := w.sim.EndKiteLogins("MK4021"); n != 1 {
		t.Errorf("%d access tokens at Kite, want the one that nobody holds", n)
	}
}

func TestCallbackUpstreamFaults(t *testing.T) {
	for _, kind := range []kite.FaultKind{kite.UpstreamFailure, kite.UpstreamHang} {
		w := startServer(t)
		id := w.initialize()
		link := linkIn(t, w.call(id, "login", `{}`).text)
		w.sim.Inject(kite.Fault{Kind: kind, Op: kite.OpCallback, Times: 1, After: time.Millisecond})
		if status, body := w.sim.CompleteLogin(t.Context(), link, "MK4021"); status != 500 || body != "error completing Kite session\n" {
			t.Errorf("%d %q", status, body)
		}
		w.finish(link, "MK4021")
	}
}

func TestNullProfileLooksLoggedIn(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamNull, Tool: "login"})
	expect(t, w.call(id, "login", `{}`), "You are already logged in as ", false)
}
