package telegram_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/front"
)

const (
	hookURL    = "https://bot.example.org/a/confidential-path"
	hookSecret = "made-up_Secret_1"
)

// webhookRun is one Webhook under way, and the proxy before it.
type webhookRun struct {
	*pollRun
	net  *pipes
	http *http.Client
}

// newProxyNet is a way from a proxy to a listener.
func newProxyNet() (*pipes, *http.Client) {
	n := newPipes(nil)
	return n, &http.Client{Transport: &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 200}}
}

// startWebhook starts Webhook; the test ends it with stop.
func startWebhook(t *testing.T, c *telegram.Client) *webhookRun {
	n := &memoryJournal{known: map[int64]bool{}}
	r := startWebhookWith(t, c, n, n, nil)
	synctest.Wait()
	return r
}

// startBlockedWebhook starts one whose commits wait.
func startBlockedWebhook(t *testing.T, c *telegram.Client) (*webhookRun, *blockedJournal) {
	n := &memoryJournal{known: map[int64]bool{}}
	j := &blockedJournal{memoryJournal: n, begun: make(chan struct{}, 9), release: make(chan struct{})}
	return startWebhookWith(t, c, n, j, nil), j
}

func startWebhookWith(t *testing.T, c *telegram.Client, n *memoryJournal, j bot.Journal, fallback http.Handler) *webhookRun {
	if j == nil {
		j = n
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &webhookRun{pollRun: &pollRun{memoryJournal: n, done: make(chan error, 1), cancel: cancel}}
	r.net, r.http = newProxyNet()
	go func() {
		r.done <- c.Webhook(ctx, telegram.Hook{URL: hookURL, Secret: hookSecret, Listener: r.net, Fallback: fallback}, j, r.handle)
	}()
	return r
}

func (r *webhookRun) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Webhook = %v, want nil after its context ended", err)
	}
	r.http.CloseIdleConnections()
}

// delivery is a request as Telegram makes it.
func (r *webhookRun) delivery(t *testing.T, body string) *http.Request {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://inside.test/a/confidential-path?run=x", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(secretHeader, hookSecret)
	return req
}

// post delivers, but for what edit changes.
func (r *webhookRun) post(t *testing.T, body string, edit func(*http.Request)) *http.Response {
	t.Helper()
	req := r.delivery(t, body)
	if edit != nil {
		edit(req)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		t.Error(err)
		return &http.Response{}
	}
	said, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if len(said) != 0 {
		t.Errorf("an answer says %q, want no word", said)
	}
	return resp
}

// expect waits until what was stored is handled, which comes after the 200.
func (r *webhookRun) expect(t *testing.T, ids ...int64) {
	t.Helper()
	synctest.Wait()
	r.pollRun.expect(t, ids...)
}

func TestTheWebhookIsSetAsItHasToBe(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		startWebhook(t, c).stop(t)
		calls := s.of("setWebhook")
		if len(calls) != 1 {
			t.Fatalf("setWebhook was called %d times", len(calls))
		}
		p := calls[0].params
		u, err := url.Parse(p["url"])
		if err != nil || !strings.HasPrefix(p["url"], hookURL+"?run=") || len(u.Query().Get("run")) != 10 {
			t.Errorf("url %q, %v", p["url"], err)
		}
		delete(p, "url")
		want := map[string]string{"secret_token": hookSecret, "max_connections": "40", "allowed_updates": `["message","edited_message","callback_query","my_chat_member"]`}
		if len(p) != len(want) {
			t.Errorf("parameters = %v, want %v", p, want)
		}
		for name, value := range want {
			if p[name] != value {
				t.Errorf("%s = %q, want %q", name, p[name], value)
			}
		}
		if len(s.of("deleteWebhook")) != 0 {
			t.Error("the webhook was removed at the end")
		}
		if log.count("\n") != 1 || log.count("confidential") != 0 || log.count(hookSecret) != 0 {
			t.Errorf("want one line without the address:\n%s", log)
		}
	})
}

