package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The people of these tests.
const (
	asha int64 = 11
	ravi int64 = 22
)

// world is a pool over a Kite without a network, on a clock that the bubble
// moves. Its restart makes a new pool over the same store, as a new process would.
type world struct {
	t     *testing.T
	kite  *sessiontest.Kite
	store *sessiontest.MemStore
	pool  *session.Pool

	mu     sync.Mutex
	events []string
}

// inWorld runs a test at 10:00 IST of a working day.
func inWorld(t *testing.T, test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, kite: sessiontest.NewKite(t), store: sessiontest.NewMemStore()}
		time.Sleep(4*time.Hour + 30*time.Minute) // bubbles begin at midnight UTC
		w.open()
		test(w)
		w.pool.Close()
	})
}

func (w *world) open() {
	w.pool = session.New(session.Options{
		Dialer: w.kite, Store: w.store, LoginHosts: []string{sessiontest.Host},
		Notify: func(e session.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, fmt.Sprintf("%d %s %s%s", e.Person, e.Kind, e.Status.User.UserID, e.Then))
		},
	})
	if err := w.pool.Start(); err != nil {
		w.t.Fatal(err)
	}
}

// restart is a new process over the same file.
func (w *world) restart() {
	w.pool.Close()
	w.open()
}

// pass lets time go by and everything due happen.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// wantEvents checks what was told since the last time.
func (w *world) wantEvents(want ...string) {
	w.t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.events, want) {
		w.t.Errorf("events:\n got %q\nwant %q", w.events, want)
	}
	w.events = nil
}

func (w *world) wantState(who int64, want session.State) session.Status {
	w.t.Helper()
	s, err := w.pool.Status(who)
	if err != nil || s.State != want {
		w.t.Errorf("state of %d = %v, %v, want %v", who, s.State, err, want)
	}
	return s
}

func (w *world) link(who int64, then string) session.Link {
	w.t.Helper()
	link, _, err := w.pool.Link(w.t.Context(), who, then)
	if err != nil {
		w.t.Fatalf("link for %d: %v", who, err)
	}
	return link
}

// login walks a person through a whole login, and its announcement.
func (w *world) login(who int64, user string) session.Link {
	w.t.Helper()
	link := w.link(who, "")
	w.kite.Browser(link.URL, user)
	if _, err := w.pool.Finish(w.t.Context(), who); err != nil {
		w.t.Fatalf("login of %d as %s: %v", who, user, err)
	}
	if err := w.pool.Announced(who); err != nil {
		w.t.Fatal(err)
	}
	w.wantEvents(fmt.Sprintf("%d logged in %s", who, user))
	w.kite.Answer(user, "get_holdings", "the holdings of "+user)
	return link
}

func (w *world) call(who int64) (string, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	return w.pool.Call(ctx, who, "get_holdings", nil)
}

func (w *world) wantAnswer(who int64, user string) {
	w.t.Helper()
	if got, err := w.call(who); err != nil || got != "the holdings of "+user {
		w.t.Errorf("answer for %d = %q, %v, want that of %s", who, got, err, user)
	}
}

func (w *world) wantError(who int64, want error) {
	w.t.Helper()
	if got, err := w.call(who); got != "" || !errors.Is(err, want) {
		w.t.Errorf("answer for %d = %q, %v, want error %v", who, got, err, want)
	}
}

func (w *world) wantCalls(want ...string) {
	w.t.Helper()
	synctest.Wait()
	if got := w.kite.Calls(); !slices.Equal(got, want) {
		w.t.Errorf("calls at Kite:\n got %q\nwant %q", got, want)
	}
}

// asError reports whether err is a T, for the typed errors.
func asError[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

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
		w.kite.Down(true)
		_, _, err := w.pool.Link(w.t.Context(), asha, "")
		if kite.KindOf(err) != kite.KindUnreachable {
			t.Errorf("link = %v, want unreachable", err)
		}
		w.wantState(asha, session.None)
	})
}

