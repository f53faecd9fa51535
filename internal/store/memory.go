package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// ringSize is how many answered updates are remembered for each bot. Telegram
// offers an update again for a day at most; what is confirmed it never offers
// again, so a few batches of 100 would do.
const ringSize = 2000

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

// journal is what the file knows of updates, in memory: whether an update was
// seen is asked for each one that arrives. The store's lock
// guards it.
type journal struct {
	bots    map[int64]*botLog
	counted map[mark]bool // open updates with an attempt of this process; no file knows of it
	stale   bool          // it may differ from the file and must be loaded before use
}

// botLog is what is known of one bot's updates.
type botLog struct {
	open map[int64]uint64   // unanswered: update → sequence of its entry
	ring []entryKey         // answered, oldest first
	seen map[int64]struct{} // the updates in ring
}

func newJournal() *journal {
	return &journal{bots: make(map[int64]*botLog), counted: make(map[mark]bool)}
}

func (j *journal) of(bot int64) *botLog {
	b, ok := j.bots[bot]
	if !ok {
		b = &botLog{open: make(map[int64]uint64), seen: make(map[int64]struct{})}
		j.bots[bot] = b
	}
	return b
}

func (b *botLog) knows(update int64) bool {
	if _, open := b.open[update]; open {
		return true
	}
	_, answered := b.seen[update]
	return answered
}

// load reads the memory from the file.
func (j *journal) load(tx *bolt.Tx) error {
	fresh := newJournal()
	err := eachEntry(bucket(tx, journalBucket), func(e entryKey, _ []byte) error {
		fresh.of(e.bot).open[e.update] = e.sequence
		return nil
	})
	if err != nil {
		return err
	}
	err = eachEntry(bucket(tx, answeredBucket), func(e entryKey, _ []byte) error {
		fresh.of(e.bot).remember(e)
		return nil
	})
	if err != nil {
		return err
	}
	fresh.counted = j.counted
	*j = *fresh
	return nil
}

// settle turns marks into facts, in the file and in memory: the entry goes, its
// number joins the ring, and the oldest numbers leave it.
func (j *journal) settle(tx *bolt.Tx, waiting []mark) error {
	for _, m := range waiting {
		delete(j.counted, m)
		b := j.of(m.bot)
		sequence, open := b.open[m.update]
		if !open {
			continue
		}
		entry := entryKey{bot: m.bot, sequence: sequence, update: m.update}
		if err := bucket(tx, journalBucket).Delete(entry.bytes()); err != nil {
			return fmt.Errorf("remove an answered update: %w", err)
		}
		delete(b.open, m.update)
		if err := b.answer(tx, m); err != nil {
			return err
		}
	}
	return nil
}

func (b *botLog) answer(tx *bolt.Tx, m mark) error {
	answered := bucket(tx, answeredBucket)
	sequence, err := answered.NextSequence()
	if err != nil {
		return fmt.Errorf("number an answered update: %w", err)
	}
	e := entryKey{bot: m.bot, sequence: sequence, update: m.update}
	if err := answered.Put(e.bytes(), nil); err != nil {
		return fmt.Errorf("remember an answered update: %w", err)
	}
	b.remember(e)
	for len(b.ring) > ringSize {
		oldest := b.ring[0]
		if err := answered.Delete(oldest.bytes()); err != nil {
			return fmt.Errorf("forget an answered update: %w", err)
		}
		b.ring = b.ring[1:]
		delete(b.seen, oldest.update)
	}
	return nil
}

func (b *botLog) remember(e entryKey) {
	b.ring = append(b.ring, e)
	b.seen[e.update] = struct{}{}
}

// A mark says that an update was answered.
type mark struct{ bot, update int64 }

// marks are the marks that wait for a commit. Adding one never waits for the
// disk.
type marks struct {
	added chan struct{} // holds a token after something was added

	mu       sync.Mutex
	queue    []mark
	inFlight []mark // being written by the commit under way
}

func newMarks() *marks { return &marks{added: make(chan struct{}, 1)} }

func (m *marks) add(one mark) {
	m.mu.Lock()
	m.queue = append(m.queue, one)
	m.mu.Unlock()
	m.tell()
}

func (m *marks) tell() {
	select {
	case m.added <- struct{}{}:
	default: // a token is there already, and covers this mark
	}
}

// take empties the queue for a commit, which ends with committed.
func (m *marks) take() []mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight, m.queue = m.queue, nil
	return m.inFlight
}

// committed ends the commit that took marks. After a failed one they wait again;
// their order does not matter.
func (m *marks) committed(ok bool) {
	m.mu.Lock()
	again := !ok && len(m.inFlight) > 0
	if again {
		m.queue = append(m.queue, m.inFlight...)
	}
	m.inFlight = nil
	m.mu.Unlock()
	if again {
		m.tell()
	}
}

func (m *marks) empty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.queue) == 0
}

// waiting returns the marks that may not be on the disk yet, as a set.
func (m *marks) waiting() map[mark]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	set := make(map[mark]bool, len(m.queue)+len(m.inFlight))
	for _, one := range slices.Concat(m.queue, m.inFlight) {
		set[one] = true
	}
	return set
}
