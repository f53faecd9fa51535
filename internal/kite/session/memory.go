package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// acquire returns a person's state, loading it if needed. It stays in memory until each
// caller has called done.
func (p *Pool) acquire(person int64) (pr *personState, done func(), err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, nil, errClosed
	}
	pr, there := p.people[person]
	if !there {
		pr = p.newPerson(person)
		p.people[person] = pr
	}
	pr.users++
	p.mu.Unlock()
	done = func() { p.release(pr) }
	if !there {
		pr.load() // outside of mu: a slow disk delays no other person
	}
	<-pr.loaded
	if pr.unreadable != nil {
		done()
		return nil, nil, pr.unreadable
	}
	return pr, done, nil
}

var errClosed = errors.New("the pool is closed")

func (p *Pool) release(pr *personState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.users--
	p.forget(pr)
}

// forget removes a person from memory if possible, or leaves them to the sweeper. The
// pool's mu is held.
func (p *Pool) forget(pr *personState) {
	switch {
	case p.people[pr.id] != pr: // removed already
	case pr.unreadable != nil: // the next caller loads it again
		delete(p.people, pr.id)
	case pr.users == 0 && pr.idle():
		delete(p.people, pr.id)
	default:
		p.startSweeper()
	}
}

// load reads the record, once for all callers.
func (pr *personState) load() {
	defer close(pr.loaded)
	rec, err := pr.pool.Store.Load(pr.id)
	switch {
	case errors.Is(err, ErrRecordDamaged):
		pr.pool.Logger.Error("the record of a person is damaged", "effect", "they have to log in again", "person", pr.id, "err", err)
		return // the next save replaces it
	case err != nil:
		pr.unreadable = fmt.Errorf("load the person's record: %w", err)
		return
	}
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.rec = rec
	pr.rec.Person = pr.id
	if rec.Login != nil {
		pr.rec.Login.LinkAt = pr.pool.started
		if at, ok := pr.pool.linkAt.Load(pr.id); ok {
			pr.rec.Login.LinkAt = at.(time.Time)
		}
	}
	for i, l := range pr.rec.Links {
		if l.Attempt != nil {
			l.Attempt.Received = pr.pool.started
		}
		if l.Seq == 0 && rec.Login != nil && rec.Login.LinkSeq == 0 && l.Issued.After(rec.Login.Bound) {
			pr.rec.Links[i].Seq = 1 // written before links were numbered: this one is newer than the login
		}
	}
}

// spawnFor is spawn, and keeps the person in memory until f returns.
func (p *Pool) spawnFor(pr *personState, f func(context.Context)) {
	p.mu.Lock()
	pr.users++
	p.mu.Unlock()
	p.spawn(func(ctx context.Context) {
		defer p.release(pr)
		f(ctx)
	})
}

// startWatcher starts or wakes the person's watcher, the background worker for
// pending links, a login to announce and sessions to end. There is one goroutine
// per person, only while there is something to do.
func (pr *personState) startWatcher() {
	pr.mu.Lock()
	start := !pr.watching
	pr.watching = true
	if !start {
		select {
		case pr.wake <- struct{}{}:
		default: // it has been woken already
		}
	}
	pr.mu.Unlock()
	if start {
		pr.pool.spawn(pr.watcher)
	}
}

// watcherStopped removes a person who was in memory only for the watcher.
func (p *Pool) watcherStopped(pr *personState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(pr)
}

func (p *Pool) inMemory() []*personState {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*personState, 0, len(p.people))
	for _, pr := range p.people {
		all = append(all, pr)
	}
	return all
}

// Close stops the watchers and closes all streams. It ends no login.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop()
	p.wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pr := range p.people {
		pr.closeConns()
	}
}

// startSweeper starts the sweeper unless it runs: one goroutine, while a person is in
// memory. The pool's mu is held.
func (p *Pool) startSweeper() {
	if p.sweeping || p.closed {
		return
	}
	p.sweeping = true
	p.wg.Go(func() {
		defer p.recoverPanic()
		p.sweepLoop(p.ctx)
	})
}

func (p *Pool) sweepLoop(ctx context.Context) {
	for sleep(ctx, p.Timing.sweepGap(), nil) && p.sweep() {
	}
}

// sweepGap is the wait between two sweeps. A tenth of Idle is precise enough;
// answers are not kept for much longer than cacheFor.
func (t Timing) sweepGap() time.Duration {
	if t.Idle < 0 {
		return cacheFor
	}
	return min(t.Idle/10, cacheFor)
}

// sweep evicts what is not needed and reports whether a person is still in memory. It
// locks people one by one, so that no caller waits for a whole sweep.
func (p *Pool) sweep() (more bool) {
	defer p.recoverPanic() // a panic ends this sweep, not the next ones
	more = true
	for _, pr := range p.inMemory() {
		p.evict(pr)
	}
	p.linkAt.Range(func(person, at any) bool {
		if p.since(at.(time.Time)) >= LinkLife {
			p.linkAt.Delete(person)
		}
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweeping = len(p.people) > 0
	return p.sweeping
}

// evict drops a person's old answers, parks their login unless a caller uses it, and
// removes them from memory if nothing is left. It holds the pool's mu, so that no call
// begins meanwhile.
func (p *Pool) evict(pr *personState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.dropOldAnswers()
	if pr.users == 0 {
		pr.park()
		p.forget(pr)
	}
}

func (pr *personState) dropOldAnswers() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.cache.dropOlder(func(at time.Time) bool { return pr.pool.since(at) >= cacheFor })
}

// park closes lost connections and, after Idle, those that the next call can resume. A
// doubt of that age is dropped as well.
func (pr *personState) park() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	idle := pr.pool.Timing.Idle
	rested := idle > 0 && pr.pool.since(pr.lastUsed) >= idle
	for id, l := range pr.conns {
		if l.lost() || rested && pr.canClose(l) {
			l.Close()
			delete(pr.conns, id)
		}
	}
	if rested && len(pr.conns) == 0 {
		pr.doubted = false
	}
}

// idle reports whether the person can be removed from memory.
func (pr *personState) idle() bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return !pr.watching && !pr.doubted && len(pr.conns)+len(pr.cache.answers)+len(pr.rec.Links)+len(pr.rec.Ending) == 0
}

// openLinks returns the links that may still be finished; mu is held.
func (pr *personState) openLinks() []Link {
	done := pr.rec.finished()
	return pr.rec.Links[len(done):] // oldest first: the finished ones lead
}

// canClose reports whether no login and no link depends on a connection. A login that
// may not survive its stream does. mu is held.
func (pr *personState) canClose(l *trackedConn) bool {
	if login := pr.rec.Login; login != nil && login.Session == l.ID() {
		return !l.stream || login.Resumable == Yes
	}
	return !slices.ContainsFunc(pr.openLinks(), func(w Link) bool { return w.Session == l.ID() })
}

// closeUnusedConns closes the connections of sessions that are no longer used.
func (pr *personState) closeUnusedConns() {
	for id, l := range pr.conns {
		if !pr.rec.uses(id) {
			l.Close()
			delete(pr.conns, id)
		}
	}
}

func (pr *personState) closeConns() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	for _, l := range pr.conns {
		l.Close()
	}
	clear(pr.conns)
}
