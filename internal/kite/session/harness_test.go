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

// harness is a pool over a Kite without a network, in the fake time of synctest. Its
// restart makes a new pool over the same store, as a new process would.
type harness struct {
	t     *testing.T
	kite  *sessiontest.Kite
	store *testStore
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

// testPool runs a test at 10:00 IST of a working day.
func testPool(t *testing.T, test func(*harness)) {
	synctest.Test(t, func(t *testing.T) {
		h := &harness{t: t, kite: sessiontest.NewKite(t), store: &testStore{MemStore: sessiontest.NewMemStore()}}
		time.Sleep(4*time.Hour + 30*time.Minute) // bubbles begin at midnight UTC
		h.open()
		defer func() { h.pool.Close() }() // the one that a restart left
		test(h)
	})
}

func (h *harness) open() { h.openOver(h.kite, h.kite) }

// openOver opens a pool that reaches Kite in another way.
func (h *harness) openOver(d session.Dialer, a session.Authorizer) {
	h.pool = session.New(session.Options{
		Dialer: d, Authorizer: a, Store: h.store, LoginHosts: sessiontest.Hosts(), Meter: h.meter, Timing: h.timing, Now: h.now, Logger: h.logger,
		Notify: func(e session.Event) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.events = append(h.events, fmt.Sprintf("%d %s %s%s", e.Person, e.Kind, e.Status.User.UserID, e.Then))
			if h.onEvent != nil {
				h.onEvent(e)
			}
		},
	})
	if err := h.pool.Start(); err != nil {
		h.t.Fatal(err)
	}
}

// restart is a new process over the same file.
func (h *harness) restart() {
	h.pool.Close()
	h.open()
}

// pass lets time go by and everything due happen.
func (h *harness) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// idleTime is after how long a login is parked, found a tenth later at the latest.
var idleTime = session.DefaultTiming().Idle

// passInUse is pass, while the person asks often enough to keep their stream.
func (h *harness) passInUse(who int64, d time.Duration) {
	for ; d > 0; d -= idleTime / 2 {
		_, _ = h.call(who)
		h.pass(min(d, idleTime/2))
	}
}

// wantEvents checks what was told since the last time.
func (h *harness) wantEvents(want ...string) {
	h.t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.events, want) {
		h.t.Errorf("events:\n got %q\nwant %q", h.events, want)
	}
	h.events = nil
}

func (h *harness) wantState(who int64, want session.State) session.Status {
	h.t.Helper()
	s, err := h.pool.Status(who)
	if err != nil || s.State != want {
		h.t.Errorf("state of %d = %v, %v, want %v", who, s.State, err, want)
	}
	return s
}

func (h *harness) link(who int64, then string) session.Link {
	h.t.Helper()
	link, _, err := h.pool.Link(h.t.Context(), who, then)
	if err != nil {
		h.t.Fatalf("link for %d: %v", who, err)
	}
	return link
}

// login walks a person through a whole login, and its announcement.
func (h *harness) login(who int64, user string) session.Link {
	h.t.Helper()
	link := h.link(who, "")
	synctest.Wait() // the link was looked at once, and the login is left to Finish
	h.kite.Browser(link.URL, user)
	if _, err := h.pool.Finish(h.t.Context(), who); err != nil {
		h.t.Fatalf("login of %d as %s: %v", who, user, err)
	}
	h.announced(who)
	h.wantEvents(fmt.Sprintf("%d logged in %s", who, user))
	h.kite.Answer(user, "get_holdings", "the holdings of "+user)
	return link
}

func (h *harness) call(who int64) (string, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	return h.pool.Call(ctx, who, query.Holdings())
}

func (h *harness) wantAnswer(who int64, user string) {
	h.t.Helper()
	if got, err := h.call(who); err != nil || got != "the holdings of "+user {
		h.t.Errorf("answer for %d = %q, %v, want that of %s", who, got, err, user)
	}
}

func (h *harness) wantError(who int64, want error) {
	h.t.Helper()
	if got, err := h.call(who); got != "" || !errors.Is(err, want) {
		h.t.Errorf("answer for %d = %q, %v, want error %v", who, got, err, want)
	}
}

func (h *harness) wantCalls(want ...string) {
	h.t.Helper()
	synctest.Wait()
	if got := h.kite.Calls(); !slices.Equal(got, want) {
		h.t.Errorf("calls at Kite:\n got %q\nwant %q", got, want)
	}
}

// asError reports whether err is a T, for the typed errors.
func asError[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func (h *harness) leave(who int64) {
	h.t.Helper()
	if _, _, err := h.pool.Logout(h.t.Context(), who); err != nil {
		h.t.Fatal(err)
	}
}

// announced notes that a person knows of their login.
func (h *harness) announced(who int64) {
	h.t.Helper()
	if err := h.pool.Announced(who); err != nil {
		h.t.Fatal(err)
	}
}

// wantSessions checks how many sessions are logged in as a Kite user.
func (h *harness) wantSessions(user string, want int) {
	h.t.Helper()
	if n := h.kite.LoggedIn(user); n != want {
		h.t.Errorf("%d sessions are logged in as %s, want %d", n, user, want)
	}
}

// testStore is a store in memory that counts, and that can be slow or full.
type testStore struct {
	*sessiontest.MemStore

	mu     sync.Mutex
	loads  int
	saves  int
	broken bool
	slow   int64                      // the person whose record takes a minute to read
	early  time.Duration              // the list of who is due says so much too early
	before func(session.Record) error // asked before every Save; nil for a good disk
}

func (d *testStore) Pending() ([]session.Due, error) {
	pending, err := d.MemStore.Pending()
	for i := range pending {
		if !pending[i].At.IsZero() {
			pending[i].At = pending[i].At.Add(-d.early)
		}
	}
	return pending, err
}

func (d *testStore) Load(person int64) (session.Record, error) {
	d.mu.Lock()
	d.loads++
	broken := d.broken
	d.mu.Unlock()
	if person == d.slow {
		time.Sleep(time.Minute)
	}
	if broken {
		return session.Record{}, session.ErrRecordDamaged
	}
	return d.MemStore.Load(person)
}

func (d *testStore) Save(records ...session.Record) error {
	d.mu.Lock()
	d.saves++
	before := d.before
	d.mu.Unlock()
	for _, r := range records {
		if before == nil {
			break
		}
		if err := before(r); err != nil {
			return err
		}
	}
	return d.MemStore.Save(records...)
}

// Damage makes every record unreadable.
func (d *testStore) Damage() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = true
}

// Before is asked before every Save from now on.
func (d *testStore) Before(f func(session.Record) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = f
}

// count returns how often was loaded and saved since the last time.
func (d *testStore) count() (loads, saves int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	loads, saves = d.loads, d.saves
	d.loads, d.saves = 0, 0
	return loads, saves
}
