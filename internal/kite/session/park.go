package session

import (
	"context"
	"slices"
	"time"
)

// startSweeper makes sure that somebody tidies up while anybody stays in memory: one
// goroutine for all people, and none while there is nobody. The pool's mu is held.
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

// sweepGap is how long nobody looks what can be put away. A tenth of Idle is
// near enough to it; answers are not kept for much longer than cacheFor.
func (t Timing) sweepGap() time.Duration {
	if t.Idle < 0 {
		return cacheFor
	}
	return min(t.Idle/10, cacheFor)
}

// sweep puts away what nobody needs and reports whether anybody is still in
// memory. It looks at people one by one: nobody who asks waits for all of them.
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

// evict drops the old answers of a person, parks the person unless somebody
// holds them, and forgets them if nothing is left. Under the pool's mu nobody can
// begin to ask meanwhile: a call comes before, and is waited for, or after, and
// finds the record on disk.
func (p *Pool) evict(pr *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.forgetAnswers()
	if pr.users == 0 {
		pr.park()
		p.forget(pr)
	}
}

// park closes the connections that can be done without until the person asks
// again: what is lost anyway, and after Idle also what the next question makes
// anew, which costs it one proof. A doubt that nobody looked into for so long is
// no news any more either.
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
// without it, or is asked no more. Whether a session survives its stream is not
// tried out on somebody's login. mu is held.
func (pr *person) dispensable(l *trackedConn) bool {
	if login := pr.rec.Login; login != nil && login.Session == l.ID() {
		return !l.stream || login.Resumable == Yes
	}
	return !slices.ContainsFunc(pr.openLinks(), func(w Link) bool { return w.Session == l.ID() })
}
