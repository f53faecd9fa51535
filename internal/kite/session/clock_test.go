package session_test

import (
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

// later is a restart after so long, with the clock set.
func (h *harness) later(after, by time.Duration) {
	h.pool.Close()
	time.Sleep(after)
	h.shift(by)
}

// The clock is set between the link and the login, and the bot restarted.
func TestASetClockLosesNoLogin(t *testing.T) {
	for _, by := range []time.Duration{-25 * time.Hour, -time.Hour, time.Hour, 25 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			testPool(t, func(h *harness) {
				link := h.link(asha, "/holdings")
				h.pass(time.Minute)
				h.shift(by)
				h.pass(10 * time.Minute)
				h.wantEvents() // it may still be finished
				h.kite.Browser(link.URL, "AB1234")
				h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
				h.pass(15 * time.Second)
				h.wantEvents("11 logged in AB1234/holdings")
				h.restart()
				h.wantEvents("11 logged in AB1234/holdings") // until it was told
				h.announced(asha)
				h.restart()
				h.wantEvents()
				if s, err := h.pool.Status(asha); err != nil || s.Link != nil || len(s.Links) > 0 {
					t.Errorf("the link of the login is still offered: %v", err)
				}
				h.wantAnswer(asha, "AB1234")
			})
		})
	}
}

// The same, once the login is there and its telling failed.
func TestASetClockLosesNoAnnouncement(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, time.Hour} {
		testPool(t, func(h *harness) {
			h.kite.Browser(h.link(asha, "/holdings").URL, "AB1234")
			h.pass(2 * time.Second)
			h.wantEvents("11 logged in AB1234/holdings")
			h.shift(by)
			h.wantEvents("11 logged in AB1234/holdings")
			if s := h.wantState(asha, session.Parked); !s.Announcing {
				t.Error("the event is not on its way")
			}
			h.pass(session.AnnounceTime)
			if s := h.wantState(asha, session.Parked); s.Announcing || len(s.FinishedLinks) != 1 {
				t.Errorf("news %v, %d links: the event is lost, and its link still shown", s.Announcing, len(s.FinishedLinks))
			}
		})
	}
}

// A link of an earlier process may be dead, whatever the clock says.
func TestASetClockHandsOutNoDeadLink(t *testing.T) {
	for _, by := range []time.Duration{-25 * time.Hour, -time.Hour, 0} {
		testPool(t, func(h *harness) {
			dead := h.link(asha, "")
			h.later(70*time.Minute, by)
			link := h.link(asha, "")
			if link.Session == dead.Session {
				t.Errorf("by %v: a dead link is handed out again", by)
			}
			h.pass(time.Minute)
			if again := h.link(asha, ""); again.Session != link.Session {
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
			testPool(t, func(h *harness) {
				link := h.login(asha, "AB1234")
				h.kite.Answer("XX9999", "get_holdings", "another person's")
				h.pass(5 * time.Minute)
				h.shift(by)
				h.wantAnswer(asha, "AB1234")
				if idle {
					h.pass(2 * idleTime) // parked, and forgotten if that is safe
					h.wantAnswer(asha, "AB1234")
				}
				h.kite.Browser(link.URL, "XX9999")
				if got, err := h.call(asha); got != "" || !asError[*session.UsurpedError](err) {
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
			testPool(t, func(h *harness) {
				h.shift(0)
				dead := h.link(ravi, "")
				link := h.link(asha, "/holdings")
				h.pass(time.Minute)
				h.jump(by)
				h.pass(time.Minute)
				h.wantEvents() // both may still be finished
				h.wantState(asha, session.LinkSent)
				// A host that slept looks like a clock that was set forward.
				if again := h.link(asha, ""); (again.Session == link.Session) != (by < 0) {
					t.Error("a link that may be old is handed out again, or a young one is not")
				}
				h.kite.Browser(link.URL, "AB1234")
				h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
				h.kite.Answer("XX9999", "get_holdings", "another person's")
				h.pass(15 * time.Second)
				h.wantEvents("11 logged in AB1234/holdings")
				h.wantAnswer(asha, "AB1234")
				h.kite.Browser(link.URL, "XX9999")
				if got, err := h.call(asha); got != "" || !asError[*session.UsurpedError](err) {
					t.Errorf("answer = %q, %v", got, err)
				}
				h.pass(session.LinkLife)
				if young := h.link(ravi, ""); young.Session == dead.Session {
					t.Error("a dead link is handed out again")
				}
			})
		})
	}
}

// Within one process the age of a link is measured, not read from the wall.
func TestAParkedPersonsLinkIsRemembered(t *testing.T) {
	testPool(t, func(h *harness) {
		h.pass(time.Hour) // the process is old
		link := h.login(asha, "AB1234")
		h.pass(2 * idleTime)
		h.wantAnswer(asha, "AB1234")
		h.kite.Browser(link.URL, "XX9999")
		h.kite.Answer("XX9999", "get_holdings", "another person's")
		if got, err := h.call(asha); got != "" || !asError[*session.UsurpedError](err) {
			t.Errorf("answer = %q, %v", got, err)
		}
	})
}

// A code that waits for its turn is sent, whatever the clock says of its age.
func TestASetClockSendsACode(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, 0, time.Hour} {
		for _, set := range []func(*harness, time.Duration){(*harness).shift, (*harness).jump} {
			testOAuth(t, func(h *harness) {
				h.shift(0)
				h.kite.Limit(2) // sent again, since it was not looked at
				if err := h.authorize(asha, "AB1234"); !asError[*session.QueuedError](err) {
					t.Fatalf("%v, want queued", err)
				}
				set(h, by)
				h.pass(time.Minute)
				h.wantEvents("11 logged in AB1234")
			})
		}
	}
}

// A record that was written before links were numbered tells by its times which links
// the login made useless: a newer one is still watched.
func TestARecordWithoutNumbers(t *testing.T) {
	testPool(t, func(h *harness) {
		h.kite.Browser(h.link(asha, "/holdings").URL, "AB1234")
		h.pass(2 * time.Second)
		h.wantEvents("11 logged in AB1234/holdings")
		h.pass(session.AnnounceTime)
		newer := h.link(asha, "/orders")
		h.pool.Close()
		r, err := h.store.Load(asha)
		if err != nil {
			t.Fatal(err)
		}
		r.Login.LinkSeq = 0
		for i := range r.Links {
			r.Links[i].Seq = 0
		}
		if err := h.store.Save(r); err != nil {
			t.Fatal(err)
		}
		h.open()
		h.pass(2 * time.Second)
		h.wantEvents()
		h.kite.Browser(newer.URL, "AB1234")
		h.pass(2 * time.Second)
		h.wantEvents("11 logged in AB1234/orders")
	})
}
