package session_test

import (
	"context"
	"fmt"
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
func (h *harness) wantEnds(who int64, unended, waits bool) {
	h.t.Helper()
	if s, err := h.pool.Status(who); err != nil || s.Unended != unended || s.EndWaits != waits {
		h.t.Errorf("of %d: unended %v, waits %v, %v, want %v and %v", who, s.Unended, s.EndWaits, err, unended, waits)
	}
}

// ended returns the calls of Kite that end a session.
func ended(calls []string) []string {
	return slices.DeleteFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "DELETE") })
}

// A logout that waits, and a new login of the same Kite user: where Kite keeps one
// token for a user, a DELETE would end the new login as well. None is sent until the
// person wants it.
func TestALoginWhileALogoutWaits(t *testing.T) {
	for how, leave := range leaveFuncs {
		for _, oneToken := range []bool{false, true} {
			t.Run(fmt.Sprint(how, ", one token ", oneToken), func(t *testing.T) {
				testPool(t, func(h *harness) {
					h.kite.OneToken.Store(oneToken)
					h.login(asha, "AB1234")
					h.kite.Undying.Store(true)
					if _, _, err := leave(h.pool, h.t.Context(), asha); err != nil {
						t.Fatal(err)
					}
					h.pass(20 * time.Minute)
					h.restart()
					h.login(asha, "AB1234")
					h.wantEnds(asha, true, true)

					h.kite.Undying.Store(false)
					h.kite.Calls()
					h.pass(session.LinkYoung)
					h.link(asha, "")
					if _, err := h.pool.RetryLogout(h.t.Context(), asha); err != nil {
						t.Error(err)
					}
					h.restart()
					h.pass(10 * time.Minute)
					if sent := ended(h.kite.Calls()); len(sent) > 0 {
						t.Errorf("without being asked: %q", sent)
					}
					h.wantAnswer(asha, "AB1234")
					h.wantEnds(asha, true, true)

					s, err := h.pool.EndEarlier(h.t.Context(), asha)
					if err != nil || s.Unended {
						t.Errorf("after the end: unended %v, %v", s.Unended, err)
					}
					h.wantEvents() // the caller reports it
					h.wantSessions("AB1234", 1)
					if !oneToken {
						h.wantAnswer(asha, "AB1234")
					} else if got, err := h.call(asha); got != "" || !asError[*session.DoubtError](err) {
						t.Errorf("answer = %q, %v: the price is that of the button", got, err)
					}
				})
			})
		}
	}
}

// Once the login that stood in the way is gone, the logout goes on by itself.
func TestALogoutGoesOnOnceTheNextLoginIsGone(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Undying.Store(true)
		h.leave(asha)
		second := h.login(asha, "AB1234")
		h.kite.Undying.Store(false)
		h.kite.Answer("XX9999", "get_holdings", "another person's")
		h.kite.Browser(second.URL, "XX9999")
		if got, err := h.call(asha); got != "" || err == nil {
			t.Errorf("answer = %q, %v", got, err)
		}
		h.pass(10 * time.Minute)
		h.wantState(asha, session.None)
		h.wantSessions("AB1234", 0)
	})
}

// Of another Kite user a DELETE takes nothing along.
func TestALogoutGoesOnWithAnotherKiteUser(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Undying.Store(true)
		h.leave(asha)
		h.login(asha, "CD5678")
		h.wantEnds(asha, true, false)
		h.kite.Undying.Store(false)
		h.pass(10 * time.Minute)
		h.wantEvents("11 logged out CD5678")
		h.wantSessions("AB1234", 0)
		h.wantAnswer(asha, "CD5678")
	})
}

// The end comes before the next link, where Kite takes it.
func TestALogoutThatWaitsComesBeforeTheNextLink(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Undying.Store(true)
		h.leave(asha)
		h.pass(10 * time.Minute) // the next attempt is minutes away
		h.kite.Undying.Store(false)
		h.kite.Calls()
		h.link(asha, "")
		h.wantEvents("11 logged out ")
		if calls := h.kite.Calls(); len(calls) < 2 || calls[0] != "DELETE 1" || calls[1] != "login 2" {
			t.Errorf("calls %q, want the DELETE before the login", calls)
		}
		h.wantEnds(asha, false, false)
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
func (h *harness) jump(by time.Duration) { h.clock.by.Store(int64(by)) }

// shift is a restart in which the clock is set.
func (h *harness) shift(by time.Duration) {
	h.pool.Close()
	h.clock = &wallClock{}
	h.jump(by)
	h.now = h.clock.now
	h.open()
}

// Whatever the clock says, a session that is to be ended is tried at least once.
func TestAClockSkipsNoLogout(t *testing.T) {
	for _, by := range []time.Duration{-13 * time.Hour, 13 * time.Hour, 400 * 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				h.shift(by)
				h.leave(asha)
				h.wantSessions("AB1234", 0)
			})
		})
	}
}

// Nor is it given up by the clock alone while Kite is silent.
func TestAClockGivesUpNoLogout(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.shift(13 * time.Hour)
		h.kite.Down.Store(true)
		h.leave(asha)
		h.pass(2 * time.Hour)
		h.wantEvents()
		h.wantState(asha, session.LoggingOut)
		h.kite.Down.Store(false)
		h.pass(10 * time.Minute)
		h.wantEvents("11 logged out ")
		h.wantSessions("AB1234", 0)
	})
}

// A login that was replaced is ended by the /logout that follows, also where the
// clock says that the server has forgotten it.
func TestAClockForgetsNoReplacedLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.shift(13 * time.Hour)
		h.login(asha, "AB1234")
		h.login(asha, "AB1234")
		h.leave(asha)
		h.wantSessions("AB1234", 0)
	})
}

// A session that waits for the person's word waits also where the clock says that
// the server has forgotten it: its end would take the new login along.
func TestAClockSendsNoLateEnd(t *testing.T) {
	for _, set := range []func(*harness, time.Duration){(*harness).shift, (*harness).jump} {
		testPool(t, func(h *harness) {
			h.shift(0)
			h.kite.OneToken.Store(true)
			h.login(asha, "AB1234")
			h.kite.Undying.Store(true)
			h.leave(asha)
			h.login(asha, "AB1234")
			h.kite.Undying.Store(false)
			set(h, 14*time.Hour)
			h.pass(10 * time.Minute)
			h.wantEnds(asha, true, true)
			h.wantAnswer(asha, "AB1234")
			h.pass(session.ServerLife + time.Hour) // it is forgotten for sure
			h.wantEnds(asha, false, false)
		})
	}
}

// panickingDialer is a Kite at which ending a session panics while it is broken.
type panickingDialer struct {
	*sessiontest.Kite
	broken atomic.Bool
}

func (f *panickingDialer) End(ctx context.Context, h session.Credential) error {
	if f.broken.Load() {
		panic("a bug")
	}
	return f.Kite.End(ctx, h)
}

// A bug in what ends a session costs that attempt.
func TestABugInAnEndIsOneAttempt(t *testing.T) {
	testPool(t, func(h *harness) {
		h.pool.Close()
		far := &panickingDialer{Kite: h.kite}
		h.openOver(far, h.kite)
		h.login(asha, "AB1234")
		far.broken.Store(true)
		h.leave(asha)
		h.wantState(asha, session.LoggingOut)
		far.broken.Store(false)
		h.pass(time.Minute)
		h.wantEvents("11 logged out ")
	})
}
