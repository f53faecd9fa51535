package telegram

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	hookURL    = "https://bot.example.org/a/confidential-path"
	hookSecret = "made-up_Secret_1"
)

// taking is one Webhook under way, and the proxy before it.
type taking struct {
	*run
	net  *pipes
	http *http.Client
}

// newHookNet is a way from a proxy to a listener.
func newHookNet() (*pipes, *http.Client) {
	n := &pipes{refused: func() bool { return false }, conns: make(chan net.Conn), closed: make(chan struct{})}
	return n, &http.Client{Transport: &http.Transport{DialContext: n.dial, MaxIdleConnsPerHost: 200}}
}

// hooks starts Webhook; the test ends it with stop.
func hooks(t *testing.T, c *Client) *taking {
	return hooksWith(t, c, &notebook{known: map[int64]bool{}})
}

func hooksWith(t *testing.T, c *Client, n *notebook) *taking {
	ctx, cancel := context.WithCancel(t.Context())
	r := &taking{run: &run{notebook: n, done: make(chan error, 1), cancel: cancel}}
	r.net, r.http = newHookNet()
	go func() {
		r.done <- c.Webhook(ctx, Hook{URL: hookURL, Secret: hookSecret, Listener: r.net}, r, r.handle)
	}()
	synctest.Wait()
	return r
}

func (r *taking) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Webhook = %v, want nil after its context ended", err)
	}
	r.http.CloseIdleConnections()
}

// post delivers as Telegram does, but for what edit changes.
func (r *taking) post(t *testing.T, body string, edit func(*http.Request)) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://inside.test/a/confidential-path?run=x", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(secretHeader, hookSecret)
	if edit != nil {
		edit(req)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if len(said) != 0 {
		t.Errorf("an answer says %q, want no word", said)
	}
	return resp
}

func TestTheWebhookIsSetAsItHasToBe(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		hooks(t, c).stop(t)
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
		want := map[string]string{"secret_token": hookSecret, "max_connections": "40", "allowed_updates": `["message","callback_query","my_chat_member"]`}
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
		bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
			ctx, cancel := context.WithCancel(t.Context())
			n, _ := newHookNet()
			done := make(chan error, 1)
			go func() { done <- c.Webhook(ctx, Hook{URL: hookURL, Listener: n}, nil, nil) }()
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
	bubble(t, func(t *testing.T, c *Client, _ *stub, _ *lines) {
		n, client := newHookNet()
		r := &taking{run: &run{notebook: &notebook{known: map[int64]bool{}}, done: make(chan error, 1)}, net: n, http: client}
		j := &blocking{notebook: r.notebook, begun: make(chan struct{}, 9), release: make(chan struct{})}
		var ctx context.Context
		ctx, r.cancel = context.WithCancel(t.Context())
		go func() {
			r.done <- c.Webhook(ctx, Hook{URL: hookURL, Secret: hookSecret, Listener: n}, j, r.handle)
		}()
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
		if conn, err := n.dial(timeout(t, time.Second), "tcp", "inside.test:80"); err == nil {
			t.Error("somebody still listens")
			_ = conn.Close()
		}
	})
}

func timeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Somebody who sends a byte now and then does not hold up the end.
func TestAStopDoesNotWaitForTheSlow(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, _ *stub, _ *lines) {
		r := hooks(t, c)
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
		if took := time.Since(began); took > partTime+500*time.Millisecond {
			t.Errorf("the end took %v", took)
		}
	})
}

func TestABrokenListenerEndsWebhook(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, _ *stub, _ *lines) {
		r := hooks(t, c)
		if err := r.net.Close(); err != nil {
			t.Fatal(err)
		}
		r.net.closed = make(chan struct{}) // Webhook closes it once more
		if err := <-r.done; !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "serve the webhook") {
			t.Errorf("Webhook = %v", err)
		}
		r.cancel()
	})
}
