package bottest

import (
	"maps"
	"slices"
	"sync"

	"kitebot/internal/bot/account"
)

// MemPrefs is a [account.PrefStore] that lives as long as the test. Safe for
// concurrent use.
type MemPrefs struct {
	mu     sync.Mutex
	people map[int64]account.Prefs
	broken error // every call fails with it
}

// NewMemPrefs returns an empty store.
func NewMemPrefs() *MemPrefs {
	return &MemPrefs{people: make(map[int64]account.Prefs)}
}

// Break makes every call fail with err; nil mends it.
func (m *MemPrefs) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// LoadPrefs implements [account.PrefStore]. It fails only while broken.
func (m *MemPrefs) LoadPrefs(person int64) (account.Prefs, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return account.Prefs{}, m.broken
	}
	return copied(m.people[person]), nil
}

// SavePrefs implements [account.PrefStore]. It fails only while broken.
func (m *MemPrefs) SavePrefs(person int64, p account.Prefs) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.people[person] = copied(p)
	return nil
}

// chosen returns the people who chose anything, in no order.
func (m *MemPrefs) chosen() []int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	var people []int64
	for person, p := range m.people {
		if !p.IsZero() {
			people = append(people, person)
		}
	}
	return people
}

func copied(p account.Prefs) account.Prefs {
	p.Watch, p.Picks = slices.Clone(p.Watch), maps.Clone(p.Picks)
	return p
}
