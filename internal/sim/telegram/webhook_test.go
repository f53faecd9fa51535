package telegram

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWebhook(t *testing.T) {
	r := newRig(t)
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
	p := r.Person(42, "Asha")
	p.Send("first")
	set := params{"url": hook.URL + "/tg", "secret_token": "made_up-1", "allowed_updates": []string{"message"}}
	for _, want := range []string{"Webhook was set", "Webhook is already set"} {
		if a := r.call("setWebhook", set); !a.OK || a.Description != want {
			t.Fatalf("setWebhook: %+v", a)
		}
	}
	p.Send("second")
	if d := <-pauses; d != time.Second {
		t.Errorf("pause of %v after the first failure", d)
	}
	for _, want := range []string{"first", "second"} {
		if body := <-bodies; !strings.Contains(body, want) {
			t.Errorf("posted %s, want %s", body, want)
		}
	}
	if err := r.wait(t.Context(), func() bool { return len(r.intake.queue) == 0 }); err != nil {
		t.Fatal(err)
	}
	r.checkHookInfo(hook.URL + "/tg")
	r.innocent()
}

// checkHookInfo wants a webhook that failed once and then took everything.
func (r *rig) checkHookInfo(url string) {
	r.t.Helper()
	info := decode[webhookInfo](r.t, r.must("getWebhookInfo", nil))
	if info.URL != url || info.Pending != 0 || info.LastErrorText != "Wrong response from the webhook: 503 Service Unavailable" || info.MaxConnections != 40 {
		r.t.Errorf("info %+v", info)
	}
}

func TestAWebhookExcludesGetUpdates(t *testing.T) {
	r := newRig(t)
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
	r.Person(42, "Asha").Send("third")
	if got := r.must("getUpdates", nil); !strings.Contains(string(got), "third") {
		t.Errorf("after the webhook: %s", got)
	}
	r.innocent()
}

func TestSetWebhookEndsAPollAndDropsUpdates(t *testing.T) {
	r := newRig(t)
	held := r.poll(t.Context(), params{"timeout": 50})
	r.waitPolling()
	// Port 1 on loopback refuses connections; nothing is posted, for the queue is empty.
	r.must("setWebhook", params{"url": "http://127.0.0.1:1/", "drop_pending_updates": true})
	if a := <-held; a.status != 409 || a.Description != "Conflict: terminated by setWebhook request" {
		t.Errorf("poll: %+v", a)
	}
	r.must("setWebhook", params{"url": ""})
	r.Person(42, "Asha").Send("x")
	r.must("deleteWebhook", params{"drop_pending_updates": true})
	if r.Queue() != 0 {
		t.Error("pending updates were kept")
	}
}

func TestSetWebhookRefusals(t *testing.T) {
	r := newRig(t)
	const insecure = "bad webhook: An HTTPS URL must be provided for webhook"
	r.refused("setWebhook", params{"url": "ftp://127.0.0.1/"}, insecure)
	r.refused("setWebhook", params{"url": "127.0.0.1"}, insecure)
	r.refused("setWebhook", params{"url": "https://example.org/"}, "bad webhook: the simulator delivers to loopback addresses only")
	r.refused("setWebhook", params{"url": "http://localhost:1/", "secret_token": "a b"}, "secret token contains unallowed characters")
	r.refused("setWebhook", params{"url": "http://localhost:1/", "secret_token": strings.Repeat("a", 257)}, "secret token is too long")
	r.refused("setWebhook", params{"url": "http://localhost:1/", "max_connections": "many"}, "invalid max_connections specified")
	if a := r.upload("setWebhook", params{"url": "http://localhost:1/"}, map[string][]byte{"certificate": {1}}); a.OK {
		t.Errorf("certificate: %+v", a)
	}
}
