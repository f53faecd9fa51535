package bottest_test

import (
	"errors"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
)

func TestMemStore(t *testing.T) {
	t.Run("journal", func(t *testing.T) {
		bottest.TestJournal(t, func(*testing.T) bot.Journal { return bottest.NewMemJournal() })
	})
	t.Run("prefs", func(t *testing.T) {
		bottest.TestPrefs(t, func(*testing.T) account.PrefStore { return bottest.NewMemStore() })
	})
	t.Run("access", func(t *testing.T) {
		bottest.TestAccess(t, func(*testing.T) access.Store { return bottest.NewMemStore() })
	})
	t.Run("memory", func(t *testing.T) {
		bottest.TestMemory(t, func(*testing.T) bottest.Store { return bottest.NewMemStore() })
	})
}

func TestMemStoreBreaks(t *testing.T) {
	full := errors.New("no space left")
	m := bottest.NewMemStore()
	m.Break(full)
	_, loaded := m.LoadPrefs(71)
	_, read := m.AccessRecords()
	for _, err := range []error{loaded, read, m.SavePrefs(71, account.Prefs{Hide: true}), m.SaveAccess(bottest.FullAccess(71)), m.Forget(71, false)} {
		if !errors.Is(err, full) {
			t.Errorf("error = %v, want the one it was broken with", err)
		}
	}
	m.Break(nil)
	if people, err := m.People(); err != nil || len(people) != 0 || m.Writes() != 0 {
		t.Errorf("a failed save was kept: %v, %v", people, err)
	}
}
