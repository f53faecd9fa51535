package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

func TestLogout(t *testing.T) {
	testPool(t, func(h *harness) {
		first := h.link(asha, "")
		h.pass(session.LinkYoung)
		h.login(asha, "AB1234") // the first link is still out
		h.kite.Calls()
		was, s, err := h.pool.Logout(h.t.Context(), asha)
		if err != nil || was.Login == nil || s.State != session.None {
			t.Fatalf("logout = %+v, %v", s, err)
		}
		h.wantSessions("AB1234", 0)
		if h.store.Len() != 0 {
			t.Error("the store still knows the person")
		}
		if calls := h.kite.Calls(); len(calls) != 2 {
			t.Errorf("calls %q, want a DELETE for the login and for the other link", calls)
		}
		h.wantError(asha, session.ErrNoLogin)
		_ = first
	})
}

func TestLogoutIsGivenUpWhenTheServerForgotTheSession(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Undying.Store(true)
		h.leave(asha)
		h.pass(13 * time.Hour)
		h.wantEvents("11 logged out ")
		if h.store.Len() != 0 {
			t.Error("the store still knows the person")
		}
	})
}

func TestNoAnswerAfterALogoutThatOvertookIt(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Hour)
		h.wantAnswer(asha, "AB1234")
		h.kite.Before(func(tool string) {
			if tool != "get_holdings" {
				return
			}
			h.kite.Before(nil)
			h.announced(asha)
			h.kite.Undying.Store(true) // the call itself still gets its answer
			h.leave(asha)
		})
		if got, err := h.call(asha); got != "" || err == nil {
			t.Errorf("answer after a logout = %q, %v", got, err)
		}
	})
}

func TestShutdownLogsNobodyOut(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.link(ravi, "")
		h.pass(time.Second)
		h.kite.Calls()
		h.pool.Close()
		h.wantCalls()
		if h.kite.LoggedIn("AB1234") != 1 || h.kite.Streams() != 0 {
			t.Errorf("after the shutdown %d logged in, %d streams", h.kite.LoggedIn("AB1234"), h.kite.Streams())
		}
		h.open()
	})
}

// A way to leave: /logout, or being removed by an operator.
type leaveFunc func(*session.Pool, context.Context, int64) (session.Record, session.Status, error)

var leaveFuncs = map[string]leaveFunc{"logout": (*session.Pool).Logout, "remove": (*session.Pool).Remove}

// gone checks that nothing of asha is left anywhere, nor told later.
func (h *harness) gone() {
	h.t.Helper()
	h.pass(time.Second)
	h.wantState(asha, session.None)
	if n := h.store.Len(); n != 0 {
		h.t.Errorf("%d records are kept", n)
	}
	for _, user := range []string{"AB1234", "CD5678"} {
		h.wantSessions(user, 0)
	}
	h.wantStreams(0)
	h.kite.Calls()
	h.wantEvents()
	h.pass(13 * time.Hour)
	h.wantEvents()
	h.wantCalls()
}

// at makes something happen when a tool is asked for the next time.
func (h *harness) at(tool string, happen func()) {
	h.kite.Before(func(asked string) {
		if asked == tool {
			h.kite.Before(nil)
			happen()
		}
	})
}

func TestLeavingInTheMiddle(t *testing.T) {
	for name, test := range map[string]struct {
		before func(*harness)
		during string // the tool that is being asked when the person leaves
		do     func(*harness) error
		want   error
	}{
		"of making a link": {func(*harness) {}, "login", func(h *harness) error {
			_, _, err := h.pool.Link(h.t.Context(), asha, "/holdings")
			return err
		}, session.ErrLoggedOut},
		"of looking at a young link": {func(h *harness) { h.link(asha, ""); h.pass(3 * time.Minute) }, "get_profile", func(h *harness) error {
			_, _, err := h.pool.Link(h.t.Context(), asha, "/holdings")
			return err
		}, session.ErrLoggedOut},
		"of a call": {func(h *harness) { h.login(asha, "AB1234") }, "get_holdings", func(h *harness) error {
			_, err := h.call(asha)
			return err
		}, session.ErrLoggedOut},
		"of a proof": {func(h *harness) { h.login(asha, "AB1234") }, "get_profile", func(h *harness) error {
			_, err := h.call(asha)
			return err
		}, session.ErrLoggedOut},
		"of a bind": {func(h *harness) { h.link(asha, ""); h.pass(3 * time.Minute) }, "get_profile", func(h *harness) error {
			h.kite.Browser(h.wantState(asha, session.LinkSent).Link.URL, "AB1234")
			_, err := h.pool.Finish(h.t.Context(), asha)
			return err
		}, session.ErrLoggedOut},
		"of a check": {func(h *harness) { h.login(asha, "AB1234") }, "get_profile", func(h *harness) error {
			_, err := h.pool.Check(h.t.Context(), asha)
			return err
		}, session.ErrLoggedOut},
	} {
		for how, leave := range leaveFuncs {
			t.Run(name+"/"+how, func(t *testing.T) {
				testPool(t, func(h *harness) {
					test.before(h)
					h.pass(time.Second)
					h.at(test.during, func() {
						if _, _, err := leave(h.pool, h.t.Context(), asha); err != nil {
							t.Error(err)
						}
					})
					if err := test.do(h); !errors.Is(err, test.want) {
						t.Errorf("%v, want %v", err, test.want)
					}
					h.gone()
				})
			})
		}
	}
}

