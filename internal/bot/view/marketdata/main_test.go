package marketdata_test

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { viewtest.Main(m) }

// goldens compares messages with their golden files.
func goldens(t *testing.T, messages map[string]view.Message) {
	t.Helper()
	for name, m := range messages {
		t.Run(name, func(t *testing.T) { viewtest.GoldenMessage(t, *update, name, m) })
	}
}

func noon() time.Time { return viewtest.Noon() }

// evening is a day after the market closed.
func evening() time.Time { return time.Date(2026, 11, 14, 15, 1, 9, 0, time.UTC) }

// quote writes any text as JSON does.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

func list(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }
