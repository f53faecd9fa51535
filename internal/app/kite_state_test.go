package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/clock"
	"kitebot/internal/ops"
	simkite "kitebot/internal/sim/kite"
)

// wantKite looks at everything that says how Kite is, in one moment: /readyz in both
// forms, the metrics, and /admin. gauge is "" where they must not say.
func (o observed) wantKite(operator person, whole ops.Status, line, gauge, headline string) ops.Component {
	o.t.Helper()
	status, text := o.get("/readyz")
	if status != http.StatusOK || !strings.HasPrefix(text, string(whole)+"\nkite: "+line) || !strings.Contains(text, "\nstore: ok\ntelegram: ok\n") {
		o.t.Errorf("/readyz: %d %s\nwant %s, kite: %s", status, text, whole, line)
	}
	var report ops.Report
	status, text = o.get("/readyz?format=json")
	if err := json.Unmarshal([]byte(text), &report); err != nil || status != http.StatusOK || report.Status != whole {
		o.t.Errorf("%d %s: %v", status, text, err)
	}
	metrics := o.metrics()
	for _, name := range []string{`kitebot_kite_up`, `kitebot_ready{component="kite"}`} {
		_, rest, found := strings.Cut(metrics, "\n"+name+" ")
		value, _, _ := strings.Cut(rest, "\n")
		if found != (gauge != "") || value != gauge {
			o.t.Errorf("%s is %q, want %q", name, value, gauge)
		}
	}
	m := operator.ask("/admin", headline)
	first, _, _ := strings.Cut(line, " (since")
	if !strings.Contains(m.Text, "\nkite: "+strings.ReplaceAll(first, "ok: ", "ok · ")) {
		o.t.Errorf("/admin says\n%s\nwant kite: %s", m.Text, first)
	}
	return report.Components["kite"]
}

// waitWritten waits for the end of a write over which the clock was set ahead: it
// seems to take as long as that.
func (o observed) waitWritten() {
	o.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		_, text := o.get("/readyz")
		switch {
		case strings.Contains(text, "\nstore: ok"):
			return
		case time.Now().After(deadline):
			o.t.Fatalf("/readyz: %s", text)
		}
	}
}

// How Kite is, is told as it is at this moment, everywhere alike, and takes nothing
// out of service.
func TestKiteIsShownAsItIs(t *testing.T) {
	later := &jumping{Clock: clock.Real()}
	o := newWorld(t, simkite.Options{}).observed(later, func(c *app.Config) { c.Admins.IDs = map[int64]bool{ravi: true} })
	p, operator := o.person(asha, "Asha"), o.person(ravi, "Ravi")
	o.wantKite(operator, ops.StatusReady, "not asked yet\n", "", "No trouble is known.")
	p.login(ashaUser)
	o.wantKite(operator, ops.StatusReady, "ok: tools\n", "1", "All is well.")
	failed := func(fault simkite.Fault, wantText, wantLine, wantLog string) {
		t.Helper()
		later.skip(5 * time.Minute) // past the answers that are kept
		o.kite.Inject(fault)
		p.ask("/funds", wantText)
		kite := o.wantKite(operator, ops.StatusDegraded, "degraded: "+wantLine, "0", "It works, with trouble.")
		if since := later.Since(kite.Since); since < 0 || since > time.Hour {
			t.Errorf("%s: since %v", wantLine, kite.Since)
		}
		o.logs.wait(t, wantLog)
		o.kite.ClearFaults()
		p.ask("/funds", "Available margin") // which comes after Kite's answer
		o.wantKite(operator, ops.StatusReady, "ok: tools\n", "1", "All is well.")
	}
	failed(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524}, "Kite is not answering just now", "no answer (http 524), ", `cause="http 524"`)
	failed(simkite.Fault{Kind: simkite.UpstreamFailure, Times: -1}, "", "it answers with errors, ", "outcome=doubtful")
	later.skip(5 * time.Minute)
	o.kite.Inject(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524})
	p.ask("/funds", "Kite is not answering just now")
	later.skip(11 * time.Minute)
	o.waitWritten()
	o.wantKite(operator, ops.StatusReady, "not asked since it last failed\n", "", "No trouble is known.")
}

// That a login is over in the morning is no fault of Kite's, though it answers with the
// same error: a login link that it gives out shows that it is well.
func TestALoginThatIsOverIsNoOutage(t *testing.T) {
	inBubble(t, 20*time.Hour, func(b *bubble) {
		c := b.config()
		c.Admins.IDs = map[int64]bool{ravi: true}
		b.startWith(c)
		p, operator := b.person(asha, "Asha"), b.person(ravi, "Ravi")
		p.login(ashaUser)
		b.pass(10*time.Hour + 15*time.Minute)
		p.ask("/holdings", "Your login is probably over")
		m := operator.ask("/admin", "All is well.")
		if !strings.Contains(m.Text, "\nkite: ok") {
			t.Errorf("the operator sees\n%s", m.Text)
		}
	})
}

// An outage of Kite is told in two lines of the log and two messages to an operator,
// whatever people ask meanwhile, and neither says who they are.
func TestAnOutageIsToldTwice(t *testing.T) {
	inBubble(t, 10*time.Hour, func(b *bubble) {
		c := b.config()
		c.Admins.IDs = map[int64]bool{ravi: true}
		b.startWith(c)
		p, operator := b.person(asha, "Asha"), b.person(ravi, "Ravi")
		p.login(ashaUser)
		operator.ask("/help", "What I can do")
		b.kiteAt.down()
		for range 10 {
			p.ask("/funds", "not answering")
			b.pass(time.Minute)
		}
		b.kiteAt.up()
		p.ask("/funds", "Available margin")
		b.pass(time.Minute)
		p.ask("/funds", "Available margin")
		log := b.logText()
		for _, line := range []string{"level=WARN msg=\"Kite is away: ", "level=INFO msg=\"Kite is back"} {
			if n := strings.Count(log, line); n != 1 {
				t.Errorf("%d lines %s in\n%s", n, line, log)
			}
		}
		if away, back := countIn(operator.Chat(), "Kite has not answered since"), countIn(operator.Chat(), "It was away for"); away != 1 || back != 1 {
			t.Errorf("the operator was told %d times that it is away and %d times that it is back", away, back)
		}
		if n := countIn(operator.Chat(), ashaUser) + countIn(operator.Chat(), "Asha "); n > 0 {
			t.Error("the operator is told of a person")
		}
		if want := "cause=refused"; !strings.Contains(log, want) || strings.Contains(log, "Asha") {
			t.Errorf("no %s, or a person, in\n%s", want, log)
		}
	})
}
