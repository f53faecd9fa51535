package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"kitebot/internal/app"
	simtg "kitebot/internal/sim/telegram"
)

// front is what stands between Telegram and the bot: the proxy that ends TLS,
// though here there is none to end.
type front struct {
	url, inside string // what Telegram is told; where the bot listens
	cut         atomic.Pointer[func()]
	closed      atomic.Bool // nothing is passed on; Telegram gets a 502
}

// newFront makes a proxy for the bot of a world, which is not running yet.
func newFront(w *world) *front {
	f := &front{inside: freeAddress(w.t)}
	p := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: f.inside})
	p.ModifyResponse = func(*http.Response) error {
		if cut := f.cut.Swap(nil); cut != nil {
			(*cut)()
			return errors.New("the connection is cut")
		}
		return nil
	}
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	transport := &http.Transport{}
	p.Transport = transport
	door := func(w http.ResponseWriter, r *http.Request) {
		if f.closed.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.ServeHTTP(w, r)
	}
	f.url = serve(w.t, http.HandlerFunc(door), transport.CloseIdleConnections) + "/telegram"
	return f
}

// beforeTheNextAnswer runs do when the bot has answered the next delivery and
// Telegram has not heard of it, which it then never does.
func (f *front) beforeTheNextAnswer(do func()) { f.cut.Store(&do) }

// freeAddress is one on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// hooked is the configuration of a world with a webhook.
func (f *front) hooked(w *world) app.Config {
	c := w.config()
	c.WebhookURL, c.WebhookAddr = f.url, f.inside
	return c
}

// delivered waits until Telegram has got rid of everything.
func (w *world) delivered() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.tg.WaitDelivered(ctx); err != nil {
		w.t.Fatalf("%v, %d updates are left\nlog:\n%s", err, w.tg.Queue(), w.logText())
	}
}

// calls counts how often the bot called a method, and how often that was done.
func (w *world) calls(method string) (all, done int) {
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

func ready(t *testing.T, addr string) (status int, text string) {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/readyz")
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
