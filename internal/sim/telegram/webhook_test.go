package telegram

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWebhook(t *testing.T) {
	r := startServer(t)
	pauses := make(chan time.Duration, 1)
	r.opts.After = func(d time.Duration) <-chan time.Time {
		pauses <- d
		now := make(chan time.Time, 1)
		now <- time.Time{}
		return now
	}
	bodies := make(chan string, 8)
	fails := 1
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if req.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "made_up-1" || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", req.Header)
		}
		if fails > 0 {
			fails--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		bodies <- string(body)
	}))
	defer hook.Close()
	p := r.User(42, "Asha")
	p.Send("first")
	set := params{"url": hook.URL + "/tg", "secret_token": "made_up-1", "allowed_updates": []string{"message"}}
	for _, want := range []string{"Webhook was set", "Webhook is already set"} {
		r.clock.add(time.Second)
		if a := r.call("setWebhook", set); !a.OK || a.Description != want {
			t.Fatalf("setWebhook: %+v", a)
		}
	}
	p.Send("second")
	if d := <-pauses; d != 0 {
		t.Errorf("pause of %v after the first failure", d)
	}
	for _, want := range []string{"first", "second"} {
		if body := <-bodies; !strings.Contains(body, want) {
			t.Errorf("posted %s, want %s", body, want)
		}
	}
	if err := r.wait(t.Context(), func() bool { return len(r.updates.queue) == 0 }); err != nil {
		t.Fatal(err)
	}
	r.checkHookInfo(hook.URL + "/tg")
	r.noViolations()
}

// checkHookInfo wants a webhook that failed once and then took everything.
func (r *fixture) checkHookInfo(url string) {
	r.t.Helper()
	info := decode[webhookInfo](r.t, r.must("getWebhookInfo", nil))
	if info.URL != url || info.Pending != 0 || info.LastErrorText != "Wrong response from the webhook: 503 Service Unavailable" || info.MaxConnections != 40 {
		r.t.Errorf("info %+v", info)
	}
}

func TestAWebhookExcludesGetUpdates(t *testing.T) {
	r := startServer(t)
	r.must("setWebhook", params{"url": "http://127.0.0.1:1/"}) // never called: the queue stays empty
	const words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
	if a := r.call("getUpdates", nil); a.status != 409 || a.Description != words {
		t.Errorf("getUpdates beside a webhook: %+v", a)
	}
	for _, want := range []string{"Webhook was deleted", "Webhook is already deleted"} {
		if a := r.call("deleteWebhook", nil); !a.OK || a.Description != want {
			t.Errorf("deleteWebhook: %+v", a)
		}
	}
	r.User(42, "Asha").Send("third")
	if got := r.must("getUpdates", nil); !strings.Contains(string(got), "third") {
		t.Errorf("after the webhook: %s", got)
	}
	r.noViolations()
}

func TestSetWebhookEndsAPollAndDropsUpdates(t *testing.T) {
	r := startServer(t)
	held := r.poll(t.Context(), params{"timeout": 50})
	r.waitPolling()
	// Port 1 on loopback refuses connections; nothing is posted, for the queue is empty.
	r.must("setWebhook", params{"url": "http://127.0.0.1:1/", "drop_pending_updates": true})
	if a := <-held; a.status != 409 || a.Description != "Conflict: terminated by setWebhook request" {
		t.Errorf("poll: %+v", a)
	}
	r.must("setWebhook", params{"url": ""}) // which is deleteWebhook
	r.User(42, "Asha").Send("x")
	r.must("deleteWebhook", params{"drop_pending_updates": true})
	if r.Queue() != 0 {
		t.Error("pending updates were kept")
	}
}

