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
	"kitebot/internal/kite/session/sessiontest"
)

const manyPeople = 1000

// everybody does something for each of very many people, side by side.
func everybody(do func(who int64)) {
	var all sync.WaitGroup
	for who := range int64(manyPeople) {
		all.Go(func() { do(who + 1) })
	}
	all.Wait()
}

func kiteUser(who int64) string { return fmt.Sprintf("ZZ%04d", who) }

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
		everybody(func(who int64) { w.wantAnswer(who, kiteUser(who)) })
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

// A crowd at /login after an outage is let in a few at a time, and everybody
// gets a link.
func TestACrowdAtTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.timing.MaxOpening = 50
		w.restart()
		w.kite.Slow(time.Second)
		start := time.Now()
		everybody(func(who int64) {
			if _, _, err := w.pool.Link(w.t.Context(), who, ""); err != nil {
				t.Errorf("%d: %v", who, err)
			}
		})
		if made, most := w.kite.Opened(); made != manyPeople || most != 50 {
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

// notes is a store in memory that does not look for owners, which takes its
// time with very many people.
type notes struct {
	mu      sync.Mutex
	records map[int64]session.Record
}

func (n *notes) Load(person int64) (session.Record, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.records[person], nil
}

func (n *notes) Save(records ...session.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range records {
		n.records[r.Person] = r
	}
	return nil
}

func (n *notes) Pending() ([]session.Due, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []session.Due
	for _, r := range n.records {
		if due, ok := r.Due(); ok {
			all = append(all, due)
		}
	}
	return all, nil
}

// fill makes a store of people who are logged in.
func (n *notes) fill(t *testing.T, k *sessiontest.Kite, size int64) {
	t.Helper()
	k.AutoLogin.Store(true)
	for who := range size {
		conn, err := k.Open(t.Context())
		if err == nil {
			_, err = conn.Call(t.Context(), query.Login())
		}
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		n.records[who+1] = session.Record{Person: who + 1, Login: &session.Login{
			Credential: session.Credential{Session: conn.ID(), Since: now}, User: kite.Identity{UserID: fmt.Sprintf("ZZ%d", who+1)},
			Bound: now, LinkAt: now, Used: now, Resumable: session.Yes, Confirmed: true,
		}}
	}
	k.DropStreams()
}

// parkedBytes is what a parked person may cost in memory.
const parkedBytes = 512

// Who is logged in and idle costs next to nothing, even after everybody was
// awake at once. What it costs is what is given back when the pool goes: Kite and
// the store stay.
func TestWhatAParkedPersonCosts(t *testing.T) {
	const size = 20_000
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(4*time.Hour + 30*time.Minute) // 10:00 IST
		k, store := sessiontest.NewKite(t), &notes{records: map[int64]session.Record{}}
		store.fill(t, k, size)
		p := session.New(session.Options{Dialer: k, Store: store, Notify: func(session.Event) {}})
		defer func() { p.Close() }()
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		for who := range int64(size) {
			if _, err := p.Call(t.Context(), who+1, query.Profile()); err != nil {
				t.Fatal(err)
			}
		}
		k.Calls()
		live := heap()
		time.Sleep(2 * idleTime)
		synctest.Wait()
		wantOnlyTheWarnLoop(t)
		if n := p.Counts()["parked"]; n != size {
			t.Errorf("%d people count as parked, want %d", n, size)
		}
		parked := heap()
		p.Close()
		p = session.New(session.Options{})
		gone := heap()
		runtime.KeepAlive(k)
		runtime.KeepAlive(store)
		cost := (int64(parked) - int64(gone)) / size
		t.Logf("%d bytes per parked person, %d more while awake", cost, (int64(live)-int64(parked))/size)
		if cost > parkedBytes {
			t.Errorf("a parked person costs %d bytes, want at most %d", cost, parkedBytes)
		}
		if live < parked+size*parkedBytes/2 {
			t.Errorf("%d bytes live, %d parked: the measurement sees nothing", live, parked)
		}
	})
}
