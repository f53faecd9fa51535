package session_test

import (
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

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

func TestLogoutIsGivenUpWhenTheServerForgotTheSession(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying.Store(true)
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
			w.kite.Undying.Store(true) // the call itself still gets its answer
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
