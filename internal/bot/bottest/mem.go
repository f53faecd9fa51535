// Package bottest holds what an implementation of the bot's small interfaces
// must prove, and twins in memory that prove it too, for the tests of others.
package bottest

import (
	"slices"
	"sync"

	"kitebot/internal/bot"
)

// MemJournal is a [bot.Journal] that lives as long as the test and forgets
// nothing: its ring of answered updates has no end. Safe for concurrent use.
type MemJournal struct {
	mu   sync.Mutex
	bots map[int64]*memBot
}

// memBot is what is known of one bot's updates.
type memBot struct {
	taken    []bot.Update // in the order they were taken
	answered map[int64]bool
}

// NewMemJournal returns an empty journal.
func NewMemJournal() *MemJournal {
	return &MemJournal{bots: make(map[int64]*memBot)}
}

// Take keeps the updates not seen before and returns them. It never fails.
func (m *MemJournal) Take(botID int64, batch []bot.Update) ([]bot.Update, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.of(botID)
	var fresh []bot.Update
	for _, u := range batch {
		if !b.knows(u.ID) {
			b.taken = append(b.taken, u)
			fresh = append(fresh, u)
		}
	}
	return fresh, nil
}

// Answered marks an update as done at once. An unknown one is ignored.
func (m *MemJournal) Answered(botID, update int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.of(botID); b.knows(update) {
		b.answered[update] = true
	}
}

// Unanswered returns what was taken and not answered, oldest first. It never
// fails.
func (m *MemJournal) Unanswered(botID int64) ([]bot.Update, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.of(botID)
	var open []bot.Update
	for _, u := range b.taken {
		if !b.answered[u.ID] {
			open = append(open, u)
		}
	}
	return open, nil
}

// forget answers what waits of a person, for every bot.
func (m *MemJournal) forget(person int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.bots {
		for _, u := range b.taken {
			if u.From == person {
				b.answered[u.ID] = true
			}
		}
	}
}

func (m *MemJournal) of(botID int64) *memBot {
	b, ok := m.bots[botID]
	if !ok {
		b = &memBot{answered: make(map[int64]bool)}
		m.bots[botID] = b
	}
	return b
}

func (b *memBot) knows(update int64) bool {
	return slices.ContainsFunc(b.taken, func(u bot.Update) bool { return u.ID == update })
}
