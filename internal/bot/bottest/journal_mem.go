// Package bottest holds what an implementation of the bot's small interfaces
// must prove, implementations in memory, and a Telegram without a network.
package bottest

import (
	"maps"
	"slices"
	"sync"

	"kitebot/internal/bot"
)

// MemJournal is a [bot.Journal] that lives as long as the test and forgets
// nothing: its ring of answered updates has no end. Safe for concurrent use.
type MemJournal struct {
	mu     sync.Mutex
	bots   map[int64]*memBot
	taken  uint64 // the last sequence number
	broken error  // every write fails with it
}

// memBot is what is known of one bot's updates.
type memBot struct {
	taken    []bot.Update // in the order they were taken
	answered map[int64]bool
	counted  map[int64]bool // updates with an attempt of this process
}

// NewMemJournal returns an empty journal.
func NewMemJournal() *MemJournal {
	return &MemJournal{bots: make(map[int64]*memBot)}
}

// Break makes every write fail with err, but for Answered; nil mends it.
func (m *MemJournal) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Copy returns what is on disk now, as the process after a kill finds it.
func (m *MemJournal) Copy() *MemJournal {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &MemJournal{bots: make(map[int64]*memBot), taken: m.taken}
	for id, b := range m.bots {
		c.bots[id] = &memBot{taken: slices.Clone(b.taken), answered: maps.Clone(b.answered), counted: map[int64]bool{}}
	}
	return c
}

// Unran takes back what Ran noted of a person's updates: the process was killed
// just before.
func (m *MemJournal) Unran(person int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.bots {
		for i := range b.taken {
			if b.taken[i].From == person {
				b.taken[i].Entry.Ran = false
			}
		}
	}
}

// Take implements [bot.Journal].
func (m *MemJournal) Take(botID int64, batch []bot.Update) ([]bot.Update, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	b := m.of(botID)
	var fresh []bot.Update
	for _, u := range batch {
		if b.find(u.ID) == nil {
			m.taken++
			u.Entry = bot.Entry{Sequence: m.taken, Attempts: 1}
			b.taken = append(b.taken, u)
			b.counted[u.ID] = true
			fresh = append(fresh, u)
		}
	}
	return fresh, nil
}

// Begin implements [bot.Journal].
func (m *MemJournal) Begin(botID, update int64) error {
	return m.change(botID, update, func(b *memBot, e *bot.Entry) {
		e.Attempts++
		b.counted[update] = true
	})
}

// Ran implements [bot.Journal].
func (m *MemJournal) Ran(botID, update int64) error {
	return m.change(botID, update, func(_ *memBot, e *bot.Entry) { e.Ran = true })
}

func (m *MemJournal) change(botID, update int64, change func(*memBot, *bot.Entry)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.of(botID)
	if u := b.find(update); u != nil && !b.answered[update] && m.broken == nil {
		change(b, &u.Entry)
	}
	return m.broken
}

// Stopped implements [bot.Journal].
func (m *MemJournal) Stopped(botID int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.of(botID)
	for i := range b.taken {
		if e := &b.taken[i].Entry; b.counted[b.taken[i].ID] && m.broken == nil {
			e.Attempts--
		}
	}
	clear(b.counted)
	return m.broken
}

// Answered marks an update as done at once. An unknown one is ignored.
func (m *MemJournal) Answered(botID, update int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.of(botID); b.find(update) != nil {
		b.answered[update] = true
		delete(b.counted, update)
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
		b = &memBot{answered: make(map[int64]bool), counted: make(map[int64]bool)}
		m.bots[botID] = b
	}
	return b
}

func (b *memBot) find(update int64) *bot.Update {
	i := slices.IndexFunc(b.taken, func(u bot.Update) bool { return u.ID == update })
	if i < 0 {
		return nil
	}
	return &b.taken[i]
}
