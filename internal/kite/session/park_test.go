package session_test

import (
	"maps"
	"runtime"
	"strings"
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
