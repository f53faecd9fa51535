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
		g := newGate(clock.Real())
		for chat := range int64(100) {
			g.shut(chat+1, 3*time.Second)
		}
		<-time.After(5 * time.Second)
		g.shut(500, time.Second)
		if n := len(g.closed); n != 1 {
			t.Errorf("%d chats are remembered, want the last one alone", n)
		}
	})
}

func TestAShorterWaitDoesNotReplaceALongerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(clock.Real())
		began := time.Now()
		g.shut(7, 10*time.Second)
		g.shut(7, time.Second)
		if err := g.pass(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("passed after %v, want 10s", took)
		}
	})
}

func TestAWaitThatGrowsMeanwhileIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(clock.Real())
		began := time.Now()
		g.shut(7, 2*time.Second)
		passed := make(chan error, 1)
		go func() { passed <- g.pass(t.Context(), 7) }()
		synctest.Wait()
		g.shut(everyone, 9*time.Second)
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
		g := newGate(clock.Real())
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

func TestACrowdIsMadeOfChats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(clock.Real())
		for _, hit := range []struct {
			chat int64
			all  bool
		}{{7, false}, {8, false}, {itself, false}, {7, false}, {everyone, true}, {everyone, false}} {
			if all := g.shut(hit.chat, time.Second); all != hit.all {
				t.Errorf("a refusal of %d holds back everyone = %v, want %v", hit.chat, all, hit.all)
			}
		}
		<-time.After(time.Second)
		if !g.shut(9, time.Second) || len(g.hits) != 0 {
			t.Errorf("the third chat makes no crowd; %d are remembered", len(g.hits))
		}
	})
}
