package kite_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

func TestRegistrationsAreLimited(t *testing.T) {
	w := newNext(t)
	register := func() reply { return w.must("POST", "/register", `{"redirect_uris":["https://t.me/x"]}`) }
	for i := range 10 {
		if i == 5 {
			w.clock.add(30 * time.Minute)
		}
		if r := register(); r.status != http.StatusBadRequest {
			t.Fatalf("request %d: %d", i+1, r.status)
		}
	}
	for range 20 {
		r := register()
		if r.status != 429 || object(t, r.body)["error"] != "rate_limit_exceeded" || r.header.Get("Retry-After") != "" {
			t.Fatalf("eleventh: %d %s", r.status, r.body)
		}
	}
	w.clock.add(30 * time.Minute) // the first five are an hour old
	for i := range 5 {
		if r := register(); r.status != http.StatusBadRequest {
			t.Errorf("an hour later, request %d: %d", i+1, r.status)
		}
	}
	if r := register(); r.status != 429 {
		t.Errorf("one too many: %d", r.status)
	}
}

func TestAuthorizeAndTokenShareABucket(t *testing.T) {
	w := newNext(t)
	ask := []func() int{
		func() int { return w.must("GET", "/authorize?"+asking().Encode(), "").status },
		func() int { return w.redeem("0").status },
		func() int { return w.must("GET", "/token", "").status },
		func() int { return w.must("GET", "/authorize?session_id=1", "").status },
		func() int { return w.redeem("0").status },
	}
	for i, want := range []int{200, 400, 405, 400, 400} {
		if got := ask[i](); got != want {
			t.Errorf("request %d: %d, want %d", i+1, got, want)
		}
	}
	for i := range ask {
		if got := ask[i](); got != 429 {
			t.Errorf("request %d of an empty bucket: %d", i+1, got)
		}
	}
	r := w.must("GET", "/authorize", "")
	if r.body != "Too Many Requests\n" || r.header.Get("Retry-After") != "" {
		t.Errorf("%q", r.body)
	}
	w.clock.add(12*time.Second - time.Millisecond)
	if got := ask[0](); got != 429 {
		t.Errorf("before 12 s: %d", got)
	}
	w.clock.add(time.Millisecond)
	if got := ask[0](); got != 200 {
		t.Errorf("at 12 s: %d", got)
	}
	w.clock.add(time.Hour) // the bucket does not grow
	for i := range 6 {
		if got := ask[0](); (got == 200) != (i < 5) {
			t.Errorf("an hour later, request %d: %d", i+1, got)
		}
	}
}

// The phone of the person and the machine of the client have addresses of their own.
func TestWhoseBucket(t *testing.T) {
	w := newNext(t)
	for range 5 {
		w.must("GET", "/authorize", "")
	}
	if _, status := w.sim.Authorize(t.Context(), w.web.URL+"/authorize?"+asking().Encode(), "MK4021"); status != 302 {
		t.Errorf("the phone gets %d", status)
	}
	w = newNext(t, func(o *kite.Options) { o.NoRateLimits = true })
	for range 40 {
		if r := w.must("GET", "/authorize", ""); r.status != 400 {
			t.Fatalf("without limits: %d", r.status)
		}
	}
}

func TestCallbacksAreLimited(t *testing.T) {
	w := newNext(t)
	for i := range 31 {
		r := w.must("GET", "/callback", "")
		if i < 30 && r.status != 400 || i == 30 && (r.status != 429 || !strings.HasPrefix(r.body, "too many requests")) {
			t.Errorf("callback %d: %d %q", i+1, r.status, r.body)
		}
	}
}
