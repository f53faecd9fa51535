package session_test

import (
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

// later is a restart after so long, with the clock set.
func (w *world) later(after, by time.Duration) {
	w.pool.Close()
	time.Sleep(after)
	w.shift(by)
}

// The clock is set between the link and the login, and the bot restarted.
func TestASetClockLosesNoLogin(t *testing.T) {
	for _, by := range []time.Duration{-25 * time.Hour, -time.Hour, time.Hour, 25 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				link := w.link(asha, "/holdings")
				w.pass(time.Minute)
				w.shift(by)
				w.pass(10 * time.Minute)
				w.wantEvents() // it may still be finished
				w.kite.Browser(link.URL, "AB1234")
				w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
				w.pass(15 * time.Second)
				w.wantEvents("11 logged in AB1234/holdings")
				w.restart()
				w.wantEvents("11 logged in AB1234/holdings") // until it was told
				if err := w.pool.Announced(asha); err != nil {
					t.Fatal(err)
				}
				w.restart()
				w.wantEvents()
				if s, err := w.pool.Status(asha); err != nil || s.Link != nil || len(s.Links) > 0 {
					t.Errorf("the link of the login is still offered: %v", err)
				}
				w.wantAnswer(asha, "AB1234")
			})
		})
	}
}

// The same, once the login is there and its telling failed.
func TestASetClockLosesNoAnnouncement(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		inWorld(t, func(w *world) {
			w.kite.Browser(w.link(asha, "/holdings").URL, "AB1234")
			w.pass(2 * time.Second)
			w.wantEvents("11 logged in AB1234/holdings")
			w.shift(by)
			w.wantEvents("11 logged in AB1234/holdings")
			if s := w.wantState(asha, session.Parked); !s.Announcing {
				t.Error("the event is not on its way")
			}
			w.pass(session.AnnounceTime)
			if s := w.wantState(asha, session.Parked); s.Announcing || len(s.FinishedLinks) != 1 {
				t.Errorf("news %v, %d links: the event is lost, and its link still shown", s.Announcing, len(s.FinishedLinks))
			}
		})
	}
}

// A link of an earlier process may be dead, whatever the clock says.
func TestASetClockHandsOutNoDeadLink(t *testing.T) {
	for _, by := range []time.Duration{-25 * time.Hour, -time.Hour, 0} {
		inWorld(t, func(w *world) {
			dead := w.link(asha, "")
			w.later(70*time.Minute, by)
			link := w.link(asha, "")
			if link.Session == dead.Session {
				t.Errorf("by %v: a dead link is handed out again", by)
			}
			w.pass(time.Minute)
			if again := w.link(asha, ""); again.Session != link.Session {
				t.Errorf("by %v: a young link of this process is not", by)
			}
		})
	}
}

// The link of a login may be finished a second time for 36 minutes. A clock that
// is set forward does not make it older.
func TestASetClockShowsNoForeignFigures(t *testing.T) {
	for _, by := range []time.Duration{-25 * time.Hour, -time.Hour, 50 * time.Minute, 25 * time.Hour} {
		for _, idle := range []bool{false, true} {
			inWorld(t, func(w *world) {
				link := w.login(asha, "AB1234")
				w.kite.Answer("XX9999", "get_holdings", "another person's")
				w.pass(5 * time.Minute)
				w.shift(by)
				w.wantAnswer(asha, "AB1234")
				if idle {
					w.pass(2 * idleTime) // parked, and forgotten if that is safe
					w.wantAnswer(asha, "AB1234")
				}
				w.kite.Browser(link.URL, "XX9999")
				if got, err := w.call(asha); got != "" || !asError[*session.UsurpedError](err) {
					t.Errorf("by %v: answer = %q, %v", by, got, err)
				}
			})
		}
	}
}

// Nor is it read from the wall within one process: the clock is set while the bot
// runs, between the link and what depends on its age.
func TestAClockSetWhileRunning(t *testing.T) {
	for _, by := range []time.Duration{-25 * time.Hour, -time.Hour, 50 * time.Minute, 25 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.shift(0)
				dead := w.link(ravi, "")
				link := w.link(asha, "/holdings")
				w.pass(time.Minute)
				w.jump(by)
				w.pass(time.Minute)
				w.wantEvents() // both may still be finished
				w.wantState(asha, session.LinkSent)
				// A host that slept looks like a clock that was set forward.
				if again := w.link(asha, ""); (again.Session == link.Session) != (by < 0) {
					t.Error("a link that may be old is handed out again, or a young one is not")
				}
				w.kite.Browser(link.URL, "AB1234")
				w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
				w.kite.Answer("XX9999", "get_holdings", "another person's")
				w.pass(15 * time.Second)
				w.wantEvents("11 logged in AB1234/holdings")
				w.wantAnswer(asha, "AB1234")
				w.kite.Browser(link.URL, "XX9999")
				if got, err := w.call(asha); got != "" || !asError[*session.UsurpedError](err) {
					t.Errorf("answer = %q, %v", got, err)
				}
				w.pass(session.LinkLife)
				if young := w.link(ravi, ""); young.Session == dead.Session {
					t.Error("a dead link is handed out again")
				}
			})
		})
	}
}

// Within one process the age of a link is measured, not read from the wall.
func TestAParkedPersonsLinkIsRemembered(t *testing.T) {
	inWorld(t, func(w *world) {
		w.pass(time.Hour) // the process is old
		link := w.login(asha, "AB1234")
		w.pass(2 * idleTime)
		w.wantAnswer(asha, "AB1234")
		w.kite.Browser(link.URL, "XX9999")
		w.kite.Answer("XX9999", "get_holdings", "another person's")
		if got, err := w.call(asha); got != "" || !asError[*session.UsurpedError](err) {
			t.Errorf("answer = %q, %v", got, err)
		}
	})
}

// A code that waits for its turn is sent, whatever the clock says of its age.
func TestASetClockSendsACode(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, 0, time.Hour} {
		for _, set := range []func(*world, time.Duration){(*world).shift, (*world).jump} {
			inOAuth(t, func(w *world) {
				w.shift(0)
				w.kite.Limit(2) // sent again, since it was not looked at
				if err := w.authorize(asha, "AB1234"); !asError[*session.QueuedError](err) {
					t.Fatalf("%v, want queued", err)
				}
				set(w, by)
				w.pass(time.Minute)
				w.wantEvents("11 logged in AB1234")
			})
		}
	}
}
