package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestNothingIsDialledWithoutALogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.wantState(asha, session.None)
		h.wantError(asha, session.ErrNoLogin)
		h.pass(time.Hour)
		h.wantCalls()
	})
}

func TestWatcherNoticesTheLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		link := h.link(asha, "/holdings")
		h.wantState(asha, session.LinkSent)
		h.pass(10 * time.Second)
		h.wantEvents()
		h.kite.Browser(link.URL, "AB1234")
		h.pass(2 * time.Second)
		h.wantEvents("11 logged in AB1234/holdings")
		h.wantState(asha, session.LoggedIn)
	})
}

func TestWatcherIsGentle(t *testing.T) {
	testPool(t, func(h *harness) {
		h.link(asha, "")
		h.kite.Calls()
		for _, step := range []struct {
			wait time.Duration
			want int // questions asked meanwhile
		}{
			{time.Minute, 30}, {4 * time.Minute, 48}, {10 * time.Minute, 40},
		} {
			h.pass(step.wait)
			if got := len(h.kite.Calls()); got < step.want-1 || got > step.want+1 {
				t.Errorf("%d questions in %v, want about %d", got, step.wait, step.want)
			}
		}
		h.pass(time.Hour)
		h.wantEvents("11 link dead ")
		h.kite.Calls()
		h.pass(time.Hour)
		h.wantCalls()
	})
}

func TestFinish(t *testing.T) {
	testPool(t, func(h *harness) {
		if _, err := h.pool.Finish(h.t.Context(), asha); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("finish without a link: %v", err)
		}
		link := h.link(asha, "")
		if _, err := h.pool.Finish(h.t.Context(), asha); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("finish too early: %v", err)
		}
		h.kite.Browser(link.URL, "AB1234")
		for range 3 { // pressing again is harmless
			if s, err := h.pool.Finish(h.t.Context(), asha); err != nil || s.User.UserID != "AB1234" {
				t.Errorf("finish = %v, %v", s.User, err)
			}
		}
		h.wantEvents("11 logged in AB1234")
	})
}

func TestYoungLinkIsSentAgain(t *testing.T) {
	testPool(t, func(h *harness) {
		first := h.link(asha, "")
		h.pass(session.LinkYoung - time.Second)
		if again := h.link(asha, "/holdings"); again.Ref != first.Ref || again.URL != first.URL {
			t.Error("a young link was replaced")
		}
		h.pass(time.Second)
		second := h.link(asha, "")
		if second.Ref == first.Ref {
			t.Error("an old link was sent again")
		}
		// The person finishes the older of the two.
		h.kite.Browser(first.URL, "AB1234")
		h.pass(15 * time.Second)
		h.wantEvents("11 logged in AB1234/holdings")
		h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
		h.wantAnswer(asha, "AB1234")
	})
}

func TestLinkOfARestartedServerIsReplaced(t *testing.T) {
	testPool(t, func(h *harness) {
		first := h.link(asha, "")
		h.kite.Restart()
		if second := h.link(asha, ""); second.Ref == first.Ref {
			t.Error("a dead link was sent again")
		}
		h.pass(5 * time.Second)
		h.wantEvents("11 link dead ")
	})
}

func TestNoLinkWhileKiteIsDown(t *testing.T) {
	testPool(t, func(h *harness) {
		h.kite.Down.Store(true)
		_, _, err := h.pool.Link(h.t.Context(), asha, "")
		if wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("link = %v, want unreachable", err)
		}
		h.wantState(asha, session.None)
	})
}

// Nobody was told of a login: Telegram took nothing. That keeps no link from the
// person when it does not answer any more.
func TestAnUnannouncedLoginDoesNotPreventANewOne(t *testing.T) {
	testPool(t, func(h *harness) {
		first := h.link(asha, "/holdings")
		if err := h.pool.Shown(asha, first.Ref, 7); err != nil {
			t.Fatal(err)
		}
		h.kite.Browser(first.URL, "AB1234")
		h.pass(10 * time.Second)
		h.wantEvents("11 logged in AB1234/holdings")
		if _, _, err := h.pool.Link(h.t.Context(), asha, ""); !errors.Is(err, session.ErrBound) {
			t.Errorf("while the news are on their way: %v, want ErrBound", err)
		}
		h.pass(session.AnnounceTime)
		second, s, err := h.pool.Link(h.t.Context(), asha, "")
		if err != nil || second.Ref == first.Ref || second.Then != "" {
			t.Fatalf("later: %v, %v", second, err)
		}
		if len(s.Links) != 2 || s.Links[0].Message != 7 || s.Link == nil || s.Link.Ref != second.Ref {
			t.Errorf("the older message is not to lose its button: %+v", s.Links)
		}
		h.kite.Browser(second.URL, "AB1234")
		h.pass(10 * time.Second)
		h.wantEvents("11 logged in AB1234")
		h.announced(asha)
		if s := h.wantState(asha, session.LoggedIn); len(s.Links) != 0 {
			t.Errorf("links are left: %+v", s.Links)
		}
	})
}
