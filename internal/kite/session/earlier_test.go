package session_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// wantEnds checks what a person is told of the sessions of before.
func (w *world) wantEnds(who int64, unended, waits bool) {
	w.t.Helper()
	if s, err := w.pool.Status(who); err != nil || s.Unended != unended || s.EndWaits != waits {
		w.t.Errorf("of %d: unended %v, waits %v, %v, want %v and %v", who, s.Unended, s.EndWaits, err, unended, waits)
	}
}

// ended returns the calls of Kite that end a session.
func ended(calls []string) []string {
	return slices.DeleteFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "DELETE") })
}

// A logout that waits, and a new login of the same Kite user: a DELETE could end
// the new login as well, so the person is told, until they say that it be sent.
func TestALoginWhileALogoutWaits(t *testing.T) {
	for how, leave := range ways {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.kite.Undying.Store(true)
				if _, _, err := leave(w.pool, w.t.Context(), asha); err != nil {
					t.Fatal(err)
				}
				w.pass(20 * time.Minute)
				w.restart()
				w.login(asha, "AB1234")
				w.wantEnds(asha, true, true)
				w.kite.Undying.Store(false)
				w.kite.Calls()
				w.pass(10 * time.Minute)
				if sent := ended(w.kite.Calls()); len(sent) > 0 {
					t.Errorf("without being asked: %q", sent)
				}
				w.restart()
				w.wantAnswer(asha, "AB1234")
				w.wantEnds(asha, true, true)

				s, err := w.pool.EndEarlier(w.t.Context(), asha)
				if err != nil || s.Unended || s.State != session.Parked {
					t.Errorf("after the end: unended %v, %v, %v", s.Unended, s.State, err)
				}
				if n := w.kite.LoggedIn("AB1234"); n != 1 {
					t.Errorf("%d sessions are logged in, want the new one", n)
				}
				w.wantEvents() // the caller tells
				w.wantAnswer(asha, "AB1234")
			})
		})
	}
}

// Where Kite keeps one token for a user, nothing that the person did not ask for
// takes the new login along.
func TestALateEndSparesTheNextLogin(t *testing.T) {
	for how, leave := range ways {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.kite.OneToken.Store(true)
				w.login(asha, "AB1234")
				w.kite.Undying.Store(true)
				if _, _, err := leave(w.pool, w.t.Context(), asha); err != nil {
					t.Fatal(err)
				}
				w.login(asha, "AB1234")
				w.kite.Undying.Store(false)
				w.pass(session.LinkYoung)
				w.link(asha, "") // nor does a new link
				if _, err := w.pool.RetryLogout(w.t.Context(), asha); err != nil {
					t.Error(err)
				}
				w.restart()
				w.pass(10 * time.Minute)
				w.wantAnswer(asha, "AB1234")
				if _, err := w.pool.EndEarlier(w.t.Context(), asha); err != nil {
					t.Error(err)
				}
				if got, err := w.call(asha); got != "" || !asError[*session.DoubtError](err) {
					t.Errorf("answer = %q, %v: the price is that of the button", got, err)
				}
			})
		})
	}
}

// Once the login that stood in the way is gone, the logout goes on by itself.
func TestALogoutGoesOnOnceTheNextLoginIsGone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying.Store(true)
		w.leave(asha)
		second := w.login(asha, "AB1234")
		w.kite.Undying.Store(false)
		w.kite.Answer("XX9999", "get_holdings", "another person's")
		w.kite.Browser(second.URL, "XX9999")
		if got, err := w.call(asha); got != "" || err == nil {
			t.Errorf("answer = %q, %v", got, err)
		}
		w.pass(10 * time.Minute)
		w.wantState(asha, session.None)
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Error("the session that was logged out is open")
		}
	})
}

// Of another Kite user a DELETE takes nothing along.
func TestALogoutGoesOnWithAnotherKiteUser(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying.Store(true)
		w.leave(asha)
		w.login(asha, "CD5678")
		w.wantEnds(asha, true, false)
		w.kite.Undying.Store(false)
		w.pass(10 * time.Minute)
		w.wantEvents("11 logged out CD5678")
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Error("the session that was logged out is open")
		}
		w.wantAnswer(asha, "CD5678")
	})
}

