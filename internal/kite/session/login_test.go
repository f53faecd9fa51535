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

func TestAKiteUserIsFreeOnceTheServerEndedTheLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Restart()
		h.pass(13 * time.Hour) // no call since
		h.wantEvents("11 ending soon AB1234")
		h.login(ravi, "AB1234")
		h.wantState(asha, session.None)
	})
}

func TestAnOverdueLoginThatStillAnswersIsContested(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(13 * time.Hour)
		h.wantEvents("11 ending soon AB1234")
		link := h.link(ravi, "")
		h.kite.Browser(link.URL, "AB1234")
		h.pass(2 * time.Second)
		h.wantEvents("22 refused ", "11 contested ")
	})
}

func TestChangedKiteUserIsAskedAbout(t *testing.T) {
	for _, yes := range []bool{true, false} {
		testPool(t, func(h *harness) {
			h.login(asha, "AB1234")
			h.kite.Restart()
			h.wantError(asha, session.ErrEnded)
			link := h.link(asha, "/holdings")
			h.kite.Browser(link.URL, "CD5678")
			h.kite.Answer("CD5678", "get_holdings", "the holdings of CD5678")
			h.pass(2 * time.Second)
			h.wantEvents("11 logged in CD5678/holdings")
			s := h.wantState(asha, session.Unconfirmed)
			if s.Last.UserID != "AB1234" {
				t.Errorf("last user %q, want AB1234", s.Last.UserID)
			}
			h.restart()
			h.wantEvents("11 logged in CD5678/holdings") // asked about until there is an answer
			h.wantError(asha, session.ErrUnconfirmed)

			if _, err := h.pool.Confirm(h.t.Context(), asha, "ZZ0000", yes); !errors.Is(err, session.ErrNoLogin) {
				t.Errorf("an answer about another user: %v", err)
			}
			if _, err := h.pool.Confirm(h.t.Context(), asha, "CD5678", yes); err != nil {
				t.Fatal(err)
			}
			if yes {
				h.wantEvents("11 logged in CD5678/holdings")
				h.wantAnswer(asha, "CD5678")
				h.announced(asha)
				h.kite.Restart()
				h.wantError(asha, session.ErrEnded)
				h.login(asha, "CD5678")
				h.wantAnswer(asha, "CD5678") // it is theirs by now
				return
			}
			h.wantEvents()
			h.wantError(asha, session.ErrNoLogin)
			h.wantSessions("CD5678", 0)
		})
	}
}

// A login that went before it was announced leaves its link behind. That link
// must not bring back a session that is to be ended, nor stand for one that is.
func TestALoginThatWentBeforeItWasAnnounced(t *testing.T) {
	for name, test := range map[string]struct {
		away func(*harness, session.Link)
		want error
	}{
		"usurped, and Kite ends nothing": {func(h *harness, l session.Link) { h.kite.Undying.Store(true); h.kite.Browser(l.URL, "XX9999") }, nil},
		"usurped":                        {func(h *harness, l session.Link) { h.kite.Browser(l.URL, "XX9999") }, nil},
		"ended":                          {func(h *harness, _ session.Link) { h.kite.Restart() }, session.ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				link := h.link(asha, "")
				h.kite.Browser(link.URL, "AB1234")
				h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
				h.kite.Answer("XX9999", "get_holdings", "another person's")
				h.pass(2 * time.Second)
				h.wantEvents("11 logged in AB1234")
				test.away(h, link)
				if got, err := h.call(asha); got != "" || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("answer = %q, %v", got, err)
				}
				h.pass(10 * time.Second)
				h.wantEvents("11 link dead ")
				h.wantState(asha, session.None)
				h.wantError(asha, session.ErrNoLogin)
			})
		})
	}
}

// contest has ravi finish a login as a Kite user who is asha's.
func (h *harness) contest(user string) {
	h.t.Helper()
	link := h.link(ravi, "")
	synctest.Wait() // the link was looked at once, and the login is left to Finish
	h.kite.Browser(link.URL, user)
	if _, err := h.pool.Finish(h.t.Context(), ravi); !errors.Is(err, session.ErrNoLogin) {
		h.t.Errorf("a second person bound the same Kite user: %v", err)
	}
}

