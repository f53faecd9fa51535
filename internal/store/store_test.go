package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

func TestSessionStore(t *testing.T) {
	sessiontest.TestStore(t, func(t *testing.T) session.Store { return mustOpen(t, newPath(t)) })
}

func TestBotJournal(t *testing.T) {
	bottest.TestJournal(t, func(t *testing.T) bot.Journal { return mustOpen(t, newPath(t)) })
}

// TestLikeTheTwin saves, loads and restarts in any order and wants the file to
// say what the store in memory says.
func TestLikeTheTwin(t *testing.T) {
	path := newPath(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		file := openRapid(rt, fmt.Sprintf("%s-%d", path, n))
		defer func() { _ = file.Close() }()
		twin := sessiontest.NewMemStore()
		rt.Repeat(map[string]func(*rapid.T){
			"save": func(rt *rapid.T) {
				r := sessiontest.Records(rapid.Int64Range(1, 4).Draw(rt, "person")).Draw(rt, "record")
				got, want := file.Save(r), twin.Save(r)
				if fmt.Sprint(errors.Unwrap(got)) != fmt.Sprint(want) {
					rt.Fatalf("save: got %v, want %v", got, want)
				}
			},
			"restart": func(rt *rapid.T) {
				if err := file.Close(); err != nil {
					rt.Fatal(err)
				}
				file = openRapid(rt, fmt.Sprintf("%s-%d", path, n))
			},
			"": func(rt *rapid.T) { compareStores(rt, file, twin) },
		})
	})
}

func openRapid(rt *rapid.T, path string) *Store {
	s, err := Open(Options{Path: path, Key: testKey()})
	if err != nil {
		rt.Fatal(err)
	}
	s.db.NoSync = true // hundreds of stores, none of which meets a power cut
	return s
}

func compareStores(rt *rapid.T, file, twin session.Store) {
	for person := range int64(5) {
		got, err := file.Load(person)
		if err != nil {
			rt.Fatal(err)
		}
		want, _ := twin.Load(person)
		if diff := sessiontest.Diff(want, got); diff != "" {
			rt.Fatalf("person %d (-want +got):\n%s", person, diff)
		}
	}
	got, err := file.Pending()
	want, _ := twin.Pending()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		rt.Fatalf("pending: %v (-want +got):\n%s", err, diff)
	}
}

func TestBackup(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustSave(t, s, sessiontest.Full(71))
	mustTake(t, s, 7, bottest.Message(1))

	var copied bytes.Buffer
	if err := s.Backup(&copied); err != nil {
		t.Fatal(err)
	}
	mustSave(t, s, session.Record{Person: 71}) // after the backup

	path := newPath(t)
	writeFile(t, path, copied.Bytes())
	restored := mustOpen(t, path)
	got, err := restored.Load(71)
	if err != nil {
		t.Fatal(err)
	}
	if diff := sessiontest.Diff(sessiontest.Full(71), got); diff != "" {
		t.Errorf("the record in the backup (-want +got):\n%s", diff)
	}
	if got := mustUnanswered(t, restored, 7); len(got) != 1 {
		t.Errorf("%d updates are in the backup, want 1", len(got))
	}
}

// A copy that is read slowly holds up nobody: neither reads nor the writes that
// make the file grow.
func TestASlowBackupHoldsUpNobody(t *testing.T) {
	s := mustOpen(t, newPath(t))
	to, from := io.Pipe() // what is written waits until it is read
	done := make(chan error, 1)
	go func() { done <- errors.Join(s.Backup(from), from.Close()) }()
	first := make([]byte, 1)
	if _, err := io.ReadFull(to, first); err != nil { // it has begun
		t.Fatal(err)
	}
	for range 10 {
		var records []session.Record
		for person := range int64(300) {
			records = append(records, sessiontest.Full(1000+person))
		}
		mustSave(t, s, records...)
	}
	if r, err := s.Load(1000); err != nil || r.Login == nil {
		t.Errorf("while the backup waits: %v, %v", r, err)
	}
	if _, err := io.Copy(io.Discard, to); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestBackupTellsOfAFullDisk(t *testing.T) {
	s := mustOpen(t, newPath(t))
	if err := s.Backup(fullDisk{}); err == nil || !strings.Contains(err.Error(), errFull.Error()) {
		t.Errorf("got %v, want the error of the writer", err)
	}
}

var errFull = errors.New("no space left")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestCloseTwiceAndUseAfter(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustTake(t, s, 7, bottest.Message(1))
	mustClose(t, s)
	mustClose(t, s)
	s.Answered(7, 1) // too late, but harmless

	_, loadErr := s.Load(71)
	_, pendingErr := s.Pending()
	_, takeErr := s.Take(7, []bot.Update{bottest.Message(2)})
	_, openErr := s.Unanswered(7)
	for name, err := range map[string]error{
		"load": loadErr, "pending": pendingErr, "take": takeErr, "unanswered": openErr,
		"save": s.Save(sessiontest.Full(71)), "backup": s.Backup(&bytes.Buffer{}),
	} {
		if !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			t.Errorf("%s after close: got %v, want that the store is closed", name, err)
		}
	}
}

// TestAFaultIsAnError reads where the file does not reach: the operating system
// answers with a signal, which must not end the process.
func TestAFaultIsAnError(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	for person := range int64(200) {
		mustSave(t, s, sessiontest.LoggedIn(person+1, fmt.Sprintf("ZZ%04d", person)))
	}
	if err := os.Truncate(path, 8192); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(71)
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("load from a file cut short: got %v, want ErrDamaged", err)
	}
	if err := s.Save(sessiontest.Full(71)); !errors.Is(err, ErrDamaged) {
		t.Errorf("save to a file cut short: got %v, want ErrDamaged", err)
	}

	// bbolt may have kept its lock: nothing may wait for it.
	if err := s.Save(sessiontest.Full(71)); !errors.Is(err, ErrDamaged) {
		t.Errorf("save after a fault: got %v, want ErrDamaged", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close after a fault: %v", err)
	}
}

func TestAPanicOfOursIsAnErrorToo(t *testing.T) {
	s := mustOpen(t, newPath(t))
	err := s.view(func(*bolt.Tx) error { panic("page 7 makes no sense") })
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "page 7") {
		t.Errorf("got %v, want ErrDamaged with the reason", err)
	}
}

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
