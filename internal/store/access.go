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

// accessV1 is a [access.Record] on disk. The person is the key it is stored under.
type accessV1 struct {
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
	var records []access.Record
	err := s.view(func(tx *bolt.Tx) error {
		return bucket(tx, accessBucket).ForEach(func(key, _ []byte) error {
			person := int64(binary.BigEndian.Uint64(key))
			g, err := s.readAccess(tx, person)
			if err != nil {
				s.log.Error("what was decided about a person cannot be read: they are blocked until an admin decides again (/admin unblock)",
					"person", person, "err", err)
				g = access.Record{Person: person, Standing: access.Blocked}
			}
			records = append(records, g)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the access records: %w", err)
	}
	return records, nil
}

// AccessRemoved returns the highest version with which a person was removed. It is the
// sequence of the bucket, which says of no one who it was.
func (s *Store) AccessRemoved() (version uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		version = bucket(tx, accessBucket).Sequence()
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
	err := s.commit(func(tx *bolt.Tx) error { return s.writeAccess(tx, g) })
	if err != nil {
		return fmt.Errorf("save the access record of person %d: %w", g.Person, err)
	}
	return nil
}

// readAccess returns a person's record, an unlisted one when there is none.
func (s *Store) readAccess(tx *bolt.Tx, person int64) (access.Record, error) {
	key := number(uint64(person))
	sealed := bucket(tx, accessBucket).Get(key)
	if sealed == nil {
		return access.Record{Person: person}, nil
	}
	text, err := s.box.open([]byte(accessBucket), key, sealed)
	if err != nil {
		return access.Record{}, err
	}
	return decodeAccess(person, text)
}

func (s *Store) writeAccess(tx *bolt.Tx, g access.Record) error {
	records, key := bucket(tx, accessBucket), number(uint64(g.Person))
	if g.Standing == access.Unlisted {
		return errors.Join(records.SetSequence(max(records.Sequence(), g.Version)), records.Delete(key))
	}
	text, err := encodeAccess(g)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return records.Put(key, s.box.seal([]byte(accessBucket), key, text))
}

func encodeAccess(g access.Record) ([]byte, error) {
	if g.Standing < access.Waiting || g.Standing > access.Blocked {
		return nil, fmt.Errorf("standing %d is not known", g.Standing)
	}
	return json.Marshal(accessV1{V: 1, Standing: int(g.Standing), Name: g.Name, Since: inUTC(g.Since), By: g.By, Version: g.Version})
}

func decodeAccess(person int64, text []byte) (access.Record, error) {
	var in accessV1
	if err := json.Unmarshal(text, &in); err != nil {
		return access.Record{}, fmt.Errorf("%w (an access record is no JSON)", ErrDamaged) // err may quote it
	}
	if in.V != 1 {
		return access.Record{}, fmt.Errorf("access record of version %d is not known: %w", in.V, ErrSchemaNewer)
	}
	standing := access.Standing(in.Standing)
	if standing < access.Waiting || standing > access.Blocked {
		return access.Record{}, fmt.Errorf("%w (standing %d is not known)", ErrDamaged, in.Standing)
	}
	return access.Record{Person: person, Standing: standing, Name: in.Name, Since: in.Since.Time, By: in.By, Version: in.Version}, nil
}