// Whose a Kite user is cannot be told: neither keeps the login, and who logs in
// anew gets it.
func TestOneKiteUserOnePerson(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.wantAnswer(asha, "AB1234")
		for range 3 {
			h.contest("AB1234")
			h.wantEvents("22 refused ", "11 contested ")
			for _, who := range people {
				if s := h.wantState(who, session.None); !s.Contested {
					t.Errorf("%d does not read why there is no login", who)
				}
				h.wantError(who, session.ErrNoLogin)
				if text, _, err := h.pool.Fetch(h.t.Context(), who, query.Holdings(), time.Hour); text != "" || !errors.Is(err, session.ErrNoLogin) {
					t.Errorf("%d is shown a kept answer: %q, %v", who, text, err)
				}
			}
			h.wantSessions("AB1234", 0)
			h.restart()
			h.login(asha, "AB1234")
			h.wantAnswer(asha, "AB1234")
			if s := h.wantState(asha, session.LoggedIn); s.Contested {
				t.Error("a new login did not settle it")
			}
		}
		h.contest("AB1234")
		h.wantEvents("22 refused ", "11 contested ")
		h.login(ravi, "AB1234")
		h.wantAnswer(ravi, "AB1234")
		h.wantError(asha, session.ErrNoLogin)
	})
}

// Only a link that is made after it settles a contest: one of before may have
// been finished by its victim already.
func TestAContestVoidsTheLinksOfBefore(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		before := []session.Link{h.link(asha, ""), h.link(ravi, "")}
		h.pass(session.LinkYoung)
		h.contest("AB1234")
		h.wantEvents("22 refused ", "11 contested ")
		for _, link := range before {
			if h.kite.Answers(link.Session) {
				t.Error("a link of before can still be finished")
			}
		}
		h.pass(time.Hour)
		h.wantEvents()
		h.wantState(asha, session.None)
		h.wantState(ravi, session.None)
	})
}

// A login as another Kite user is not touched by a contest.
func TestAContestTouchesNoOtherLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.login(ravi, "CD5678")
		h.contest("AB1234")
		h.wantEvents("22 refused CD5678", "11 contested ")
		h.wantAnswer(ravi, "CD5678")
		h.wantSessions("AB1234", 0)
		if s := h.wantState(ravi, session.LoggedIn); s.Contested {
			t.Error("it is said of a login that stays")
		}
	})
}

// The record of the first person cannot be read: neither gets the Kite user.
func TestAContestWithADamagedRecord(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pool.Close()
		h.store.Damage()
		h.open()
		h.contest("AB1234")
		h.wantEvents("22 refused ")
		h.wantError(asha, session.ErrNoLogin)
		h.wantError(ravi, session.ErrNoLogin)
		h.login(ravi, "AB1234")
	})
}

// Both logins end in one commit: where it fails nothing has changed.
func TestAContestIsOneCommit(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		full := errors.New("no space left")
		h.store.Before(func(r session.Record) error {
			if r.Contested {
				return full
			}
			return nil
		})
		link := h.link(ravi, "")
		synctest.Wait()
		h.kite.Browser(link.URL, "AB1234")
		if _, err := h.pool.Finish(h.t.Context(), ravi); !errors.Is(err, full) {
			t.Errorf("finish: %v", err)
		}
		h.wantEvents()
		h.wantAnswer(asha, "AB1234")
		h.wantError(ravi, session.ErrNoLogin)
		h.restart()
		h.wantAnswer(asha, "AB1234")
		h.store.Before(nil)
		h.pass(2 * time.Second)
		h.wantEvents("22 refused ", "11 contested ")
		h.wantError(asha, session.ErrNoLogin)
		h.wantError(ravi, session.ErrNoLogin)
	})
}

// A contest while an answer is under way, or being proved: it is shown to no one.
func TestAContestDuringACall(t *testing.T) {
	for _, during := range []string{"get_holdings", "get_profile"} {
		testPool(t, func(h *harness) {
			h.login(asha, "AB1234")
			h.pass(time.Minute)
			asked, done := false, false
			h.kite.Before(func(tool string) {
				asked = asked || tool == "get_holdings"
				if asked && tool == during && !done {
					done = true
					h.contest("AB1234")
				}
			})
			if got, err := h.call(asha); got != "" || !errors.Is(err, session.ErrNoLogin) && !errors.Is(err, session.ErrEnded) {
				t.Errorf("answer = %q, %v: of a login that is given up, or ended already", got, err)
			}
			h.wantEvents("22 refused ", "11 contested ")
		})
	}
}

// What a contest ends does not queue behind what a new process takes up.
func TestAContestEndsAtOnce(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Undying.Store(true)
		h.pool.Close()
		for who := range int64(100) {
			held := session.Credential{Session: session.NewID(fmt.Sprintf("secret-session-%d", 100+who)), Since: time.Now()}
			if err := h.store.Save(session.Record{Person: 100 + who, Ending: []session.Credential{held}}); err != nil {
				t.Fatal(err)
			}
		}
		h.open()
		h.contest("AB1234")
		synctest.Wait()
		if calls := h.kite.Calls(); !slices.Contains(calls, "DELETE 1") || !slices.Contains(calls, "DELETE 2") {
			t.Error("the logins of the two wait to be ended")
		}
	})
}
