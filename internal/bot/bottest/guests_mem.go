package bottest

import (
	"maps"
	"slices"
	"sync"

	"kitebot/internal/bot/access"
)

// MemAccess is a [access.Store] that lives as long as the test. Safe for
// concurrent use.
type MemAccess struct {
	mu     sync.Mutex
	guests map[int64]access.Record
	writes int
	gone   uint64 // the highest version of a removal
	broken error  // every call fails with it
}

// NewMemAccess returns an empty book.
func NewMemAccess() *MemAccess {
	return &MemAccess{guests: make(map[int64]access.Record)}
}

// Break makes every call fail with err; nil mends it.
func (m *MemAccess) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Writes returns how often the book was written to.
func (m *MemAccess) Writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// Guests implements [access.Store]. It fails only while broken.
func (m *MemAccess) AccessRecords() ([]access.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	var all []access.Record
	for _, person := range slices.Sorted(maps.Keys(m.guests)) {
		all = append(all, m.guests[person])
	}
	return all, nil
}

// Removed implements [access.Store]. It fails only while broken.
func (m *MemAccess) AccessRemoved() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone, m.broken
}

// SaveAccess implements [access.Store]. It fails only while broken.
func (m *MemAccess) SaveAccess(g access.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.writes++
	if g.Standing == access.Unlisted {
		m.gone = max(m.gone, g.Version)
		delete(m.guests, g.Person)
		return nil
	}
	m.guests[g.Person] = g
	return nil
}

// forget removes a person, but for a block.
func (m *MemAccess) forget(person int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g := m.guests[person]; g.Standing != access.Blocked {
		m.gone = max(m.gone, g.Version)
		delete(m.guests, person)
	}
}
