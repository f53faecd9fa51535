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
func (h *harness) wantStreams(want int) {
	h.t.Helper()
	synctest.Wait()
	if n := h.kite.Streams(); n != want {
		h.t.Errorf("%d streams are open, want %d", n, want)
	}
}

// wantCounts checks how many people are in which state.
func (h *harness) wantCounts(want map[string]int) {
	h.t.Helper()
	if got := h.pool.Counts(); !maps.Equal(got, want) {
		h.t.Errorf("counts %v, want %v", got, want)
	}
	for state := range want {
		if !slices.Contains(session.States(), state) {
			h.t.Errorf("%q is no state", state)
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

// An idle login costs no stream, no goroutine and no
// word to Kite, and the next command one question more than usual.
func TestAnIdleLoginIsParked(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.passInUse(asha, session.LinkLife)
		h.wantAnswer(asha, "AB1234")
		h.kite.Calls()
		h.pass(idleTime - time.Second)
		h.wantState(asha, session.LoggedIn)
		h.wantStreams(1)
		h.pass(idleTime/10 + time.Second)
		h.wantStreams(0)
		h.wantState(asha, session.Parked)
		h.pass(time.Hour)
		wantOnlyTheWarnLoop(t)
		h.wantCalls()
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 1", "get_profile 1")
		h.wantAnswer(asha, "AB1234")
		h.wantCalls("get_holdings 1")
		h.wantState(asha, session.Parked)
	})
}

// Where the stream is, or may be, all there is, it stays; and whatever parking
// is told never to do.
func TestWhatIsNotParked(t *testing.T) {
	for name, test := range map[string]struct {
		timing  session.Timing
		prepare func(*harness)
		streams int
	}{
		"a login that cannot be resumed": {prepare: func(h *harness) {
			h.kite.NoResume.Store(true)
			h.login(asha, "AB1234")
		}, streams: 1},
		"a login of which it is not known": {prepare: func(h *harness) {
			h.loginUnasked()
		}, streams: 1},
		"anything, where parking is off": {timing: session.Timing{Idle: -1}, prepare: func(h *harness) {
			h.login(asha, "AB1234")
		}, streams: 1},
		"a link": {prepare: func(h *harness) { h.link(asha, "") }, streams: 1},
		"a link, but the login beside it": {prepare: func(h *harness) {
			h.login(asha, "AB1234")
			h.pass(time.Second)
			h.link(asha, "")
		}, streams: 1},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.timing = test.timing
				h.restart()
				test.prepare(h)
				h.pass(2 * idleTime)
				h.wantStreams(test.streams)
			})
		})
	}
}

// loginUnasked is a login of which Kite did not say whether it can be resumed.
func (h *harness) loginUnasked() {
	h.t.Helper()
	link := h.link(asha, "")
	synctest.Wait() // the watcher has looked, and will not before two seconds are over
	h.kite.Browser(link.URL, "AB1234")
	h.kite.Answer("AB1234", "get_holdings", "the holdings of AB1234")
	h.kite.Before(func(string) { // the first question after the login
		if r, err := h.store.MemStore.Load(asha); err != nil || r.Login != nil {
			h.kite.Down.Store(true)
		}
	})
	if _, err := h.pool.Finish(h.t.Context(), asha); err != nil {
		h.t.Fatal(err)
	}
	h.pass(time.Second)
	h.kite.Before(nil)
	h.kite.Down.Store(false)
	h.announced(asha)
	if s := h.wantState(asha, session.LoggedIn); s.Resumable != session.Unknown {
		h.t.Fatalf("resumable = %v, want unknown", s.Resumable)
	}
}

// What could not be told is told with the next question, and parked after it. A
// stream that is lost before goes the way of all.
func TestAnUnaskedLoginIsParkedOnceItIsKnown(t *testing.T) {
	for name, before := range map[string]func(*harness){"a stream": func(*harness) {}, "a lost stream": cut} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.loginUnasked()
				h.kite.Calls()
				before(h)
				h.pass(time.Hour)
				h.wantCalls()
				h.wantAnswer(asha, "AB1234")
				h.pass(time.Second)
				if s, err := h.pool.Status(asha); err != nil || s.Resumable != session.Yes {
					t.Errorf("resumable = %v, %v, want yes", s.Resumable, err)
				}
				h.pass(2 * idleTime)
				h.wantStreams(0)
				h.wantAnswer(asha, "AB1234")
			})
		})
	}
}

