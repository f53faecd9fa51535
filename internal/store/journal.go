package store

import (
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
)

// entryV1 is an update on disk.
type entryV1 struct {
	V        int        `json:"v"`
	Update   bot.Update `json:"update"`
	Attempts int        `json:"attempts,omitempty"` // see [bot.Entry]; entries of before v1.1 have none
	Ran      bool       `json:"ran,omitempty"`
}

// Take stores the updates of a batch that were not seen before, in one commit,
// and returns them in their order. A batch without any commits nothing but the
// marks that wait.
func (s *Store) Take(botID int64, batch []bot.Update) ([]bot.Update, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh, err := s.unseen(botID, batch)
	if err == nil && (len(fresh) > 0 || !s.marks.empty()) {
		err = s.commit(func(tx *bolt.Tx) error { return s.putEntries(tx, botID, fresh) })
	}
	if err != nil {
		return nil, fmt.Errorf("take %d updates: %w", len(batch), err)
	}
	for _, u := range fresh {
		s.journal.counted[mark{botID, u.ID}] = true
	}
	return fresh, nil
}

// Begin counts an attempt at an update that an earlier process took.
func (s *Store) Begin(botID, update int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.changeEntries(botID, []int64{update}, func(e *entryV1) { e.Attempts++ }); err != nil {
		return fmt.Errorf("count an attempt at an update: %w", err)
	}
	s.journal.counted[mark{botID, update}] = true
	return nil
}

// Ran notes that what an update asked for was carried out.
func (s *Store) Ran(botID, update int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.changeEntries(botID, []int64{update}, func(e *entryV1) { e.Ran = true }); err != nil {
		return fmt.Errorf("note that an update was carried out: %w", err)
	}
	return nil
}

// Stopped takes back the attempts of this process at what is still open.
func (s *Store) Stopped(botID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.marks.waiting()
	var open []int64
	for m := range s.journal.counted {
		if m.bot == botID && !waiting[m] {
			open = append(open, m.update)
		}
	}
	if len(open) == 0 {
		return nil
	}
	if err := s.changeEntries(botID, open, func(e *entryV1) { e.Attempts-- }); err != nil {
		return fmt.Errorf("take back the attempts at %d updates: %w", len(open), err)
	}
	for _, update := range open {
		delete(s.journal.counted, mark{botID, update})
	}
	return nil
}

// changeEntries changes entries in one commit. The caller holds s.mu. It skips
// what is not open any more, and what is damaged.
func (s *Store) changeEntries(botID int64, updates []int64, change func(*entryV1)) error {
	return s.commit(func(tx *bolt.Tx) error {
		entries := bucket(tx, journalBucket)
		for _, update := range updates {
			sequence, open := s.journal.of(botID).open[update]
			if !open {
				continue
			}
			key := entryKey{bot: botID, sequence: sequence, update: update}
			entry, err := s.openEntry(key, entries.Get(key.bytes()))
			if err != nil {
				continue // Unanswered reports it
			}
			change(&entry)
			if err := s.putEntry(entries, key, entry); err != nil {
				return err
			}
		}
		return nil
	})
}

// Answered marks an update as done. The mark waits in memory for the next
// commit, for a moment (flushAfter), or for Close; until then a crash loses it
// and the update is answered again. An update that was never taken is ignored.
func (s *Store) Answered(botID, update int64) {
	s.marks.add(mark{bot: botID, update: update})
}

// Unanswered returns what was taken but not answered, oldest first. An entry
// that cannot be read any more is logged and dropped: nothing can be answered.
func (s *Store) Unanswered(botID int64) ([]bot.Update, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.marks.waiting()
	var open []bot.Update
	err := s.view(func(tx *bolt.Tx) error {
		return eachEntry(bucket(tx, journalBucket), func(e entryKey, sealed []byte) error {
			m := mark{bot: e.bot, update: e.update}
			if e.bot != botID || waiting[m] {
				return nil
			}
			entry, err := s.openEntry(e, sealed)
			if err != nil {
				s.log.Error("a journal entry is damaged", "effect", "its update is not answered", "update", e.update, "action", "look at the disk", "err", err)
				s.marks.add(m)
				return nil
			}
			entry.Update.Entry = bot.Entry{Sequence: e.sequence, Attempts: entry.Attempts, Ran: entry.Ran}
			open = append(open, entry.Update)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read unanswered updates: %w", err)
	}
	return open, nil
}

// unseen returns the updates of a batch that are neither open, nor recently
// answered, nor earlier in the batch.
func (s *Store) unseen(botID int64, batch []bot.Update) ([]bot.Update, error) {
	if s.journal.stale {
		if err := s.view(s.journal.load); err != nil {
			return nil, err
		}
	}
	var fresh []bot.Update
	here := make(map[int64]bool, len(batch))
	for _, u := range batch {
		if !here[u.ID] && !s.journal.of(botID).knows(u.ID) {
			fresh = append(fresh, u)
		}
		here[u.ID] = true
	}
	return fresh, nil
}

// putEntries stores updates and tells them their entries.
func (s *Store) putEntries(tx *bolt.Tx, botID int64, fresh []bot.Update) error {
	entries := bucket(tx, journalBucket)
	for i, u := range fresh {
		sequence, err := entries.NextSequence()
		if err != nil {
			return fmt.Errorf("number an update: %w", err)
		}
		fresh[i].Entry = bot.Entry{Sequence: sequence, Attempts: 1}
		key := entryKey{bot: botID, sequence: sequence, update: u.ID}
		if err := s.putEntry(entries, key, entryV1{V: 1, Update: u, Attempts: 1}); err != nil {
			return err
		}
		s.journal.of(botID).open[u.ID] = sequence
	}
	return nil
}

func (s *Store) putEntry(entries *bolt.Bucket, key entryKey, entry entryV1) error {
	text, err := encodeEntry(entry)
	if err != nil {
		return fmt.Errorf("encode an update: %w", err)
	}
	if err := entries.Put(key.bytes(), s.box.seal([]byte(journalBucket), key.bytes(), text)); err != nil {
		return fmt.Errorf("keep an update: %w", err)
	}
	return nil
}

func (s *Store) openEntry(e entryKey, sealed []byte) (entryV1, error) {
	text, err := s.box.open([]byte(journalBucket), e.bytes(), sealed)
	if err != nil {
		return entryV1{}, err
	}
	return decodeEntry(text)
}

func encodeEntry(e entryV1) ([]byte, error) { return json.Marshal(e) }

func decodeEntry(text []byte) (entryV1, error) {
	var entry entryV1
	if err := json.Unmarshal(text, &entry); err != nil {
		return entryV1{}, fmt.Errorf("%w (an update is no JSON)", ErrDamaged) // err may quote it
	}
	if entry.V != 1 {
		return entryV1{}, fmt.Errorf("entry version %d is not known: %w", entry.V, ErrSchemaNewer)
	}
	return entry, nil
}
