package bottest_test

import (
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
)

func TestMemJournal(t *testing.T) {
	bottest.TestJournal(t, func(*testing.T) bot.Journal { return bottest.NewMemJournal() })
}
