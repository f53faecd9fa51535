package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
	"kitebot/internal/kite/wire"
)

// threeCalls asks for three parts of an account concurrently, as /portfolio does,
// and returns what came of each.
func (h *harness) threeCalls(ctx context.Context) (errs [3]error) {
	var parts sync.WaitGroup
	for i, q := range []query.Query{query.Holdings(), query.Positions(), query.Margins()} {
		parts.Go(func() { _, errs[i] = h.pool.Call(ctx, asha, q) })
	}
	parts.Wait()
	return errs
}

// countCalls returns how often each tool was asked since the last time.
func (h *harness) countCalls() map[string]int {
	n := map[string]int{}
	for _, call := range h.kite.Calls() {
		tool, _, _ := strings.Cut(call, " ")
		n[tool]++
	}
	return n
}

// Three parts of an answer fail at once: one patience serves them all, so that a
// Kite that limits us gets six calls instead of twelve.
func TestOnePatienceForSeveralFailures(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Mute.Store(true)
		h.countCalls()
		began := time.Now()
		for i, err := range h.threeCalls(h.t.Context()) {
			if !asError[*session.DoubtError](err) {
				t.Errorf("part %d = %v, want a doubt", i, err)
			}
		}
		if n := h.countCalls(); n["get_profile"] != 3 || n["get_holdings"]+n["get_positions"]+n["get_margins"] != 3 {
			t.Errorf("calls = %v, want three tools and three profiles", n)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %v, want the pauses alone", took)
		}
		h.wantState(asha, session.Doubtful)
	})
}

// lateProfiles is Kite with answers to get_profile that arrive when late ends.
type lateProfiles struct {
	*sessiontest.Kite
	late chan struct{}
}

func (k lateProfiles) Open(ctx context.Context) (session.Conn, error) {
	c, err := k.Kite.Open(ctx)
	return lateConn{c, k.late}, err
}

type lateConn struct {
	session.Conn
	late chan struct{}
}

func (c lateConn) Call(ctx context.Context, q query.Query) (string, error) {
	text, err := c.Conn.Call(ctx, q)
	if q.Name() == "get_profile" {
		<-c.late
	}
	return text, err
}

// A failure is explained by a probe that is younger. An older one was answered before
// the failure, and the account may have been replaced in between.
func TestAFailureIsExplainedByAYoungerProbe(t *testing.T) {
	testPool(t, func(h *harness) {
		late := lateProfiles{h.kite, make(chan struct{}, 100)}
		h.pool.Close()
		h.openOver(late, h.kite)
		for range cap(late.late) - 1 {
			late.late <- struct{}{}
		}
		link := h.login(asha, "AB1234")
		h.pass(time.Minute)
		for len(late.late) > 0 {
			<-late.late
		}
		answered := make(chan error)
		go func() { _, err := h.call(asha); answered <- err }()
		synctest.Wait() // the holdings are there, and so is the profile that proves them, but not here yet
		h.kite.Browser(link.URL, "CD5678")
		failed := make(chan error)
		go func() { _, err := h.pool.Call(h.t.Context(), asha, query.Margins()); failed <- err }()
		synctest.Wait()
		close(late.late)
		if err := <-answered; err != nil {
			t.Errorf("the holdings = %v, want those of the first account", err)
		}
		if err := <-failed; !asError[*session.UsurpedError](err) {
			t.Errorf("the margins = %v, want that the login was taken over", err)
		}
	})
}

// A tool that fails although the login answers is asked again a second later: in
// the same moment Kite would limit it again.
func TestAToolThatFailedIsAskedAgainAMomentLater(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.passInUse(asha, session.LinkLife)
		var mu sync.Mutex
		var asked []time.Time
		h.kite.Before(func(tool string) {
			mu.Lock()
			defer mu.Unlock()
			if tool == "get_margins" {
				asked = append(asked, time.Now())
				if len(asked) == 2 {
					h.kite.Answer("AB1234", "get_margins", "{}")
				}
			}
		})
		h.kite.Calls()
		if _, err := h.pool.Call(h.t.Context(), asha, query.Margins()); err != nil {
			t.Errorf("the second answer = %v", err)
		}
		h.wantCalls("get_margins 1", "get_profile 1", "get_margins 1")
		if len(asked) != 2 || asked[1].Sub(asked[0]) != time.Second {
			t.Errorf("asked at %v, want a second between", asked)
		}
	})
}

