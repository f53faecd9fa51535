package store

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session/sessiontest"
)

// bbolt keeps its lock when it faults where a transaction begins, as it does in a
// file of one page. Every later read, write and Close returns all the same.
func TestAStoreOfOnePageHoldsNothingUp(t *testing.T) {
	for name, first := range map[string]func(*Store) error{
		"a read comes first":  func(s *Store) error { _, err := s.Load(71); return err },
		"a write comes first": func(s *Store) error { return s.Save(sessiontest.LoggedIn(71, "ZZ0001")) },
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s, err := Open(Options{Path: path, Key: testKey()})
			if err != nil {
				t.Fatal(err)
			}
			mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"), sessiontest.LoggedIn(72, "ZZ0002"))
			mustTake(t, s, 7, bottest.Message(1))
			if err := os.Truncate(path, int64(os.Getpagesize())); err != nil {
				t.Fatal(err)
			}
			if err := first(s); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
			_, loaded := s.Load(72)
			_, open := s.Unanswered(7)
			s.Answered(7, 1)
			for what, err := range map[string]error{"load": loaded, "unanswered": open, "save": s.Save(sessiontest.Full(72)), "writable": s.Writable()} {
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("%s: got %v, want ErrDamaged", what, err)
				}
			}
			if err := s.Close(); !errors.Is(err, ErrDamaged) {
				t.Errorf("close: got %v, want that the mark was not written", err)
			}
		})
	}
}

// A mark that met a journal which could not be read is written as soon as it can
// be, though no other update comes.
func TestMarksAreRetriedAfterAnUnreadableJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, newPath(t))
		mustTake(t, s, 7, bottest.Message(1))
		closed, err := openFile(newPath(t), false)
		if err == nil {
			err = closed.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		s.mu.Lock() // as after a failed commit, on a disk that cannot be read
		sound := s.db
		s.db, s.journal.stale = closed, true
		s.mu.Unlock()
		s.Answered(7, 1)
		time.Sleep(flushAfter)
		synctest.Wait()
		s.mu.Lock()
		s.db = sound
		s.mu.Unlock()
		time.Sleep(flushRetry)
		synctest.Wait()
		if got := count(t, s, answeredBucket); got != 1 {
			t.Errorf("%d marks were written once the journal could be read, want 1", got)
		}
	})
}
