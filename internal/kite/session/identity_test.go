package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

func TestOneKiteUserOnePerson(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		link := w.link(ravi, "")
		w.kite.Browser(link.URL, "AB1234")
		if _, err := w.pool.Finish(w.t.Context(), ravi); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("a second person bound the same Kite user: %v", err)
		}
		w.wantEvents("22 refused ", "11 contested AB1234")
		w.wantState(ravi, session.None)
		w.wantError(ravi, session.ErrNoLogin)
		if n := w.kite.LoggedIn("AB1234"); n != 1 {
			t.Errorf("%d sessions of the Kite user are open, want the first person's", n)
		}
		w.wantAnswer(asha, "AB1234")
	})
}

func TestAKiteUserIsFreeAfterLogout(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		w.login(ravi, "AB1234")
		w.wantAnswer(ravi, "AB1234")
	})
}

func TestAKiteUserIsFreeOnceTheServerEndedTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Restart()
		w.pass(13 * time.Hour) // nobody asked since
		w.login(ravi, "AB1234")
		w.wantState(asha, session.None)
	})
}

func TestAnOverdueLoginThatStillAnswersKeepsItsKiteUser(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(13 * time.Hour)
		link := w.link(ravi, "")
		w.kite.Browser(link.URL, "AB1234")
		w.pass(2 * time.Second)
		w.wantEvents("22 refused ", "11 contested AB1234")
	})
}

func TestChangedKiteUserIsAskedAbout(t *testing.T) {
	for _, yes := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.login(asha, "AB1234")
			w.kite.Restart()
			w.wantError(asha, session.ErrEnded)
			link := w.link(asha, "/holdings")
			w.kite.Browser(link.URL, "CD5678")
			w.kite.Answer("CD5678", "get_holdings", "the holdings of CD5678")
			w.pass(2 * time.Second)
			w.wantEvents("11 logged in CD5678/holdings")
			s := w.wantState(asha, session.Unconfirmed)
			if s.Last.UserID != "AB1234" {
				t.Errorf("last user %q, want AB1234", s.Last.UserID)
			}
			w.wantError(asha, session.ErrUnconfirmed)

			if _, err := w.pool.Confirm(w.t.Context(), asha, "ZZ0000", yes); !errors.Is(err, session.ErrNoLogin) {
				t.Errorf("an answer about another user: %v", err)
			}
			if _, err := w.pool.Confirm(w.t.Context(), asha, "CD5678", yes); err != nil {
				t.Fatal(err)
			}
			if yes {
				w.wantEvents("11 logged in CD5678/holdings")
				w.wantAnswer(asha, "CD5678")
				return
			}
			w.wantEvents()
			w.wantError(asha, session.ErrNoLogin)
			if n := w.kite.LoggedIn("CD5678"); n != 0 {
				t.Error("the refused login is still open at the server")
			}
		})
	}
}

func TestAnUnconfirmedLoginIsAskedAboutAgainAfterARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Restart()
		w.wantError(asha, session.ErrEnded)
		link := w.link(asha, "")
		w.kite.Browser(link.URL, "CD5678")
		w.pass(2 * time.Second)
		w.wantEvents("11 logged in CD5678")
		w.restart()
		w.wantEvents("11 logged in CD5678")
		w.wantError(asha, session.ErrUnconfirmed)
	})
}

func TestALoginIsAnnouncedUntilItWas(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.link(asha, "/holdings")
		if err := w.pool.Shown(asha, link.Ref, 7); err != nil {
			t.Fatal(err)
		}
		w.kite.Browser(link.URL, "AB1234")
		w.pass(2 * time.Second)
		w.wantEvents("11 logged in AB1234/holdings")
		w.restart() // killed before the person was told
		w.wantEvents("11 logged in AB1234/holdings")
		if err := w.pool.Announced(asha); err != nil {
			t.Fatal(err)
		}
		w.restart()
		w.wantEvents()
	})
}

func TestALinkIsWatchedOverARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.link(asha, "/holdings")
		w.restart()
		w.kite.Browser(link.URL, "AB1234")
		w.pass(2 * time.Second)
		w.wantEvents("11 logged in AB1234/holdings")
	})
}

func TestLogout(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.link(asha, "")
		w.pass(session.LinkYoung)
		w.login(asha, "AB1234") // the first link is still out
		w.kite.Calls()
		was, s, err := w.pool.Logout(w.t.Context(), asha)
		if err != nil || was.Login == nil || s.State != session.None {
			t.Fatalf("logout = %+v, %v", s, err)
		}
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Error("still logged in at the server")
		}
		if w.store.Len() != 0 {
			t.Error("the store still knows the person")
		}
		if calls := w.kite.Calls(); len(calls) != 2 {
			t.Errorf("calls %q, want a DELETE for the login and for the other link", calls)
		}
		w.wantError(asha, session.ErrNoLogin)
		_ = first
	})
}

func TestLogoutWaitsForKite(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying(true)
		if _, s, err := w.pool.Logout(w.t.Context(), asha); err != nil || s.State != session.LoggingOut {
			t.Fatalf("logout = %v, %v, want logging out", s.State, err)
		}
		w.wantError(asha, session.ErrNoLogin)
		w.restart()
		w.wantState(asha, session.LoggingOut)
		w.pass(time.Minute)
		w.wantEvents()
		w.kite.Undying(false)
		w.pass(10 * time.Minute)
		w.wantEvents("11 logged out ")
		w.wantState(asha, session.None)
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Error("still logged in at the server")
		}
	})
}

func TestLogoutIsGivenUpWhenTheServerForgotTheSession(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying(true)
		if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		w.pass(13 * time.Hour)
		w.wantEvents("11 logged out ")
		if w.store.Len() != 0 {
			t.Error("the store still knows the person")
		}
	})
}

func TestNoAnswerAfterALogoutThatOvertookIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.wantAnswer(asha, "AB1234")
		w.kite.Before(func(tool string) {
			if tool != "get_holdings" {
				return
			}
			w.kite.Before(nil)
			if err := w.pool.Announced(asha); err != nil {
				t.Error(err)
			}
			w.kite.Undying(true) // the call itself still gets its answer
			if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
				t.Error(err)
			}
		})
		if got, err := w.call(asha); got != "" || err == nil {
			t.Errorf("answer after a logout = %q, %v", got, err)
		}
	})
}

func TestShutdownLogsNobodyOut(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.link(ravi, "")
		w.pass(time.Second)
		w.kite.Calls()
		w.pool.Close()
		w.wantCalls()
		if w.kite.LoggedIn("AB1234") != 1 || w.kite.Streams() != 0 {
			t.Errorf("after the shutdown %d logged in, %d streams", w.kite.LoggedIn("AB1234"), w.kite.Streams())
		}
		w.open()
	})
}

func TestALoginWhileALogoutWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying(true)
		if _, s, err := w.pool.Logout(w.t.Context(), asha); err != nil || s.State != session.LoggingOut {
			t.Fatalf("logout = %v, %v", s.State, err)
		}
		w.login(asha, "AB1234")
		w.kite.Undying(false)
		w.kite.Calls()
		w.pass(10 * time.Minute)
		w.wantCalls() // no DELETE that could take the new login's token along
		w.wantEvents()
		w.wantAnswer(asha, "AB1234")
	})
}
