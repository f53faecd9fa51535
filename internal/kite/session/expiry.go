package session

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"
)

// expirySchedule says whose login ends soon. It holds each person with a confirmed
// login, until the clock says that it is over: one map entry, and no goroutine. The
// record is read when the person is due.
type expirySchedule struct {
	mu      sync.Mutex
	entries map[int64]expiry
	scanAt  int64         // when the pool looks for due people next, in Unix seconds
	wake    chan struct{} // capacity one: a person is due before scanAt
}

// expiry is a person's entry.
type expiry struct {
	at     int64 // when it is due, in Unix seconds
	warned bool  // the person was warned: at is the end of the login, and nothing is to be done
}

// emptyGap is the wait for the next scan of an empty schedule.
const emptyGap = time.Hour

func newExpirySchedule() *expirySchedule {
	return &expirySchedule{entries: map[int64]expiry{}, wake: make(chan struct{}, 1)}
}

// set replaces a person's entry by what the record says.
func (s *expirySchedule) set(r Record, now time.Time) {
	at, due := r.warnAt()
	switch {
	case due:
		s.put(r.Person, expiry{at: at.Unix()})
	case r.Login == nil || !r.Login.Confirmed || !now.Before(r.Login.Until()):
		s.remove(r.Person)
	default:
		s.put(r.Person, expiry{at: r.Login.Until().Unix(), warned: true})
	}
}

func (s *expirySchedule) put(person int64, e expiry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[person] = e
	if e.at < s.scanAt {
		s.scanAt = e.at
		select {
		case s.wake <- struct{}{}:
		default: // it has been woken already
		}
	}
}

func (s *expirySchedule) remove(person int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, person)
}

// due returns the people to be warned, and otherwise how long there are none. It
// drops the entries of logins that are over.
func (s *expirySchedule) due(now time.Time) (people []int64, gap time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scanAt = math.MaxInt64
	for person, e := range s.entries {
		switch {
		case e.at > now.Unix():
			s.scanAt = min(s.scanAt, e.at)
		case e.warned:
			delete(s.entries, person)
		default:
			people = append(people, person)
		}
	}
	slices.Sort(people)
	if s.scanAt == math.MaxInt64 {
		return people, emptyGap
	}
	return people, time.Unix(s.scanAt, 0).Sub(now)
}

func (s *expirySchedule) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

func (s *expirySchedule) has(person int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.entries[person]
	return ok
}

// warnLoop is the pool's one goroutine that warns people in time.
func (p *Pool) warnLoop(ctx context.Context) {
	for ctx.Err() == nil {
		people, gap := p.expiries.due(p.Clock.Now())
		for _, person := range people {
			if ctx.Err() != nil {
				return
			}
			p.expiries.remove(person)
			p.warn(person)
		}
		if len(people) > 0 {
			continue
		}
		t := p.Clock.NewTimer(gap)
		select {
		case <-t.Chan():
		case <-p.expiries.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// warn tells a person that their login will be over soon, if they used it today
// and it is not over yet. The record is marked first, even when there is nothing
// to say, so that no person is warned twice.
func (p *Pool) warn(who int64) {
	defer p.recoverPanic()
	pr, done, err := p.acquire(who)
	if errors.Is(err, errClosed) {
		return
	}
	if err != nil {
		p.Logger.Error("whether a person is to be warned is not known; trying again in a minute", "person", who, "err", err)
		p.expiries.put(who, expiry{at: p.Clock.Now().Add(warnRetry).Unix()})
		return
	}
	defer done()
	tell, leaves := false, 0
	err = pr.update(func(r *Record) {
		now := p.Clock.Now()
		if at, due := r.warnAt(); !due || now.Before(at) {
			return
		}
		r.Login.Warned = true
		tell, leaves = now.Before(r.Login.Until()) && r.Login.usedOn(now), pr.leaves
	})
	if err != nil {
		p.Logger.Error("a person is not warned, since it could not be marked; trying again in a minute", "person", who, "err", err)
		p.expiries.put(who, expiry{at: p.Clock.Now().Add(warnRetry).Unix()})
		return
	}
	p.expiries.set(pr.record(), p.Clock.Now()) // a person who is due later gets a new entry
	if tell {
		pr.notify(leaves, Event{Kind: EventEndingSoon})
	}
}

// warnRetry is how soon a warning is tried again that could not be marked.
const warnRetry = time.Minute

// recordUse writes down that the person used their login, once in an Indian day
// in the background: the answer does not wait for it.
func (pr *person) recordUse() {
	pr.mu.Lock()
	login := pr.rec.Login
	first := login != nil && login.Confirmed && !login.usedOn(pr.pool.Clock.Now()) && !pr.noting
	pr.noting = pr.noting || first
	pr.mu.Unlock()
	if first {
		pr.pool.spawnFor(pr, pr.saveUse)
	}
}

func (pr *person) saveUse(context.Context) {
	err := pr.update(func(r *Record) {
		pr.noting = false
		if now := pr.pool.Clock.Now().UTC(); r.Login != nil && !r.Login.usedOn(now) {
			r.Login.Used = now
		}
	})
	if err != nil {
		pr.pool.Logger.Error("the use of a login is not noted: the person may not be warned before it ends", "person", pr.id, "err", err)
	}
}
