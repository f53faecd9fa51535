package session

import "time"

// madeAt is when a link was made, as far as this process knows: the wall may have
// been set since, so that one of an earlier process is known to be older than this
// one, and no more. mu is held.
func (pr *person) madeAt(link Link) time.Time {
	if at, ok := pr.made[link.Ref]; ok {
		return at
	}
	return pr.pool.started
}

// ageOf is how old a link is at least; mu is held.
func (pr *person) ageOf(link Link) time.Duration { return pr.pool.Clock.Since(pr.madeAt(link)) }

func (pr *person) age(link Link) time.Duration {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.ageOf(link)
}

// forgot reports whether the server has forgotten a session by itself. The wall may
// be wrong: what an earlier process left is as old as this one at least.
func (p *Pool) forgot(h Held) bool {
	life := h.End().Sub(h.Since)
	return p.Clock.Since(h.End()) > forgetGrace && p.Clock.Since(p.started) > life+forgetGrace
}

// newsComes reports whether the event that tells the login is on its way; mu is held.
func (pr *person) newsComes() bool {
	return pr.toldAt.IsZero() || pr.pool.Clock.Since(pr.toldAt) < NewsFor
}
