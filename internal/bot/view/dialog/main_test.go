package dialog_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestMain asks rapid for fewer cases than it would try by itself. The command line
// overrides it (-rapid.checks=1000).
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// golden compares a message with its golden file.
func golden(t *testing.T, name string, m view.Message) {
	t.Helper()
	viewtest.GoldenMessage(t, *update, name, m)
}

// noon is a trading day at noon.
func noon() time.Time { return time.Date(2026, 11, 12, 6, 32, 5, 0, time.UTC) }
