package store

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
)

// TestEntriesSurviveAKill reads what is on disk while the store is in use.
func TestEntriesSurviveAKill(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustTake(t, s, 7, bottest.Message(1), bottest.Message(2), bottest.Message(3))
	if err := errors.Join(s.Begin(7, 1), s.Ran(7, 2)); err != nil {
		t.Fatal(err)
	}
	want := []bot.Entry{{Sequence: 1, Attempts: 2}, {Sequence: 2, Attempts: 1, Ran: true}, {Sequence: 3, Attempts: 1}}
	killed := newPath(t)
	var copied bytes.Buffer
	if err := errors.Join(s.Backup(&copied), os.WriteFile(killed, copied.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, mustEntries(t, mustOpen(t, killed), 7)); diff != "" {
		t.Errorf("after a kill (-want +got):\n%s", diff)
	}
	if err := s.Stopped(7); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	want = []bot.Entry{{Sequence: 1, Attempts: 1}, {Sequence: 2, Ran: true}, {Sequence: 3}}
	if diff := cmp.Diff(want, mustEntries(t, mustOpen(t, path), 7)); diff != "" {
		t.Errorf("after a stop (-want +got):\n%s", diff)
	}
}

func mustEntries(t *testing.T, s *Store, botID int64) (entries []bot.Entry) {
	t.Helper()
	open, err := s.Unanswered(botID)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range open {
		entries = append(entries, u.Entry)
	}
	return entries
}

// TestEntriesOfOlderVersions opens an entry without attempts.
func TestEntriesOfOlderVersions(t *testing.T) {
	s := mustOpen(t, newPath(t))
	mustTake(t, s, 7, bottest.Message(5))
	err := s.commit(func(tx *bolt.Tx) error {
		key := entryKey{bot: 7, sequence: 1, update: 5}.bytes()
		return bucket(tx, journalBucket).Put(key, s.box.seal([]byte(journalBucket), key, []byte(`{"v":1,"update":{"id":5,"chat":2,"from":3,"text":"/help"}}`)))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []bot.Update{{ID: 5, Chat: 2, From: 3, Text: "/help", Entry: bot.Entry{Sequence: 1}}}
	if open, err := s.Unanswered(7); err != nil || !slices.Equal(open, want) {
		t.Errorf("unanswered: %+v, %v", open, err)
	}
	if err := s.Begin(7, 5); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bot.Entry{{Sequence: 1, Attempts: 1}}, mustEntries(t, s, 7)); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
}