func TestADoubtIsForgottenWithParking(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Mute.Store(true)
		_, _ = h.call(asha)
		h.pass(idleTime - 10*time.Second)
		h.wantState(asha, session.Doubtful)
		h.pass(idleTime/10 + 10*time.Second)
		h.wantState(asha, session.Parked)
		h.kite.Mute.Store(false)
		h.wantAnswer(asha, "AB1234")
	})
}

// Who is not in memory is warned, and counted, until the clock says that the
// login is over.
func TestTheParkedAreWarnedAndCounted(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(session.ServerLife - session.WarnBefore - time.Minute)
		h.wantCounts(map[string]int{"parked": 1})
		h.wantEvents()
		h.pass(2 * time.Minute)
		h.wantEvents("11 ending soon AB1234")
		h.wantCounts(map[string]int{"parked": 1})
		h.wantAnswer(asha, "AB1234")
		h.wantCounts(map[string]int{"parked": 1}) // in memory, this time
		h.pass(session.WarnBefore)
		h.wantCounts(map[string]int{})
		h.wantState(asha, session.Doubtful)
	})
}

// A call that is under way when it is time to park is not cut: it comes through
// at the first attempt, and over the stream.
func TestACallUnderWayIsNotCut(t *testing.T) {
	testPool(t, func(h *harness) {
		h.timing.Idle = 5 * time.Second
		h.restart()
		h.login(asha, "AB1234")
		h.pass(time.Second)
		h.kite.Calls()
		h.kite.Slow(15 * time.Second)
		var one sync.WaitGroup
		one.Go(func() { h.wantAnswer(asha, "AB1234") })
		h.pass(29 * time.Second)
		h.wantStreams(1)
		one.Wait()
		h.wantCalls("get_holdings 1", "get_profile 1")
		h.kite.Slow(0)
		h.pass(6 * time.Second)
		h.wantState(asha, session.Parked)
	})
}

// Calls that come at the very moment of a sweep are answered, whichever is first.
func TestCallsAtTheMomentOfParking(t *testing.T) {
	testPool(t, func(h *harness) {
		h.timing.Idle = 10 * time.Second
		h.restart()
		h.login(asha, "AB1234")
		h.login(ravi, "CD5678")
		for range 100 {
			h.pass(h.timing.Idle)
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() { h.wantAnswer(asha, "AB1234") })
				all.Go(func() { h.wantAnswer(ravi, "CD5678") })
			}
			all.Wait()
		}
	})
}

// A pool may be closed at any moment of a sweep, and calls end with it.
func TestClosingWhileSweeping(t *testing.T) {
	testPool(t, func(h *harness) {
		h.timing.Idle = 10 * time.Second
		h.restart()
		h.login(asha, "AB1234")
		for range 50 {
			h.wantAnswer(asha, "AB1234")
			time.Sleep(h.timing.Idle)
			var all sync.WaitGroup
			all.Go(func() { _, _ = h.call(asha) })
			all.Go(h.pool.Close)
			all.Wait()
			h.wantStreams(0)
			h.open()
		}
		h.wantAnswer(asha, "AB1234")
	})
}

// With all parked nothing wakes up until the first of them is to be warned:
// whatever wakes up looks at the clock.
func TestNothingWakesUpForTheParked(t *testing.T) {
	testPool(t, func(h *harness) {
		var looks atomic.Int64
		h.now = func() time.Time { looks.Add(1); return time.Now() }
		h.restart()
		h.login(asha, "AB1234")
		h.fetch(asha, time.Minute)
		h.pass(2 * idleTime)
		if looks.Swap(0) == 0 {
			t.Error("no look is counted")
		}
		h.pass(11 * time.Hour)
		if n := looks.Swap(0); n != 0 {
			t.Errorf("the pool woke up while all were parked: %d looks at the clock", n)
		}
	})
}

