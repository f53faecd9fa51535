package dialog_test

import (
	"flag"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { viewtest.Main(m) }

// golden compares a message with its golden file.
func golden(t *testing.T, name string, m view.Message) {
	t.Helper()
	viewtest.GoldenMessage(t, *update, name, m)
}

// goldens compares messages with their golden files.
func goldens(t *testing.T, messages map[string]view.Message) {
	t.Helper()
	for name, m := range messages {
		t.Run(name, func(t *testing.T) { viewtest.GoldenMessage(t, *update, name, m) })
	}
}

func noon() time.Time { return viewtest.Noon() }
