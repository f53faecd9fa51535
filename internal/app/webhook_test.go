package app_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

func TestLoginThenHoldingsOverAWebhook(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	w.startWith(f.hooked(w))
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	h := p.ask("/holdings", headline(ashaUser))
	p.press(h, "2/3")
	p.waitText(0, "Page 2 of 3")
	w.delivered()
	w.end()
	for _, method := range []string{"getUpdates", "deleteWebhook"} {
		if n, _ := w.calls(method); n != 0 {
			t.Errorf("%d calls of %s", n, method)
		}
	}
	for _, c := range w.tg.Calls() {
		if secret := c.Params["secret_token"]; c.Method == "setWebhook" && (len(secret) < 26 || strings.Contains(w.logText(), secret)) {
			t.Errorf("the secret %q is weak, or in the log", secret)
		}
	}
	p.Send("/holdings") // nobody is there, and the webhook is still set
	w.startWith(f.hooked(w))
	p.waitText(int(h.ID)+1, headline(ashaUser))
}

// Fifty updates of ten people, and a restart in the middle of them: five answers
// each, and not one more.
func TestARestartInTheMiddleOfDeliveries(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	w.startWith(f.hooked(w))
	var people []person
	for i := range int64(10) {
		people = append(people, w.person(100+i, fmt.Sprint("P", i)))
	}
	sent := 0
	send := func(rounds int) {
		for range rounds {
			for _, p := range people {
				p.Send([]string{"/help", "/Help"}[sent%2]) // the same twice may be answered once
			}
			sent++
		}
	}
	send(2)
	people[3].waitText(0, "What I can do")
	w.end()
	send(1)
	w.startWith(f.hooked(w))
	send(2)
	for _, p := range people {
		p.waitCount(5, "What I can do")
	}
	w.delivered()
	w.end()
	for _, p := range people {
		if n := p.count("What I can do"); n != 5 {
			t.Errorf("person %d has %d answers", p.ID, n)
		}
	}
}

// From polling to a webhook and back needs the setting and nothing else, and
// whatever is sent while nobody is there is answered by the next.
func TestSwitchingBetweenPollingAndAWebhook(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	p := w.person(asha, "Asha")
	w.start()
	p.login(ashaUser)
	for round := range 4 {
		w.end()
		p.Send("/holdings")
		p.Send("/help")
		if round%2 == 0 {
			w.startWith(f.hooked(w))
		} else {
			w.start()
		}
		p.waitCount(round+1, headline(ashaUser))
		p.waitCount(round+1, "What I can do")
	}
	for _, method := range []string{"setWebhook", "deleteWebhook"} {
		if _, n := w.calls(method); n != 2 {
			t.Errorf("%s was done %d times, want 2", method, n)
		}
	}
	w.end()
	if n := p.count(headline(ashaUser)); n != 4 {
		t.Errorf("%d answers to 4 questions", n)
	}
	if strings.Contains(w.logText(), "level=ERROR") {
		t.Errorf("something went wrong:\n%s", w.logText())
	}
}

// A process that is killed when the update is in its journal, and before
// Telegram or the person heard of it: it is delivered again, and answered once.
func TestKilledBetweenTakingAndAnswering(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	t.Setenv("WEBHOOK_URL", f.url)
	t.Setenv("WEBHOOK_ADDR", f.inside)
	kill := w.startChild()
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	w.delivered()
	over := make(chan struct{})
	w.kite.Inject(simkite.Fault{Kind: simkite.Delay, Tool: "get_holdings", Times: 1, Until: over})
	killed := make(chan struct{})
	f.beforeTheNextAnswer(func() { kill(); close(killed) })
	p.Send("/holdings")
	<-killed
	close(over)
	if n := w.tg.Queue(); n != 1 {
		t.Errorf("Telegram has %d updates left, want the one it was told nothing about", n)
	}
	w.startWith(f.hooked(w))
	p.waitText(0, headline(ashaUser))
	w.delivered()
	p.ask("/help", "What I can do")
	if n := p.count(headline(ashaUser)); n != 1 {
		t.Errorf("%d answers to one question:\n%v", n, p.Chat())
	}
}

// The bot is ready once Telegram knows where to deliver.
func TestReadinessWithAWebhook(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.tg.Inject(simtg.Fault{Method: "setWebhook", Status: http.StatusBadGateway, Body: "<html>", Times: -1})
		b.startObserved(b.newFront().hook)
		b.pass(time.Second)
		if status, text := b.get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "the webhook is not set yet") {
			t.Errorf("before it is set: %d %q", status, text)
		}
		b.tg.ClearFaults()
		b.person(asha, "Asha").ask("/help", "What I can do")
		if status, text := b.get("/readyz"); status != http.StatusOK {
			t.Errorf("once it is set: %d %q", status, text)
		}
	})
}

func TestAWebhookAddressThatIsTaken(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	l, err := net.Listen("tcp", f.inside)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = app.Run(t.Context(), f.hooked(w), app.Options{})
	if setting, ok := errors.AsType[*app.SettingError](err); !ok || setting.Name != "WEBHOOK_ADDR" {
		t.Errorf("the start ends with %v", err)
	}
}

// front is what stands between Telegram and the bot: the proxy that ends TLS,
// though here there is none to end.
type front struct {
	url, inside string // what Telegram is told; where the bot listens
	proxy       *httputil.ReverseProxy
	cut         atomic.Pointer[func()]
	closed      atomic.Bool // nothing is passed on; Telegram gets a 502
}

