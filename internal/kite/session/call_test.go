package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestAnswersAreProvedWhileALinkLives(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1", "get_profile 1")
		w.pass(session.LinkLife) // once more: what happened since that proof?
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1", "get_profile 1")
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1")
	})
}

// A second login through the link of the first puts another account behind the
// session: nothing of it is shown, and the session is ended.
func TestSecondBrowserLoginIsNoticed(t *testing.T) {
	for name, when := range map[string]func(w *world, again func()){
		"at once":       func(_ *world, again func()) { again() },
		"during a call": func(w *world, again func()) { w.at("get_holdings", again) },
		"in the link's last minutes": func(w *world, again func()) { // the proof of before does not hold for them
			w.pass(session.LinkLife - time.Minute)
			again()
			w.pass(2 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				link := w.login(asha, "AB1234")
				w.wantAnswer(asha, "AB1234")
				w.kite.Answer("XX9999", "get_holdings", "another person's")
				when(w, func() { w.kite.Browser(link.URL, "XX9999") })
				if got, err := w.call(asha); got != "" || !asError[*session.UsurpedError](err) {
					t.Errorf("answer = %q, %v, want usurped", got, err)
				}
				w.wantState(asha, session.None)
				if n := w.kite.LoggedIn("XX9999"); n != 0 {
					t.Error("the usurped session is still open at the server")
				}
			})
		})
	}
}

// A session that was replaced while it was asked who it is proves nothing of
// the one that took its place.
func TestTheProofOfAReplacedSessionIsNotTheNewOnes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.kite.Before(func(tool string) {
			if tool != "get_profile" {
				return
			}
			w.kite.Before(nil)
			w.login(asha, "AB1234") // and the old session's answer comes in only then
		})
		if _, err := w.pool.Check(w.t.Context(), asha); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("check of a replaced login = %v", err)
		}
		w.pass(session.LinkLife)
		w.kite.Calls()
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 2", "get_profile 2")
	})
}

func TestSilenceIsMetWithPatience(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.kite.Calls()
		w.kite.Mute.Store(true)
		start := time.Now()
		_, err := w.call(asha)
		if d, ok := errors.AsType[*session.DoubtError](err); !ok || d.Over {
			t.Errorf("answer of a mute Kite = %v, want doubt", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the person waited %v, want 3 s", took)
		}
		w.wantCalls("get_holdings 1", "get_profile 1", "get_profile 1", "get_profile 1")
		w.wantState(asha, session.Doubtful)
		w.kite.Mute.Store(false)
		w.wantAnswer(asha, "AB1234")
	})
}

func TestOneStumbleIsNotTold(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Mute.Store(true)
		time.AfterFunc(500*time.Millisecond, func() { w.kite.Mute.Store(false) })
		w.wantAnswer(asha, "AB1234")
	})
}

func TestAToolThatFailsAloneLeavesTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		_, err := w.pool.Call(w.t.Context(), asha, query.Margins())
		if wire.KindOf(err) != wire.KindFailed || asError[*session.DoubtError](err) {
			t.Errorf("a failing tool = %v", err)
		}
		w.wantState(asha, session.LoggedIn)
	})
}

// A query that does not read cannot be made by a caller, but for the two of
// which a login is made and ended. Not even those go this way.
func TestOnlyReadingToolsAreCalled(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		for _, q := range []query.Query{query.Login(), query.Logout(), {}} {
			if _, err := w.pool.Call(w.t.Context(), asha, q); wire.KindOf(err) != wire.KindNoTool {
				t.Errorf("%q: %v, want refused", q.Name(), err)
			}
		}
		w.wantCalls()
	})
}

// A stream that ends under a call is one fault, a lost answer over /mcp the next:
// the second must not find the tries used up by the first.
func TestALostAnswerAfterALostStream(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		calls := 0
		w.kite.Before(func(tool string) {
			if tool != "get_holdings" {
				return
			}
			calls++
			if calls == 1 {
				w.kite.DropStreams()
			}
			w.kite.Down.Store(calls == 2)
		})
		w.wantAnswer(asha, "AB1234")
		if calls != 3 {
			t.Errorf("get_holdings was called %d times, want 3", calls)
		}
	})
}