// Who gives up while others wait for the same verdict leaves it to one of them.
func TestPatienceGoesOnWithoutTheOneWhoGaveUp(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Mute.Store(true)
		hasty, cancel := context.WithCancel(h.t.Context())
		var calls sync.WaitGroup
		var gone, patient error
		calls.Go(func() { _, gone = h.pool.Call(hasty, asha, query.Holdings()) })
		h.pass(500 * time.Millisecond)
		calls.Go(func() { _, patient = h.pool.Call(h.t.Context(), asha, query.Positions()) })
		h.pass(200 * time.Millisecond)
		cancel()
		calls.Wait()
		if wire.KindOf(gone) != wire.KindUnreachable || asError[*session.DoubtError](gone) {
			t.Errorf("the one who gave up = %v", gone)
		}
		if !asError[*session.DoubtError](patient) {
			t.Errorf("the other = %v, want a doubt", patient)
		}
	})
}

// Another account answers one of several parts that failed: each is told of the
// take-over, and none of an everyday end.
func TestATakeOverIsReportedToEachPart(t *testing.T) {
	testPool(t, func(h *harness) {
		link := h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Browser(link.URL, "CD5678") // whose account answers none of these tools
		h.kite.Before(func(string) { time.Sleep(10 * time.Millisecond) })
		for i, err := range h.threeCalls(h.t.Context()) {
			if !asError[*session.UsurpedError](err) {
				t.Errorf("part %d = %v, want the take-over", i, err)
			}
		}
	})
}

// A glance is one question: it doubts at once what confirm would ask three times.
func TestAGlanceIsOneQuestion(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Mute.Store(true)
		h.kite.Calls()
		began := time.Now()
		s, err := h.pool.Glance(h.t.Context(), asha)
		if !asError[*session.DoubtError](err) || s.State != session.Doubtful || time.Since(began) != 0 {
			t.Errorf("glance = %v, %v after %v", s.State, err, time.Since(began))
		}
		h.wantCalls("get_profile 1")
		h.kite.Mute.Store(false)
		if s, err := h.pool.Glance(h.t.Context(), asha); err != nil || s.State != session.LoggedIn {
			t.Errorf("glance at a login that answers = %v, %v", s.State, err)
		}
		if slices.Contains(h.kite.Calls(), "login 1") {
			t.Error("a glance called login")
		}
	})
}

// A server without /mcp is asked there once for each login, whatever is asked later.
func TestAServerWithoutMCPIsAskedThereOnce(t *testing.T) {
	testPool(t, func(h *harness) {
		h.kite.StreamsOnly.Store(true)
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Calls()
		h.passInUse(asha, session.LinkLife)
		h.wantAnswer(asha, "AB1234") // proved for as long as the stream stands
		h.kite.Calls()
		for range 3 {
			h.wantAnswer(asha, "AB1234")
			h.pass(time.Second)
		}
		h.wantCalls("get_holdings 1", "get_holdings 1", "get_holdings 1")
		h.kite.Frozen.Store(true)
		if _, err := h.call(asha); wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("a frozen stream = %v, want unreachable", err)
		}
		h.wantCalls("get_holdings 1")
	})
}

// Of the parts of one answer, one finds that the login was taken over and ends its
// session; the others may find only that it has ended.
func TestATakeoverComesFirst(t *testing.T) {
	takenOver := &session.UsurpedError{}
	for _, other := range []error{session.ErrNoLogin, &session.EndedError{}, &session.DoubtError{}, session.ErrUnconfirmed, session.ErrLoggedOut} {
		if err := session.LoginError(other, errors.New("a part"), nil, takenOver); !errors.Is(err, takenOver) {
			t.Errorf("with %q: %v", other, err)
		}
	}
}

func TestAGarbledAnswerIsAskedForAgain(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.passInUse(asha, session.LinkLife)
		h.kite.Garble(1)
		h.wantAnswer(asha, "AB1234")
		h.kite.Garble(1000)
		_, err := h.call(asha)
		if wire.KindOf(err) != wire.KindMalformed || asError[*session.DoubtError](err) {
			t.Errorf("answers that stay garbled = %v, want malformed", err)
		}
		h.kite.Garble(0)
		h.wantState(asha, session.LoggedIn)
	})
}

// A proof that comes garbled shows nothing, and doubts the login.
func TestAGarbledProofShowsNothing(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.kite.Before(func(tool string) {
			if tool == "get_profile" {
				h.kite.Garble(1)
			}
		})
		if got, err := h.call(asha); got != "" || !asError[*session.DoubtError](err) {
			t.Errorf("answer = %q, %v, want doubt", got, err)
		}
		h.kite.Before(nil)
		h.wantAnswer(asha, "AB1234")
	})
}

