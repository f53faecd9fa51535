package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"kitebot/internal/bot/access"

	bolt "go.etcd.io/bbolt"
)

var _ access.Store = (*Store)(nil)

// guestV1 is a [access.Record] on disk. The person is the key it is stored under.
type guestV1 struct {
	V        int     `json:"v"`
	Standing int     `json:"standing"` // 1 waiting, 2 approved, 3 blocked
	Name     string  `json:"name,omitempty"`
	Since    instant `json:"since,omitzero"`
	By       int64   `json:"by,omitempty"`
	Version  uint64  `json:"version,omitempty"`
}

// AccessRecords returns all records, by ascending id. One whose entry cannot
// be read is blocked, without a name, until an admin decides again: it may have been a
// block, and one bad entry must not keep the bot from starting.
func (s *Store) AccessRecords() ([]access.Record, error) {
	var guests []access.Record
	err := s.view(func(tx *bolt.Tx) error {
		return bucket(tx, guestsBucket).ForEach(func(key, _ []byte) error {
			person := int64(binary.BigEndian.Uint64(key))
			g, err := s.readGuest(tx, person)
			if err != nil {
				s.log.Error("what was decided about a person cannot be read: they are blocked until an admin decides again (/admin unblock)",
					"person", person, "err", err)
				g = access.Record{Person: person, Standing: access.Blocked}
			}
			guests = append(guests, g)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the guests: %w", err)
	}
	return guests, nil
}

// AccessRemoved returns the highest version with which a person was removed. It is the
// sequence of the bucket, which says of no one who it was.
func (s *Store) AccessRemoved() (version uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		version = bucket(tx, guestsBucket).Sequence()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the version of the last removal: %w", err)
	}
	return version, nil
}

// SaveAccess replaces what is kept of a person in one commit. Unlisted removes it.
func (s *Store) SaveAccess(g access.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.commit(func(tx *bolt.Tx) error { return s.writeGuest(tx, g) })
	if err != nil {
		return fmt.Errorf("save guest %d: %w", g.Person, err)
	}
	return nil
}

// readGuest returns a person's entry, an unlisted guest when there is none.
func (s *Store) readGuest(tx *bolt.Tx, person int64) (access.Record, error) {
	key := number(uint64(person))
	sealed := bucket(tx, guestsBucket).Get(key)
	if sealed == nil {
		return access.Record{Person: person}, nil
	}
	text, err := s.box.open([]byte(guestsBucket), key, sealed)
	if err != nil {
		return access.Record{}, err
	}
	return decodeGuest(person, text)
}

func (s *Store) writeGuest(tx *bolt.Tx, g access.Record) error {
	guests, key := bucket(tx, guestsBucket), number(uint64(g.Person))
	if g.Standing == access.Unlisted {
		return errors.Join(guests.SetSequence(max(guests.Sequence(), g.Version)), guests.Delete(key))
	}
	text, err := encodeGuest(g)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return guests.Put(key, s.box.seal([]byte(guestsBucket), key, text))
}

func encodeGuest(g access.Record) ([]byte, error) {
	if g.Standing < access.Waiting || g.Standing > access.Blocked {
		return nil, fmt.Errorf("standing %d is not known", g.Standing)
	}
	return json.Marshal(guestV1{V: 1, Standing: int(g.Standing), Name: g.Name, Since: inUTC(g.Since), By: g.By, Version: g.Version})
}

func decodeGuest(person int64, text []byte) (access.Record, error) {
	var in guestV1
	if err := json.Unmarshal(text, &in); err != nil {
		return access.Record{}, fmt.Errorf("%w (a guest is no JSON)", ErrDamaged) // err may quote it
	}
	if in.V != 1 {
		return access.Record{}, fmt.Errorf("guest version %d is not known: %w", in.V, ErrSchemaNewer)
	}
	standing := access.Standing(in.Standing)
	if standing < access.Waiting || standing > access.Blocked {
		return access.Record{}, fmt.Errorf("%w (standing %d is not known)", ErrDamaged, in.Standing)
	}
	return access.Record{Person: person, Standing: standing, Name: in.Name, Since: in.Since.Time, By: in.By, Version: in.Version}, nil
}
