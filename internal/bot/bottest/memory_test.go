package bottest_test

import (
	"errors"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
)

func TestMemGuests(t *testing.T) {
	bottest.TestGuests(t, func(*testing.T) bot.GuestBook { return bottest.NewMemGuests() })
}

func TestMemMemory(t *testing.T) {
	bottest.TestMemory(t, func(*testing.T) bottest.Kept {
		m := &bottest.MemMemory{Prefs: bottest.NewMemPrefs(), Guests: bottest.NewMemGuests(), Journal: bottest.NewMemJournal()}
		return bottest.Kept{Memory: m, Prefs: m.Prefs, Guests: m.Guests, Journal: m.Journal}
	})
}

func TestMemGuestsBreak(t *testing.T) {
	full := errors.New("no space left")
	m := bottest.NewMemGuests()
	m.Break(full)
	_, read := m.Guests()
	for _, err := range []error{read, m.SaveGuest(bottest.FullGuest(71))} {
		if !errors.Is(err, full) {
			t.Errorf("error = %v, want the one it was broken with", err)
		}
	}
	m.Break(nil)
	if all, err := m.Guests(); err != nil || len(all) != 0 || m.Writes() != 0 {
		t.Errorf("a failed save was kept: %+v, %v", all, err)
	}
}