// Who has nothing open is read again when they are asked about, not kept.
func TestAnIdlePersonIsNotKeptInMemory(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*harness)
		kept bool
	}{
		"an unknown person":                  {func(h *harness) { h.wantState(asha, session.None) }, false},
		"asked without a login":              {func(h *harness) { h.wantError(asha, session.ErrNoLogin) }, false},
		"a link":                             {func(h *harness) { h.link(asha, "") }, true},
		"a dead link":                        {func(h *harness) { h.link(asha, ""); h.pass(time.Hour) }, false},
		"a login":                            {func(h *harness) { h.login(asha, "AB1234"); h.pass(time.Minute) }, true},
		"a login not used since the restart": {func(h *harness) { h.login(asha, "AB1234"); h.restart() }, false},
		"a login not used for a while":       {func(h *harness) { h.login(asha, "AB1234"); h.pass(time.Hour) }, false},
		"a resumed login not used for a while": {func(h *harness) {
			h.login(asha, "AB1234")
			h.restart()
			h.wantAnswer(asha, "AB1234")
			h.pass(time.Hour)
		}, false},
		"a resumed login": {func(h *harness) { h.login(asha, "AB1234"); h.restart(); h.wantAnswer(asha, "AB1234") }, true},
		"a lost stream":   {func(h *harness) { h.login(asha, "AB1234"); h.kite.DropStreams(); h.pass(time.Minute) }, false},
		"the only stream": {func(h *harness) { h.kite.NoResume.Store(true); h.login(asha, "AB1234"); h.pass(11 * time.Hour) }, true},
		"the only stream, lost": {func(h *harness) {
			h.kite.NoResume.Store(true)
			h.login(asha, "AB1234")
			h.kite.DropStreams()
			h.pass(time.Minute)
		}, false},
		"a doubt": {func(h *harness) { h.login(asha, "AB1234"); h.restart(); h.kite.Mute.Store(true); _, _ = h.call(asha) }, true},
		"an old doubt": {func(h *harness) {
			h.login(asha, "AB1234")
			h.restart()
			h.kite.Mute.Store(true)
			_, _ = h.call(asha)
			h.pass(time.Hour)
		}, false},
		"answers of a moment ago, without a stream": {func(h *harness) {
			h.login(asha, "AB1234")
			h.fetch(asha, time.Minute)
			h.kite.DropStreams()
			h.pass(30 * time.Second)
		}, true},
		"a logout":            {func(h *harness) { h.login(asha, "AB1234"); h.leave(asha) }, false},
		"a logout that waits": {func(h *harness) { h.login(asha, "AB1234"); h.kite.Undying.Store(true); h.leave(asha) }, true},
		"a logout that waited": {func(h *harness) {
			h.login(asha, "AB1234")
			h.kite.Undying.Store(true)
			h.leave(asha)
			h.kite.Undying.Store(false)
			h.pass(time.Hour)
		}, false},
		"a doubtful login, logged out": {func(h *harness) {
			h.login(asha, "AB1234")
			h.kite.Mute.Store(true)
			_, _ = h.call(asha)
			h.leave(asha)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				test.do(h)
				h.pass(time.Second)
				h.store.count()
				if _, err := h.pool.Status(asha); err != nil {
					t.Fatal(err)
				}
				if loads, _ := h.store.count(); (loads == 0) != test.kept {
					t.Errorf("the record was read %d times, want kept in memory: %v", loads, test.kept)
				}
			})
		})
	}
}

// Nobody's changes are lost while they are forgotten and read again.
func TestForgettingAndAskingAtOnce(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.restart()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { _, _ = h.pool.Status(asha) })
			all.Go(func() { _ = h.pool.Announced(asha) })
			all.Go(func() { h.wantAnswer(asha, "AB1234") })
		}
		all.Wait()
		h.leave(asha)
		if h.store.Len() != 0 {
			t.Error("the store still knows the person")
		}
	})
}

// One person's record that is slow to read holds up no one else.
func TestASlowRecordHoldsUpNoOneElse(t *testing.T) {
	testPool(t, func(h *harness) {
		h.store.slow = ravi
		read := make(chan struct{})
		go func() { defer close(read); _, _ = h.pool.Status(ravi) }()
		synctest.Wait()
		start := time.Now()
		h.wantState(asha, session.None)
		if took := time.Since(start); took != 0 {
			t.Errorf("asha waited %v for the record of ravi", took)
		}
		<-read
	})
}
