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
	"kitebot/internal/kite/session"
)

var (
	_ session.Store = (*Store)(nil)
	_ bot.Journal   = (*Store)(nil)
)

// flushAfter is how long an "answered" mark waits for another commit to join. What
// was answered that long before a kill is answered twice, so it is short. It is
// long enough that on a busy bot the next batch takes the marks along: a commit of
// their own would make that batch wait for the disk twice.
const flushAfter = 20 * time.Millisecond

// flushRetry is how long a mark waits that could not be written.
const flushRetry = time.Second

// Store is an open store file. Its buckets are listed in schema.go: persons,
// bots, sequences and updates in keys are 8 bytes, big-endian; values are JSON
// of their own types, with a version, and sealed for their place in the file.
// Safe for concurrent use.
type Store struct {
	path       string
	db         *bolt.DB
	box        *sealer
	log        *slog.Logger
	now        func() time.Time
	meter      Meter
	lastCommit commitState

	mu      sync.Mutex // held during every commit; guards journal and broken
	journal *journal
	broken  error // the fault that ended writing, see commit
	marks   *marks
	mapped  atomic.Int64 // transactions, see countMapped

	beginning sync.Mutex // held while a transaction begins; guards lost
	lost      error      // the fault that ended reading and writing, see begin

	quit    chan struct{}
	flusher sync.WaitGroup
	closing sync.Once
	closed  error // the result of Close
}

// Close writes the marks that still wait and closes the file. The caller has
// stopped answering updates: a later mark is lost and its update is answered
// again by the next process. Calling it again returns the first result.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.quit)
		s.flusher.Wait()
		s.closed = s.Flush()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.broken == nil && s.unreadable() == nil {
			s.closed = errors.Join(s.closed, catchFault(s.db.Close))
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
// outgrows its map (see mapSize) makes all other calls wait: w should not be slow.
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

// flushLoop writes marks that found no commit to join. Marks that cannot
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
		timer := time.NewTimer(pause)
		select {
		case <-s.quit:
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = flushAfter
		if err := s.Flush(); err != nil {
			if errors.Is(err, errBroken) {
				continue
			}
			pause = flushRetry
			s.log.Warn("answered updates were not marked", "effect", "the bot tries again every second", "err", err)
			s.marks.tell() // a commit that ended early has not
		}
	}
}

// mappedTransactions is how many transactions may leave pages in our memory: the system maps
// sixteen for each that is looked at.
const mappedTransactions = 64

func (s *Store) countMapped(tx *bolt.Tx) {
	if s.mapped.Add(1)%mappedTransactions == 0 {
		letPagesGo(tx)
	}
}

// view runs a read. What it reads is valid inside of fn only.
func (s *Store) view(fn func(*bolt.Tx) error) error {
	tx, err := s.begin()
	if err != nil {
		return err
	}
	return catchFault(func() (err error) {
		defer func() { err = errors.Join(err, tx.Rollback()) }()
		defer s.countMapped(tx)
		return fn(tx)
	})
}

// begin begins a read. Where the file cannot be read at that moment, bbolt keeps a
// lock for which every later transaction, and the closing of the file, would wait
// for ever. So such a fault ends reading and writing until the next start.
func (s *Store) begin() (tx *bolt.Tx, err error) {
	s.beginning.Lock()
	defer s.beginning.Unlock()
	if s.lost != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, s.lost)
	}
	err = catchFault(func() (err error) {
		tx, err = s.db.Begin(false)
		return err
	})
	if isFault(err) {
		s.lost = err
		s.lastCommit.fail(err)
		s.log.Error("the store cannot be read any more",
			"effect", "nothing is read or kept until the bot is restarted", "action", "look at the disk, and restart the bot", "err", err)
	}
	return tx, err
}

// unreadable returns the fault that ended reading and writing, nil for none.
func (s *Store) unreadable() error {
	s.beginning.Lock()
	defer s.beginning.Unlock()
	return s.lost
}

// commit runs a write together with the waiting marks. The caller holds s.mu.
// The journal in memory follows the transaction while it runs; when it fails,
// the memory is read again from the file and the marks go on waiting.
//
// A fault in the middle of a write ends writing until the next start, where the
// file is examined: bbolt may have kept its lock, and would wait for it for ever,
// even to close the file.
func (s *Store) commit(fn func(*bolt.Tx) error) error {
	if s.broken == nil {
		s.broken = s.unreadable()
	}
	if s.broken != nil {
		return fmt.Errorf("%w: %w", errBroken, s.broken)
	}
	if s.journal.stale {
		if err := s.view(s.journal.load); err != nil {
			return err
		}
	}
	waiting := s.marks.take()
	s.journal.stale = true
	var declined error // by fn: it says nothing about the disk
	ended := s.writing()
	err := catchFault(func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			defer s.countMapped(tx)
			if err := s.journal.settle(tx, waiting); err != nil {
				return err
			}
			declined = fn(tx)
			return declined
		})
	})
	ended(err, declined != nil)
	if err == nil {
		s.journal.stale = false
		s.marks.committed(true)
		return nil
	}
	err = nameCause(err)
	s.marks.committed(false)
	if isFault(err) {
		s.broken = err
		s.log.Error("the store broke in the middle of a write",
			"effect", "nothing more is kept until the bot is restarted", "action", "look at the disk, and restart the bot", "err", err)
	}
	if failed := s.view(s.journal.load); failed != nil {
		s.log.Error("the journal in memory differs from the store",
			"effect", "it may be wrong until the store can be read again", "action", "look at the disk, and restart the bot", "err", failed)
	}
	return err
}

// commitStuck is when a commit that has not ended counts as failed.
const commitStuck = 10 * time.Second

// commitState is how the latest writing went.
type commitState struct {
	mu      sync.Mutex
	began   time.Time // of the commit under way; zero for none
	lastErr error     // of the last one: nil, or why it is not on the disk
}

// writing begins a commit. The returned func is told how it ended.
func (s *Store) writing() (ended func(err error, declined bool)) {
	began := s.now()
	s.lastCommit.mu.Lock()
	s.lastCommit.began = began
	s.lastCommit.mu.Unlock()
	return func(err error, declined bool) {
		if !declined {
			s.meter.Commit(s.now().Sub(began), err == nil)
		}
		s.lastCommit.mu.Lock()
		defer s.lastCommit.mu.Unlock()
		s.lastCommit.began = time.Time{}
		if !declined {
			s.lastCommit.lastErr = nameCause(err)
		}
	}
}

// fail tells that nothing can be written any more.
func (p *commitState) fail(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastErr = why
}

// Writable returns nil unless the last commit failed, or one has been under way
// for long: what is to be kept cannot be. It does no I/O. A
// bot that is used has something to write every few seconds, and tries what
// failed again, so that it also notices by itself when all is well again.
func (s *Store) Writable() error {
	s.lastCommit.mu.Lock()
	defer s.lastCommit.mu.Unlock()
	if s.lastCommit.lastErr != nil {
		return fmt.Errorf("the last write failed: %w", s.lastCommit.lastErr)
	}
	if s.lastCommit.began.IsZero() {
		return nil
	}
	if took := s.now().Sub(s.lastCommit.began); took >= commitStuck {
		return errors.New("a write has not ended for " + took.Round(time.Second).String())
	}
	return nil
}
