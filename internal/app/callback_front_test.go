package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
)

// browse opens an address as a browser does that comes back from a login.
func browse(t *testing.T, address string) (status int, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
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

// comesBack opens the page of a callback, and wants it to be there.
func comesBack(t *testing.T, w *system, address string) {
	t.Helper()
	const code, state = "c0de-that-is-nobodys", "5tate-that-is-nobodys"
	status, text := browse(t, address+"?code="+code+"&state="+state)
	if status != http.StatusGone || !strings.Contains(text, "This login is not waited for") {
		t.Errorf("answered %d\n%s", status, text)
	}
	for _, secret := range []string{code, state} {
		if strings.Contains(text, secret) || strings.Contains(w.logText(), secret) {
			t.Errorf("%s is on the page or in the log", secret)
		}
	}
	if status, text := browse(t, address+"/elsewhere"); status != http.StatusNotFound || text != "" {
		t.Errorf("another path: %d %q", status, text)
	}
}

// A callback on this machine has a listener of its own, at its own address.
func TestACallbackBesidePolling(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	c := w.config()
	c.CallbackURL = "http://" + freeAddress(t) + "/kite/callback"
	w.startWith(c)
	comesBack(t, w, c.CallbackURL)
	w.person(asha, "Asha").ask("/help", "What I can do")
	w.end()
	if l, err := net.Listen("tcp", strings.TrimSuffix(strings.TrimPrefix(c.CallbackURL, "http://"), "/kite/callback")); err != nil {
		t.Errorf("somebody still listens: %v", err)
	} else {
		_ = l.Close()
	}
}

// With a public address browsers come through the proxy, to WEBHOOK_ADDR.
func TestACallbackBehindAProxy(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	c := w.config()
	c.CallbackURL, c.WebhookAddr = "https://bot.example.org/kite/callback", f.inside
	w.startWith(c)
	comesBack(t, w, strings.TrimSuffix(f.url, "/telegram")+"/kite/callback")
	w.person(asha, "Asha").ask("/help", "What I can do")
}

// Deliveries and browsers share one listener.
func TestACallbackBesideAWebhook(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	f := newFront(w)
	c := f.hooked(w)
	c.CallbackURL = "https://bot.example.org/kite/callback"
	w.startWith(c)
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	comesBack(t, w, strings.TrimSuffix(f.url, "/telegram")+"/kite/callback")
	if status, _ := browse(t, f.url+"?code=c&state=s"); status != http.StatusMethodNotAllowed {
		t.Errorf("a browser at the webhook is answered with %d", status)
	}
	p.ask("/status", "Not logged in")
	w.delivered()
}

func TestACallbackAddressThatIsTaken(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, change := range map[string]func(*app.Config){
		"OAUTH_CALLBACK_URL": func(c *app.Config) { c.CallbackURL = "http://" + l.Addr().String() + "/kite/callback" },
		"WEBHOOK_ADDR": func(c *app.Config) {
			c.CallbackURL, c.WebhookAddr = "https://bot.example.org/kite/callback", l.Addr().String()
		},
	} {
		c := w.config()
		change(&c)
		err := app.Run(t.Context(), c, app.Options{})
		if setting, ok := errors.AsType[*app.SettingError](err); !ok || setting.Name != name || setting.Example == "" {
			t.Errorf("%s: the start ends with %v", name, err)
		}
	}
}
