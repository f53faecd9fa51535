package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
)

var _ bot.GuestBook = (*Store)(nil)

// guestV1 is a [bot.Guest] on disk. The person is the key it is stored under.
type guestV1 struct {
	V        int     `json:"v"`
	Standing int     `json:"standing"` // 1 waiting, 2 approved, 3 blocked
	Name     string  `json:"name,omitempty"`
	Since    instant `json:"since,omitzero"`
	By       int64   `json:"by,omitempty"`
	Version  uint64  `json:"version,omitempty"`
}

// Guests returns all persons in the book, by ascending id. One whose entry cannot
// be read is blocked, without a name, until an admin decides again: it may have been a
// block, and one bad entry must not keep the bot from starting.
func (s *Store) Guests() ([]bot.Guest, error) {
	var guests []bot.Guest
	err := s.view(func(tx *bolt.Tx) error {
		return bucket(tx, guestsBucket).ForEach(func(key, _ []byte) error {
			person := int64(binary.BigEndian.Uint64(key))
			g, err := s.readGuest(tx, person)
			if err != nil {
				s.log.Error("what was decided about a person cannot be read: they are blocked until an admin decides again (/admin unblock)",
					"person", person, "err", err)
				g = bot.Guest{Person: person, Standing: bot.Blocked}
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

// Removed returns the highest version with which a person was removed. It is the
// sequence of the bucket, which says of no one who it was.
func (s *Store) Removed() (version uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		version = bucket(tx, guestsBucket).Sequence()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the version of the last removal: %w", err)
	}
	return version, nil
}

// SaveGuest replaces what is kept of a person in one commit. Unlisted removes it.
func (s *Store) SaveGuest(g bot.Guest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.commit(func(tx *bolt.Tx) error { return s.writeGuest(tx, g) })
	if err != nil {
		return fmt.Errorf("save guest %d: %w", g.Person, err)
	}
	return nil
}

// readGuest returns a person's entry, an unlisted guest when there is none.
func (s *Store) readGuest(tx *bolt.Tx, person int64) (bot.Guest, error) {
	key := number(uint64(person))
	sealed := bucket(tx, guestsBucket).Get(key)
	if sealed == nil {
		return bot.Guest{Person: person}, nil
	}
	text, err := s.box.open([]byte(guestsBucket), key, sealed)
	if err != nil {
		return bot.Guest{}, err
	}
	return decodeGuest(person, text)
}

func (s *Store) writeGuest(tx *bolt.Tx, g bot.Guest) error {
	guests, key := bucket(tx, guestsBucket), number(uint64(g.Person))
	if g.Standing == bot.Unlisted {
		return errors.Join(guests.SetSequence(max(guests.Sequence(), g.Version)), guests.Delete(key))
	}
	text, err := encodeGuest(g)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return guests.Put(key, s.box.seal([]byte(guestsBucket), key, text))
}

func encodeGuest(g bot.Guest) ([]byte, error) {
	if g.Standing < bot.Waiting || g.Standing > bot.Blocked {
		return nil, fmt.Errorf("standing %d is not known", g.Standing)
	}
	return json.Marshal(guestV1{V: 1, Standing: int(g.Standing), Name: g.Name, Since: inUTC(g.Since), By: g.By, Version: g.Version})
}

func decodeGuest(person int64, text []byte) (bot.Guest, error) {
	var in guestV1
	if err := json.Unmarshal(text, &in); err != nil {
		return bot.Guest{}, fmt.Errorf("%w (a guest is no JSON)", ErrDamaged) // err may quote it
	}
	if in.V != 1 {
		return bot.Guest{}, fmt.Errorf("guest version %d is not known: %w", in.V, ErrSchemaNewer)
	}
	standing := bot.Standing(in.Standing)
	if standing < bot.Waiting || standing > bot.Blocked {
		return bot.Guest{}, fmt.Errorf("%w (standing %d is not known)", ErrDamaged, in.Standing)
	}
	return bot.Guest{Person: person, Standing: standing, Name: in.Name, Since: in.Since.Time, By: in.By, Version: in.Version}, nil
}
