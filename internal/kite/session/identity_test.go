package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

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
			w.restart()
			w.wantEvents("11 logged in CD5678/holdings") // asked about until there is an answer
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

// A login that went before it was announced leaves its link behind. That link
// must not bring back a session that is to be ended, nor stand for one that is.
func TestALoginThatWentBeforeItWasAnnounced(t *testing.T) {
	for name, test := range map[string]struct {
		away func(*world, session.Link)
		want error
	}{
		"usurped, and Kite ends nothing": {func(w *world, l session.Link) { w.kite.Undying.Store(true); w.kite.Browser(l.URL, "XX9999") }, nil},
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
