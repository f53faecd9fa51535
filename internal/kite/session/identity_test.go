package session_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// contest has ravi finish a login as a Kite user who is asha's.
func (w *world) contest(user string) {
	w.t.Helper()
	link := w.link(ravi, "")
	synctest.Wait() // the minder has looked at the link, and leaves the login to Finish
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
				if text, _, err := w.pool.Recall(w.t.Context(), who, kite.AskHoldings(), time.Hour); text != "" || !errors.Is(err, session.ErrNoLogin) {
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
		w.wantEvents("11 ending soon AB1234")
		w.login(ravi, "AB1234")
		w.wantState(asha, session.None)
	})
}

func TestAnOverdueLoginThatStillAnswersIsContested(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(13 * time.Hour)
		w.wantEvents("11 ending soon AB1234")
		link := w.link(ravi, "")
		w.kite.Browser(link.URL, "AB1234")
		w.pass(2 * time.Second)
		w.wantEvents("22 refused ", "11 contested ")
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

// A login that went before it was announced leaves its link behind. That link
// must not bring back a session that is to be ended, nor stand for one that is.
func TestALoginThatWentBeforeItWasAnnounced(t *testing.T) {
	for name, test := range map[string]struct {
		away func(*world, session.Link)
		want error
	}{
		"usurped, and Kite ends nothing": {func(w *world, l session.Link) { w.kite.Undying(true); w.kite.Browser(l.URL, "XX9999") }, nil},
		"usurped":                        {func(w *world, l session.Link) { w.kite.Browser(l.URL, "XX9999") }, nil},
		"ended":                          {func(w *world, _ session.Link) { w.kite.Restart() }, session.ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				link := w.link(asha, "")
				w.kite.Browser(link.URL, "AB1234")
				w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
				w.kite.Answer("XX9999", "get_holdings", "somebody else's")
				w.pass(2 * time.Second)
				w.wantEvents("11 logged in AB1234")
				test.away(w, link)
				if got, err := w.call(asha); got != "" || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("answer = %q, %v", got, err)
				}
				w.pass(10 * time.Second)
				w.wantEvents("11 link dead ")
				w.wantState(asha, session.None)
				w.wantError(asha, session.ErrNoLogin)
			})
		})
	}
}
