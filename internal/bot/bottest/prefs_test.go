package bottest_test

import (
	"errors"
	"testing"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
)

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
