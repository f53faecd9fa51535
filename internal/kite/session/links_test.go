package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestNobodyIsDialledForNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.wantState(asha, session.None)
		w.wantError(asha, session.ErrNoLogin)
		w.pass(time.Hour)
		w.wantCalls()
	})
}

func TestWatcherNoticesTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.link(asha, "/holdings")
		w.wantState(asha, session.LinkSent)
		w.pass(10 * time.Second)
		w.wantEvents()
		w.kite.Browser(link.URL, "AB1234")
		w.pass(2 * time.Second)
		w.wantEvents("11 logged in AB1234/holdings")
		w.wantState(asha, session.LoggedIn)
	})
}

func TestWatcherIsGentle(t *testing.T) {
	inWorld(t, func(w *world) {
		w.link(asha, "")
		w.kite.Calls()
		for _, step := range []struct {
			wait time.Duration
			want int // questions asked meanwhile
		}{
			{time.Minute, 30}, {4 * time.Minute, 48}, {10 * time.Minute, 40},
		} {
			w.pass(step.wait)
			if got := len(w.kite.Calls()); got < step.want-1 || got > step.want+1 {
				t.Errorf("%d questions in %v, want about %d", got, step.wait, step.want)
			}
		}
		w.pass(time.Hour)
		w.wantEvents("11 link dead ")
		w.kite.Calls()
		w.pass(time.Hour)
		w.wantCalls()
	})
}

func TestFinish(t *testing.T) {
	inWorld(t, func(w *world) {
		if _, err := w.pool.Finish(w.t.Context(), asha); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("finish without a link: %v", err)
		}
		link := w.link(asha, "")
		if _, err := w.pool.Finish(w.t.Context(), asha); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("finish too early: %v", err)
		}
		w.kite.Browser(link.URL, "AB1234")
		for range 3 { // pressing again is harmless
			if s, err := w.pool.Finish(w.t.Context(), asha); err != nil || s.User.UserID != "AB1234" {
				t.Errorf("finish = %v, %v", s.User, err)
			}
		}
		w.wantEvents("11 logged in AB1234")
	})
}

func TestYoungLinkIsSentAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.link(asha, "")
		w.pass(session.LinkYoung - time.Second)
		if again := w.link(asha, "/holdings"); again.Ref != first.Ref || again.URL != first.URL {
			t.Error("a young link was replaced")
		}
		w.pass(time.Second)
		second := w.link(asha, "")
		if second.Ref == first.Ref {
			t.Error("an old link was sent again")
		}
		// The person finishes the older of the two.
		w.kite.Browser(first.URL, "AB1234")
		w.pass(15 * time.Second)
		w.wantEvents("11 logged in AB1234/holdings")
		w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
		w.wantAnswer(asha, "AB1234")
	})
}

func TestLinkOfARestartedServerIsReplaced(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.link(asha, "")
		w.kite.Restart()
		if second := w.link(asha, ""); second.Ref == first.Ref {
			t.Error("a dead link was sent again")
		}
		w.pass(5 * time.Second)
		w.wantEvents("11 link dead ")
	})
}

func TestNoLinkWhileKiteIsDown(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kite.Down.Store(true)
		_, _, err := w.pool.Link(w.t.Context(), asha, "")
		if wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("link = %v, want unreachable", err)
		}
		w.wantState(asha, session.None)
	})
}

// Nobody was told of a login: Telegram took nothing. That keeps no link from the
// person when it does not answer any more.
func TestAnUntoldLoginKeepsNobodyFromANewOne(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.link(asha, "/holdings")
		if err := w.pool.Shown(asha, first.Ref, 7); err != nil {
			t.Fatal(err)
		}
		w.kite.Browser(first.URL, "AB1234")
		w.pass(10 * time.Second)
		w.wantEvents("11 logged in AB1234/holdings")
		if _, _, err := w.pool.Link(w.t.Context(), asha, ""); !errors.Is(err, session.ErrBound) {
			t.Errorf("while the news are on their way: %v, want ErrBound", err)
		}
		w.pass(session.AnnounceTime)
		second, s, err := w.pool.Link(w.t.Context(), asha, "")
		if err != nil || second.Ref == first.Ref || second.Then != "" {
			t.Fatalf("later: %v, %v", second, err)
		}
		if len(s.Links) != 2 || s.Links[0].Message != 7 || s.Link == nil || s.Link.Ref != second.Ref {
			t.Errorf("the older message is not to lose its button: %+v", s.Links)
		}
		w.kite.Browser(second.URL, "AB1234")
		w.pass(10 * time.Second)
		w.wantEvents("11 logged in AB1234")
		if err := w.pool.Announced(asha); err != nil {
			t.Fatal(err)
		}
		if s := w.wantState(asha, session.LoggedIn); len(s.Links) != 0 {
			t.Errorf("links are left: %+v", s.Links)
		}
	})
}
