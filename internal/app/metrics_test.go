package app_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// startObserved runs the bot with settings that change makes of the usual ones, and
// has it serve its health.
func (b *fakeTimeSystem) startObserved(change func(*app.Config)) {
	b.t.Helper()
	c := b.config()
	c.HTTPAddr, c.HTTPAsked = pageAddress, true
	change(&c)
	b.startWith(c)
}

// usual changes no settings.
func usual(*app.Config) {}

// get reads a page of the bot once all is settled: what people see was delivered a
// moment before the bot knows it.
func (b *fakeTimeSystem) get(path string) (status int, text string) {
	b.t.Helper()
	synctest.Wait()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: b.outside.dial}, Timeout: patience}
	resp, err := client.Get("http://" + pageAddress + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (b *fakeTimeSystem) metrics() string {
	b.t.Helper()
	status, text := b.get("/metrics")
	if status != http.StatusOK {
		b.t.Fatalf("/metrics: %d %s", status, text)
	}
	return text
}

// wantMetrics looks for whole lines of the metrics.
func wantMetrics(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no line %s", line)
		}
	}
}

// typed is what people type that must not be found in any metric.
func typed() []string {
	return []string{"/frobnicate77", "/tool get_frobnicate77", "/tool place_order frobnicate77", "/holdings@frobnicate77_bot", "frobnicate77", "/quote FROBNICATE77"}
}

// play lets nearly everything happen that is measured.
func (o *fakeTimeSystem) play() {
	o.t.Helper()
	p, r := o.person(asha, "Asha"), o.person(ravi, "Ravi")
	p.login(ashaUser)
	p.press(p.ask("/holdings", headline(ashaUser)), "2/3")
	p.waitText(0, "Page 2 of 3")
	m := r.ask("/login", "Log in to Kite")
	o.kite.DropStreams()
	p.ask("/funds", "Available margin")
	for _, text := range typed() {
		from := int(p.Last().ID)
		p.Send(text)
		p.waitFor(from, text, func(simtg.Message) bool { return true })
	}
	o.kite.Inject(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524, Times: 4})
	p.ask("/margins", "")
	o.kite.ClearFaults()
	o.tg.Inject(simtg.Fault{Method: "sendMessage", Status: http.StatusTooManyRequests, RetryAfter: 1})
	p.ask("/help", "What I can do")
	r.browse(m, raviUser)
	r.waitText(0, "Logged in as")
	r.ask("/logout", "logged out at Kite")
}

// The metrics of a played bot: everything in the catalogue is there, figures
// are what was played, label values are of closed sets, and nothing in it is
// about anybody.
func TestMetricsOfAPlayedBot(t *testing.T) {
	var text string
	inFakeTime(t, 10*time.Hour, func(o *fakeTimeSystem) {
		o.startObserved(func(c *app.Config) {
			c.CallbackURL = "http://" + hookAddress + "/kite/callback" // so that it has every component
		})
		wantMetrics(t, o.metrics(), // before anybody did anything
			`kitebot_commands_total{command="holdings",outcome="ok"} 0`, `kitebot_commands_total{command="none",outcome="panic"} 0`,
			`kitebot_logins_total{step="link_sent"} 0`, `kitebot_resumes_total{outcome="ended"} 0`, `kitebot_telegram_limited_total 0`,
			`kitebot_sessions{state="logged_in"} 0`, `kitebot_people 0`, `kitebot_queue_depth 0`, `kitebot_second_poller 0`,
			`kitebot_ready{component="store"} 1`, `kitebot_ready{component="telegram"} 1`,
		)
		o.play()
		text = o.metrics()
		wantMetrics(t, text,
			`kitebot_commands_total{command="logout",outcome="ok"} 1`,
			`kitebot_logins_total{step="link_sent"} 2`, `kitebot_logins_total{step="bound"} 2`, `kitebot_logins_total{step="logged_out"} 1`,
			`kitebot_commands_total{command="login",outcome="ok"} 3`, // /login twice, and Done
			`kitebot_telegram_limited_total 1`, `kitebot_sessions{state="parked"} 1`, `kitebot_ready{component="kite"} 1`, `kitebot_kite_up 1`,
		)
		for _, m := range ops.Catalogue() {
			if !strings.Contains(text, "\n# TYPE "+m.Name+" "+m.Kind+"\n") {
				t.Errorf("%s is not measured", m.Name)
			}
		}
		if i := strings.Index(text, `="other"`); i >= 0 {
			t.Errorf("a room told a word that is in none of its lists: …%s", text[max(0, i-60):i+10])
		}
		secrets := append(o.kite.LoginLinks(), token, ashaUser, raviUser, "Asha", "Ravi", "robnicate", "ROBNICATE", "connect/login", "/authorize", o.store, "127.0.0.1")
		for _, s := range o.kite.Sessions() {
			secrets = append(secrets, s.ID)
		}
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in the metrics", secret)
			}
		}
	})
	checkByPromtool(t, text)
	checkRules(t, text)
}

