package telegram

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/clock"
)

func TestAGateForgetsWhatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(clock.Real(), 0)
		for chat := range int64(100) {
			g.block(g.people, chat+1, 3*time.Second)
			g.settleDoubt()
		}
		<-time.After(5 * time.Second)
		g.block(g.people, 500, time.Second)
		if n := len(g.blocked); n != 1 {
			t.Errorf("%d chats are remembered, want the last one alone", n)
		}
	})
}

func TestAShorterWaitDoesNotReplaceALongerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(clock.Real(), 0)
		began := time.Now()
		g.block(g.people, 7, 10*time.Second)
		g.block(g.people, 7, time.Second)
		done, err := g.pass(t.Context(), g.people, 7)
		if err != nil {
			t.Fatal(err)
		}
		done(true)
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("passed after %v, want 10s", took)
		}
	})
}

func TestAWaitThatGrowsMeanwhileIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(clock.Real(), 0)
		began := time.Now()
		g.block(g.people, 7, 2*time.Second)
		passed := make(chan error, 1)
		go func() {
			_, err := g.pass(t.Context(), g.people, 7)
			passed <- err
		}()
		synctest.Wait()
		g.block(g.people, 8, 9*time.Second) // the second chat
		if err := <-passed; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("passed after %v, want 9s", took)
		}
	})
}

func TestWhoGivesUpLeavesTheLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(clock.Real(), 0)
		leave, err := g.enter(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.enter(ctx, 7); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the context's", err)
		}
		if g.idle(7) || !g.idle(8) {
			t.Error("chat 7 is in use, chat 8 is not")
		}
		leave()
		if !g.idle(7) || len(g.lanes) != 0 {
			t.Errorf("%d lanes are left", len(g.lanes))
		}
	})
}

// Two chats refused one after the other, with nothing taken between them, are
// taken for the limit of everyone. What is no message to a person never counts.
func TestWhatTellsThatALimitIsEveryones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(clock.Real(), 0)
		for i, hit := range []struct {
			queue *queue
			chat  int64
			all   bool
		}{
			{g.people, 7, false}, {g.people, 7, false}, {g.profile, botProfile, false}, {g.callbacks, callbacks, false},
			{g.outsiders, 8, false}, {g.outsiders, 9, false}, {g.outsiders, 10, false}, {g.people, 11, true}, {g.people, 12, false},
		} {
			if all := g.block(hit.queue, hit.chat, time.Second); all != hit.all {
				t.Errorf("refusal %d holds back everyone = %v, want %v", i, all, hit.all)
			}
		}
		<-time.After(time.Second)
		done, err := g.pass(t.Context(), g.people, 13)
		if err != nil {
			t.Fatal(err)
		}
		done(true) // one is taken
		if g.block(g.people, 7, time.Hour) || g.inDoubt(g.outsiders) || !g.inDoubt(g.people) {
			t.Error("after a call that was taken the next refusal is the first one")
		}
		<-time.After(maxSharedWait)
		if g.block(g.people, 8, time.Second) {
			t.Error("a refusal of a minute ago tells nothing")
		}
	})
}

// A call that waits for Telegram's silence holds neither the turn nor a slot.
func TestOnlyCallsUnderWayHoldSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(clock.Real(), 0)
		ctx, cancel := context.WithCancel(t.Context())
		enter := func(q *queue, chat int64) <-chan func(bool) {
			in := make(chan func(bool), 1)
			go func() {
				done, _ := g.pass(ctx, q, chat)
				in <- done
			}()
			synctest.Wait()
			return in
		}
		for chat := range int64(2 * sendSlots) { // chats of their own silence
			g.block(g.people, 1000+chat, time.Hour)
			g.settleDoubt()
			enter(g.people, 1000+chat)
		}
		var under []<-chan func(bool)
		for chat := range int64(sendSlots) {
			under = append(under, enter(g.people, 1+chat))
		}
		outsider, next := enter(g.outsiders, 500), enter(g.people, 501)
		if len(next) != 0 || len(outsider) != 1 {
			t.Errorf("%d of one call too many went out, and %d outsiders, before anyone else waited", len(next), len(outsider))
		}
		second := enter(g.outsiders, 503)
		if len(second) != 0 {
			t.Error("two outsiders are under way")
		}
		(<-outsider)(false)
		outsider = enter(g.outsiders, 502)
		for i, one := range under {
			if len(one) != 1 {
				t.Fatalf("call %d did not go out", i)
			}
		}
		if len(outsider) != 0 {
			t.Error("an outsider went out while a person waited")
		}
		(<-under[0])(false)
		synctest.Wait()
		if len(next) != 1 || len(second) != 1 || len(outsider) != 0 {
			t.Errorf("%d, %d and %d went out, want the person and then the first outsider", len(next), len(second), len(outsider))
		}
		cancel()
		synctest.Wait()
		if g.people.waiting != 0 || len(g.people.head) != 0 || len(g.people.slots) != sendSlots {
			t.Errorf("%d wait, turn %d, slots %d", g.people.waiting, len(g.people.head), len(g.people.slots))
		}
	})
}

func BenchmarkGate(b *testing.B) {
	g := newRateLimiter(clock.Real(), 0)
	b.ReportAllocs()
	for b.Loop() {
		leave, err := g.enter(b.Context(), 7)
		if err != nil {
			b.Fatal(err)
		}
		done, err := g.pass(b.Context(), g.people, 7)
		if err != nil {
			b.Fatal(err)
		}
		done(true)
		leave()
	}
}
