package bottest

import (
	"maps"
	"slices"
	"sync"

	"kitebot/internal/bot"
)

// MemGuests is a [bot.GuestBook] that lives as long as the test. Safe for
// concurrent use.
type MemGuests struct {
	mu     sync.Mutex
	guests map[int64]bot.Guest
	writes int
	gone   uint64 // the highest version of a removal
	broken error  // every call fails with it
}

// NewMemGuests returns an empty book.
func NewMemGuests() *MemGuests {
	return &MemGuests{guests: make(map[int64]bot.Guest)}
}

// Break makes every call fail with err; nil mends it.
func (m *MemGuests) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Writes returns how often the book was written to.
func (m *MemGuests) Writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// Guests implements [bot.GuestBook]. It fails only while broken.
func (m *MemGuests) Guests() ([]bot.Guest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	var all []bot.Guest
	for _, person := range slices.Sorted(maps.Keys(m.guests)) {
		all = append(all, m.guests[person])
	}
	return all, nil
}

// Removed implements [bot.GuestBook]. It fails only while broken.
func (m *MemGuests) Removed() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone, m.broken
}

// SaveGuest implements [bot.GuestBook]. It fails only while broken.
func (m *MemGuests) SaveGuest(g bot.Guest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.writes++
	if g.Standing == bot.Unlisted {
		m.gone = max(m.gone, g.Version)
		delete(m.guests, g.Person)
		return nil
	}
	m.guests[g.Person] = g
	return nil
}

// forget removes a person, but for a block.
func (m *MemGuests) forget(person int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g := m.guests[person]; g.Standing != bot.Blocked {
		m.gone = max(m.gone, g.Version)
		delete(m.guests, person)
	}
}