// stepMeter is a Meter that is called at each step of a login.
type stepMeter func(step string)

func (m stepMeter) LoginStep(step string) { m(step) }

func (stepMeter) Resumed(string) {}

// An event of before a logout is not sent after it: the link dies, and the person logs
// out before that is passed on.
func TestALogoutDropsTheEventsOfBefore(t *testing.T) {
	testPool(t, func(h *harness) {
		h.pool.Close()
		h.meter = stepMeter(func(step string) {
			if step == "link died" {
				h.leave(asha)
			}
		})
		h.open()
		h.link(asha, "")
		h.pass(session.LinkLife + time.Minute)
		h.gone()
	})
}

// The answer about the profile is on its way here when the person leaves: the
// login is through at the server and nowhere else.
func TestLeavingWhileTheLoginIsWrittenDown(t *testing.T) {
	for how, leave := range leaveFuncs {
		t.Run(how, func(t *testing.T) {
			testPool(t, func(h *harness) {
				link := h.link(asha, "/holdings")
				left := make(chan error, 1)
				h.store.Before(func(session.Record) error {
					h.store.Before(nil)
					go func() { // waits for this commit
						_, _, err := leave(h.pool, h.t.Context(), asha)
						left <- err
					}()
					time.Sleep(time.Second)
					return nil
				})
				h.kite.Browser(link.URL, "AB1234")
				_, _ = h.pool.Finish(h.t.Context(), asha)
				if err := <-left; err != nil {
					t.Fatal(err)
				}
				h.mu.Lock()
				h.events = nil // told before the person left, or not at all
				h.mu.Unlock()
				synctest.Wait()
				h.mu.Lock()
				h.events = slices.DeleteFunc(h.events, func(e string) bool { // where the watcher ended the session, not the logout
					return how == "logout" && e == "11 logged out "
				})
				h.mu.Unlock()
				h.gone()
			})
		})
	}
}

func TestLeavingWithoutKite(t *testing.T) {
	for how, want := range map[string][]string{"logout": {"11 logged out "}, "remove": nil} {
		t.Run(how, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				h.link(asha, "/holdings")
				h.kite.Down.Store(true)
				_, s, err := leaveFuncs[how](h.pool, h.t.Context(), asha)
				if waits := s.State == session.LoggingOut; err != nil || waits != (how == "logout") {
					t.Errorf("%s = %v, %v", how, s.State, err)
				}
				h.restart()
				h.wantError(asha, session.ErrNoLogin)
				h.pass(time.Hour)
				h.wantEvents()
				h.kite.Down.Store(false)
				h.pass(10 * time.Minute)
				h.wantEvents(want...)
				h.gone()
			})
		})
	}
}

// Removed while a logout of their own waits: no word about that either.
func TestRemovedWhileALogoutWaits(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Undying.Store(true)
		h.leave(asha)
		h.wantState(asha, session.LoggingOut)
		if _, s, err := h.pool.Remove(h.t.Context(), asha); err != nil || s.State != session.None {
			t.Errorf("remove = %v, %v", s.State, err)
		}
		h.kite.Undying.Store(false)
		h.pass(time.Hour)
		h.gone()
	})
}

// Another person who logs in then as the same Kite user gets it, and the one who left
// hears nothing of it.
func TestTheKiteUserOfOneWhoLeftIsFree(t *testing.T) {
	for how, leave := range leaveFuncs {
		t.Run(how, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				if _, _, err := leave(h.pool, h.t.Context(), asha); err != nil {
					t.Fatal(err)
				}
				h.login(ravi, "AB1234")
				h.wantAnswer(ravi, "AB1234")
			})
		})
	}
}

// Whoever is known by nothing but the Kite user of their last login is
// forgotten too.
func TestLeavingAfterTheLoginEnded(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Restart()
		h.wantError(asha, session.ErrEnded)
		if h.store.Len() != 1 {
			t.Error("the last Kite user is not remembered")
		}
		if _, _, err := h.pool.Remove(h.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		h.gone()
	})
}