// The end comes before the next link, where Kite takes it.
func TestALogoutThatWaitsComesBeforeTheNextLink(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying.Store(true)
		w.leave(asha)
		w.pass(10 * time.Minute) // the next attempt is minutes away
		w.kite.Undying.Store(false)
		w.kite.Calls()
		w.link(asha, "")
		w.wantEvents("11 logged out ")
		if calls := w.kite.Calls(); len(calls) < 2 || calls[0] != "DELETE 1" || calls[1] != "login 2" {
			t.Errorf("calls %q, want the DELETE before the login", calls)
		}
		w.wantEnds(asha, false, false)
	})
}

// wallClock is a clock whose time of day is wrong by so much. What it measures is
// right, as that of a process is.
type wallClock struct{ by atomic.Int64 }

// now has both readings, as outside of a synctest bubble.
func (c *wallClock) now() time.Time {
	const since1885 = 2_682_288_000 // of 1970, in seconds
	now := time.Now()
	shown := now.Unix() + c.by.Load()/int64(time.Second)
	var t time.Time
	*(*[2]uint64)(unsafe.Pointer(&t)) = [2]uint64{1<<63 | uint64(shown+since1885)<<30 | uint64(now.Nanosecond()), uint64(now.UnixNano())}
	return t
}

// jump sets the clock while the process runs.
func (w *world) jump(by time.Duration) { w.clock.by.Store(int64(by)) }

// shift is a restart in which the clock is set.
func (w *world) shift(by time.Duration) {
	w.pool.Close()
	w.clock = &wallClock{}
	w.jump(by)
	w.now = w.clock.now
	w.open()
}

// Whatever the clock says, a session that is to be ended is tried at least once.
func TestAClockSkipsNoLogout(t *testing.T) {
	for _, by := range []time.Duration{-13 * time.Hour, 13 * time.Hour, 400 * 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.shift(by)
				w.leave(asha)
				if n := w.kite.LoggedIn("AB1234"); n != 0 {
					t.Error("told that they are logged out, and logged in at Kite")
				}
			})
		})
	}
}

// Nor is it given up by the clock alone while Kite is silent.
func TestAClockGivesUpNoLogout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.shift(13 * time.Hour)
		w.kite.Down.Store(true)
		w.leave(asha)
		w.pass(2 * time.Hour)
		w.wantEvents()
		w.wantState(asha, session.LoggingOut)
		w.kite.Down.Store(false)
		w.pass(10 * time.Minute)
		w.wantEvents("11 logged out ")
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Error("told that they are logged out, and logged in at Kite")
		}
	})
}

// A login that was replaced is ended by the /logout that follows, also where the
// clock says that the server has forgotten it.
func TestAClockForgetsNoReplacedLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.shift(13 * time.Hour)
		w.login(asha, "AB1234")
		w.login(asha, "AB1234")
		w.leave(asha)
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Errorf("%d sessions are open after a logout", n)
		}
	})
}

// A session that waits for the person's word waits also where the clock says that
// the server has forgotten it: its end would take the new login along.
func TestAClockSendsNoLateEnd(t *testing.T) {
	for _, set := range []func(*world, time.Duration){(*world).shift, (*world).jump} {
		inWorld(t, func(w *world) {
			w.shift(0)
			w.kite.OneToken.Store(true)
			w.login(asha, "AB1234")
			w.kite.Undying.Store(true)
			w.leave(asha)
			w.login(asha, "AB1234")
			w.kite.Undying.Store(false)
			set(w, 14*time.Hour)
			w.pass(10 * time.Minute)
			w.wantEnds(asha, true, true)
			w.wantAnswer(asha, "AB1234")
			w.pass(session.ServerLife + time.Hour) // it is forgotten for sure
			w.wantEnds(asha, false, false)
		})
	}
}

// faulty is a Kite at which ending a session panics while it is broken.
type faulty struct {
	*sessiontest.Kite
	broken atomic.Bool
}

func (f *faulty) End(ctx context.Context, h session.Credential) error {
	if f.broken.Load() {
		panic("a bug")
	}
	return f.Kite.End(ctx, h)
}

// A bug in what ends a session costs that attempt.
func TestABugInAnEndIsOneAttempt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.pool.Close()
		far := &faulty{Kite: w.kite}
		w.openOver(far, w.kite)
		w.login(asha, "AB1234")
		far.broken.Store(true)
		w.leave(asha)
		w.wantState(asha, session.LoggingOut)
		far.broken.Store(false)
		w.pass(time.Minute)
		w.wantEvents("11 logged out ")
	})
}
