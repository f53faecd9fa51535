package session_test

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

// wantStreams checks how many streams are open at Kite.
func (w *world) wantStreams(want int) {
	w.t.Helper()
	synctest.Wait()
	if n := w.kite.Streams(); n != want {
		w.t.Errorf("%d streams are open, want %d", n, want)
	}
}

// wantCounts checks how many people are in which state.
func (w *world) wantCounts(want map[string]int) {
	w.t.Helper()
	if got := w.pool.Counts(); !maps.Equal(got, want) {
		w.t.Errorf("counts %v, want %v", got, want)
	}
	for state := range want {
		if !slices.Contains(session.States(), state) {
			w.t.Errorf("%q is no state", state)
		}
	}
}

// wantOnlyTheWarnLoop checks that the pool runs one goroutine and no other. They
// are looked up by name: the runtime has some of its own that come and go.
func wantOnlyTheWarnLoop(t *testing.T) {
	t.Helper()
	synctest.Wait()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var ours []string
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "kite/session.(*") {
			ours = append(ours, stack)
		}
	}
	if len(ours) != 1 || !strings.Contains(ours[0], "warnLoop") {
		t.Errorf("%d goroutines, want warnLoop alone:\n%s", len(ours), strings.Join(ours, "\n\n"))
	}
}

// A login that nobody asks for anything costs no stream, no goroutine and no
// word to Kite, and the next command one question more than usual.
func TestAnIdleLoginIsParked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.passInUse(asha, session.LinkLife)
		w.wantAnswer(asha, "AB1234")
		w.kite.Calls()
		w.pass(idleTime - time.Second)
		w.wantState(asha, session.LoggedIn)
		w.wantStreams(1)
		w.pass(idleTime/10 + time.Second)
		w.wantStreams(0)
		w.wantState(asha, session.Parked)
		w.pass(time.Hour)
		wantOnlyTheWarnLoop(t)
		w.wantCalls()
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1", "get_profile 1")
		w.wantAnswer(asha, "AB1234")
		w.wantCalls("get_holdings 1")
		w.wantState(asha, session.Parked)
	})
}

// Where the stream is, or may be, all there is, it stays; and whatever parking
// is told never to do.
func TestWhatIsNotParked(t *testing.T) {
	for name, test := range map[string]struct {
		timing  session.Timing
		prepare func(*world)
		streams int
	}{
		"a login that cannot be resumed": {prepare: func(w *world) {
			w.kite.NoResume.Store(true)
			w.login(asha, "AB1234")
		}, streams: 1},
		"a login of which nobody knows": {prepare: func(w *world) {
			w.loginUnasked()
		}, streams: 1},
		"anything, where parking is off": {timing: session.Timing{Idle: -1}, prepare: func(w *world) {
			w.login(asha, "AB1234")
		}, streams: 1},
		"a link": {prepare: func(w *world) { w.link(asha, "") }, streams: 1},
		"a link, but the login beside it": {prepare: func(w *world) {
			w.login(asha, "AB1234")
			w.pass(time.Second)
			w.link(asha, "")
		}, streams: 1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.timing = test.timing
				w.restart()
				test.prepare(w)
				w.pass(2 * idleTime)
				w.wantStreams(test.streams)
			})
		})
	}
}

// loginUnasked is a login of which Kite did not say whether it can be resumed.
func (w *world) loginUnasked() {
	w.t.Helper()
	link := w.link(asha, "")
	synctest.Wait() // the watcher has looked, and will not before two seconds are over
	w.kite.Browser(link.URL, "AB1234")
	w.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
	w.kite.Before(func(string) { // whoever asks for the first time after the login
		if r, err := w.store.MemStore.Load(asha); err != nil || r.Login != nil {
			w.kite.Down.Store(true)
		}
	})
	if _, err := w.pool.Finish(w.t.Context(), asha); err != nil {
		w.t.Fatal(err)
	}
	w.pass(time.Second)
	w.kite.Before(nil)
	w.kite.Down.Store(false)
	if err := w.pool.Announced(asha); err != nil {
		w.t.Fatal(err)
	}
	if s := w.wantState(asha, session.LoggedIn); s.Resumable != session.Unknown {
		w.t.Fatalf("resumable = %v, want unknown", s.Resumable)
	}
}

// What could not be told is told with the next question, and parked after it. A
// stream that is lost before goes the way of all.
func TestAnUnaskedLoginIsParkedOnceItIsKnown(t *testing.T) {
	for name, before := range map[string]func(*world){"a stream": func(*world) {}, "a lost stream": cut} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.loginUnasked()
				w.kite.Calls()
				before(w)
				w.pass(time.Hour)
				w.wantCalls()
				w.wantAnswer(asha, "AB1234")
				w.pass(time.Second)
				if s, err := w.pool.Status(asha); err != nil || s.Resumable != session.Yes {
					t.Errorf("resumable = %v, %v, want yes", s.Resumable, err)
				}
				w.pass(2 * idleTime)
				w.wantStreams(0)
				w.wantAnswer(asha, "AB1234")
			})
		})
	}
}

func TestADoubtIsForgottenWithParking(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(time.Second)
		w.kite.Mute.Store(true)
		_, _ = w.call(asha)
		w.pass(idleTime - 10*time.Second)
		w.wantState(asha, session.Doubtful)
		w.pass(idleTime/10 + 10*time.Second)
		w.wantState(asha, session.Parked)
		w.kite.Mute.Store(false)
		w.wantAnswer(asha, "AB1234")
	})
}

