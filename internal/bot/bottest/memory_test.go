package bottest_test

import (
	"errors"
	"testing"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/bottest"
)

func TestMemGuests(t *testing.T) {
	bottest.TestAccess(t, func(*testing.T) access.Store { return bottest.NewMemAccess() })
}

func TestMemMemory(t *testing.T) {
	bottest.TestMemory(t, func(*testing.T) bottest.Kept {
		m := &bottest.MemMemory{Prefs: bottest.NewMemPrefs(), Access: bottest.NewMemAccess(), Journal: bottest.NewMemJournal()}
		return bottest.Kept{Memory: m, Prefs: m.Prefs, Access: m.Access, Journal: m.Journal}
	})
}

func TestMemGuestsBreak(t *testing.T) {
	full := errors.New("no space left")
	m := bottest.NewMemAccess()
	m.Break(full)
	_, read := m.AccessRecords()
	for _, err := range []error{read, m.SaveAccess(bottest.FullAccess(71))} {
		if !errors.Is(err, full) {
			t.Errorf("error = %v, want the one it was broken with", err)
		}
	}
	m.Break(nil)
	if all, err := m.AccessRecords(); err != nil || len(all) != 0 || m.Writes() != 0 {
		t.Errorf("a failed save was kept: %+v, %v", all, err)
	}
}
