package session_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// sideBySide asks for three parts of an account concurrently, as /portfolio does,
// and returns what came of each.
func (w *world) sideBySide(ctx context.Context) (errs [3]error) {
	var parts sync.WaitGroup
	for i, q := range []query.Query{query.Holdings(), query.Positions(), query.Margins()} {
		parts.Go(func() { _, errs[i] = w.pool.Call(ctx, asha, q) })
	}
	parts.Wait()
	return errs
}

// count returns how often each tool was asked since the last time.
func (w *world) count() map[string]int {
	n := map[string]int{}
	for _, call := range w.kite.Calls() {
		tool, _, _ := strings.Cut(call, " ")
		n[tool]++
	}
	return n
}

// Three parts of an answer fail at once: one patience serves them all, so that a
// Kite that limits us gets six calls instead of twelve.
func TestOnePatienceForSeveralFailures(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Mute.Store(true)
		w.count()
		began := time.Now()
		for i, err := range w.sideBySide(w.t.Context()) {
			if !asError[*session.DoubtError](err) {
				t.Errorf("part %d = %v, want a doubt", i, err)
			}
		}
		if n := w.count(); n["get_profile"] != 3 || n["get_holdings"]+n["get_positions"]+n["get_margins"] != 3 {
			t.Errorf("calls = %v, want three tools and three profiles", n)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %v, want the pauses alone", took)
		}
		w.wantState(asha, session.Doubtful)
	})
}

// A tool that fails although the login answers is asked again a second later: in
// the same moment Kite would limit it again.
func TestAToolThatFailedIsAskedAgainAMomentLater(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.passInUse(asha, session.LinkLife)
		var mu sync.Mutex
		var asked []time.Time
		w.kite.Before(func(tool string) {
			mu.Lock()
			defer mu.Unlock()
			if tool == "get_margins" {
				asked = append(asked, time.Now())
				if len(asked) == 2 {
					w.kite.Answer("AB1234", "get_margins", "{}")
				}
			}
		})
		w.kite.Calls()
		if _, err := w.pool.Call(w.t.Context(), asha, query.Margins()); err != nil {
			t.Errorf("the second answer = %v", err)
		}
		w.wantCalls("get_margins 1", "get_profile 1", "get_margins 1")
		if len(asked) != 2 || asked[1].Sub(asked[0]) != time.Second {
			t.Errorf("asked at %v, want a second between", asked)
		}
	})
}

// Who gives up while others wait for the same verdict leaves it to one of them.
func TestPatienceGoesOnWithoutTheOneWhoGaveUp(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Mute.Store(true)
		hasty, cancel := context.WithCancel(w.t.Context())
		var calls sync.WaitGroup
		var gone, patient error
		calls.Go(func() { _, gone = w.pool.Call(hasty, asha, query.Holdings()) })
		w.pass(500 * time.Millisecond)
		calls.Go(func() { _, patient = w.pool.Call(w.t.Context(), asha, query.Positions()) })
		w.pass(200 * time.Millisecond)
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
func TestATakeOverIsToldToEachPart(t *testing.T) {
	inWorld(t, func(w *world) {
		link := w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Browser(link.URL, "CD5678") // whose account answers none of these tools
		w.kite.Before(func(string) { time.Sleep(10 * time.Millisecond) })
		for i, err := range w.sideBySide(w.t.Context()) {
			if !asError[*session.UsurpedError](err) {
				t.Errorf("part %d = %v, want the take-over", i, err)
			}
		}
	})
}

// A glance is one question: it doubts at once what confirm would ask three times.
func TestAGlanceIsOneQuestion(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Mute.Store(true)
		w.kite.Calls()
		began := time.Now()
		s, err := w.pool.Glance(w.t.Context(), asha)
		if !asError[*session.DoubtError](err) || s.State != session.Doubtful || time.Since(began) != 0 {
			t.Errorf("glance = %v, %v after %v", s.State, err, time.Since(began))
		}
		w.wantCalls("get_profile 1")
		w.kite.Mute.Store(false)
		if s, err := w.pool.Glance(w.t.Context(), asha); err != nil || s.State != session.LoggedIn {
			t.Errorf("glance at a login that answers = %v, %v", s.State, err)
		}
		if slices.Contains(w.kite.Calls(), "login 1") {
			t.Error("a glance called login")
		}
	})
}

// A server without /mcp is asked there once for each login, whatever is asked later.
func TestAServerWithoutMCPIsAskedThereOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kite.StreamsOnly.Store(true)
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		w.passInUse(asha, session.LinkLife)
		w.wantAnswer(asha, "AB1234") // proved for as long as the stream stands
		w.kite.Calls()
		for range 3 {
			w.wantAnswer(asha, "AB1234")
			w.pass(time.Second)
		}
		w.wantCalls("get_holdings 1", "get_holdings 1", "get_holdings 1")
		w.kite.Frozen.Store(true)
		if _, err := w.call(asha); wire.KindOf(err) != wire.KindUnreachable {
			t.Errorf("a frozen stream = %v, want unreachable", err)
		}
		w.wantCalls("get_holdings 1")
	})
}
