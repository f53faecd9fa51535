package store

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// errBroken: a fault ended writing, or reading as well.
var errBroken = errors.New("the store is broken, restart the bot")

// touches is how many transactions may leave pages in our memory: the system maps
// sixteen for each that is looked at.
const touches = 64

func (s *Store) touch(tx *bolt.Tx) {
	if s.touched.Add(1)%touches == 0 {
		letPagesGo(tx)
	}
}

// view runs a read. What it reads is valid inside of fn only.
func (s *Store) view(fn func(*bolt.Tx) error) error {
	tx, err := s.begin()
	if err != nil {
		return err
	}
	return guard(func() (err error) {
		defer func() { err = errors.Join(err, tx.Rollback()) }()
		defer s.touch(tx)
		return fn(tx)
	})
}

// begin begins a read. Where the file cannot be read at that moment, bbolt keeps a
// lock for which every later transaction, and the closing of the file, would wait
// for ever. So such a fault ends reading and writing until the next start.
func (s *Store) begin() (tx *bolt.Tx, err error) {
	s.beginning.Lock()
	defer s.beginning.Unlock()
	if s.lost != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, s.lost)
	}
	err = guard(func() (err error) {
		tx, err = s.db.Begin(false)
		return err
	})
	if isFault(err) {
		s.lost = err
		s.pulse.fail(err)
		s.log.Error("the store cannot be read any more: nothing is read or kept until the bot is restarted", "err", err)
	}
	return tx, err
}

// unreadable returns the fault that ended reading and writing, nil for none.
func (s *Store) unreadable() error {
	s.beginning.Lock()
	defer s.beginning.Unlock()
	return s.lost
}

// commit runs a write together with the waiting marks. The caller holds s.mu.
// The journal in memory follows the transaction while it runs; when it fails,
// the memory is read again from the file and the marks go on waiting.
//
// A fault in the middle of a write ends writing until the next start, where the
// file is examined: bbolt may have kept its lock, and would wait for it for ever,
// even to close the file.
func (s *Store) commit(fn func(*bolt.Tx) error) error {
	if s.broken == nil {
		s.broken = s.unreadable()
	}
	if s.broken != nil {
		return fmt.Errorf("%w: %w", errBroken, s.broken)
	}
	if s.journal.stale {
		if err := s.view(s.journal.load); err != nil {
			return err
		}
	}
	waiting := s.marks.take()
	s.journal.stale = true
	var declined error // by fn: it says nothing about the disk
	ended := s.writing()
	err := guard(func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			defer s.touch(tx)
			if err := s.journal.settle(tx, waiting); err != nil {
				return err
			}
			declined = fn(tx)
			return declined
		})
	})
	ended(err, declined != nil)
	if err == nil {
		s.journal.stale = false
		s.marks.committed(true)
		return nil
	}
	err = named(err)
	s.marks.committed(false)
	if isFault(err) {
		s.broken = err
		s.log.Error("the store broke in the middle of a write: nothing more is kept until the bot is restarted", "err", err)
	}
	if failed := s.view(s.journal.load); failed != nil {
		s.log.Error("the journal in memory is out of step until the store can be read again: look at its disk, and restart the bot", "err", failed)
	}
	return err
}