// A stream that stands and swallows what is asked is left for /mcp, so that
// only one call waits for it.
func TestAStreamThatSwallowsCallsIsLeft(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.passInUse(asha, session.LinkLife)
		h.kite.Frozen.Store(true)
		h.wantState(asha, session.LoggedIn)
		h.kite.Calls()
		h.wantAnswer(asha, "AB1234")
		h.wantState(asha, session.Parked)
		h.wantCalls("get_holdings 1", "get_holdings 1", "get_profile 1")
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 1")
		h.wantStreams(0)
	})
}

// Where /mcp knows nothing of the session, the stream is all there is: its
// silence ends nothing.
func TestAFrozenStreamThatCannotBeLeftEndsNothing(t *testing.T) {
	testPool(t, func(h *harness) {
		h.kite.NoResume.Store(true)
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Frozen.Store(true)
		if _, err := h.call(asha); wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("answer = %v, want unreachable", err)
		}
		h.kite.Frozen.Store(false)
		h.wantState(asha, session.LoggedIn)
		h.wantAnswer(asha, "AB1234")
	})
}

// The end of a session that shows only when a tool is asked a second time is
// the end all the same.
func TestTheEndShowsAtTheSecondAttempt(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(session.LinkLife)
		h.restart()
		h.kite.Garble(1)
		h.kite.Before(func(string) {
			h.kite.Before(func(string) { h.kite.Restart() })
		})
		h.wantError(asha, session.ErrEnded)
		h.wantState(asha, session.None)
	})
}

// An upstream that answers null to everything looks like an account with
// nothing in it. It is not believed.
func TestAnEmptyAnswerIsBelievedFromAKiteThatKnowsWho(t *testing.T) {
	const nameless = `{"user_id":"","user_name":""}`
	for name, test := range map[string]struct {
		answer, profile string
		want            bool
	}{
		"no orders":       {"[]", `{"user_id":"AB1234","user_name":"Asha"}`, true},
		"null":            {"null", nameless, false},
		"null for a list": {"[]", nameless, false},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				h.pass(session.LinkLife)
				h.wantAnswer(asha, "AB1234") // proves the connection
				h.kite.Answer("AB1234", "get_holdings", test.answer)
				h.kite.Answer("AB1234", "get_profile", test.profile)
				got, err := h.call(asha)
				if test.want && (err != nil || got != test.answer) || !test.want && (got != "" || !asError[*session.DoubtError](err)) {
					t.Errorf("answer = %q, %v, want it believed: %v", got, err, test.want)
				}
			})
		})
	}
}

// While only Kite is failing, whatever people do, they stay logged in.
func TestOnlyKiteFails(t *testing.T) {
	faults := map[string]func(*sessiontest.Kite){
		"down":   func(k *sessiontest.Kite) { k.Down.Store(true) },
		"mute":   func(k *sessiontest.Kite) { k.Mute.Store(true) },
		"slow":   func(k *sessiontest.Kite) { k.Slow(time.Minute) },
		"frozen": func(k *sessiontest.Kite) { k.Frozen.Store(true); k.DropStreams() },
		"garble": func(k *sessiontest.Kite) { k.Garble(1000) },
	}
	for name, set := range faults {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				h.kite.Calls()
				set(h.kite)
				for range 3 {
					_, _ = h.call(asha)
					_, _ = h.pool.Check(h.t.Context(), asha)
					_, _ = h.pool.Finish(h.t.Context(), asha)
					_, _, _ = h.pool.Link(h.t.Context(), asha, "")
					h.restart()
					h.pass(time.Hour)
				}
				for _, c := range h.kite.Calls() {
					if c == "login 1" || c == "DELETE 1" {
						t.Errorf("%s was sent", c)
					}
				}
				h.heal()
				h.wantAnswer(asha, "AB1234")
			})
		})
	}
}

// heal ends every fault of Kite's.
func (h *harness) heal() {
	h.kite.Down.Store(false)
	h.kite.Mute.Store(false)
	h.kite.Frozen.Store(false)
	h.kite.Slow(0)
	h.kite.Garble(0)
}

// oneCall is how long one call takes at most on the real connection.
const oneCall = 20 * time.Second

