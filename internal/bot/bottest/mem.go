package bottest

import (
	"maps"
	"slices"
	"sync"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
)

// MemStore is a [Store] that lives as long as the test. Safe for concurrent use,
// though only the real store forgets in one commit.
type MemStore struct {
	*MemJournal
	// Sessions returns the people who have a session record; nil for none.
	Sessions func() []int64

	mu      sync.Mutex
	prefs   map[int64]account.Prefs
	records map[int64]access.Record
	removed uint64 // the highest version of a removal
	writes  int    // of records
	broken  error  // every call that is not the journal's fails with it
}

// NewMemStore returns an empty store.
func NewMemStore() *MemStore {
	return &MemStore{MemJournal: NewMemJournal(), prefs: map[int64]account.Prefs{}, records: map[int64]access.Record{}}
}

// Copy returns what is on disk now, as the process after a kill finds it.
func (m *MemStore) Copy() *MemStore {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &MemStore{MemJournal: m.MemJournal.Copy(), Sessions: m.Sessions, prefs: map[int64]account.Prefs{}, records: maps.Clone(m.records), removed: m.removed}
	for person, p := range m.prefs {
		c.prefs[person] = copied(p)
	}
	return c
}

// Break makes every call fail with err, but for those of the journal, which has a
// Break of its own; nil mends it.
func (m *MemStore) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Writes returns how often a record was written.
func (m *MemStore) Writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// LoadPrefs implements [account.PrefStore].
func (m *MemStore) LoadPrefs(person int64) (account.Prefs, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return account.Prefs{}, m.broken
	}
	return copied(m.prefs[person]), nil
}

// SavePrefs implements [account.PrefStore].
func (m *MemStore) SavePrefs(person int64, p account.Prefs) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.prefs[person] = copied(p)
	return nil
}

func copied(p account.Prefs) account.Prefs {
	p.Watch, p.Picks = slices.Clone(p.Watch), maps.Clone(p.Picks)
	return p
}

// AccessRecords implements [access.Store].
func (m *MemStore) AccessRecords() ([]access.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	var all []access.Record
	for _, person := range slices.Sorted(maps.Keys(m.records)) {
		all = append(all, m.records[person])
	}
	return all, nil
}

// AccessRemoved implements [access.Store].
func (m *MemStore) AccessRemoved() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.removed, m.broken
}

// SaveAccess implements [access.Store].
func (m *MemStore) SaveAccess(r access.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.writes++
	m.save(r)
	return nil
}

func (m *MemStore) save(r access.Record) {
	if r.Standing == access.Unlisted {
		m.removed = max(m.removed, r.Version)
		delete(m.records, r.Person)
		return
	}
	m.records[r.Person] = r
}

// People implements [bot.Memory].
func (m *MemStore) People() ([]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Collect(maps.Keys(m.records))
	for person, p := range m.prefs {
		if !p.IsZero() {
			all = append(all, person)
		}
	}
	if m.Sessions != nil {
		all = append(all, m.Sessions()...)
	}
	slices.Sort(all)
	return slices.Compact(all), m.broken
}

// Forget implements [bot.Memory].
func (m *MemStore) Forget(person int64, keep bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	delete(m.prefs, person)
	if r := m.records[person]; !keep && r.Standing != access.Blocked {
		m.save(access.Record{Person: person, Version: r.Version})
	}
	m.MemJournal.forget(person)
	return nil
}
