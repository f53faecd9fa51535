// Package sessiontest holds what an implementation of [session.Store] must
// prove, and a store in memory that proves it too, for the tests of others.
package sessiontest

import (
	"maps"
	"slices"
	"sync"
	"time"

	"kitebot/internal/kite/session"
)

// MemStore is a [session.Store] that lives as long as the test. It keeps copies, as
// a file would. Safe for concurrent use.
type MemStore struct {
	mu      sync.Mutex
	records map[int64]session.Record
	owners  map[string]int64 // by their Kite user
}

// NewMemStore returns an empty store.
func NewMemStore() *MemStore {
	return &MemStore{records: map[int64]session.Record{}, owners: map[string]int64{}}
}

// Load returns a copy of the person's record. It never fails.
func (m *MemStore) Load(person int64) (session.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := clone(m.records[person])
	r.Person = person
	return r, nil
}

// Save keeps copies of all records, or of none. It fails with
// *[session.OwnedError] when a login's Kite user is another person's.
func (m *MemStore) Save(records ...session.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var before []session.Record
	for _, r := range records {
		if owner, owned := m.owners[kiteUser(r)]; owned && owner != r.Person {
			for _, old := range slices.Backward(before) {
				m.put(old)
			}
			return &session.OwnedError{Person: owner}
		}
		old := m.records[r.Person]
		old.Person = r.Person
		before = append(before, old)
		m.put(clone(r))
	}
	return nil
}

// put replaces a record; an empty one is not kept.
func (m *MemStore) put(r session.Record) {
	delete(m.owners, kiteUser(m.records[r.Person]))
	delete(m.records, r.Person)
	if !r.IsEmpty() {
		m.records[r.Person] = r
	}
	if user := kiteUser(r); user != "" {
		m.owners[user] = r.Person
	}
}

// kiteUser is the Kite user that a record logs in, "" for none.
func kiteUser(r session.Record) string {
	if r.Login == nil {
		return ""
	}
	return r.Login.User.UserID
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

// clone copies a record as a file would: nothing is shared with the original,
// and times lose their monotonic reading and their zone.
func clone(r session.Record) session.Record {
	if r.Login != nil {
		login := *r.Login
		login.Credential = cloneCredential(login.Credential)
		login.Bound, login.LinkAt, login.Used = plain(login.Bound), plain(login.LinkAt), plain(login.Used)
		r.Login = &login
	}
	r.Links = slices.Clone(r.Links)
	for i := range r.Links {
		l := &r.Links[i]
		l.Credential, l.Issued = cloneCredential(l.Credential), plain(l.Issued)
		if l.Attempt != nil {
			attempt := *l.Attempt
			attempt.Received, attempt.Due = plain(attempt.Received), plain(attempt.Due)
			l.Attempt = &attempt
		}
	}
	r.Replaced, r.Ending = slices.Clone(r.Replaced), slices.Clone(r.Ending)
	for _, list := range [][]session.Credential{r.Replaced, r.Ending} {
		for i := range list {
			list[i] = cloneCredential(list[i])
		}
	}
	return r
}

func cloneCredential(h session.Credential) session.Credential {
	h.Since, h.Ends = plain(h.Since), plain(h.Ends)
	return h
}

func plain(t time.Time) time.Time { return t.Round(0).UTC() }
