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
func (h *harness) manyLogins() {
	h.timing.Idle = 4 * time.Hour
	h.restart()
	for who := range int64(manyPeople) {
		h.login(who+1, kiteUser(who+1))
	}
	h.pass(time.Hour)
	h.wantStreams(manyPeople)
	h.kite.Calls()
}

// When the network breaks, nothing is dialled until a person asks, and then no
// session is opened: the logins are spoken for over /mcp. Nobody who is merely
// known stays in memory.
func TestAllStreamsCutAtOnce(t *testing.T) {
	testPool(t, func(h *harness) {
		h.manyLogins()
		h.kite.DropStreams()
		h.pass(2 * time.Minute)
		h.wantCalls()
		h.store.count()
		h.wantCounts(map[string]int{"parked": manyPeople})
		wantOnlyTheWarnLoop(t)
		together(func(who int64) { h.wantAnswer(who, kiteUser(who)) })
		if loads, _ := h.store.count(); loads != manyPeople {
			t.Errorf("%d people were read from disk, want all of them", loads)
		}
		if n := len(h.kite.Calls()); n != 2*manyPeople {
			t.Errorf("%d calls for %d answers, want one proof with each", n, manyPeople)
		}
		if made, _ := h.kite.Opened(); made != manyPeople {
			t.Errorf("%d sessions were opened for %d logins", made, manyPeople)
		}
	})
}

// After an outage people who ask for a login are let in a few at a time, and each
// gets a link.
func TestManyAtTheLogin(t *testing.T) {
	testPool(t, func(h *harness) {
		h.timing.MaxOpening = 10
		h.restart()
		h.kite.Slow(time.Second)
		start := time.Now()
		together(func(who int64) {
			if _, _, err := h.pool.Link(h.t.Context(), who, ""); err != nil {
				t.Errorf("%d: %v", who, err)
			}
		})
		if made, most := h.kite.Opened(); made != manyPeople || most != 10 {
			t.Errorf("%d sessions were opened, %d at once", made, most)
		}
		if took := time.Since(start); took > 25*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Who waits for a place does not wait for longer than for Kite itself.
func TestNoPlaceToOpen(t *testing.T) {
	testPool(t, func(h *harness) {
		h.timing.MaxOpening = 1
		h.restart()
		h.kite.Slow(time.Hour)
		go func() { _, _, _ = h.pool.Link(h.t.Context(), ravi, "") }()
		h.pass(time.Second)
		start := time.Now()
		if _, _, err := h.pool.Link(h.t.Context(), asha, ""); err == nil {
			t.Error("a link from a Kite that does not answer")
		}
		if took := time.Since(start); took > session.MaxWait {
			t.Errorf("the person waited %v", took)
		}
		h.kite.Slow(0)
		h.link(asha, "")
	})
}

// A new process ends what waits for that a few at a time, as it looks at links: a
// server that confirms none is not stormed.
func TestEndsArePaced(t *testing.T) {
	testPool(t, func(h *harness) {
		h.kite.Undying.Store(true)
		h.pool.Close()
		for who := range int64(100) {
			held := session.Credential{Session: session.NewID(fmt.Sprintf("secret-session-%d", who)), Since: time.Now()}
			if err := h.store.Save(session.Record{Person: who + 1, Leaving: true, Ending: []session.Credential{held}}); err != nil {
				t.Fatal(err)
			}
		}
		h.open()
		synctest.Wait()
		quiet := session.DefaultTiming().BackgroundRate
		if n := len(ended(h.kite.Calls())); n > 2*quiet {
			t.Errorf("%d at once, want %d at most", n, 2*quiet)
		}
		h.pass(time.Minute)
		if n := len(ended(h.kite.Calls())); n > 60*quiet {
			t.Errorf("%d in a minute, want %d at most", n, 60*quiet)
		}
		h.kite.Undying.Store(false)
		h.pass(10 * time.Minute)
		for who := range int64(100) {
			h.wantState(who+1, session.None)
		}
	})
}

// fill writes down many people who are logged in, the nth since n seconds from now.
func (h *harness) fill(size int64) {
	h.t.Helper()
	h.kite.AutoLogin.Store(true)
	for n := range size {
		conn, err := h.kite.Open(h.t.Context())
		if err == nil {
			_, err = conn.Call(h.t.Context(), query.Login())
		}
		if err != nil {
			h.t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(n) * time.Second)
		err = h.store.Save(session.Record{Person: n + 1, Login: &session.Login{
			Credential: session.Credential{Session: conn.ID(), Since: at}, User: kite.Identity{UserID: kiteUser(n + 1)},
			Bound: at, LinkAt: at, Used: at, Resumable: session.Yes, Confirmed: true,
		}})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	h.kite.DropStreams()
	h.kite.Calls()
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
	testPool(t, func(h *harness) {
		h.pool.Close()
		h.fill(size)
		h.store.count()
		before := heap()
		h.open()
		wantOnlyTheWarnLoop(t)
		if loads, _ := h.store.count(); loads != 0 {
			t.Errorf("%d records were read at the start", loads)
		}
		if grew := (int64(heap()) - int64(before)) / size; grew > knownBytes {
			t.Errorf("a known person costs %d bytes, want at most %d", grew, knownBytes)
		}

		for who := range int64(size) {
			if _, err := h.pool.Call(h.t.Context(), who+1, query.Profile()); err != nil {
				t.Fatal(err)
			}
		}
		h.kite.Calls()
		live := heap()
		h.pass(2 * idleTime)
		wantOnlyTheWarnLoop(t)
		h.wantCounts(map[string]int{"parked": size})
		parked := heap()

		h.store.count()
		h.pass(session.ServerLife - session.WarnBefore - 2*idleTime + 99*time.Second)
		h.mu.Lock()
		warned := len(h.events)
		h.mu.Unlock()
		if loads, _ := h.store.count(); loads != 100 || warned != 100 {
			t.Errorf("%d records read, %d people warned, want 100", loads, warned)
		}
		if _, err := h.pool.Status(7); err != nil {
			t.Error(err)
		}
		if loads, _ := h.store.count(); loads != 1 {
			t.Error("a person who was warned is still in memory")
		}

		h.pool.Close()
		h.pool = session.New(session.Options{})
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