// Who is not in memory is warned, and counted, until the clock says that the
// login is over.
func TestTheParkedAreWarnedAndCounted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(session.ServerLife - session.WarnBefore - time.Minute)
		w.wantCounts(map[string]int{"parked": 1})
		w.wantEvents()
		w.pass(2 * time.Minute)
		w.wantEvents("11 ending soon AB1234")
		w.wantCounts(map[string]int{"parked": 1})
		w.wantAnswer(asha, "AB1234")
		w.wantCounts(map[string]int{"parked": 1}) // in memory, this time
		w.pass(session.WarnBefore)
		w.wantCounts(map[string]int{})
		w.wantState(asha, session.Doubtful)
	})
}

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

// Who has nothing open is read again when they are asked about, not kept.
func TestAnIdlePersonIsNotKeptInMemory(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*world)
		kept bool
	}{
		"a stranger":                             {func(w *world) { w.wantState(asha, session.None) }, false},
		"asked without a login":                  {func(w *world) { w.wantError(asha, session.ErrNoLogin) }, false},
		"a link":                                 {func(w *world) { w.link(asha, "") }, true},
		"a dead link":                            {func(w *world) { w.link(asha, ""); w.pass(time.Hour) }, false},
		"a login":                                {func(w *world) { w.login(asha, "AB1234"); w.pass(time.Minute) }, true},
		"a login nobody asked since the restart": {func(w *world) { w.login(asha, "AB1234"); w.restart() }, false},
		"a login nobody asked for a while":       {func(w *world) { w.login(asha, "AB1234"); w.pass(time.Hour) }, false},
		"a resumed login nobody asked for a while": {func(w *world) {
			w.login(asha, "AB1234")
			w.restart()
			w.wantAnswer(asha, "AB1234")
			w.pass(time.Hour)
		}, false},
		"a resumed login": {func(w *world) { w.login(asha, "AB1234"); w.restart(); w.wantAnswer(asha, "AB1234") }, true},
		"a lost stream":   {func(w *world) { w.login(asha, "AB1234"); w.kite.DropStreams(); w.pass(time.Minute) }, false},
		"the only stream": {func(w *world) { w.kite.NoResume.Store(true); w.login(asha, "AB1234"); w.pass(11 * time.Hour) }, true},
		"the only stream, lost": {func(w *world) {
			w.kite.NoResume.Store(true)
			w.login(asha, "AB1234")
			w.kite.DropStreams()
			w.pass(time.Minute)
		}, false},
		"a doubt": {func(w *world) { w.login(asha, "AB1234"); w.restart(); w.kite.Mute.Store(true); _, _ = w.call(asha) }, true},
		"an old doubt": {func(w *world) {
			w.login(asha, "AB1234")
			w.restart()
			w.kite.Mute.Store(true)
			_, _ = w.call(asha)
			w.pass(time.Hour)
		}, false},
		"answers of a moment ago, without a stream": {func(w *world) {
			w.login(asha, "AB1234")
			w.recall(asha, time.Minute)
			w.kite.DropStreams()
			w.pass(30 * time.Second)
		}, true},
		"a logout":            {func(w *world) { w.login(asha, "AB1234"); w.leave(asha) }, false},
		"a logout that waits": {func(w *world) { w.login(asha, "AB1234"); w.kite.Undying.Store(true); w.leave(asha) }, true},
		"a logout that waited": {func(w *world) {
			w.login(asha, "AB1234")
			w.kite.Undying.Store(true)
			w.leave(asha)
			w.kite.Undying.Store(false)
			w.pass(time.Hour)
		}, false},
		"a doubtful login, logged out": {func(w *world) {
			w.login(asha, "AB1234")
			w.kite.Mute.Store(true)
			_, _ = w.call(asha)
			w.leave(asha)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				test.do(w)
				w.pass(time.Second)
				w.store.count()
				if _, err := w.pool.Status(asha); err != nil {
					t.Fatal(err)
				}
				if loads, _ := w.store.count(); (loads == 0) != test.kept {
					t.Errorf("the record was read %d times, want kept in memory: %v", loads, test.kept)
				}
			})
		})
	}
}

// Nobody's changes are lost while they are forgotten and read again.
func TestForgettingAndAskingAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.restart()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { _, _ = w.pool.Status(asha) })
			all.Go(func() { _ = w.pool.Announced(asha) })
			all.Go(func() { w.wantAnswer(asha, "AB1234") })
		}
		all.Wait()
		w.leave(asha)
		if w.store.Len() != 0 {
			t.Error("the store still knows the person")
		}
	})
}

// One person's record that is slow to read holds up nobody else.
func TestASlowRecordHoldsUpNoOneElse(t *testing.T) {
	inWorld(t, func(w *world) {
		w.store.slow = ravi
		read := make(chan struct{})
		go func() { defer close(read); _, _ = w.pool.Status(ravi) }()
		synctest.Wait()
		start := time.Now()
		w.wantState(asha, session.None)
		if took := time.Since(start); took != 0 {
			t.Errorf("asha waited %v for the record of ravi", took)
		}
		<-read
	})
}
