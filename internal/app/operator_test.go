package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/clock"
	"kitebot/internal/ops"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// readyz asks the bot of bot.db over its socket.
func readyz(t *testing.T) (status int, text string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "bot.db.sock")
	}}}
	resp, err := client.Get("http://socket/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// jumping is the real clock, but for a time that can be skipped.
type jumping struct {
	clock.Clock
	skipped atomic.Int64 // ns
}

func (j *jumping) skip(d time.Duration)            { j.skipped.Add(int64(d)) }
func (j *jumping) Now() time.Time                  { return j.Clock.Now().Add(time.Duration(j.skipped.Load())) }
func (j *jumping) Since(t time.Time) time.Duration { return j.Now().Sub(t) }
func (j *jumping) Until(t time.Time) time.Duration { return t.Sub(j.Now()) }

// run starts a bot in this process; the returned func stops it.
func (w *system) run(c app.Config, now clock.Clock, log io.Writer) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- app.Run(ctx, c, app.Options{Clock: now, Logger: slog.New(slog.NewTextHandler(log, nil)), Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		cancel()
		w.t.Fatalf("the bot did not start: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the bot ended with: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// A second bot with the same token: both say it loudly, once, and /readyz shows
// it. When the other has been gone for a while, the one that is left says that it is
// well again.
func TestSecondInstance(t *testing.T) {
	const loud, over = "another process takes this bot's updates", "updates come in again"
	w := newSystemHere(t)
	first, second := new(logbook), new(logbook)
	later := &jumping{Clock: clock.Real()}
	w.run(w.config(), later, first)
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	if status, text := readyz(t); status != http.StatusOK {
		t.Errorf("alone: %d %s", status, text)
	}
	c := w.config()
	c.StorePath = "second.db"
	stop := w.run(c, clock.Real(), second)
	first.wait(t, loud)
	second.wait(t, loud)
	status, text := readyz(t)
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "telegram: another instance of this bot takes the updates") {
		t.Errorf("with another: %d %s", status, text)
	}
	stop()
	p.ask("/help", "What I can do")
	later.skip(time.Hour)
	p.ask("/help", "What I can do")
	first.wait(t, over)
	if status, text := readyz(t); status != http.StatusOK {
		t.Errorf("alone again: %d %s", status, text)
	}
	log := first.String()
	if n := strings.Count(log, loud); n != 1 || strings.Count(log, "level=ERROR") != 1 {
		t.Errorf("%d loud lines:\n%s", n, log)
	}
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
	o := newSystem(t, simkite.Options{}).observed(later, func(c *app.Config) { c.Admins.IDs = map[int64]bool{ravi: true} })
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
