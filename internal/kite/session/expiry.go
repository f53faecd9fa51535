package session

import (
	"math"
	"slices"
	"sync"
	"time"
)

// expirySchedule knows when to warn whom that a login ends. It has an entry for each
// person with a confirmed login until that is over by the clock, and no record.
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