// Whatever is asked, and however slowly Kite says nothing, the person has an
// answer before the minute of their command is over.
func TestHowLongAPersonWaits(t *testing.T) {
	asks := map[string]func(context.Context, *harness) error{
		"call": func(ctx context.Context, h *harness) error {
			_, err := h.pool.Call(ctx, asha, query.Holdings())
			return err
		},
		"check":  func(ctx context.Context, h *harness) error { _, err := h.pool.Check(ctx, asha); return err },
		"finish": func(ctx context.Context, h *harness) error { _, err := h.pool.Finish(ctx, asha); return err },
		"link":   func(ctx context.Context, h *harness) error { _, _, err := h.pool.Link(ctx, asha, ""); return err },
		"retry":  func(ctx context.Context, h *harness) error { _, err := h.pool.RetryLogout(ctx, asha); return err },
		"logout": func(ctx context.Context, h *harness) error { _, _, err := h.pool.Logout(ctx, asha); return err },
	}
	faults := map[string]func(*sessiontest.Kite){
		"mute":        func(k *sessiontest.Kite) { k.Mute.Store(true); k.Slow(oneCall - time.Millisecond) },
		"down":        func(k *sessiontest.Kite) { k.Down.Store(true); k.Slow(oneCall) },
		"frozen":      func(k *sessiontest.Kite) { k.Frozen.Store(true); k.Slow(oneCall) },
		"never":       func(k *sessiontest.Kite) { k.Slow(time.Hour) },
		"merely slow": func(k *sessiontest.Kite) { k.Slow(oneCall - time.Millisecond) },
	}
	for fault, set := range faults {
		for ask, do := range asks {
			t.Run(fault+"/"+ask, func(t *testing.T) {
				testPool(t, func(h *harness) {
					h.login(asha, "AB1234")
					h.link(asha, "")
					h.pass(session.LinkYoung - time.Minute)
					set(h.kite)
					start := time.Now()
					err := do(h.t.Context(), h)
					if took := time.Since(start); took > session.MaxWait || session.MaxWait >= time.Minute {
						t.Errorf("the person waited %v (%v)", took, err)
					}
					h.heal()
				})
			})
		}
	}
}

// Slow and saying nothing is a doubt, with both ways out; no answer at all is
// Kite not answering.
func TestTheLimitSaysWhatWasSeen(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(session.LinkLife)
		h.kite.Mute.Store(true)
		h.kite.Slow(24600 * time.Millisecond) // the limit falls into the pause
		if _, err := h.call(asha); !asError[*session.DoubtError](err) {
			t.Errorf("a slow Kite that says nothing = %v, want doubt", err)
		}
		h.wantState(asha, session.Doubtful)
		h.kite.Slow(time.Hour)
		if _, err := h.call(asha); wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("a Kite without an answer = %v, want unreachable", err)
		}
		h.heal()
		h.wantAnswer(asha, "AB1234")
	})
}

// The proof that several answers wait for does not come: Kite is not answering, to the
// caller that asked for it and to those that wait for it, and the login is not in doubt.
func TestAProofThatDoesNotComeIsNoDoubt(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Answer("AB1234", "get_positions", "the positions of AB1234")
		h.kite.Answer("AB1234", "get_margins", "the margins of AB1234")
		h.kite.Before(func(tool string) {
			if tool == "get_profile" {
				time.Sleep(time.Millisecond) // the other answers come in
				h.kite.Slow(time.Hour)
			}
		})
		for i, err := range h.threeCalls(h.t.Context()) {
			if wire.KindOf(err) != wire.KindUnreachable || asError[*session.DoubtError](err) {
				t.Errorf("part %d = %v, want unreachable", i, err)
			}
		}
		h.wantState(asha, session.LoggedIn)
		h.kite.Before(nil)
		h.heal()
		h.wantAnswer(asha, "AB1234")
	})
}

// An answer that is too big is not asked for again, on no way, and costs no login.
func TestWhatIsTooBigIsAskedForOnce(t *testing.T) {
	for _, streamsOnly := range []bool{false, true} {
		testPool(t, func(h *harness) {
			h.kite.StreamsOnly.Store(streamsOnly)
			h.login(asha, "AB1234")
			h.pass(time.Second)
			h.kite.Answer("AB1234", "get_holdings", strings.Repeat("x", 5<<20))
			h.kite.Calls()
			_, err := h.pool.Call(h.t.Context(), asha, query.Holdings())
			if wire.KindOf(err) != wire.KindTooBig {
				h.t.Errorf("error = %v", err)
			}
			if calls := h.kite.Calls(); len(calls) != 1 {
				h.t.Errorf("Kite was asked for %v", calls)
			}
			h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
			h.wantAnswer(asha, "AB1234")
		})
	}
}
