package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"kitebot/internal/clock"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// passUntil lets time pass until a page says a text, and returns all it says. Time
// that is skipped makes a write look slow for a moment, and a delivery under way too.
func (o observed) passUntil(now *clock.Fake, path, text string) (status int, page string) {
	o.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); now.Advance(10 * time.Second) {
		if status, page = o.get(path); strings.Contains(page, text) {
			return status, page
		}
	}
	o.t.Fatalf("%s never says %q; at last %d %s\nlog:\n%s", path, text, status, page, o.logText())
	return 0, ""
}

// That Telegram cannot deliver is seen from outside, and takes nothing out of
// service: who gets no traffic is never delivered to again.
func TestUndeliveredUpdatesAreDegraded(t *testing.T) {
	now := clockwork.NewFakeClockAt(time.Now())
	w := newWorldWith(t, simkite.Options{}, simtg.Options{Token: token, Now: now.Now, After: now.After})
	f := newFront(w)
	c := f.hooked(w)
	c.HTTPAddr, c.HTTPAsked = freeAddress(t), true
	w.run(c, now, &w.logs)
	o := observed{w, c.HTTPAddr}
	p := o.person(asha, "Asha")
	p.ask("/help", "What I can do")
	const ready = "ready\nkite: not asked yet\nlogin: ok\nstore: ok\ntelegram: ok\n"
	if status, text := o.passUntil(now, "/readyz", ready); status != http.StatusOK || text != ready {
		t.Fatalf("before: %d %s", status, text)
	}
	f.closed.Store(true)
	p.Send("/help")
	closed := now.Now()
	status, text := o.passUntil(now, "/readyz", "degraded\nkite: not asked yet\nlogin: ok\nstore: ok\ntelegram: degraded: cannot deliver: Wrong response from the webhook: 502 Bad Gateway (since ")
	if status != http.StatusOK || now.Since(closed) < time.Minute {
		t.Errorf("/readyz after %v: %d %s", now.Since(closed), status, text)
	}
	wantMetrics(t, o.metrics(), `kitebot_ready{component="telegram"} 0`, `kitebot_second_poller 0`)
	for _, hidden := range []string{"127.0.0.1", "/telegram", "run=", token, "11"} {
		if detail, _, _ := strings.Cut(text, "(since"); strings.Contains(detail, hidden) {
			t.Errorf("%q is in %s", hidden, detail)
		}
	}
	f.closed.Store(false)
	if status, text := o.passUntil(now, "/readyz", ready); status != http.StatusOK {
		t.Errorf("afterwards: %d %s", status, text)
	}
	// Telegram delivers again when its time comes.
	for end := time.Now().Add(patience); countIn(p.Chat(), "What I can do") < 2; now.Advance(10 * time.Second) {
		if time.Now().After(end) {
			t.Fatalf("/help is not answered\nlog:\n%s", o.logText())
		}
		time.Sleep(time.Millisecond)
	}
	o.passUntil(now, "/metrics", "\nkitebot_ready{component=\"telegram\"} 1\n")
}
