package session_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestAnswersAreProvedWhileALinkLives(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Calls()
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 1", "get_profile 1")
		h.pass(session.LinkLife) // once more: what happened since that proof?
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 1", "get_profile 1")
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 1")
	})
}

// A second login through the link of the first puts another account behind the
// session: nothing of it is shown, and the session is ended.
func TestSecondBrowserLoginIsNoticed(t *testing.T) {
	for name, when := range map[string]func(h *harness, again func()){
		"at once":       func(_ *harness, again func()) { again() },
		"during a call": func(h *harness, again func()) { h.at("get_holdings", again) },
		"in the link's last minutes": func(h *harness, again func()) { // the proof of before does not hold for them
			h.pass(session.LinkLife - time.Minute)
			again()
			h.pass(2 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				link := h.login(asha, "AB1234")
				h.wantAnswer(asha, "AB1234")
				h.kite.Answer("XX9999", "get_holdings", "another person's")
				when(h, func() { h.kite.Browser(link.URL, "XX9999") })
				if got, err := h.call(asha); got != "" || !asError[*session.UsurpedError](err) {
					t.Errorf("answer = %q, %v, want usurped", got, err)
				}
				h.wantState(asha, session.None)
				h.wantSessions("XX9999", 0)
			})
		})
	}
}

// A session that was replaced while it was asked who it is proves nothing of
// the one that took its place.
func TestTheProofOfAReplacedSessionIsNotTheNewOnes(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Hour)
		h.kite.Before(func(tool string) {
			if tool != "get_profile" {
				return
			}
			h.kite.Before(nil)
			h.login(asha, "AB1234") // and the old session's answer comes in only then
		})
		if _, err := h.pool.Check(h.t.Context(), asha); !errors.Is(err, session.ErrNoLogin) {
			t.Errorf("check of a replaced login = %v", err)
		}
		h.pass(session.LinkLife)
		h.kite.Calls()
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 2", "get_profile 2")
	})
}

func TestSilenceIsMetWithPatience(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Hour)
		h.kite.Calls()
		h.kite.Mute.Store(true)
		start := time.Now()
		_, err := h.call(asha)
		if d, ok := errors.AsType[*session.DoubtError](err); !ok || d.Over {
			t.Errorf("answer of a mute Kite = %v, want doubt", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the person waited %v, want 3 s", took)
		}
		h.wantCalls("get_holdings 1", "get_profile 1", "get_profile 1", "get_profile 1")
		h.wantState(asha, session.Doubtful)
		h.kite.Mute.Store(false)
		h.wantAnswer(asha, "AB1234")
	})
}

func TestOneFailureIsRetried(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Mute.Store(true)
		time.AfterFunc(500*time.Millisecond, func() { h.kite.Mute.Store(false) })
		h.wantAnswer(asha, "AB1234")
	})
}

func TestAToolThatFailsAloneLeavesTheLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		_, err := h.pool.Call(h.t.Context(), asha, query.Margins())
		if wire.KindOf(err) != wire.KindFailed || asError[*session.DoubtError](err) {
			t.Errorf("a failing tool = %v", err)
		}
		h.wantState(asha, session.LoggedIn)
	})
}

// A query that does not read cannot be made by a caller, but for the two of
// which a login is made and ended. Not even those go this way.
func TestOnlyReadingToolsAreCalled(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Calls()
		for _, q := range []query.Query{query.Login(), query.Logout(), {}} {
			if _, err := h.pool.Call(h.t.Context(), asha, q); wire.KindOf(err) != wire.KindNoTool {
				t.Errorf("%q: %v, want refused", q.Name(), err)
			}
		}
		h.wantCalls()
	})
}

