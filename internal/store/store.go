// Package store keeps what must survive a restart in one bbolt file: the
// records of people's logins, their preferences, whom the operators let in or
// blocked, and the journal of updates.
//
// Everything in it about people is sealed. Whoever has the file without its key
// reads: Telegram ids (of the bots, and of the people in each list), the numbers
// of updates and which of them wait, who has something pending and from when,
// how many Kite users are bound, and how long each sealed value is. What was
// replaced or removed stays in the file, sealed, until bbolt needs its page.
//
// It is the only importer of bbolt and implements [session.Store],
// [bot.PrefStore], [bot.GuestBook], [bot.Memory] and [bot.Journal].
package store

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/clock"
	"kitebot/internal/kite/session"
)

var (
	_ session.Store = (*Store)(nil)
	_ bot.Journal   = (*Store)(nil)
)

// flushAfter is how long an "answered" mark waits for a commit to ride with. What
// was answered that long before a kill comes twice, so it is short; and yet long
// enough that with some people about the next batch takes the marks along: a
// commit of their own makes that batch wait for the disk twice.
const flushAfter = 20 * time.Millisecond

// flushRetry is how long a mark waits that could not be written.
const flushRetry = time.Second

// Options say where a store is and how it is opened.
type Options struct {
	// Path is the file. Its folder must exist and be writable.
	Path string
	// Key is the master key of 32 bytes. Nil means the one in the file Path+".key",
	// which is made when the store is.
	Key []byte
	// OldKey is the key before Key; nil for none. A store that is still sealed with
	// it is sealed with Key by Open, once and for all: see [rotate]. It is not
	// needed any more after that. A store whose key was in the file Path+".key"
	// rotates when Key is set to a new one and OldKey to the content of that file.
	OldKey []byte
	Clock  clock.Clock  // nil: the clock on the wall
	Meter  Meter        // nil: nobody
	Logger *slog.Logger // nil: silence
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Meter == nil {
		o.Meter = deaf{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Store is an open store file. Its buckets are listed in schema.go: persons,
// bots, sequences and updates in keys are 8 bytes, big-endian; values are JSON
// of their own types, with a version, and sealed for their place in the file.
// Safe for concurrent use.
type Store struct {
	path  string
	db    *bolt.DB
	box   *sealer
	log   *slog.Logger
	clock clock.Clock
	meter Meter
	pulse pulse

	mu      sync.Mutex // held during every commit; guards journal and broken
	journal *journal
	broken  error // the fault that ended writing, see commit
	marks   *marks
	touched atomic.Int64 // transactions, see touch

	beginning sync.Mutex // held while a transaction begins; guards lost
	lost      error      // the fault that ended reading and writing, see begin

	quit    chan struct{}
	flusher sync.WaitGroup
	closing sync.Once
	closed  error // the result of Close
}

// Close writes the marks that still wait and closes the file. Whoever answers
// updates has stopped by then: a later mark is lost and its update is answered
// again by the next process. Calling it again returns the first result.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.quit)
		s.flusher.Wait()
		s.closed = s.Flush()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.broken == nil && s.unreadable() == nil {
			s.closed = errors.Join(s.closed, guard(s.db.Close))
		}
	})
	if s.closed != nil {
		return fmt.Errorf("close store: %w", s.closed)
	}
	return nil
}

// Flush writes the marks that still wait, now instead of in a moment.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marks.empty() {
		return nil
	}
	if err := s.commit(func(*bolt.Tx) error { return nil }); err != nil {
		return fmt.Errorf("write answered marks: %w", err)
	}
	return nil
}

// Backup writes a consistent copy of the file, sealed with the same key, while
// the store is in use. While it writes, space is not reused, and a file that
// outgrows its map (see mapSize) makes everybody wait: w should not be slow.
func (s *Store) Backup(w io.Writer) error {
	err := s.view(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
	if err != nil {
		return fmt.Errorf("back up store: %w", err)
	}
	return nil
}

// flushLoop writes marks that found no commit to ride with. Marks that cannot
// be written, because the disk is full or cannot be read, are tried again every
// second, until the store is broken.
func (s *Store) flushLoop() {
	pause := flushAfter
	for {
		select {
		case <-s.quit:
			return
		case <-s.marks.added:
		}
		timer := s.clock.NewTimer(pause)
		select {
		case <-s.quit:
			timer.Stop()
			return
		case <-timer.Chan():
		}
		pause = flushAfter
		if err := s.Flush(); err != nil {
			if errors.Is(err, errBroken) {
				continue
			}
			pause = flushRetry
			s.log.Warn("answered updates could not be marked: the bot tries again every second", "err", err)
			s.marks.tell() // a commit that ended early has not
		}
	}
}
