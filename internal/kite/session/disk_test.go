package session_test

import (
	"sync"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// disk is a store in memory that counts, and that can be slow or full.
type disk struct {
	*sessiontest.MemStore

	mu     sync.Mutex
	loads  int
	saves  int
	broken bool
	slow   int64                      // the person whose record takes a minute to read
	early  time.Duration              // the list of who is due says so much too early
	before func(session.Record) error // asked before every Save; nil for a good disk
}

func (d *disk) Pending() ([]session.Due, error) {
	pending, err := d.MemStore.Pending()
	for i := range pending {
		if !pending[i].At.IsZero() {
			pending[i].At = pending[i].At.Add(-d.early)
		}
	}
	return pending, err
}

func (d *disk) Load(person int64) (session.Record, error) {
	d.mu.Lock()
	d.loads++
	broken := d.broken
	d.mu.Unlock()
	if person == d.slow {
		time.Sleep(time.Minute)
	}
	if broken {
		return session.Record{}, session.ErrRecordDamaged
	}
	return d.MemStore.Load(person)
}

func (d *disk) Save(records ...session.Record) error {
	d.mu.Lock()
	d.saves++
	before := d.before
	d.mu.Unlock()
	for _, r := range records {
		if before == nil {
			break
		}
		if err := before(r); err != nil {
			return err
		}
	}
	return d.MemStore.Save(records...)
}

// Damage makes every record unreadable.
func (d *disk) Damage() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = true
}

// Before is asked before every Save from now on.
func (d *disk) Before(f func(session.Record) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = f
}

// count returns how often was loaded and saved since the last time.
func (d *disk) count() (loads, saves int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	loads, saves = d.loads, d.saves
	d.loads, d.saves = 0, 0
	return loads, saves
}
