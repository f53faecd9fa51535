package session_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

// A call that is under way when it is time to park is not cut: it comes through
// at the first attempt, and over the stream.
func TestACallUnderWayIsNotCut(t *testing.T) {
	inWorld(t, func(w *world) {
		w.timing.Idle = 5 * time.Second
		w.restart()
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Calls()
		w.kite.Slow(15 * time.Second)
		var one sync.WaitGroup
		one.Go(func() { w.wantAnswer(asha, "AB1234") })
		w.pass(29 * time.Second)
		w.wantStreams(1)
		one.Wait()
		w.wantCalls("get_holdings 1", "get_profile 1")
		w.kite.Slow(0)
		w.pass(6 * time.Second)
		w.wantState(asha, session.Parked)
	})
}

// Calls that come at the very moment of a sweep are answered, whichever is first.
func TestCallsAtTheMomentOfParking(t *testing.T) {
	inWorld(t, func(w *world) {
		w.timing.Idle = 10 * time.Second
		w.restart()
		w.login(asha, "AB1234")
		w.login(ravi, "CD5678")
		for range 100 {
			w.pass(w.timing.Idle)
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() { w.wantAnswer(asha, "AB1234") })
				all.Go(func() { w.wantAnswer(ravi, "CD5678") })
			}
			all.Wait()
		}
	})
}

// A pool may be closed at any moment of a sweep, and calls end with it.
func TestClosingWhileSweeping(t *testing.T) {
	inWorld(t, func(w *world) {
		w.timing.Idle = 10 * time.Second
		w.restart()
		w.login(asha, "AB1234")
		for range 50 {
			w.wantAnswer(asha, "AB1234")
			time.Sleep(w.timing.Idle)
			var all sync.WaitGroup
			all.Go(func() { _, _ = w.call(asha) })
			all.Go(w.pool.Close)
			all.Wait()
			w.wantStreams(0)
			w.open()
		}
		w.wantAnswer(asha, "AB1234")
	})
}

// With everybody parked nothing wakes up until the first of them is to be warned:
// whatever wakes up looks at the clock.
func TestNobodyWakesUpForTheParked(t *testing.T) {
	inWorld(t, func(w *world) {
		var looks atomic.Int64
		w.now = func() time.Time { looks.Add(1); return time.Now() }
		w.restart()
		w.login(asha, "AB1234")
		w.recall(asha, time.Minute)
		w.pass(2 * idleTime)
		if looks.Swap(0) == 0 {
			t.Error("no look is counted")
		}
		w.pass(11 * time.Hour)
		if n := looks.Swap(0); n != 0 {
			t.Errorf("the pool woke up while everybody was parked: %d looks at the clock", n)
		}
	})
}