func TestAnswersAreProvedWhileALinkLives(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1", "get_profile 1")
		w.pass(session.LinkLife)
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1")
	})
}

func TestSecondBrowserLoginIsNoticed(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.login(asha, "AB1234")
		w.wantAnswer(asha, "AB1234")
		w.kite.Browser(link.URL, "XX9999")
		w.kite.Answer("XX9999", "get_holdings", "somebody else's")
		got, err := w.call(asha)
		if got != "" || !asError[*session.UsurpedError](err) {
			t.Errorf("answer = %q, %v, want usurped", got, err)
		}
		w.wantState(asha, session.None)
		if n := w.kite.LoggedIn("XX9999"); n != 0 {
			t.Error("the usurped session is still open at the server")
		}
	})
}

func TestSecondBrowserLoginDuringACallIsNoticed(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.login(asha, "AB1234")
		w.kite.Answer("XX9999", "get_holdings", "somebody else's")
		w.kite.Before(func(tool string) {
			if tool == "get_holdings" {
				w.kite.Browser(link.URL, "XX9999")
			}
		})
		if got, err := w.call(asha); got != "" || !asError[*session.UsurpedError](err) {
			t.Errorf("answer = %q, %v, want usurped", got, err)
		}
	})
}

func TestLoginSurvives(t *testing.T) {
	for name, harm := range map[string]func(*world){
		"a lost stream":                    func(w *world) { w.kite.DropStreams() },
		"a restart of the bot":             func(w *world) { w.restart() },
		"a restart and a lost stream":      func(w *world) { w.kite.DropStreams(); w.restart() },
		"two restarts":                     func(w *world) { w.restart(); w.restart() },
		"an hour of nothing":               func(w *world) { w.pass(time.Hour) },
		"an outage":                        func(w *world) { w.kite.Down(true); _, _ = w.call(asha); w.kite.Down(false) },
		"a Kite that fails for a while":    func(w *world) { w.kite.Mute(true); _, _ = w.call(asha); w.kite.Mute(false) },
		"a stream lost during an outage":   func(w *world) { w.kite.Down(true); w.kite.DropStreams(); _, _ = w.call(asha); w.kite.Down(false) },
		"asking for a link nobody follows": func(w *world) { w.link(asha, ""); w.pass(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				harm(w)
				w.wantAnswer(asha, "AB1234")
				w.wantAnswer(asha, "AB1234")
			})
		})
	}
}

func TestResumedSessionIsProvedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.restart()
		w.wantState(asha, session.Parked)
		w.kite.Calls()
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1", "get_profile 1") // one extra round trip
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1")
	})
}

func TestSilenceIsMetWithPatience(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.kite.Calls()
		w.kite.Mute(true)
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
		w.kite.Mute(false)
		w.wantAnswer(asha, "AB1234")
	})
}

func TestOneStumbleIsNotTold(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Mute(true)
		time.AfterFunc(500*time.Millisecond, func() { w.kite.Mute(false) })
		w.wantAnswer(asha, "AB1234")
	})
}

func TestAToolThatFailsAloneLeavesTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		_, err := w.pool.Call(w.t.Context(), asha, "get_margins", nil)
		if kite.KindOf(err) != kite.KindFailed || asError[*session.DoubtError](err) {
			t.Errorf("a failing tool = %v", err)
		}
		w.wantState(asha, session.LoggedIn)
	})
}

func TestAClockEndsNoLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(13 * time.Hour)
		w.wantState(asha, session.Doubtful)
		w.wantAnswer(asha, "AB1234") // the server still knows it
		w.kite.Mute(true)
		start := time.Now()
		_, err := w.call(asha)
		if d, ok := errors.AsType[*session.DoubtError](err); !ok || !d.Over {
			t.Errorf("answer = %v, want doubt that it is over", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the person waited %v for a login that is over by the clock", took)
		}
	})
}

func TestTheServerEndsALogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Restart()
		w.wantError(asha, session.ErrEnded)
		w.wantError(asha, session.ErrNoLogin)
		w.wantState(asha, session.None)
	})
}

func TestASessionThatCannotBeResumedLivesOnItsStream(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kite.NoResume(true)
		w.login(asha, "AB1234")
		w.pass(time.Second)
		if s := w.wantState(asha, session.LoggedIn); s.Resumable != session.No {
			t.Errorf("resumable = %v, want no", s.Resumable)
		}
		w.wantAnswer(asha, "AB1234")
		w.kite.DropStreams()
		w.wantError(asha, session.ErrEnded)
	})
}

func TestResumabilityIsAskedAgainAfterAFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.link(asha, "")
		w.kite.Browser(link.URL, "AB1234")
		w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
		if _, err := w.pool.Finish(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		w.kite.Down(true) // before the minder gets to ask
		w.pass(time.Second)
		w.kite.Down(false)
		w.wantAnswer(asha, "AB1234")
		w.pass(time.Second)
		if s := w.wantState(asha, session.LoggedIn); s.Resumable != session.Yes {
			t.Errorf("resumable = %v, want yes", s.Resumable)
		}
	})
}

func TestUntil(t *testing.T) {
	ist := time.FixedZone("IST", 19800)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, ist) }
	for name, test := range map[string]struct{ since, want time.Time }{
		"twelve hours, in the morning":     {at(23, 8, 0), at(23, 20, 0)},
		"the cut-off, in the evening":      {at(23, 20, 0), at(24, 6, 0)},
		"the cut-off, at night":            {at(24, 1, 30), at(24, 6, 0)},
		"a minute before the cut-off":      {at(24, 5, 59), at(24, 6, 0)},
		"at the cut-off, a whole day":      {at(24, 6, 0), at(24, 18, 0)},
		"twelve hours up to the cut-off":   {at(23, 18, 0), at(24, 6, 0)},
		"a minute before that, the server": {at(23, 17, 59), at(24, 5, 59)},
	} {
		l := session.Login{Held: session.Held{Since: test.since}, Bound: test.since}
		if got := l.Until(); !got.Equal(test.want) {
			t.Errorf("%s: until %v, want %v", name, got.In(ist), test.want)
		}
	}
}

func TestSessionsWithoutAStream(t *testing.T) { // KITE_MCP_URL ends in /mcp
	inWorld(t, func(w *world) {
		w.kite.Streamless(true)
		w.login(asha, "AB1234")
		w.wantState(asha, session.Parked)
		w.wantAnswer(asha, "AB1234")
		w.restart()
		w.wantAnswer(asha, "AB1234")
		w.kite.Restart()
		w.wantError(asha, session.ErrEnded)
		w.login(asha, "AB1234")
		w.kite.Restart() // on the connection that opened the session, this time
		w.wantError(asha, session.ErrEnded)
	})
}

func TestANewLoginOverADoubtfulOne(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Hour)
		w.kite.Mute(true)
		if _, err := w.call(asha); !asError[*session.DoubtError](err) {
			t.Fatalf("answer = %v, want doubt", err)
		}
		w.kite.Mute(false)
		w.kite.Calls()
		w.login(asha, "AB1234")
		for _, c := range w.kite.Calls() {
			if c == "DELETE 1" {
				t.Error("the old session was ended: its token may be the new one's")
			}
		}
		w.wantAnswer(asha, "AB1234")
		if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		if n := w.kite.LoggedIn("AB1234"); n != 0 {
			t.Errorf("%d sessions are open after a logout", n)
		}
	})
}

func TestOnlyReadingToolsAreCalled(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		for _, tool := range []string{"place_order", "delete_gtt_order", "login", "brew_tea", ""} {
			if _, err := w.pool.Call(w.t.Context(), asha, tool, nil); kite.KindOf(err) != kite.KindNoTool {
				t.Errorf("%q: %v, want refused", tool, err)
			}
		}
		w.wantCalls()
	})
}
