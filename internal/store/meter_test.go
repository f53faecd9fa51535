package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/account"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// ledger writes down what a meter is told.
type ledger struct{ told []bool }

func (l *ledger) Commit(took time.Duration, ok bool) {
	if took < 0 {
		panic("a commit ended before it began")
	}
	l.told = append(l.told, ok)
}

// write runs a write as the methods of the store do.
func write(s *Store, fn func(*bolt.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commit(fn)
}

// Each commit is told once, and what was declined is no failure of the disk.
func TestMeter(t *testing.T) {
	var l ledger
	s := mustOpenWith(t, Options{Path: newPath(t), Key: testKey(), Meter: &l})
	if err := s.Writable(); err != nil {
		t.Errorf("before the first commit: %v", err)
	}
	mustSave(t, s, sessiontest.Full(11))
	mustTake(t, s, 7, bot.Update{ID: 1}, bot.Update{ID: 2})
	theirs := sessiontest.Full(22)
	theirs.Login.User = sessiontest.Full(11).Login.User
	if owned, ok := errors.AsType[*session.OwnedError](s.Save(theirs)); !ok || owned.Person != 11 {
		t.Errorf("somebody else's Kite user was bound: %v", owned)
	}
	if err := s.Writable(); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
	if !slices.Equal(l.told, []bool{true, true}) {
		t.Errorf("told: %v", l.told)
	}
}

// A store that could not write says so until it can, in words that hold no id.
func TestWritable(t *testing.T) {
	var l ledger
	s := mustOpenWith(t, Options{Path: newPath(t), Key: testKey(), Meter: &l})
	mustTake(t, s, 7, bot.Update{ID: 1, From: 4711, Text: "secret words"})
	path := s.db.Path()
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	err := s.Save(sessiontest.Full(4711))
	if err == nil {
		t.Fatal("a closed file was written")
	}
	for range 2 {
		err = s.Writable()
		if err == nil || strings.Contains(err.Error(), "4711") || !strings.Contains(err.Error(), "the last write failed") {
			t.Errorf("%v", err)
		}
	}
	if s.db, err = openFile(path, false); err != nil {
		t.Fatal(err)
	}
	mustSave(t, s, sessiontest.Full(4711))
	if err := s.Writable(); err != nil {
		t.Errorf("after all is well again: %v", err)
	}
	if !slices.Equal(l.told, []bool{true, false, true}) {
		t.Errorf("told: %v", l.told)
	}
}

// A write that does not end is noticed while it goes on, and nobody who asks
// waits for it.
func TestStuckWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, newPath(t))
		release, wrote := make(chan struct{}), make(chan error, 1)
		go func() { wrote <- write(s, func(*bolt.Tx) error { <-release; return nil }) }()
		synctest.Wait()
		for _, test := range []struct {
			after time.Duration
			want  string
		}{{0, ""}, {commitStuck - time.Second, ""}, {time.Second, "a write has not ended for 10s"}, {time.Minute, "a write has not ended for 1m10s"}} {
			time.Sleep(test.after)
			got := ""
			if err := s.Writable(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		}
		close(release)
		if err := <-wrote; err != nil {
			t.Error(err)
		}
		if err := s.Writable(); err != nil {
			t.Errorf("once it has ended: %v", err)
		}
	})
}

// Figures are of people of whom anything is kept, of updates that wait, and of
// the file.
func TestFigures(t *testing.T) {
	s := mustOpen(t, newPath(t))
	want := func(people, unanswered int) Figures {
		t.Helper()
		f, err := s.Figures()
		if err != nil || f.People != people || f.Unanswered != unanswered || f.Bytes < 1 {
			t.Errorf("%+v, %v; want %d people and %d updates", f, err, people, unanswered)
		}
		return f
	}
	small := want(0, 0)
	mustSave(t, s, sessiontest.Full(11), sessiontest.Full(22))
	if err := s.SavePrefs(22, account.Prefs{Hide: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.SavePrefs(33, account.Prefs{Hide: true}); err != nil {
		t.Fatal(err)
	}
	mustTake(t, s, 7, bot.Update{ID: 1}, bot.Update{ID: 2})
	mustTake(t, s, 8, bot.Update{ID: 1})
	want(3, 3)
	s.Answered(7, 1) // not on the disk yet
	want(3, 2)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	want(3, 2)
	mustTake(t, s, 7, bot.Update{ID: 9, Text: strings.Repeat("long", 100_000)})
	if f := want(3, 3); f.Bytes < small.Bytes+400_000 {
		t.Errorf("%d bytes, before %d", f.Bytes, small.Bytes)
	}
	// A commit that goes on does not keep anybody from counting, and what it marks
	// is not unanswered any more.
	s.Answered(7, 9)
	release, wrote := make(chan struct{}), make(chan error, 1)
	begun := make(chan struct{})
	go func() { wrote <- write(s, func(*bolt.Tx) error { close(begun); <-release; return nil }) }()
	<-begun
	want(3, 2)
	close(release)
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}