// A stream that ends under a call is one fault, a lost answer over /mcp the next:
// the second must not find the tries used up by the first.
func TestALostAnswerAfterALostStream(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		calls := 0
		h.kite.Before(func(tool string) {
			if tool != "get_holdings" {
				return
			}
			calls++
			if calls == 1 {
				h.kite.DropStreams()
			}
			h.kite.Down.Store(calls == 2)
		})
		h.wantAnswer(asha, "AB1234")
		if calls != 3 {
			t.Errorf("get_holdings was called %d times, want 3", calls)
		}
	})
}

func (h *harness) fetch(who int64, maxAge time.Duration) string {
	h.t.Helper()
	text, _, err := h.pool.Fetch(h.t.Context(), who, query.Holdings(), maxAge)
	if err != nil {
		return "error: " + err.Error()
	}
	return text
}

func TestFetch(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(session.LinkLife)
		h.wantAnswer(asha, "AB1234")
		h.kite.Calls()
		for range 3 {
			if got := h.fetch(asha, 3*time.Second); got != "the holdings of AB1234" {
				t.Errorf("recalled %q", got)
			}
		}
		h.wantCalls("get_holdings 1")
		h.pass(3*time.Second + 1)
		h.fetch(asha, 3*time.Second)
		h.wantCalls("get_holdings 1")
		h.pass(30 * time.Second)
		h.fetch(asha, time.Minute)
		h.wantCalls()
		h.pass(2 * time.Minute)
		h.fetch(asha, time.Hour) // nothing is kept that long
		h.wantCalls("get_holdings 1")
	})
}

// An answer that the caller discards is asked for again, and those to other questions
// stay.
func TestADiscardedAnswerIsAskedForAgain(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.fetch(asha, time.Minute)
		h.kite.Calls()
		h.pool.Discard(asha, query.Positions())
		h.fetch(asha, time.Minute)
		h.wantCalls()
		h.pool.Discard(asha, query.Holdings())
		h.fetch(asha, time.Minute)
		if n := h.countCalls()["get_holdings"]; n != 1 {
			t.Errorf("asked %d times, want once", n)
		}
	})
}

// An empty answer is asked for again: Kite says null to everything for a moment, and then
// there are holdings.
func TestAnEmptyAnswerIsNotKept(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Answer("AB1234", "get_holdings", "null")
		if got := h.fetch(asha, time.Minute); got != "null" {
			t.Fatalf("fetched %q", got)
		}
		h.kite.Answer("AB1234", "get_holdings", "the holdings")
		if got := h.fetch(asha, time.Minute); got != "the holdings" {
			t.Errorf("fetched %q after the fault had passed", got)
		}
	})
}

func TestFetchKnowsNobodyElse(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.login(ravi, "CD5678")
		for _, who := range []struct {
			id   int64
			user string
		}{{asha, "AB1234"}, {ravi, "CD5678"}, {asha, "AB1234"}} {
			if got := h.fetch(who.id, time.Minute); got != "the holdings of "+who.user {
				t.Errorf("%d recalled %q", who.id, got)
			}
		}
		h.leave(asha)
		if got := h.fetch(asha, time.Minute); got != "error: "+session.ErrNoLogin.Error() {
			t.Errorf("after a logout recalled %q", got)
		}
		h.login(asha, "EF9012")
		if got := h.fetch(asha, time.Minute); got != "the holdings of EF9012" {
			t.Errorf("after a change of account recalled %q", got)
		}
	})
}

