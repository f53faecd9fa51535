package session

import (
	"context"
	"slices"
	"time"
)

// tidy makes sure that somebody tidies up while anybody stays in memory: one
// goroutine for all people, and none while there is nobody. The pool's mu is held.
func (p *Pool) tidy() {
	if p.tidying || p.closed {
		return
	}
	p.tidying = true
	p.wg.Go(func() {
		defer p.contain()
		p.keepTidy(p.ctx)
	})
}

func (p *Pool) keepTidy(ctx context.Context) {
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
// near enough to it; answers are not kept for much longer than keepFor.
func (t Timing) sweepGap() time.Duration {
	if t.Idle < 0 {
		return keepFor
	}
	return min(t.Idle/10, keepFor)
}

// sweep puts away what nobody needs and reports whether anybody is still in
// memory. It looks at people one by one: nobody who asks waits for all of them.
func (p *Pool) sweep() (more bool) {
	defer p.contain() // a bug in it costs this sweep, not the next ones
	more = true
	for _, pr := range p.inMemory() {
		p.putAway(pr)
	}
	p.linkAt.Range(func(who, at any) bool {
		if p.Clock.Since(at.(time.Time)) >= LinkLife {
			p.linkAt.Delete(who)
		}
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidying = len(p.people) > 0
	return p.tidying
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

// putAway drops the old answers of a person, parks the person unless somebody
// holds them, and forgets them if nothing is left. Under the pool's mu nobody can
// begin to ask meanwhile: a call comes before, and is waited for, or after, and
// finds the record on disk.
func (p *Pool) putAway(pr *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.forgetAnswers()
	if pr.held == 0 {
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
	for id, l := range pr.lines {
		if l.lost() || rested && pr.spares(l) {
			l.Close()
			delete(pr.lines, id)
		}
	}
	if rested && len(pr.lines) == 0 {
		pr.doubted = false
	}
}

// spares reports whether nothing ends with a connection: its session answers
// without it, or is asked no more. Whether a session survives its stream is not
// tried out on somebody's login. mu is held.
func (pr *person) spares(l *line) bool {
	if login := pr.rec.Login; login != nil && login.Session == l.ID() {
		return !l.stream || login.Resumable == Yes
	}
	return !slices.ContainsFunc(pr.watched(), func(w Link) bool { return w.Session == l.ID() })
}