func TestSetWebhookRefusals(t *testing.T) {
	r := startServer(t)
	const insecure = "bad webhook: An HTTPS URL must be provided for webhook"
	r.refused("setWebhook", params{"url": "ftp://127.0.0.1/"}, insecure)
	r.refused("setWebhook", params{"url": "127.0.0.1"}, insecure)
	r.refused("setWebhook", params{"url": "https://example.org/"}, "bad webhook: the simulator delivers to loopback addresses only")
	r.refused("setWebhook", params{"url": "https://127.0.0.1:444/"}, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	r.refused("setWebhook", params{"url": "http://localhost:1/", "secret_token": "a b"}, "secret token contains unallowed characters")
	r.refused("setWebhook", params{"url": "http://localhost:1/", "secret_token": strings.Repeat("a", 257)}, "secret token is too long")
	r.refused("setWebhook", params{"url": "http://localhost:1/", "max_connections": "many"}, "invalid max_connections specified")
	if a := r.upload("setWebhook", params{"url": "http://localhost:1/"}, map[string][]byte{"certificate": {1}}); a.OK {
		t.Errorf("certificate: %+v", a)
	}
}

func TestSetWebhookIsRare(t *testing.T) {
	r := startServer(t)
	set := params{"url": "http://127.0.0.1:1/"}
	r.must("setWebhook", set)
	r.clock.add(999 * time.Millisecond)
	if a := r.call("setWebhook", set); a.status != 429 || a.Parameters.RetryAfter != 1 {
		t.Errorf("the second within a second: %+v", a)
	}
	r.clock.add(time.Millisecond)
	r.must("setWebhook", set)
	r.noViolations()
}

func TestMaxConnections(t *testing.T) {
	for given, want := range map[string]int64{"": 40, "0": 1, "1": 1, "100": 100, "101": 100} {
		r := startServer(t)
		set := params{"url": "http://127.0.0.1:1/"}
		if given != "" {
			set["max_connections"] = given
		}
		r.must("setWebhook", set)
		if info := decode[webhookInfo](t, r.must("getWebhookInfo", nil)); info.MaxConnections != want {
			t.Errorf("max_connections %q became %d, want %d", given, info.MaxConnections, want)
		}
		if strange := given == "0" || given == "101"; strange != (len(r.Violations()) > 0) {
			t.Errorf("max_connections %q: violations %q", given, r.Violations())
		}
	}
}

func TestPausesOfAWebhook(t *testing.T) {
	var got []time.Duration
	for failures := 1; failures < 9; failures++ {
		got = append(got, pauseAfter(failures, 0)/time.Second)
	}
	if want := []time.Duration{0, 2, 4, 8, 16, 32, 60, 60}; !slices.Equal(got, want) {
		t.Errorf("pauses of %v seconds, want %v", got, want)
	}
	if a, b := pauseAfter(3, 5*time.Second), pauseAfter(1, 5*time.Hour); a != 5*time.Second || b != time.Hour {
		t.Errorf("pauses of %v and %v, want what was asked for, up to an hour", a, b)
	}
}

// hookOf is a bot that notes what comes, and answers as a test wants.
func hookOf(t *testing.T, answer func(text string) (status int)) (url string) {
	t.Helper()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var u struct{ Message struct{ Text string } }
		if err := json.NewDecoder(req.Body).Decode(&u); err != nil {
			t.Error(err)
		}
		w.WriteHeader(answer(u.Message.Text))
	}))
	t.Cleanup(hook.Close)
	return hook.URL
}

// What comes from one chat stays in order; another chat does not wait for it.
func TestAWebhookKeepsTheOrderOfAChat(t *testing.T) {
	r := startServer(t)
	var mu sync.Mutex
	var got []string
	tries := 0
	url := hookOf(t, func(text string) int {
		mu.Lock()
		defer mu.Unlock()
		if text == "a1" {
			if tries++; tries < 3 {
				return http.StatusServiceUnavailable
			}
		}
		got = append(got, text)
		return http.StatusOK
	})
	hold := make(chan time.Time)
	r.opts.After = func(time.Duration) <-chan time.Time { return hold }
	asha, ravi := r.User(42, "Asha"), r.User(43, "Ravi")
	r.must("setWebhook", params{"url": url})
	for _, text := range []string{"1", "2"} {
		asha.Send("a" + text)
		ravi.Send("r" + text)
	}
	if err := r.wait(t.Context(), func() bool { return len(r.updates.queue) == 2 }); err != nil {
		t.Fatal(err)
	}
	close(hold)
	if err := r.WaitDelivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"r1", "r2", "a1", "a2"}; !slices.Equal(got, want) {
		t.Errorf("delivered %q, want %q", got, want)
	}
	r.noViolations()
}

func TestAWebhookHasSoManyConnections(t *testing.T) {
	r := startServer(t)
	var mu sync.Mutex
	most, now := 0, 0
	full := make(chan struct{})
	url := hookOf(t, func(string) int {
		mu.Lock()
		now++
		if most = max(most, now); now == 3 {
			close(full)
		}
		mu.Unlock()
		<-full
		mu.Lock()
		defer mu.Unlock()
		now--
		return http.StatusOK
	})
	r.must("setWebhook", params{"url": url, "max_connections": 3})
	for i := range int64(20) {
		r.User(42+i, "P").Send("hello")
	}
	if err := r.WaitDelivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most != 3 {
		t.Errorf("%d deliveries at once, want 3", most)
	}
	if n := r.Redeliver(5); n != 5 {
		t.Errorf("%d of what a webhook took come again, want 5", n)
	}
	r.noViolations()
}

func TestAWebhookMustNotAnswerGone(t *testing.T) {
	r := startServer(t)
	answers := []int{http.StatusGone, http.StatusOK}
	url := hookOf(t, func(string) int {
		status := answers[0]
		answers = answers[1:]
		return status
	})
	r.must("setWebhook", params{"url": url})
	r.User(42, "Asha").Send("hello")
	if err := r.WaitDelivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.wantViolation("webhook: answered with 410")
}