// newFront makes a proxy for the bot of a system, which is not running yet.
func newFront(w *system) *front {
	transport := &http.Transport{}
	f := frontOf(freeAddress(w.t), transport)
	f.url = serve(w.t, f, transport.CloseIdleConnections) + "/telegram"
	return f
}

// newFront makes a proxy in the network of the test.
func (b *fakeTimeSystem) newFront() *front {
	transport := &http.Transport{DialContext: b.outside.dial}
	f := frontOf(hookAddress, transport)
	f.url = "http://" + proxyAddress + "/telegram"
	serveAt(b.t, b.network.host(proxyAddress), f, transport.CloseIdleConnections)
	return f
}

func frontOf(inside string, transport *http.Transport) *front {
	f := &front{inside: inside, proxy: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: inside})}
	f.proxy.Transport = transport
	f.proxy.ModifyResponse = func(*http.Response) error {
		if cut := f.cut.Swap(nil); cut != nil {
			(*cut)()
			return errors.New("the connection is cut")
		}
		return nil
	}
	f.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	return f
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.closed.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	f.proxy.ServeHTTP(w, r)
}

// beforeTheNextAnswer runs do when the bot has answered the next delivery and
// Telegram has not heard of it, which it then never does.
func (f *front) beforeTheNextAnswer(do func()) { f.cut.Store(&do) }

// ports counts the addresses that were handed out.
var ports atomic.Uint32

// freeAddress is one on which nothing listens, nor will before it is used: its port is
// below those that the system gives out, and each process tries other ones first.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 10_000 + (uint32(os.Getpid())*32+ports.Add(1))%20_000
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// hooked is the configuration of a system with a webhook.
func (f *front) hooked(w *system) app.Config {
	c := w.config()
	f.hook(&c)
	return c
}

func (f *front) hook(c *app.Config) { c.WebhookURL, c.WebhookAddr = f.url, f.inside }

// delivered waits until Telegram has got rid of everything.
func (w *system) delivered() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.tg.WaitDelivered(ctx); err != nil {
		w.t.Fatalf("%v, %d updates are left\nlog:\n%s", err, w.tg.Queue(), w.logText())
	}
}

// calls counts how often the bot called a method, and how often that was done.
func (w *system) calls(method string) (all, done int) {
	for _, c := range w.tg.Calls() {
		if c.Method == method {
			all++
			if c.OK {
				done++
			}
		}
	}
	return all, done
}

// count is how many messages of the bot hold a text.
func (p person) count(text string) (n int) { return countIn(p.Chat(), text) }

func countIn(chat []simtg.Message, text string) (n int) {
	for _, m := range chat {
		if m.FromBot && strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

func (p person) waitCount(n int, text string) {
	p.w.t.Helper()
	ctx, cancel := context.WithTimeout(p.w.t.Context(), patience)
	defer cancel()
	if err := p.Wait(ctx, func(chat []simtg.Message) bool { return countIn(chat, text) >= n }); err != nil {
		p.w.t.Fatalf("%d answers to person %d: %v\nlog:\n%s", n, p.ID, err, p.w.logText())
	}
}

// passUntil lets time pass until a page says a text, and returns all it says.
func (b *fakeTimeSystem) passUntil(path, text string) (status int, page string) {
	b.t.Helper()
	for range 60 {
		if status, page = b.get(path); strings.Contains(page, text) {
			return status, page
		}
		b.pass(10 * time.Second)
	}
	b.t.Fatalf("%s never says %q; at last %d %s\nlog:\n%s", path, text, status, page, b.logText())
	return 0, ""
}

// That Telegram cannot deliver is seen from outside, and takes nothing out of
// service: a bot that gets no traffic is never delivered to again.
func TestUndeliveredUpdatesAreDegraded(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		f := b.newFront()
		b.startObserved(f.hook)
		p := b.person(asha, "Asha")
		p.ask("/help", "What I can do")
		const ready = "ready\nkite: not asked yet\nlogin: ok\nstore: ok\ntelegram: ok\n"
		if status, text := b.passUntil("/readyz", ready); status != http.StatusOK || text != ready {
			t.Fatalf("before: %d %s", status, text)
		}
		f.closed.Store(true)
		p.Send("/help")
		closed := time.Now()
		status, text := b.passUntil("/readyz", "degraded\nkite: not asked yet\nlogin: ok\nstore: ok\ntelegram: degraded: cannot deliver: Wrong response from the webhook: 502 Bad Gateway (since ")
		if status != http.StatusOK || time.Since(closed) < time.Minute {
			t.Errorf("/readyz after %v: %d %s", time.Since(closed), status, text)
		}
		wantMetrics(t, b.metrics(), `kitebot_ready{component="telegram"} 0`, `kitebot_second_poller 0`)
		for _, hidden := range []string{"127.0.0.1", "/telegram", "run=", token, "11"} {
			if detail, _, _ := strings.Cut(text, "(since"); strings.Contains(detail, hidden) {
				t.Errorf("%q is in %s", hidden, detail)
			}
		}
		f.closed.Store(false)
		if status, text := b.passUntil("/readyz", ready); status != http.StatusOK {
			t.Errorf("afterwards: %d %s", status, text)
		}
		b.pass(10 * time.Minute) // Telegram delivers again when its time comes
		if n := p.count("What I can do"); n != 2 {
			t.Errorf("%d answers to /help, want 2\nlog:\n%s", n, b.logText())
		}
		wantMetrics(t, b.metrics(), `kitebot_ready{component="telegram"} 1`)
	})
}
