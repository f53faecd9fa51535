package session_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

func (w *world) recall(who int64, maxAge time.Duration) string {
	w.t.Helper()
	text, _, err := w.pool.Fetch(w.t.Context(), who, query.Holdings(), maxAge)
	if err != nil {
		return "error: " + err.Error()
	}
	return text
}

func TestFetch(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(session.LinkLife)
		w.wantAnswer(asha, "AB1234")
		w.kite.Calls()
		for range 3 {
			if got := w.recall(asha, 3*time.Second); got != "the holdings of AB1234" {
				t.Errorf("recalled %q", got)
			}
		}
		w.wantCalls("get_holdings 1")
		w.pass(3*time.Second + 1)
		w.recall(asha, 3*time.Second)
		w.wantCalls("get_holdings 1")
		w.pass(30 * time.Second)
		w.recall(asha, time.Minute)
		w.wantCalls()
		w.pass(2 * time.Minute)
		w.recall(asha, time.Hour) // nothing is kept that long
		w.wantCalls("get_holdings 1")
	})
}

func TestFetchKnowsNobodyElse(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.login(ravi, "CD5678")
		for _, who := range []struct {
			id   int64
			user string
		}{{asha, "AB1234"}, {ravi, "CD5678"}, {asha, "AB1234"}} {
			if got := w.recall(who.id, time.Minute); got != "the holdings of "+who.user {
				t.Errorf("%d recalled %q", who.id, got)
			}
		}
		if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
			t.Fatal(err)
		}
		if got := w.recall(asha, time.Minute); got != "error: "+session.ErrNoLogin.Error() {
			t.Errorf("after a logout recalled %q", got)
		}
		w.login(asha, "EF9012")
		if got := w.recall(asha, time.Minute); got != "the holdings of EF9012" {
			t.Errorf("after a change of account recalled %q", got)
		}
	})
}

// What is kept of everybody's answers has a bound. Beyond it people are answered
// all the same, and the room that is given up is there again.
func TestKeptAnswersHaveABound(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.login(ravi, "CD5678")
		w.pass(session.LinkLife)
		long := strings.Repeat("x", 3<<19)
		w.kite.Answer("AB1234", "get_order_history", long)
		w.kite.Answer("CD5678", "get_order_history", long)
		asked := func(who int64, page int) (again bool) {
			w.t.Helper()
			w.kite.Calls()
			text, _, err := w.pool.Fetch(w.t.Context(), who, query.OrderHistory(strconv.Itoa(page)), time.Minute)
			if err != nil || text != long {
				w.t.Fatalf("%d bytes, %v", len(text), err)
			}
			return strings.Contains(strings.Join(w.kite.Calls(), ","), "get_order_history")
		}
		for page := range 5 { // seven and a half MiB of eight
			asked(asha, page)
			asked(asha, page)
		}
		if asked(asha, 0) || asked(asha, 4) {
			w.t.Error("what is within the bound was asked for again")
		}
		asked(ravi, 0)
		if !asked(ravi, 0) {
			w.t.Error("what is beyond the bound was kept")
		}
		w.pass(2 * time.Minute)
		asked(ravi, 0)
		if asked(ravi, 0) {
			w.t.Error("room that was given up is not used again")
		}
		if _, _, err := w.pool.Logout(w.t.Context(), ravi); err != nil {
			w.t.Fatal(err)
		}
		for page := range 5 {
			asked(asha, page)
		}
		if asked(asha, 4) {
			w.t.Error("a logout gave no room up")
		}
	})
}

// Answers asked for side by side share one proof.
func TestOneProofForSeveralAnswers(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		w.kite.Before(func(string) { time.Sleep(100 * time.Millisecond) })
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { w.wantAnswer(asha, "AB1234") })
		}
		all.Wait()
		profiles := 0
		for _, c := range w.kite.Calls() {
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
