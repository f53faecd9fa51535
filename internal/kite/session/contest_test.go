package session_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

// contest has ravi finish a login as a Kite user who is asha's.
func (w *world) contest(user string) {
	w.t.Helper()
	link := w.link(ravi, "")
	synctest.Wait() // the link was looked at once, and the login is left to Finish
	w.kite.Browser(link.URL, user)
	if _, err := w.pool.Finish(w.t.Context(), ravi); !errors.Is(err, session.ErrNoLogin) {
		w.t.Errorf("a second person bound the same Kite user: %v", err)
	}
}

// Whose a Kite user is cannot be told: neither keeps the login, and who logs in
// anew gets it.
func TestOneKiteUserOnePerson(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.wantAnswer(asha, "AB1234")
		for range 3 {
			w.contest("AB1234")
			w.wantEvents("22 refused ", "11 contested ")
			for _, who := range people {
				if s := w.wantState(who, session.None); !s.Contested {
					t.Errorf("%d does not read why there is no login", who)
				}
				w.wantError(who, session.ErrNoLogin)
				if text, _, err := w.pool.Fetch(w.t.Context(), who, query.Holdings(), time.Hour); text != "" || !errors.Is(err, session.ErrNoLogin) {
					t.Errorf("%d is shown a kept answer: %q, %v", who, text, err)
				}
			}
			if n := w.kite.LoggedIn("AB1234"); n != 0 {
				t.Errorf("%d sessions of the Kite user are open", n)
			}
			w.restart()
			w.login(asha, "AB1234")
			w.wantAnswer(asha, "AB1234")
			if s := w.wantState(asha, session.LoggedIn); s.Contested {
				t.Error("a new login did not settle it")
			}
		}
		w.contest("AB1234")
		w.wantEvents("22 refused ", "11 contested ")
		w.login(ravi, "AB1234")
		w.wantAnswer(ravi, "AB1234")
		w.wantError(asha, session.ErrNoLogin)
	})
}

// Only a link that is made after it settles a contest: one of before may have
// been finished by its victim already.
func TestAContestVoidsTheLinksOfBefore(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		before := []session.Link{w.link(asha, ""), w.link(ravi, "")}
		w.pass(session.LinkYoung)
		w.contest("AB1234")
		w.wantEvents("22 refused ", "11 contested ")
		for _, link := range before {
			if w.kite.Answers(link.Session) {
				t.Error("a link of before can still be finished")
			}
		}
		w.pass(time.Hour)
		w.wantEvents()
		w.wantState(asha, session.None)
		w.wantState(ravi, session.None)
	})
}

// A login as another Kite user is not touched by a contest.
func TestAContestTouchesNoOtherLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.login(ravi, "CD5678")
		w.contest("AB1234")
		w.wantEvents("22 refused CD5678", "11 contested ")
		w.wantAnswer(ravi, "CD5678")
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Errorf("%d sessions of the Kite user are open", n)
		}
		if s := w.wantState(ravi, session.LoggedIn); s.Contested {
			t.Error("it is said of a login that stays")
		}
	})
}

// The record of the first person cannot be read: neither gets the Kite user.
func TestAContestWithADamagedRecord(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pool.Close()
		w.store.Damage()
		w.open()
		w.contest("AB1234")
		w.wantEvents("22 refused ")
		w.wantError(asha, session.ErrNoLogin)
		w.wantError(ravi, session.ErrNoLogin)
		w.login(ravi, "AB1234")
	})
}

// Both logins end in one commit: where it fails nothing has changed.
func TestAContestIsOneCommit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		full := errors.New("no space left")
		w.store.Before(func(r session.Record) error {
			if r.Contested {
				return full
			}
			return nil
		})
		link := w.link(ravi, "")
		synctest.Wait()
		w.kite.Browser(link.URL, "AB1234")
		if _, err := w.pool.Finish(w.t.Context(), ravi); !errors.Is(err, full) {
			t.Errorf("finish: %v", err)
		}
		w.wantEvents()
		w.wantAnswer(asha, "AB1234")
		w.wantError(ravi, session.ErrNoLogin)
		w.restart()
		w.wantAnswer(asha, "AB1234")
		w.store.Before(nil)
		w.pass(2 * time.Second)
		w.wantEvents("22 refused ", "11 contested ")
		w.wantError(asha, session.ErrNoLogin)
		w.wantError(ravi, session.ErrNoLogin)
	})
}

// A contest while an answer is under way, or being proved: it is shown to no one.
func TestAContestDuringACall(t *testing.T) {
	for _, during := range []string{"get_holdings", "get_profile"} {
		inWorld(t, func(w *world) {
			w.login(asha, "AB1234")
			w.pass(time.Minute)
			asked, done := false, false
			w.kite.Before(func(tool string) {
				asked = asked || tool == "get_holdings"
				if asked && tool == during && !done {
					done = true
					w.contest("AB1234")
				}
			})
			if got, err := w.call(asha); got != "" || !errors.Is(err, session.ErrNoLogin) && !errors.Is(err, session.ErrEnded) {
				t.Errorf("answer = %q, %v: of a login that is given up, or ended already", got, err)
			}
			w.wantEvents("22 refused ", "11 contested ")
		})
	}
}

// What a contest ends does not queue behind what a new process takes up.
func TestAContestEndsAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Undying.Store(true)
		w.pool.Close()
		for who := range int64(100) {
			held := session.Credential{Session: session.NewID(fmt.Sprintf("secret-session-%d", 100+who)), Since: time.Now()}
			if err := w.store.Save(session.Record{Person: 100 + who, Ending: []session.Credential{held}}); err != nil {
				t.Fatal(err)
			}
		}
		w.open()
		w.contest("AB1234")
		synctest.Wait()
		if calls := w.kite.Calls(); !slices.Contains(calls, "DELETE 1") || !slices.Contains(calls, "DELETE 2") {
			t.Error("the logins of the two wait to be ended")
		}
	})
}
