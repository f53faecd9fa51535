package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The people of these tests.
const (
	asha int64 = 11
	ravi int64 = 22
)

// world is a pool over a Kite without a network, on a clock that the bubble
// moves. Its restart makes a new pool over the same store, as a new process would.
type world struct {
	t     *testing.T
	kite  *sessiontest.Kite
	store *disk
	pool  *session.Pool
	// Of the pools that are opened from now on; zero for none, and the defaults.
	meter  session.Meter
	timing session.Timing
	now    func() time.Time
	logger *slog.Logger

	clock *wallClock // that now is of, since a shift

	mu      sync.Mutex
	events  []string
	onEvent func(session.Event) // called with mu held; nil for nothing more
}

// inWorld runs a test at 10:00 IST of a working day.
func inWorld(t *testing.T, test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, kite: sessiontest.NewKite(t), store: &disk{MemStore: sessiontest.NewMemStore()}}
		time.Sleep(4*time.Hour + 30*time.Minute) // bubbles begin at midnight UTC
		w.open()
		defer func() { w.pool.Close() }() // the one that a restart left
		test(w)
	})
}

func (w *world) open() { w.openOver(w.kite, w.kite) }

// openOver opens a pool that reaches Kite in another way.
func (w *world) openOver(d session.Dialer, a session.Authorizer) {
	w.pool = session.New(session.Options{
		Dialer: d, Authorizer: a, Store: w.store, LoginHosts: sessiontest.Hosts(), Meter: w.meter, Timing: w.timing, Now: w.now, Logger: w.logger,
		Notify: func(e session.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, fmt.Sprintf("%d %s %s%s", e.Person, e.Kind, e.Status.User.UserID, e.Then))
			if w.onEvent != nil {
				w.onEvent(e)
			}
		},
	})
	if err := w.pool.Start(); err != nil {
		w.t.Fatal(err)
	}
}

// restart is a new process over the same file.
func (w *world) restart() {
	w.pool.Close()
	w.open()
}

// pass lets time go by and everything due happen.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// idleTime is after how long a login is parked, found a tenth later at the latest.
var idleTime = session.DefaultTiming().Idle

// passInUse is pass, while the person asks often enough to keep their stream.
func (w *world) passInUse(who int64, d time.Duration) {
	for ; d > 0; d -= idleTime / 2 {
		_, _ = w.call(who)
		w.pass(min(d, idleTime/2))
	}
}

// wantEvents checks what was told since the last time.
func (w *world) wantEvents(want ...string) {
	w.t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.events, want) {
		w.t.Errorf("events:\n got %q\nwant %q", w.events, want)
	}
	w.events = nil
}

func (w *world) wantState(who int64, want session.State) session.Status {
	w.t.Helper()
	s, err := w.pool.Status(who)
	if err != nil || s.State != want {
		w.t.Errorf("state of %d = %v, %v, want %v", who, s.State, err, want)
	}
	return s
}

func (w *world) link(who int64, then string) session.Link {
	w.t.Helper()
	link, _, err := w.pool.Link(w.t.Context(), who, then)
	if err != nil {
		w.t.Fatalf("link for %d: %v", who, err)
	}
	return link
}

// login walks a person through a whole login, and its announcement.
func (w *world) login(who int64, user string) session.Link {
	w.t.Helper()
	link := w.link(who, "")
	synctest.Wait() // the link was looked at once, and the login is left to Finish
	w.kite.Browser(link.URL, user)
	if _, err := w.pool.Finish(w.t.Context(), who); err != nil {
		w.t.Fatalf("login of %d as %s: %v", who, user, err)
	}
	if err := w.pool.Announced(who); err != nil {
		w.t.Fatal(err)
	}
	w.wantEvents(fmt.Sprintf("%d logged in %s", who, user))
	w.kite.Answer(user, "get_holdings", "the holdings of "+user)
	return link
}

func (w *world) call(who int64) (string, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	return w.pool.Call(ctx, who, query.Holdings())
}

func (w *world) wantAnswer(who int64, user string) {
	w.t.Helper()
	if got, err := w.call(who); err != nil || got != "the holdings of "+user {
		w.t.Errorf("answer for %d = %q, %v, want that of %s", who, got, err, user)
	}
}

func (w *world) wantError(who int64, want error) {
	w.t.Helper()
	if got, err := w.call(who); got != "" || !errors.Is(err, want) {
		w.t.Errorf("answer for %d = %q, %v, want error %v", who, got, err, want)
	}
}

func (w *world) wantCalls(want ...string) {
	w.t.Helper()
	synctest.Wait()
	if got := w.kite.Calls(); !slices.Equal(got, want) {
		w.t.Errorf("calls at Kite:\n got %q\nwant %q", got, want)
	}
}

// asError reports whether err is a T, for the typed errors.
func asError[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func (w *world) leave(who int64) {
	w.t.Helper()
	if _, _, err := w.pool.Logout(w.t.Context(), who); err != nil {
		w.t.Fatal(err)
	}
}