func TestEachRunMakesItsOwnSecret(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
			ctx, cancel := context.WithCancel(t.Context())
			n, _ := newProxyNet()
			done := make(chan error, 1)
			go func() { done <- c.Webhook(ctx, telegram.Hook{URL: hookURL, Listener: n}, nil, nil) }()
			synctest.Wait()
			cancel()
			p := s.of("setWebhook")[0].params
			if err := <-done; err != nil || len(p["secret_token"]) < 26 || seen[p["secret_token"]] || seen[p["url"]] {
				t.Errorf("%v, secret %q, address %q", err, p["secret_token"], p["url"])
			}
			seen[p["secret_token"]], seen[p["url"]] = true, true
		})
	}
}

// A stop in the middle of a commit: what is stored is answered and left to the
// journal; what comes later is not taken.
func TestNothingIsLostAtAStop(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		r, j := startBlockedWebhook(t, c)
		answers := make(chan int, 2)
		for id := range int64(2) { // one is being stored, one waits
			go func() { answers <- r.post(t, update(40+id), nil).StatusCode }()
			synctest.Wait()
		}
		r.cancel()
		synctest.Wait()
		close(j.release)
		for range 2 {
			if status := <-answers; status != 200 {
				t.Errorf("answered %d", status)
			}
		}
		r.stop(t)
		if want := []int64{40, 41}; !slices.Equal(r.took, want) || len(r.handled) != 0 {
			t.Errorf("stored %v, handled %v, want %v stored", r.took, r.handled, want)
		}
		if conn, err := r.net.dial(timeout(t, time.Second), "tcp", "inside.test:80"); err == nil {
			t.Error("the listener is open")
			_ = conn.Close()
		}
	})
}

// A commit that takes longer than the end waits for others is waited for all
// the same: Telegram does not hear of it, and brings the update again.
func TestAStopWaitsForACommit(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		r, j := startBlockedWebhook(t, c)
		lost := make(chan error, 1)
		go func() {
			resp, err := r.http.Do(r.delivery(t, update(40)))
			if err == nil {
				_ = resp.Body.Close()
			}
			lost <- err
		}()
		<-j.begun
		began := time.Now()
		time.AfterFunc(3*time.Second, func() { close(j.release) })
		r.cancel()
		if err := <-r.done; err != nil || time.Since(began) != 3*time.Second || !slices.Equal(r.took, []int64{40}) {
			t.Errorf("Webhook = %v after %v, stored %v", err, time.Since(began), r.took)
		}
		if <-lost == nil {
			t.Error("the delivery was answered")
		}
	})
}

func timeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// A client that sends a byte now and then does not delay the end.
func TestAStopDoesNotWaitForTheSlow(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		r := startWebhook(t, c)
		for _, sent := range []string{"", "POST / HT", "POST /a/confidential-path HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + secretHeader + ": " + hookSecret + "\r\nContent-Length: 1000\r\n\r\n{"} {
			conn, err := r.net.dial(t.Context(), "tcp", "inside.test:80")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, sent); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		began := time.Now()
		r.stop(t)
		if took := time.Since(began); took > front.PartTime+500*time.Millisecond {
			t.Errorf("the end took %v", took)
		}
	})
}

// breakingListener is a listener that breaks by itself.
type breakingListener struct {
	*pipes
	breaks chan struct{}
}

func (d breakingListener) Accept() (net.Conn, error) {
	<-d.breaks
	return nil, syscall.EINVAL
}

func TestABrokenListenerEndsWebhook(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		n, _ := newProxyNet()
		l, done := breakingListener{n, make(chan struct{})}, make(chan error, 1)
		go func() { done <- c.Webhook(t.Context(), telegram.Hook{URL: hookURL, Listener: l}, nil, nil) }()
		elapse(time.Minute)
		close(l.breaks)
		if err := <-done; !errors.Is(err, syscall.EINVAL) || !strings.HasPrefix(err.Error(), "serve the webhook") {
			t.Errorf("Webhook = %v", err)
		}
	})
}
