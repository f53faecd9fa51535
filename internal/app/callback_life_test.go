package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// All browsers together are given 20 pages at once and then five a second.
func TestAFloodOfBrowsers(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, _ *page) {
		let := func(n int) (in int) {
			for range n {
				w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery())
				if w.Code == http.StatusOK {
					in++
				} else if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "load this page again") {
					t.Errorf("answered %d\n%s", w.Code, w.Body)
				}
			}
			return in
		}
		if in := let(30); in != 20 {
			t.Errorf("of 30 at once %d got in, want 20", in)
		}
		time.Sleep(time.Second)
		if in := let(30); in != 5 {
			t.Errorf("of 30 a second later %d got in, want 5", in)
		}
		if len(f.calls) != 25 {
			t.Errorf("%d were finished", len(f.calls))
		}
	})
}

// A login has 30 seconds, and goes on though its browser leaves.
func TestTheTimeOfALogin(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }
		began := time.Now()
		if w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery()); w.Code != http.StatusInternalServerError || time.Since(began) != finishTime {
			t.Errorf("answered %d after %v", w.Code, time.Since(began))
		}
		log.want(t, "was not finished")
	})
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(ctx context.Context, _, _ string) error {
			select {
			case <-time.After(10 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		began := time.Now()
		b.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/kite/callback?"+goodQuery(), nil))
		if time.Since(began) != time.Second {
			t.Errorf("the request of a browser that left was held for %v", time.Since(began))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		log.want(t, "page=done")
	})
}

// The end of a run breaks off what is being finished, and waits for it.
func TestTheEndOfACallback(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }
		ctx, leave := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); leave() }()
		b.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/kite/callback?"+goodQuery(), nil))
		began := time.Now()
		b.Close()
		if time.Since(began) != 0 {
			t.Errorf("the end took %v", time.Since(began))
		}
		log.want(t, "was not finished")
	})
}

// A bug is one login's, and quotes nothing either.
func TestAPanicIsOneLogins(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(_ context.Context, state, code string) error {
			panic("no room for " + state + ", " + code + " and RELIANCE")
		}
		if w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery()); w.Code != http.StatusInternalServerError {
			t.Errorf("answered %d", w.Code)
		}
		log.want(t, "a bug of ours", "was not finished")
		if text := strings.Join(log.lines(), "\n"); strings.Contains(text, "no room for") || !strings.Contains(text, "panic=string") {
			t.Errorf("the log has the value of the panic, or not its kind:\n%s", text)
		}
	})
}
