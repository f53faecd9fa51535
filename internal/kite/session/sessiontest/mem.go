// Package sessiontest holds what an implementation of [session.Store] must
// prove, and a store in memory that proves it too, for the tests of others.
package sessiontest

import (
	"maps"
	"slices"
	"sync"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// MemStore is a [session.Store] that lives as long as the test. It keeps
// copies, so nobody reaches into what is stored. Safe for concurrent use.
type MemStore struct {
	mu      sync.Mutex
	records map[int64]session.Record
}

// NewMemStore returns an empty store.
func NewMemStore() *MemStore {
	return &MemStore{records: make(map[int64]session.Record)}
}

// Load returns a copy of the person's record. It never fails.
func (m *MemStore) Load(person int64) (session.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records[person]
	if !ok {
		return session.Record{Person: person}, nil
	}
	return clone(r), nil
}

// Save keeps copies of all records, or of none. It fails with
// *[session.OwnedError] when a login's Kite user is another person's.
func (m *MemStore) Save(records ...session.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := &MemStore{records: maps.Clone(m.records)}
	for _, r := range records {
		if owner, ok := next.owner(r); ok && owner != r.Person {
			return &session.OwnedError{Person: owner}
		}
		next.records[r.Person] = clone(r)
		if isEmpty(r) {
			delete(next.records, r.Person)
		}
	}
	m.records = next.records
	return nil
}

// Pending returns the people whose record is due, in ascending order.
func (m *MemStore) Pending() ([]session.Due, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var pending []session.Due
	for _, person := range slices.Sorted(maps.Keys(m.records)) {
		if due, ok := m.records[person].Due(); ok {
			pending = append(pending, due)
		}
	}
	return pending, nil
}

// Len returns how many people have a record. An emptied record is none.
func (m *MemStore) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records)
}

// owner returns the person whose login names the Kite user that r logs in.
func (m *MemStore) owner(r session.Record) (person int64, ok bool) {
	if r.Login == nil || r.Login.User.IsZero() {
		return 0, false
	}
	for person, other := range m.records {
		if other.Login != nil && other.Login.User.UserID == r.Login.User.UserID {
			return person, true
		}
	}
	return 0, false
}

func isEmpty(r session.Record) bool {
	return r.Login == nil && len(r.Links)+len(r.Replaced)+len(r.Ending) == 0 && r.Last == kite.Identity{} && !r.Contested
}

// clone copies a record as a file would: nothing is shared with the original,
// and times lose their monotonic reading and their zone.
func clone(r session.Record) session.Record {
	if r.Login != nil {
		login := *r.Login
		login.Credential = cloneHeld(login.Credential)
		login.Bound = plain(login.Bound)
		login.LinkAt = plain(login.LinkAt)
		login.Used = plain(login.Used)
		r.Login = &login
	}
	r.Links = slices.Clone(r.Links)
	for i := range r.Links {
		l := &r.Links[i]
		l.Credential, l.Issued = cloneHeld(l.Credential), plain(l.Issued)
		if l.Attempt != nil {
			attempt := *l.Attempt
			attempt.Received, attempt.Due = plain(attempt.Received), plain(attempt.Due)
			l.Attempt = &attempt
		}
	}
	r.Replaced = cloneHelds(r.Replaced)
	r.Ending = cloneHelds(r.Ending)
	return r
}

func cloneHelds(held []session.Credential) []session.Credential {
	held = slices.Clone(held)
	for i := range held {
		held[i] = cloneHeld(held[i])
	}
	return held
}

func cloneHeld(h session.Credential) session.Credential {
	h.Since, h.Ends = plain(h.Since), plain(h.Ends)
	return h
}

func plain(t time.Time) time.Time { return t.Round(0).UTC() }
