package session

import (
	"context"
	"slices"
	"time"
)

// startSweeper starts the sweeper unless it runs: one goroutine for all people, and
// none while no person is in memory. The pool's mu is held.
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
	for more := true; more; {
		t := p.Clock.NewTimer(p.Timing.sweepGap())
		select {
		case <-t.Chan():
			more = p.sweep()
		case <-ctx.Done():
			more = false
		}
		t.Stop()
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

// sweep evicts what is not needed and reports whether any person is still in
// memory. It locks people one by one, so that no caller waits for a whole sweep.
func (p *Pool) sweep() (more bool) {
	defer p.recoverPanic() // a bug in it costs this sweep, not the next ones
	more = true
	for _, pr := range p.inMemory() {
		p.evict(pr)
	}
	p.linkAt.Range(func(who, at any) bool {
		if p.Clock.Since(at.(time.Time)) >= LinkLife {
			p.linkAt.Delete(who)
		}
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweeping = len(p.people) > 0
	return p.sweeping
}

func (p *Pool) inMemory() []*person {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*person, 0, len(p.people))
	for _, pr := range p.people {
		all = append(all, pr)
	}
	return all
}

// evict drops the old answers of a person, parks them unless a caller uses them,
// and forgets them if nothing is left. It holds the pool's mu, so that no call can
// begin meanwhile: one that comes later loads the record from disk.
func (p *Pool) evict(pr *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.forgetAnswers()
	if pr.users == 0 {
		pr.park()
		p.forget(pr)
	}
}

// park closes lost connections and, after Idle, those that the next call can open
// again at the cost of one proof. A doubt of that age is dropped with them.
func (pr *person) park() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	idle := pr.pool.Timing.Idle
	rested := idle > 0 && pr.pool.Clock.Since(pr.used) >= idle
	for id, l := range pr.conns {
		if l.lost() || rested && pr.dispensable(l) {
			l.Close()
			delete(pr.conns, id)
		}
	}
	if rested && len(pr.conns) == 0 {
		pr.doubted = false
	}
}

// dispensable reports whether nothing ends with a connection: its session answers
// without it, or is no longer used. A login that may not survive its stream keeps
// it. mu is held.
func (pr *person) dispensable(l *trackedConn) bool {
	if login := pr.rec.Login; login != nil && login.Session == l.ID() {
		return !l.stream || login.Resumable == Yes
	}
	return !slices.ContainsFunc(pr.openLinks(), func(w Link) bool { return w.Session == l.ID() })
}
