package session_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

const manyPeople = 200

// together does something for each of many people, side by side.
func together(do func(who int64)) {
	var all sync.WaitGroup
	for who := range int64(manyPeople) {
		all.Go(func() { do(who + 1) })
	}
	all.Wait()
}

func kiteUser(who int64) string { return fmt.Sprintf("ZZ%d", who) }

// manyLogins logs very many people in and waits until nothing of it is pending.
func (w *world) manyLogins() {
	w.timing.Idle = 4 * time.Hour
	w.restart()
	for who := range int64(manyPeople) {
		w.login(who+1, kiteUser(who+1))
	}
	w.pass(time.Hour)
	w.wantStreams(manyPeople)
	w.kite.Calls()
}

// When the network breaks, nothing is dialled until somebody asks, and then no
// session is opened: the logins are spoken for over /mcp. Nobody who is merely
// known stays in memory.
func TestAllStreamsCutAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.manyLogins()
		w.kite.DropStreams()
		w.pass(2 * time.Minute)
		w.wantCalls()
		w.store.count()
		w.wantCounts(map[string]int{"parked": manyPeople})
		wantOnlyTheWarnLoop(t)
		together(func(who int64) { w.wantAnswer(who, kiteUser(who)) })
		if loads, _ := w.store.count(); loads != manyPeople {
			t.Errorf("%d people were read from disk, want all of them", loads)
		}
		if n := len(w.kite.Calls()); n != 2*manyPeople {
			t.Errorf("%d calls for %d answers, want one proof with each", n, manyPeople)
		}
		if made, _ := w.kite.Opened(); made != manyPeople {
			t.Errorf("%d sessions were opened for %d logins", made, manyPeople)
		}
	})
}

// After an outage people who ask for a login are let in a few at a time, and each
// gets a link.
func TestManyAtTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.timing.MaxOpening = 10
		w.restart()
		w.kite.Slow(time.Second)
		start := time.Now()
		together(func(who int64) {
			if _, _, err := w.pool.Link(w.t.Context(), who, ""); err != nil {
				t.Errorf("%d: %v", who, err)
			}
		})
		if made, most := w.kite.Opened(); made != manyPeople || most != 10 {
			t.Errorf("%d sessions were opened, %d at once", made, most)
		}
		if took := time.Since(start); took > 25*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Who waits for a place does not wait for longer than for Kite itself.
func TestNoPlaceToOpen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.timing.MaxOpening = 1
		w.restart()
		w.kite.Slow(time.Hour)
		go func() { _, _, _ = w.pool.Link(w.t.Context(), ravi, "") }()
		w.pass(time.Second)
		start := time.Now()
		if _, _, err := w.pool.Link(w.t.Context(), asha, ""); err == nil {
			t.Error("a link from a Kite that does not answer")
		}
		if took := time.Since(start); took > session.MaxWait {
			t.Errorf("the person waited %v", took)
		}
		w.kite.Slow(0)
		w.link(asha, "")
	})
}

// A new process ends what waits for that a few at a time, as it looks at links: a
// server that confirms none is not stormed.
func TestEndsArePaced(t *testing.T) {
	inWorld(t, func(w *world) {
		w.kite.Undying.Store(true)
		w.pool.Close()
		for who := range int64(100) {
			held := session.Credential{Session: session.NewID(fmt.Sprintf("secret-session-%d", who)), Since: time.Now()}
			if err := w.store.Save(session.Record{Person: who + 1, Leaving: true, Ending: []session.Credential{held}}); err != nil {
				t.Fatal(err)
			}
		}
		w.open()
		synctest.Wait()
		quiet := session.DefaultTiming().BackgroundRate
		if n := len(ended(w.kite.Calls())); n > 2*quiet {
			t.Errorf("%d at once, want %d at most", n, 2*quiet)
		}
		w.pass(time.Minute)
		if n := len(ended(w.kite.Calls())); n > 60*quiet {
			t.Errorf("%d in a minute, want %d at most", n, 60*quiet)
		}
		w.kite.Undying.Store(false)
		w.pass(10 * time.Minute)
		for who := range int64(100) {
			w.wantState(who+1, session.None)
		}
	})
}

// fill writes down many people who are logged in, the nth since n seconds from now.
func (w *world) fill(size int64) {
	w.t.Helper()
	w.kite.AutoLogin.Store(true)
	for n := range size {
		conn, err := w.kite.Open(w.t.Context())
		if err == nil {
			_, err = conn.Call(w.t.Context(), query.Login())
		}
		if err != nil {
			w.t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(n) * time.Second)
		err = w.store.Save(session.Record{Person: n + 1, Login: &session.Login{
			Credential: session.Credential{Session: conn.ID(), Since: at}, User: kite.Identity{UserID: kiteUser(n + 1)},
			Bound: at, LinkAt: at, Used: at, Resumable: session.Yes, Confirmed: true,
		}})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.kite.DropStreams()
	w.kite.Calls()
}

const (
	knownBytes  = 160 // what a person who is to be warned may cost in memory
	parkedBytes = 512 // what a parked one may
)

// People who are logged in and idle cost next to nothing: no record is read at the
// start, there is no goroutine for each, and after all were awake at once little of it
// is left. Those who are warned are read for that alone. What they cost is what is
// given back when the pool goes: Kite and the store stay.
func TestWhatManyPeopleCost(t *testing.T) {
	const size = 5_000
	inWorld(t, func(w *world) {
		w.pool.Close()
		w.fill(size)
		w.store.count()
		before := heap()
		w.open()
		wantOnlyTheWarnLoop(t)
		if loads, _ := w.store.count(); loads != 0 {
			t.Errorf("%d records were read at the start", loads)
		}
		if grew := (int64(heap()) - int64(before)) / size; grew > knownBytes {
			t.Errorf("a known person costs %d bytes, want at most %d", grew, knownBytes)
		}

		for who := range int64(size) {
			if _, err := w.pool.Call(w.t.Context(), who+1, query.Profile()); err != nil {
				t.Fatal(err)
			}
		}
		w.kite.Calls()
		live := heap()
		w.pass(2 * idleTime)
		wantOnlyTheWarnLoop(t)
		w.wantCounts(map[string]int{"parked": size})
		parked := heap()

		w.store.count()
		w.pass(session.ServerLife - session.WarnBefore - 2*idleTime + 99*time.Second)
		w.mu.Lock()
		warned := len(w.events)
		w.mu.Unlock()
		if loads, _ := w.store.count(); loads != 100 || warned != 100 {
			t.Errorf("%d records read, %d people warned, want 100", loads, warned)
		}
		if _, err := w.pool.Status(7); err != nil {
			t.Error(err)
		}
		if loads, _ := w.store.count(); loads != 1 {
			t.Error("a person who was warned is still in memory")
		}

		w.pool.Close()
		w.pool = session.New(session.Options{})
		cost := (int64(parked) - int64(heap())) / size
		t.Logf("%d bytes per parked person, %d more while awake", cost, (int64(live)-int64(parked))/size)
		if cost > parkedBytes {
			t.Errorf("a parked person costs %d bytes, want at most %d", cost, parkedBytes)
		}
		if live < parked+size*parkedBytes/2 {
			t.Errorf("%d bytes live, %d parked: the measurement sees nothing", live, parked)
		}
	})
}

// heap is what is in use after a collection, in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one only put aside
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
