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

// A way to leave: /logout, or being removed by somebody else.
type way func(*session.Pool, context.Context, int64) (session.Record, session.Status, error)

var ways = map[string]way{"logout": (*session.Pool).Logout, "remove": (*session.Pool).Remove}

// gone checks that nothing of asha is left anywhere, nor told later.
func (w *world) gone() {
	w.t.Helper()
	w.pass(time.Second)
	w.wantState(asha, session.None)
	if n := w.store.Len(); n != 0 {
		w.t.Errorf("%d records are kept", n)
	}
	for _, user := range []string{"AB1234", "CD5678"} {
		if n := w.kite.LoggedIn(user); n != 0 {
			w.t.Errorf("%d sessions of %s are open at the server", n, user)
		}
	}
	if n := w.kite.Streams(); n != 0 {
		w.t.Errorf("%d streams are open", n)
	}
	w.kite.Calls()
	w.wantEvents()
	w.pass(13 * time.Hour)
	w.wantEvents()
	w.wantCalls()
}

// at makes something happen when a tool is asked for the next time.
func (w *world) at(tool string, happen func()) {
	w.kite.Before(func(asked string) {
		if asked == tool {
			w.kite.Before(nil)
			happen()
		}
	})
}

func TestLeavingInTheMiddle(t *testing.T) {
	for name, test := range map[string]struct {
		before func(*world)
		during string // the tool that is being asked when the person leaves
		do     func(*world) error
		want   error
	}{
		"of making a link": {func(*world) {}, "login", func(w *world) error {
			_, _, err := w.pool.Link(w.t.Context(), asha, "/holdings")
			return err
		}, session.ErrLoggedOut},
		"of looking at a young link": {func(w *world) { w.link(asha, ""); w.pass(3 * time.Minute) }, "get_profile", func(w *world) error {
			_, _, err := w.pool.Link(w.t.Context(), asha, "/holdings")
			return err
		}, session.ErrLoggedOut},
		"of a call": {func(w *world) { w.login(asha, "AB1234") }, "get_holdings", func(w *world) error {
			_, err := w.call(asha)
			return err
		}, session.ErrLoggedOut},
		"of a proof": {func(w *world) { w.login(asha, "AB1234") }, "get_profile", func(w *world) error {
			_, err := w.call(asha)
			return err
		}, session.ErrLoggedOut},
		"of a bind": {func(w *world) { w.link(asha, ""); w.pass(3 * time.Minute) }, "get_profile", func(w *world) error {
			w.kite.Browser(w.wantState(asha, session.LinkSent).Link.URL, "AB1234")
			_, err := w.pool.Finish(w.t.Context(), asha)
			return err
		}, session.ErrLoggedOut},
		"of a check": {func(w *world) { w.login(asha, "AB1234") }, "get_profile", func(w *world) error {
			_, err := w.pool.Check(w.t.Context(), asha)
			return err
		}, session.ErrLoggedOut},
	} {
		for how, leave := range ways {
			t.Run(name+"/"+how, func(t *testing.T) {
				inWorld(t, func(w *world) {
					test.before(w)
					w.pass(time.Second)
					w.at(test.during, func() {
						if _, _, err := leave(w.pool, w.t.Context(), asha); err != nil {
							t.Error(err)
						}
					})
					if err := test.do(w); !errors.Is(err, test.want) {
						t.Errorf("%v, want %v", err, test.want)
					}
					w.gone()
				})
			})
		}
	}
}

// The answer about the profile is on its way here when the person leaves: the
// login is through at the server and nowhere else.
func TestLeavingWhileTheLoginIsWrittenDown(t *testing.T) {
	for how, leave := range ways {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				link := w.link(asha, "/holdings")
				left := make(chan error, 1)
				w.store.Before(func(session.Record) error {
					w.store.Before(nil)
					go func() { // waits for this commit
						_, _, err := leave(w.pool, w.t.Context(), asha)
						left <- err
					}()
					time.Sleep(time.Second)
					return nil
				})
				w.kite.Browser(link.URL, "AB1234")
				_, _ = w.pool.Finish(w.t.Context(), asha)
				if err := <-left; err != nil {
					t.Fatal(err)
				}
				w.mu.Lock()
				w.events = nil // told before the person left, or not at all
				w.mu.Unlock()
				synctest.Wait()
				w.mu.Lock()
				w.events = slices.DeleteFunc(w.events, func(e string) bool { // where the watcher ended the session, not the logout
					return how == "logout" && e == "11 logged out "
				})
				w.mu.Unlock()
				w.gone()
			})
		})
	}
}

func TestLeavingWithoutKite(t *testing.T) {
	for how, want := range map[string][]string{"logout": {"11 logged out "}, "remove": nil} {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.link(asha, "/holdings")
				w.kite.Down.Store(true)
				_, s, err := ways[how](w.pool, w.t.Context(), asha)
				if waits := s.State == session.LoggingOut; err != nil || waits != (how == "logout") {
					t.Errorf("%s = %v, %v", how, s.State, err)
				}
				w.restart()
				w.wantError(asha, session.ErrNoLogin)
				w.pass(time.Hour)
				w.wantEvents()
				w.kite.Down.Store(false)
				w.pass(10 * time.Minute)
				w.wantEvents(want...)
				w.gone()
			})
		})
	}
}

// Removed while a logout of their own waits: no word about that either.
func TestRemovedWhileALogoutWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying.Store(true)
		w.leave(asha)
		w.wantState(asha, session.LoggingOut)
		if _, s, err := w.pool.Remove(w.t.Context(), asha); err != nil || s.State != session.None {
			t.Errorf("remove = %v, %v", s.State, err)
		}
		w.kite.Undying.Store(false)
		w.pass(time.Hour)
		w.gone()
	})
}

// Another person who logs in then as the same Kite user gets it, and the one who left
// hears nothing of it.
func TestTheKiteUserOfOneWhoLeftIsFree(t *testing.T) {
	for how, leave := range ways {
		t.Run(how, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				if _, _, err := leave(w.pool, w.t.Context(), asha); err != nil {
					t.Fatal(err)
				}
				w.login(ravi, "AB1234")
				w.wantAnswer(ravi, "AB1234")
			})
		})
	}
}

// Whoever is known by nothing but the Kite user of their last login is
// forgotten too.
func TestLeavingAfterTheLoginEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Restart()
		w.wantError(asha, session.ErrEnded)
		if w.store.Len() != 1 {
			t.Error("the last Kite user is not remembered")
		}
		if _, _, err := w.pool.Remove(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		w.gone()
	})
}
