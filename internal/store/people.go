package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/kite/session"
)

var _ account.PrefStore = (*Store)(nil)

// prefsV1 is a [account.Prefs] on disk, in its own JSON form, so that no field can be
// left out. The person is the key it is stored under.
type prefsV1 struct {
	V int `json:"v"`
	account.Prefs
}

// LoadPrefs returns a person's preferences, the zero value when there are none.
// Preferences that are not what was written are an error of this person alone,
// [ErrDamaged]; the next SavePrefs replaces them.
func (s *Store) LoadPrefs(person int64) (account.Prefs, error) {
	var p account.Prefs
	err := s.view(func(tx *bolt.Tx) (err error) {
		p, err = s.readPrefs(tx, person)
		return err
	})
	if err != nil {
		return account.Prefs{}, fmt.Errorf("load preferences of person %d: %w", person, err)
	}
	return p, nil
}

// SavePrefs replaces a person's preferences in one commit. Preferences that say
// nothing are removed.
func (s *Store) SavePrefs(person int64, p account.Prefs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.commit(func(tx *bolt.Tx) error { return s.writePrefs(tx, person, p) })
	if err != nil {
		return fmt.Errorf("save preferences of person %d: %w", person, err)
	}
	return nil
}

func (s *Store) readPrefs(tx *bolt.Tx, person int64) (account.Prefs, error) {
	key := number(uint64(person))
	sealed := bucket(tx, prefsBucket).Get(key)
	if sealed == nil {
		return account.Prefs{}, nil
	}
	text, err := s.box.open([]byte(prefsBucket), key, sealed)
	if err != nil {
		return account.Prefs{}, err
	}
	return decodePrefs(text)
}

func decodePrefs(text []byte) (account.Prefs, error) {
	var in prefsV1
	if err := json.Unmarshal(text, &in); err != nil {
		return account.Prefs{}, fmt.Errorf("%w (preferences are no JSON)", ErrDamaged) // err may quote them
	}
	if in.V != 1 {
		return account.Prefs{}, fmt.Errorf("preferences of version %d are not known: %w", in.V, ErrSchemaNewer)
	}
	return in.Prefs, nil
}

func (s *Store) writePrefs(tx *bolt.Tx, person int64, p account.Prefs) error {
	prefs, key := bucket(tx, prefsBucket), number(uint64(person))
	if p.IsZero() {
		return prefs.Delete(key)
	}
	text, err := encodePrefs(p)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	return prefs.Put(key, s.box.seal([]byte(prefsBucket), key, text))
}

func encodePrefs(p account.Prefs) ([]byte, error) {
	return json.Marshal(prefsV1{V: 1, Prefs: p})
}

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
				s.log.Error("the access record of a person cannot be read", "effect", "they are blocked until an operator decides again", "action", "send /admin unblock NUMBER",
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
		s.log.Warn("the access record of a person cannot be read", "effect", "it is kept, since it may be a block", "person", person, "err", err)
		return nil
	case g.Standing == access.Blocked:
		return nil
	}
	return s.writeAccess(tx, access.Record{Person: person, Version: g.Version})
}

// forgetRecord removes a record without sessions, and one that cannot be read:
// no one can end the sessions in it.
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

// Figures are what a store holds.
type Figures struct {
	Bytes      int64 // of the file
	People     int   // see [Store.People]
	Unanswered int   // updates that were taken and not marked as answered
}

// Figures counts. It reads keys only, and waits for no write.
func (s *Store) Figures() (Figures, error) {
	var f Figures
	waiting := s.marks.waiting()
	err := s.view(func(tx *bolt.Tx) error {
		f.Bytes = tx.Size()
		return eachEntry(bucket(tx, journalBucket), func(e entryKey, _ []byte) error {
			if !waiting[mark{bot: e.bot, update: e.update}] {
				f.Unanswered++
			}
			return nil
		})
	})
	if err != nil {
		return Figures{}, fmt.Errorf("count what the store holds: %w", err)
	}
	people, err := s.People()
	if err != nil {
		return Figures{}, err
	}
	f.People = len(people)
	return f, nil
}
