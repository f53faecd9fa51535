package statement_test

import (
	"flag"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
)

func TestMain(m *testing.M) { viewtest.Main(m) }

var update = flag.Bool("update", false, "write the golden files")

// golden compares a message with its golden file.
func golden(t *testing.T, name string, m view.Message) {
	t.Helper()
	viewtest.GoldenMessage(t, *update, name, m)
}

// goldens compares messages with their golden files.
func goldens(t *testing.T, messages map[string]view.Message) {
	t.Helper()
	for name, m := range messages {
		t.Run(name, func(t *testing.T) { golden(t, name, m) })
	}
}

// listTest is a page of a list, from Kite's answer, in a golden file.
type listTest struct {
	name, answer string
	page         int
	hide, native bool
}

func testLists(t *testing.T, tests []listTest, show func(t *testing.T, answer string, opt statement.Options) view.Message) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, show(t, tt.answer, statement.Options{Page: tt.page, AsOf: noon(), Hide: tt.hide, Native: tt.native}))
		})
	}
}

func noon() time.Time { return viewtest.Noon() }