// checkByPromtool lets Prometheus' own tool look at metrics.
func checkByPromtool(t *testing.T, text string) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("KITEBOT_NEED_PROMTOOL") != "" {
			t.Error("promtool is missing (Debian: prometheus)")
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(strings.TrimSpace(string(out))) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

// While Telegram does not answer, no updates come in: the bot is not ready. The
// way back is found without help.
func TestSilentTelegramIsNotReady(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.startObserved(usual)
		p := b.person(asha, "Asha")
		p.ask("/help", "What I can do")
		b.tg.Inject(simtg.Fault{Status: http.StatusBadGateway, Times: -1, Body: "<html>bad gateway</html>"})
		from := int(p.Last().ID)
		p.Send("/status") // ends the poll that is held
		b.pass(5 * time.Minute)
		wantMetrics(t, b.metrics(), `kitebot_ready{component="telegram"} 0`)
		status, text := b.get("/readyz")
		if status != http.StatusServiceUnavailable || !strings.HasPrefix(text, "not ready\nkite: not asked yet\nlogin: ok\nstore: ok\ntelegram: no answer (") {
			t.Errorf("/readyz: %d %s", status, text)
		}
		b.tg.ClearFaults()
		b.pass(time.Minute)
		p.waitText(from, "Not logged in")
		wantMetrics(t, b.metrics(), `kitebot_ready{component="telegram"} 1`)
	})
}

// A login link at a host that the bot does not know is never shown. The person
// is told, and so is the operator: on /readyz, in a metric and in the log.
func TestAnUnknownLoginLink(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(o *fakeTimeSystem) {
		o.startObserved(func(c *app.Config) { c.LoginHosts = []string{"login.example"} })
		p := o.person(asha, "Asha")
		m := p.ask("/login", "a login link that I do not recognise")
		for _, b := range m.Buttons() {
			if b.URL != "" {
				t.Errorf("a button opens %s", b.URL)
			}
		}
		host := strings.TrimPrefix(o.kiteU, "http://")
		want := "\nlogin: degraded: no login is possible: no login link at an allowed host; seen: http " + host + "/authorize with session_id (since "
		if status, text := o.get("/readyz"); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("/readyz: %d %s\nwant %s", status, text, want)
		}
		wantMetrics(t, o.metrics(), `kitebot_logins_total{step="unknown_link"} 1`, `kitebot_ready{component="login"} 0`)
		if log := o.logText(); !strings.Contains(log, host+"/authorize with session_id") {
			t.Errorf("the log does not say what was seen:\n%s", log)
		}
	})
}

// The page has what it is for, and nothing else.
func TestPageOfARunningBot(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.startObserved(usual)
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/backup": 404, "/debug/pprof/": 404} {
			if status, text := b.get(path); status != want {
				t.Errorf("%s: %d %s", path, status, text)
			}
		}
	})
}