// The cache of all people has a bound. Beyond it people are answered all the same, and
// room that is given up is used again.
func TestKeptAnswersHaveABound(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.login(ravi, "CD5678")
		h.pass(session.LinkLife)
		long := strings.Repeat("x", 3<<19)
		h.kite.Answer("AB1234", "get_order_history", long)
		h.kite.Answer("CD5678", "get_order_history", long)
		asked := func(who int64, page int) (again bool) {
			h.t.Helper()
			h.kite.Calls()
			text, _, err := h.pool.Fetch(h.t.Context(), who, query.OrderHistory(strconv.Itoa(page)), time.Minute)
			if err != nil || text != long {
				h.t.Fatalf("%d bytes, %v", len(text), err)
			}
			return strings.Contains(strings.Join(h.kite.Calls(), ","), "get_order_history")
		}
		for page := range 5 { // seven and a half MiB of eight
			asked(asha, page)
			asked(asha, page)
		}
		if asked(asha, 0) || asked(asha, 4) {
			h.t.Error("what is within the bound was asked for again")
		}
		asked(ravi, 0)
		if !asked(ravi, 0) {
			h.t.Error("what is beyond the bound was kept")
		}
		h.pass(2 * time.Minute)
		asked(ravi, 0)
		if asked(ravi, 0) {
			h.t.Error("room that was given up is not used again")
		}
		h.leave(ravi)
		for page := range 5 {
			asked(asha, page)
		}
		if asked(asha, 4) {
			h.t.Error("a logout gave no room up")
		}
	})
}

// Answers asked for side by side share one proof.
func TestOneProofForSeveralAnswers(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Calls()
		h.kite.Before(func(string) { time.Sleep(100 * time.Millisecond) })
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { h.wantAnswer(asha, "AB1234") })
		}
		all.Wait()
		profiles := 0
		for _, c := range h.kite.Calls() {
			if c == "get_profile 1" {
				profiles++
			}
		}
		// Two where an answer comes in while the first proof is on its way.
		if profiles < 1 || profiles > 2 {
			t.Errorf("%d proofs for four answers, want one or two", profiles)
		}
	})
}

func TestLoginSurvives(t *testing.T) {
	for name, harm := range map[string]func(*harness){
		"a lost stream":                 func(h *harness) { h.kite.DropStreams() },
		"a restart of the bot":          func(h *harness) { h.restart() },
		"a restart and a lost stream":   func(h *harness) { h.kite.DropStreams(); h.restart() },
		"two restarts":                  func(h *harness) { h.restart(); h.restart() },
		"an hour of nothing":            func(h *harness) { h.pass(time.Hour) },
		"an outage":                     func(h *harness) { h.kite.Down.Store(true); _, _ = h.call(asha); h.kite.Down.Store(false) },
		"a Kite that fails for a while": func(h *harness) { h.kite.Mute.Store(true); _, _ = h.call(asha); h.kite.Mute.Store(false) },
		"a stream lost during an outage": func(h *harness) {
			h.kite.Down.Store(true)
			h.kite.DropStreams()
			_, _ = h.call(asha)
			h.kite.Down.Store(false)
		},
		"a link that is not followed": func(h *harness) { h.link(asha, ""); h.pass(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				harm(h)
				h.wantAnswer(asha, "AB1234")
				h.wantAnswer(asha, "AB1234")
			})
		})
	}
}

// Each new connection is proved once: after a restart, and where the stream was lost.
func TestResumedSessionIsProvedOnce(t *testing.T) {
	for name, lose := range map[string]func(*harness){
		"a restart": func(h *harness) {
			h.restart()
			h.pass(session.LinkLife) // before, each answer is proved: see TestASetClockShowsNoForeignFigures
		},
		"a lost stream": func(h *harness) {
			h.passInUse(asha, session.LinkLife)
			h.wantAnswer(asha, "AB1234")
			h.kite.DropStreams()
		},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				lose(h)
				h.wantState(asha, session.Parked)
				h.kite.Calls()
				h.wantAnswer(asha, "AB1234")
				h.wantCalls("get_holdings 1", "get_profile 1") // one extra round trip
				h.wantAnswer(asha, "AB1234")
				h.wantCalls("get_holdings 1")
			})
		})
	}
}

func TestAClockEndsNoLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(13 * time.Hour)
		h.wantState(asha, session.Doubtful)
		h.wantAnswer(asha, "AB1234") // the server still knows it
		h.kite.Mute.Store(true)
		start := time.Now()
		_, err := h.call(asha)
		if d, ok := errors.AsType[*session.DoubtError](err); !ok || !d.Over {
			t.Errorf("answer = %v, want doubt that it is over", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the person waited %v for a login that is over by the clock", took)
		}
	})
}

