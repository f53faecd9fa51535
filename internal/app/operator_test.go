package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// A second bot with the same token: both say it loudly, once, and /readyz shows
// it. When the other has been gone for a while, the one that is left says that it is
// well again.
func TestSecondInstance(t *testing.T) {
	const loud, over = "another process takes this bot's updates", "updates come in again"
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.startObserved(usual)
		p := b.person(asha, "Asha")
		p.ask("/help", "What I can do")
		if status, text := b.get("/readyz"); status != http.StatusOK {
			t.Errorf("alone: %d %s", status, text)
		}
		second := &system{t: b.t, kiteU: b.kiteU, tgURL: b.tgURL, store: b.store + ".second", token: b.token, dialer: func() dialFunc { return b.outside.dial }}
		second.start()
		b.pass(30 * time.Second)
		status, text := b.get("/readyz")
		if status != http.StatusServiceUnavailable || !strings.Contains(text, "telegram: another instance of this bot takes the updates") {
			t.Errorf("with another: %d %s", status, text)
		}
		second.end()
		if log := second.logText(); strings.Count(log, loud) != 1 {
			t.Errorf("the second one logs\n%s", log)
		}
		b.pass(time.Hour)
		p.ask("/help", "What I can do")
		if status, text := b.get("/readyz"); status != http.StatusOK {
			t.Errorf("alone again: %d %s", status, text)
		}
		log := b.logText()
		if n := strings.Count(log, loud); n != 1 || strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, over) {
			t.Errorf("%d loud lines:\n%s", n, log)
		}
	})
}

// A token that is revoked while the bot runs ends the process with exit code 1
// and a line that names the setting. What a person asked meanwhile is answered
// once there is a good token again.
func TestTokenRevokedInTheMiddle(t *testing.T) {
	w := newSystemHere(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	for name, value := range w.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	from := int(p.Last().ID)
	w.tg.Inject(simtg.Fault{Status: http.StatusUnauthorized, Description: "Unauthorized", Times: -1})
	p.Send("/status")
	err = cmd.Wait()
	log := strings.TrimSpace(out.String())
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, %v", code, err)
	}
	last := log[strings.LastIndex(log, "\n")+1:]
	if !strings.HasPrefix(last, "bot: TELEGRAM_BOT_TOKEN: Telegram does not accept it") || strings.Contains(log, token) {
		t.Errorf("it ended with %q; all of it:\n%s", last, log)
	}
	if _, err := os.Lstat("bot.db.sock"); err == nil {
		t.Error("the socket outlives the bot")
	}
	w.tg.ClearFaults()
	w.start()
	p.waitText(from, "Not logged in")
}

// An operator looks at a bot that people use: what it counts, how its parts are,
// and the error whose reference a person was shown.
func TestOperatorsGlance(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	c := w.config()
	c.Admins.IDs = map[int64]bool{ravi: true}
	w.startWith(c)
	p, operator := w.person(asha, "Asha"), w.person(ravi, "Ravi")
	p.login(ashaUser)
	p.ask("/admin", "I do not know /admin")
	if m := operator.ask("/admin", "All is well"); !strings.Contains(m.Text, "store: ok\ntelegram: ok") || !strings.Contains(m.Text, "1 logged in") {
		t.Errorf("the operator sees\n%s", m.Text)
	}
	w.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_margins", Times: -1})
	_, ref, found := strings.Cut(p.ask("/funds", "Reference").Text, "Reference ")
	if ref = strings.TrimSpace(ref); !found || len(ref) != 6 {
		t.Fatalf("the reference is %q", ref)
	}
	w.logs.wait(t, "ref="+ref+" command=funds outcome=") // it is done with a moment after its answer
	operator.ask("/admin "+strings.ToLower(ref), "Error "+ref)
	m := operator.ask("/admin", ref)
	if !strings.Contains(m.Text, "1 failed") || strings.Contains(m.Text, ashaUser) {
		t.Errorf("the operator sees\n%s", m.Text)
	}
}

// wantKite looks at everything that says how Kite is, in one moment: /readyz in both
// forms, the metrics, and /admin. gauge is "" where they must not say.
func (o *fakeTimeSystem) wantKite(operator person, whole ops.Status, line, gauge, headline string) ops.Component {
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

// How Kite is, is told as it is at this moment, everywhere alike, and takes nothing
// out of service.
func TestKiteIsShownAsItIs(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(o *fakeTimeSystem) {
		o.startObserved(func(c *app.Config) { c.Admins.IDs = map[int64]bool{ravi: true} })
		p, operator := o.person(asha, "Asha"), o.person(ravi, "Ravi")
		o.wantKite(operator, ops.StatusReady, "not asked yet\n", "", "No trouble is known.")
		p.login(ashaUser)
		o.wantKite(operator, ops.StatusReady, "ok: tools\n", "1", "All is well.")
		failed := func(fault simkite.Fault, wantText, wantLine, wantLog string) {
			t.Helper()
			o.pass(5 * time.Minute) // past the answers that are kept
			o.kite.Inject(fault)
			p.ask("/funds", wantText)
			kite := o.wantKite(operator, ops.StatusDegraded, "degraded: "+wantLine, "0", "It works, with trouble.")
			if since := time.Since(kite.Since); since < 0 || since > time.Hour {
				t.Errorf("%s: since %v", wantLine, kite.Since)
			}
			o.logs.wait(o.t, wantLog)
			o.kite.ClearFaults()
			p.ask("/funds", "Available margin") // which comes after Kite's answer
			o.wantKite(operator, ops.StatusReady, "ok: tools\n", "1", "All is well.")
		}
		failed(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524}, "Kite is not answering just now", "no answer (http 524), ", `cause="http 524"`)
		failed(simkite.Fault{Kind: simkite.UpstreamFailure, Times: -1}, "", "it answers with errors, ", "outcome=doubtful")
		o.pass(5 * time.Minute)
		o.kite.Inject(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524})
		p.ask("/funds", "Kite is not answering just now")
		o.pass(11 * time.Minute)
		o.wantKite(operator, ops.StatusReady, "not asked since it last failed\n", "", "No trouble is known.")
	})
}

// That a login is over in the morning is no fault of Kite's, though it answers with the
// same error: a login link that it gives out shows that it is well.
func TestALoginThatIsOverIsNoOutage(t *testing.T) {
	inFakeTime(t, 20*time.Hour, func(b *fakeTimeSystem) {
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
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
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
		for _, line := range []string{"level=WARN msg=\"kite is away\"", "level=INFO msg=\"kite is back"} {
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
