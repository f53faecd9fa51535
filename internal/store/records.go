package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/kite/session"
)

// Load returns a person's record; with nothing but the person in it when there
// is none. A record that is not what was written is an error of this person
// alone, [session.ErrRecordDamaged]; the next Save replaces it.
func (s *Store) Load(person int64) (session.Record, error) {
	var r session.Record
	err := s.view(func(tx *bolt.Tx) (err error) {
		r, err = s.readRecord(tx, person)
		return err
	})
	if errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w: %w", session.ErrRecordDamaged, err)
	}
	if err != nil {
		return session.Record{}, fmt.Errorf("load record of person %d: %w", person, err)
	}
	return r, nil
}

// Save replaces people's records in one commit. A record that holds nothing is
// removed. It fails with *[session.OwnedError], and changes nothing, when a
// login's Kite user is another person's.
func (s *Store) Save(records ...session.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(func(tx *bolt.Tx) error {
		for _, r := range records {
			if err := s.replaceRecord(tx, r); err != nil {
				return fmt.Errorf("save record of person %d: %w", r.Person, err)
			}
		}
		return nil
	})
}

// replaceRecord writes a record and what the indexes say of it.
func (s *Store) replaceRecord(tx *bolt.Tx, r session.Record) error {
	if err := s.moveOwner(tx, r); err != nil {
		return err
	}
	if err := listPending(tx, r); err != nil {
		return err
	}
	return s.writeRecord(tx, r)
}

// Pending returns the people whose record is due, in ascending order. It reads
// a list of its own, not all records.
func (s *Store) Pending() ([]session.Due, error) {
	var pending []session.Due
	err := s.view(func(tx *bolt.Tx) error {
		return bucket(tx, pendingBucket).ForEach(func(key, at []byte) error {
			due := session.Due{Person: int64(binary.BigEndian.Uint64(key))}
			if len(at) == 8 {
				due.At = time.Unix(int64(binary.BigEndian.Uint64(at)), 0).UTC()
			}
			pending = append(pending, due)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list pending people: %w", err)
	}
	return pending, nil
}

func (s *Store) readRecord(tx *bolt.Tx, person int64) (session.Record, error) {
	key := number(uint64(person))
	sealed := bucket(tx, peopleBucket).Get(key)
	if sealed == nil {
		return session.Record{Person: person}, nil
	}
	text, err := s.box.open([]byte(peopleBucket), key, sealed)
	if err != nil {
		return session.Record{}, err
	}
	return decodeRecord(person, text)
}

func (s *Store) writeRecord(tx *bolt.Tx, r session.Record) error {
	people, key := bucket(tx, peopleBucket), number(uint64(r.Person))
	if r.IsEmpty() {
		return people.Delete(key)
	}
	text, err := encodeRecord(r)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return people.Put(key, s.box.seal([]byte(peopleBucket), key, text))
}

func listPending(tx *bolt.Tx, r session.Record) error {
	key := number(uint64(r.Person))
	due, pending := r.Due()
	switch {
	case !pending:
		return bucket(tx, pendingBucket).Delete(key)
	case due.At.IsZero():
		return bucket(tx, pendingBucket).Put(key, nil)
	}
	return bucket(tx, pendingBucket).Put(key, number(uint64(due.At.Unix())))
}

// moveOwner makes the list of owners say what r says, before r is written. The
// store never takes a Kite user from anybody: that is for people to do.
func (s *Store) moveOwner(tx *bolt.Tx, r session.Record) error {
	before, err := s.readRecord(tx, r.Person)
	if errors.Is(err, ErrDamaged) {
		// Whom the record named cannot be read, so its entry cannot be found.
		err = s.rebuildOwners(tx, r.Person)
	}
	if err != nil {
		return err
	}
	if user := loginUser(before); user != "" && user != loginUser(r) {
		if err := bucket(tx, ownersBucket).Delete(s.box.ownerKey(user)); err != nil {
			return fmt.Errorf("release the kite user: %w", err)
		}
	}
	if user := loginUser(r); user != "" {
		return s.claim(tx, r.Person, user)
	}
	return nil
}

func (s *Store) claim(tx *bolt.Tx, person int64, user string) error {
	owner, owned, err := s.owner(tx, user)
	if errors.Is(err, ErrDamaged) {
		if err := s.rebuildOwners(tx, person); err != nil {
			return err
		}
		owner, owned, err = s.owner(tx, user)
	}
	switch {
	case err != nil:
		return err
	case !owned:
		return putOwner(tx, s.box, person, user)
	case owner != person:
		return &session.OwnedError{Person: owner}
	}
	return nil
}

func (s *Store) owner(tx *bolt.Tx, user string) (person int64, owned bool, err error) {
	key := s.box.ownerKey(user)
	sealed := bucket(tx, ownersBucket).Get(key)
	if sealed == nil {
		return 0, false, nil
	}
	value, err := s.box.open([]byte(ownersBucket), key, sealed)
	if err != nil {
		return 0, false, fmt.Errorf("read an owner: %w", err)
	}
	return int64(binary.BigEndian.Uint64(value)), true, nil
}

// rebuildOwners makes the list of owners anew from every record but that
// of one person, whose turn comes next. It is the slow way out when a part of
// either is damaged: the list is an index, the records are the truth, and a
// record that cannot be read owns nothing.
func (s *Store) rebuildOwners(tx *bolt.Tx, except int64) error {
	s.log.Warn("an entry of the store is damaged", "effect", "the list of owners is made anew", "action", "look at the disk", "person", except)
	if err := tx.DeleteBucket([]byte(ownersBucket)); err != nil {
		return fmt.Errorf("clear the owners: %w", err)
	}
	if _, err := tx.CreateBucket([]byte(ownersBucket)); err != nil {
		return fmt.Errorf("clear the owners: %w", err)
	}
	return bucket(tx, peopleBucket).ForEach(func(key, _ []byte) error {
		person := int64(binary.BigEndian.Uint64(key))
		r, err := s.readRecord(tx, person)
		if err != nil || person == except || loginUser(r) == "" {
			return nil
		}
		return putOwner(tx, s.box, person, loginUser(r))
	})
}
