package session_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// crowd is a store of very many people who logged in one after the other,
// without keeping their records.
type crowd struct {
	first time.Time // the first one's login; the others a second later each
	size  int64

	mu     sync.Mutex
	warned map[int64]bool
	loads  int
}

func (c *crowd) Load(person int64) (session.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loads++
	at := c.first.Add(time.Duration(person) * time.Second)
	return session.Record{Person: person, Login: &session.Login{
		Credential: session.Credential{Session: session.NewID("sample"), Since: at}, Bound: at, Used: at,
		User: kite.Identity{UserID: "ZZ0001"}, Warned: c.warned[person], Confirmed: true,
	}}, nil
}

func (c *crowd) Save(records ...session.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		c.warned[r.Person] = r.Login.Warned
	}
	return nil
}

func (c *crowd) Pending() ([]session.Due, error) {
	pending := make([]session.Due, c.size)
	for i := range pending {
		at := c.first.Add(time.Duration(i)*time.Second + session.ServerLife - session.WarnBefore)
		pending[i] = session.Due{Person: int64(i), At: at}
	}
	return pending, nil
}

// loaded returns how many records were read since the last time.
func (c *crowd) loaded() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.loads
	c.loads = 0
	return n
}

// A hundred thousand people who are to be warned cost no record, no goroutine
// each and a few megabytes. The others stay on disk when the first ones' time
// has come, and those who were warned go back there.
func TestACrowdCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(4*time.Hour + 30*time.Minute)
		c := &crowd{first: time.Now(), size: 100_000, warned: map[int64]bool{}}
		told := 0
		p := session.New(session.Options{
			Dialer: sessiontest.NewKite(t), Store: c,
			Notify: func(session.Event) { told++ },
		})
		defer p.Close()
		before, goroutines := heap(), runtime.NumGoroutine()
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := c.loaded(); n != 0 {
			t.Errorf("%d records were read at the start", n)
		}
		if grew := int64(heap()) - int64(before); grew > 16<<20 {
			t.Errorf("the memory grew by %d bytes", grew)
		}
		if n := runtime.NumGoroutine() - goroutines; n > 1 {
			t.Errorf("%d goroutines more", n)
		}
		time.Sleep(session.ServerLife - session.WarnBefore + 99*time.Second)
		synctest.Wait()
		if n := c.loaded(); n != 100 || told != 100 {
			t.Errorf("%d records read, %d people warned, want 100", n, told)
		}
		if _, err := p.Status(7); err != nil || c.loaded() != 1 {
			t.Error("a person who was warned is still in memory")
		}
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

// heap is what is in use after a collection, in bytes.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one only put aside
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
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

func (w *world) leave(who int64) {
	w.t.Helper()
	if _, _, err := w.pool.Logout(w.t.Context(), who); err != nil {
		w.t.Fatal(err)
	}
}
