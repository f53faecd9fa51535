package bottest_test

import (
	"errors"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
)

func TestMemJournal(t *testing.T) {
	bottest.TestJournal(t, func(*testing.T) bot.Journal { return bottest.NewMemJournal() })
}

func TestMemPrefs(t *testing.T) {
	bottest.TestPrefs(t, func(*testing.T) account.PrefStore { return bottest.NewMemPrefs() })
}

func TestMemPrefsBreak(t *testing.T) {
	full := errors.New("no space left")
	m := bottest.NewMemPrefs()
	m.Break(full)
	_, loaded := m.LoadPrefs(71)
	for _, err := range []error{loaded, m.SavePrefs(71, account.Prefs{Hide: true})} {
		if !errors.Is(err, full) {
			t.Errorf("error = %v, want the one it was broken with", err)
		}
	}
	m.Break(nil)
	if p, err := m.LoadPrefs(71); err != nil || p.Hide {
		t.Errorf("a failed save was kept: %+v, %v", p, err)
	}
}

func TestMemAccess(t *testing.T) {
	bottest.TestAccess(t, func(*testing.T) access.Store { return bottest.NewMemAccess() })
}

func TestMemMemory(t *testing.T) {
	bottest.TestMemory(t, func(*testing.T) bottest.Kept {
		m := &bottest.MemMemory{Prefs: bottest.NewMemPrefs(), Access: bottest.NewMemAccess(), Journal: bottest.NewMemJournal()}
		return bottest.Kept{Memory: m, Prefs: m.Prefs, Access: m.Access, Journal: m.Journal}
	})
}

func TestMemAccessBreak(t *testing.T) {
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
