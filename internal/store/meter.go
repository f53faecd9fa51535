package store

import (
	"errors"
	"fmt"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Meter measures writes to the store. It must not block.
type Meter interface {
	// Commit is told how long one took, the wait for the disk included, and
	// whether it is on the disk. One that was declined (a Kite user who belongs to
	// another person) wrote nothing and is not told.
	Commit(took time.Duration, ok bool)
}

// noopMeter measures nothing.
type noopMeter struct{}

func (noopMeter) Commit(time.Duration, bool) {}

// stuck is when a commit that has not ended counts as failed.
const stuck = 10 * time.Second

// pulse is how the latest writing went.
type pulse struct {
	mu    sync.Mutex
	began time.Time // of the commit under way; zero for none
	fate  error     // of the last one: nil, or why it is not on the disk
}

// writing begins a commit. The returned func is told how it ended.
func (s *Store) writing() (ended func(err error, declined bool)) {
	began := s.now()
	s.pulse.mu.Lock()
	s.pulse.began = began
	s.pulse.mu.Unlock()
	return func(err error, declined bool) {
		if !declined {
			s.meter.Commit(s.now().Sub(began), err == nil)
		}
		s.pulse.mu.Lock()
		defer s.pulse.mu.Unlock()
		s.pulse.began = time.Time{}
		if !declined {
			s.pulse.fate = named(err)
		}
	}
}

// fail tells that nothing can be written any more.
func (p *pulse) fail(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fate = why
}

// Writable returns nil unless the last commit failed, or one has been under way
// for long: what is to be kept cannot be. It does no I/O. A
// bot that is used has something to write every few seconds, and tries what
// failed again, so that it also notices by itself when all is well again.
func (s *Store) Writable() error {
	s.pulse.mu.Lock()
	defer s.pulse.mu.Unlock()
	if s.pulse.fate != nil {
		return fmt.Errorf("the last write failed: %w", s.pulse.fate)
	}
	if s.pulse.began.IsZero() {
		return nil
	}
	if took := s.now().Sub(s.pulse.began); took >= stuck {
		return errors.New("a write has not ended for " + took.Round(time.Second).String())
	}
	return nil
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
