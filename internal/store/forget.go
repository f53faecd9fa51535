package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/kite/session"
)

var _ bot.Memory = (*Store)(nil)

// People returns all persons of whom a record, preferences or a standing are kept,
// by ascending id. It reads keys only, so that a damaged entry hides no person.
func (s *Store) People() ([]int64, error) {
	people := make(map[int64]bool)
	err := s.view(func(tx *bolt.Tx) error {
		defer letPagesGo(tx)
		for _, name := range []bucketName{peopleBucket, prefsBucket, accessBucket} {
			err := bucket(tx, name).ForEach(func(key, _ []byte) error {
				people[int64(binary.BigEndian.Uint64(key))] = true
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return slices.Sorted(maps.Keys(people)), nil
}

// Forget erases a person's preferences, waiting updates, record, and place in the
// book (but for a block, or where place is set), in one commit. A record with
// sessions stays until they are ended: it holds the only keys to end them with.
// The numbers of the updates stay among the answered, which name no person, so that
// none of them is taken again; marking one of them as answered later is harmless.
//
// What was erased is gone for every reader of the store. Its sealed bytes stay
// in pages that are free now until they are used again, as do those in backups and
// in files that were set aside: they open for who has the key, and with care only.
// Of the latter, those of 30 days ago are erased on this occasion.
func (s *Store) Forget(person int64, place bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.commit(func(tx *bolt.Tx) error {
		if err := bucket(tx, prefsBucket).Delete(number(uint64(person))); err != nil {
			return fmt.Errorf("erase the preferences: %w", err)
		}
		if !place {
			if err := s.forgetAccess(tx, person); err != nil {
				return fmt.Errorf("erase the standing: %w", err)
			}
		}
		if err := s.forgetRecord(tx, person); err != nil {
			return fmt.Errorf("erase the record: %w", err)
		}
		return s.forgetUpdates(tx, person)
	})
	if err != nil {
		return fmt.Errorf("forget person %d: %w", person, err)
	}
	eraseOldAside(s.path, s.log, s.now())
	return nil
}

// forgetAccess leaves a record that cannot be read: it may be a block.
func (s *Store) forgetAccess(tx *bolt.Tx, person int64) error {
	g, err := s.readAccess(tx, person)
	switch {
	case err != nil:
		s.log.Warn("a person's standing cannot be read and is kept, since it may be a block", "person", person, "err", err)
		return nil
	case g.Standing == access.Blocked:
		return nil
	}
	return s.writeAccess(tx, access.Record{Person: person, Version: g.Version})
}

// forgetRecord removes a record without sessions, and one that cannot be read:
// nobody can end what it may have held.
func (s *Store) forgetRecord(tx *bolt.Tx, person int64) error {
	r, err := s.readRecord(tx, person)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	if r.Login != nil || len(r.Links)+len(r.Replaced)+len(r.Ending) > 0 {
		return nil
	}
	return s.replaceRecord(tx, session.Record{Person: person})
}

// forgetUpdates makes answered ones of all updates of a person that wait. They
// are found by opening each that waits, of which there are few.
func (s *Store) forgetUpdates(tx *bolt.Tx, person int64) error {
	var theirs []mark
	err := eachEntry(bucket(tx, journalBucket), func(e entryKey, sealed []byte) error {
		entry, err := s.openEntry(e, sealed)
		if err == nil && entry.Update.From == person {
			theirs = append(theirs, mark{bot: e.bot, update: e.update})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.journal.settle(tx, theirs)
}
