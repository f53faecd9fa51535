package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// everything makes a closed store with something in every bucket, and with pages
// that are free but were used.
func everything(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	s := mustOpen(t, path)
	for person := range int64(40) {
		mustSave(t, s, sessiontest.LoggedIn(100+person, fmt.Sprintf("ZZ9%03d", person)))
	}
	for person := range int64(40) {
		mustSave(t, s, session.Record{Person: 100 + person})
	}
	mustSave(t, s, sessiontest.Full(71), sessiontest.LoggedIn(72, "ZZ0002"))
	mustSavePrefs(t, s, 71, bottest.FullPrefs())
	mustSaveAccess(t, s, bottest.FullAccess(73))
	mustTake(t, s, 7, bottest.Message(1), bottest.Message(2))
	mustTake(t, s, 8, bottest.Message(1))
	s.Answered(7, 1)
	mustClose(t, s)
	return path
}

// checkEverything wants an open store to say what [everything] wrote.
func checkEverything(t *testing.T, s *Store) {
	t.Helper()
	got, err := s.Load(71)
	if diff := sessiontest.Diff(sessiontest.Full(71), got); err != nil || diff != "" {
		t.Errorf("the record of 71: %v (-want +got):\n%s", err, diff)
	}
	var owned *session.OwnedError
	if err := s.Save(sessiontest.LoggedIn(74, "ZZ0002")); !errors.As(err, &owned) || owned.Person != 72 {
		t.Errorf("the owner of a Kite user: %v", err)
	}
	if pending, err := s.Pending(); err != nil || !cmp.Equal(pending, []session.Due{{Person: 71}}) {
		t.Errorf("pending = %v, %v", pending, err)
	}
	if diff := cmp.Diff(bottest.FullPrefs(), mustLoadPrefs(t, s, 71)); diff != "" {
		t.Errorf("preferences (-want +got):\n%s", diff)
	}
	if records, err := s.AccessRecords(); err != nil || !cmp.Equal(records, []access.Record{bottest.FullAccess(73)}) {
		t.Errorf("access records = %v, %v", records, err)
	}
	if diff := cmp.Diff([]bot.Update{bottest.Message(2)}, mustUnanswered(t, s, 7)); diff != "" {
		t.Errorf("unanswered (-want +got):\n%s", diff)
	}
	if fresh := mustTake(t, s, 7, bottest.Message(1)); len(fresh) != 0 {
		t.Error("an answered update is taken again")
	}
	if got := mustUnanswered(t, s, 8); len(got) != 1 {
		t.Errorf("the other bot has %d updates, want 1", len(got))
	}
}

// wantFiles wants these files in the store's folder, and no others.
func wantFiles(t *testing.T, path string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the folder holds %v, want %v", got, want)
	}
}
