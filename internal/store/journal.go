package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
)

// ringSize is how many answered updates are remembered for each bot. Telegram
// offers an update again for a day at most; what is confirmed it never offers
// again, so a few batches of 100 would do.
const ringSize = 2000

// entryV1 is an update on disk.
type entryV1 struct {
	V      int        `json:"v"`
	Update bot.Update `json:"update"`
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
	return fresh, nil
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
			u, err := s.openEntry(e, sealed)
			if err != nil {
				s.log.Error("an update is lost, since its entry in the journal is damaged: somebody gets no answer and asks again; look at the disk", "update", e.update, "err", err)
				s.marks.add(m)
				return nil
			}
			open = append(open, u)
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

func (s *Store) putEntries(tx *bolt.Tx, botID int64, fresh []bot.Update) error {
	entries := bucket(tx, journalBucket)
	for _, u := range fresh {
		sequence, err := entries.NextSequence()
		if err != nil {
			return fmt.Errorf("number an update: %w", err)
		}
		text, err := encodeEntry(u)
		if err != nil {
			return fmt.Errorf("encode an update: %w", err)
		}
		e := entryKey{bot: botID, sequence: sequence, update: u.ID}
		if err := entries.Put(e.bytes(), s.box.seal([]byte(journalBucket), e.bytes(), text)); err != nil {
			return fmt.Errorf("keep an update: %w", err)
		}
		s.journal.of(botID).open[u.ID] = sequence
	}
	return nil
}

func (s *Store) openEntry(e entryKey, sealed []byte) (bot.Update, error) {
	text, err := s.box.open([]byte(journalBucket), e.bytes(), sealed)
	if err != nil {
		return bot.Update{}, err
	}
	return decodeEntry(text)
}

func encodeEntry(u bot.Update) ([]byte, error) {
	return json.Marshal(entryV1{V: 1, Update: u})
}

func decodeEntry(text []byte) (bot.Update, error) {
	var entry entryV1
	if err := json.Unmarshal(text, &entry); err != nil {
		return bot.Update{}, fmt.Errorf("%w (an update is no JSON)", ErrDamaged) // err may quote it
	}
	if entry.V != 1 {
		return bot.Update{}, fmt.Errorf("entry version %d is not known: %w", entry.V, ErrSchemaNewer)
	}
	return entry.Update, nil
}

// An entryKey is a key of the journal and of the ring. The sequence stands
// before the update, so that the order of the keys is the order of arrival.
type entryKey struct {
	bot      int64
	sequence uint64
	update   int64
}

func (e entryKey) bytes() []byte {
	key := make([]byte, 0, 24)
	key = binary.BigEndian.AppendUint64(key, uint64(e.bot))
	key = binary.BigEndian.AppendUint64(key, e.sequence)
	return binary.BigEndian.AppendUint64(key, uint64(e.update))
}

// eachEntry goes through the journal or the ring in the order of the keys.
func eachEntry(b *bolt.Bucket, fn func(e entryKey, value []byte) error) error {
	return b.ForEach(func(key, value []byte) error {
		return fn(entryKey{
			bot:      int64(binary.BigEndian.Uint64(key)),
			sequence: binary.BigEndian.Uint64(key[8:]),
			update:   int64(binary.BigEndian.Uint64(key[16:])),
		}, value)
	})
}
