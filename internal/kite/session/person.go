package session

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Status returns what is known, without a call to Kite.
func (p *Pool) Status(person int64) (Status, error) {
	pr, done, err := p.acquire(person)
	if err != nil {
		return Status{}, err
	}
	defer done()
	return pr.status(), nil
}

// Counts returns the number of people in each state, by its name. A person who is
// not in memory has no stream: with a confirmed login they count as parked until
// the clock says it is over, else not at all. After a restart, a login whose person
// was warned already is not counted until it is used.
func (p *Pool) Counts() map[string]int {
	people, counts := p.inMemory(), map[string]int{}
	outside := p.expiries.size()
	for _, pr := range people {
		counts[pr.status().State.String()]++
		if p.expiries.has(pr.id) {
			outside--
		}
	}
	if outside > 0 {
		counts[Parked.String()] += outside
	}
	return counts
}

func (pr *personState) record() Record {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.rec
}

// update changes a person's record, see [person.update].
func (p *Pool) update(person int64, change func(*Record)) error {
	pr, done, err := p.acquire(person)
	if err != nil {
		return err
	}
	defer done()
	return pr.update(change)
}

// serve runs do for a person within [MaxWait], and returns their status. It fails with
// ErrLoggedOut if the person logged out meanwhile.
func (p *Pool) serve(ctx context.Context, person int64, do func(context.Context, *personState) error) (Status, error) {
	pr, done, err := p.acquire(person)
	if err != nil {
		return Status{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, MaxWait)
	defer cancel()
	logouts := pr.logoutCount()
	err = do(ctx, pr)
	if pr.logoutCount() != logouts {
		err = ErrLoggedOut
	}
	return pr.status(), err
}

// update changes the record: on disk first, then in memory, or neither. change
// is called once, with mu held.
func (pr *personState) update(change func(*Record)) error {
	return update(func(r []*Record) { change(r[0]) }, pr)
}

// updateLogin is update, if the login is still the one of a session.
func (pr *personState) updateLogin(session ID, change func(*Record)) (current bool, err error) {
	err = pr.update(func(r *Record) {
		if current = r.Login != nil && r.Login.Session == session; current {
			change(r)
		}
	})
	return current, err
}

// update changes the records of several people in one commit. change is called
// once, with the mu of each held.
func update(change func([]*Record), people ...*personState) error {
	inOrder := slices.SortedFunc(slices.Values(people), func(a, b *personState) int { return cmp.Compare(a.id, b.id) })
	for _, pr := range inOrder {
		pr.writing <- struct{}{} // a change that was begun is written, even if its caller gives up
		defer pr.writing.unlock()
	}
	next, changed := draft(change, people, inOrder)
	if !changed {
		return nil
	}
	if err := people[0].pool.Store.Save(next...); err != nil {
		return err
	}
	for i, pr := range people {
		pr.setRecord(next[i])
	}
	return nil
}

// setRecord puts a record that was written down into memory.
func (pr *personState) setRecord(next Record) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if l := next.Login; l == nil || pr.rec.Login == nil || l.Session != pr.rec.Login.Session {
		pr.cache.clear() // answers to the login before
		pr.doubted, pr.announcedAt, pr.proof, pr.lastUsed = false, time.Time{}, 0, pr.pool.Now()
		if l != nil {
			pr.pool.linkAt.Store(pr.id, l.LinkAt)
		}
	}
	pr.rec = next
	maps.DeleteFunc(pr.linkMade, func(ref string, _ time.Time) bool { return next.link(ref) < 0 })
	pr.closeUnusedConns()
	pr.pool.expiries.set(next, pr.pool.Now())
}

// draft returns what the records of people will be, and whether that is anything
// new. inOrder are the same people, as their locks are taken.
func draft(change func([]*Record), people, inOrder []*personState) (next []Record, changed bool) {
	for _, pr := range inOrder {
		pr.mu.Lock()
		defer pr.mu.Unlock()
	}
	next = make([]Record, len(people))
	refs := make([]*Record, len(people))
	for i, pr := range people {
		next[i] = pr.rec.clone()
		refs[i] = &next[i]
	}
	change(refs)
	for i, pr := range people {
		changed = changed || !reflect.DeepEqual(pr.rec, next[i])
	}
	return next, changed
}

func (pr *personState) status() Status {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.statusLocked()
}

// statusLocked is status; mu is held.
func (pr *personState) statusLocked() Status {
	stream := pr.rec.Login != nil && pr.conns[pr.rec.Login.Session].isOpenStream()
	alive := false
	if n := len(pr.rec.Links); n > 0 {
		alive = pr.linkAgeLocked(pr.rec.Links[n-1]) < pr.rec.Links[n-1].life()
	}
	s := pr.rec.status(pr.pool.Now(), stream, pr.doubted, alive)
	s.Announcing = len(s.FinishedLinks) > 0 && pr.announcing()
	s.EndWaits = slices.ContainsFunc(pr.rec.Ending, func(h Credential) bool { return pr.rec.mustWait(h, pr.pool.forgottenByServer) })
	return s
}

// markDoubtful notes that a login did not answer, unless it was replaced.
func (pr *personState) markDoubtful(login Login) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if now := pr.rec.Login; now != nil && now.Session == login.Session {
		pr.doubted = true
	}
}

// linkMadeAt is when a link was made, as far as this process knows: the wall may have
// been set since, so that one of an earlier process is known to be older than this
// one, and no more. mu is held.
func (pr *personState) linkMadeAt(link Link) time.Time {
	if at, ok := pr.linkMade[link.Ref]; ok {
		return at
	}
	return pr.pool.started
}

// linkAgeLocked is how old a link is at least; mu is held.
func (pr *personState) linkAgeLocked(link Link) time.Duration {
	return pr.pool.since(pr.linkMadeAt(link))
}

func (pr *personState) linkAge(link Link) time.Duration {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.linkAgeLocked(link)
}

// forgottenByServer reports whether the server has forgotten a session by itself. The wall may
// be wrong: what an earlier process left is as old as this one at least.
func (p *Pool) forgottenByServer(h Credential) bool {
	life := h.End().Sub(h.Since)
	return p.since(h.End()) > forgetGrace && p.since(p.started) > life+forgetGrace
}

// notify passes an event on, unless the person logged out since their logouts were counted:
// events of the time before a logout are dropped. mu is held meanwhile, so that after
// a logout none is being sent.
func (pr *personState) notify(logouts int, e Event) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if pr.logouts == logouts {
		pr.sendLocked(e)
	}
}

// sendLocked passes an event on; mu is held.
func (pr *personState) sendLocked(e Event) {
	e.Person, e.Status = pr.id, pr.statusLocked()
	pr.pool.Notify(e)
}

// logoutCount returns how often the person logged out in this process.
func (pr *personState) logoutCount() int {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.logouts
}

// announce sends EventLoggedIn for a login whose links are still on the screen:
// once per process unless it is wanted again, and after a restart until Announced.
func (pr *personState) announce(again bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	links := pr.rec.finished()
	if len(links) == 0 || !again && !pr.announcedAt.IsZero() {
		return
	}
	pr.announcedAt = pr.pool.Now()
	e := Event{Kind: EventLoggedIn, Links: links}
	for _, l := range links {
		e.Then = cmp.Or(l.Then, e.Then)
	}
	pr.sendLocked(e)
}

// announcing reports whether EventLoggedIn is still being delivered; mu is held.
func (pr *personState) announcing() bool {
	return pr.announcedAt.IsZero() || pr.pool.since(pr.announcedAt) < AnnounceTime
}