func TestResumabilityIsAskedAgainAfterAFailure(t *testing.T) {
	testPool(t, func(h *harness) {
		h.loginUnasked()
		h.wantAnswer(asha, "AB1234")
		h.pass(time.Second)
		if s := h.wantState(asha, session.LoggedIn); s.Resumable != session.Yes {
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
		l := session.Login{Credential: session.Credential{Since: test.since}, Bound: test.since}
		if got := l.Until(); !got.Equal(test.want) {
			t.Errorf("%s: until %v, want %v", name, got.In(ist), test.want)
		}
	}
}

func TestSessionsWithoutAStream(t *testing.T) { // KITE_MCP_URL ends in /mcp
	testPool(t, func(h *harness) {
		h.kite.Streamless.Store(true)
		h.login(asha, "AB1234")
		h.wantState(asha, session.Parked)
		h.wantAnswer(asha, "AB1234")
		h.restart()
		h.wantAnswer(asha, "AB1234")
		h.kite.Restart()
		h.wantError(asha, session.ErrEnded)
		h.login(asha, "AB1234")
		h.kite.Restart() // on the connection that opened the session, this time
		h.wantError(asha, session.ErrEnded)
	})
}

func TestANewLoginOverADoubtfulOne(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Hour)
		h.kite.Mute.Store(true)
		if _, err := h.call(asha); !asError[*session.DoubtError](err) {
			t.Fatalf("answer = %v, want doubt", err)
		}
		h.kite.Mute.Store(false)
		h.kite.Calls()
		h.login(asha, "AB1234")
		for _, c := range h.kite.Calls() {
			if c == "DELETE 1" {
				t.Error("the old session was ended: its token may be the new one's")
			}
		}
		h.wantAnswer(asha, "AB1234")
		h.leave(asha)
		h.wantSessions("AB1234", 0)
	})
}

// A server that resumes no session, or has no /mcp at all: that a login does not
// survive its stream is found out while that stands, and when it is cut the login is
// over, instead of being silent for good.
func TestALoginThatLivesOnItsStream(t *testing.T) {
	for name, test := range map[string]struct {
		set   func(*harness)
		ended int // sessions that the next /logout ends
	}{
		"it resumes nothing": {func(h *harness) { h.kite.NoResume.Store(true) }, 1},
		"it has no /mcp":     {func(h *harness) { h.kite.StreamsOnly.Store(true) }, 2}, // the server did not confirm the end of the first
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				test.set(h)
				h.login(asha, "AB1234")
				h.pass(time.Minute)
				if s := h.wantState(asha, session.LoggedIn); s.Resumable != session.No {
					t.Errorf("resumable: %v, want no", s.Resumable)
				}
				h.wantAnswer(asha, "AB1234")
				h.kite.DropStreams()
				h.wantError(asha, session.ErrEnded)
				h.wantError(asha, session.ErrNoLogin)
				h.login(asha, "AB1234")
				h.wantAnswer(asha, "AB1234")
				h.kite.Calls()
				h.leave(asha)
				if calls := h.kite.Calls(); len(ended(calls)) != test.ended {
					t.Errorf("the logout asked %q, want %d ended", calls, test.ended)
				}
			})
		})
	}
}

// A 404 of /mcp says nothing of a login that is known to be resumed there: a
// deploy is under way.
func TestARouterEndsNoLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Minute)
		h.kite.DropStreams()
		h.kite.StreamsOnly.Store(true)
		if _, err := h.call(asha); wire.KindOf(err) != wire.KindNotServed {
			t.Errorf("%v, want %v", err, wire.KindNotServed)
		}
		h.kite.StreamsOnly.Store(false)
		h.wantAnswer(asha, "AB1234")
	})
}
