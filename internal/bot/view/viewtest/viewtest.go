// Package viewtest shows messages to tests and to reviewers: as golden files
// that read like the chat, and checked against what Telegram takes.
package viewtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/view"
)

// Dump writes a message as a reviewer reads it: the picture or the file, the
// text or the caption with its tags, the native blocks that go where they can,
// then the rows of buttons as [ Text → what it does ].
func Dump(m view.Message) string {
	var b strings.Builder
	b.WriteString(dumpMedia(m))
	b.WriteString(m.HTML)
	b.WriteByte('\n')
	if m.Rich != nil {
		b.WriteString(dumpRich(*m.Rich))
	}
	if m.Protect {
		b.WriteString("\n(no forwarding, no saving)\n")
	}
	if m.Silent {
		b.WriteString("\n(without a sound)\n")
	}
	for i, row := range m.Buttons {
		if i == 0 {
			b.WriteByte('\n')
		}
		for j, button := range row {
			if j > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(dumpButton(button))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func dumpButton(b view.Button) string {
	does := b.Data
	switch {
	case b.URL != "":
		does = b.URL
	case b.Copy != "":
		does = "copy " + b.Copy
	}
	if b.Style != view.Plain {
		does += ", " + string(b.Style)
	}
	return fmt.Sprintf("[ %s → %s ]", b.Text, does)
}

// Main runs the tests of a package of views. It asks rapid for fewer cases than it would
// try by itself, since each of ours renders whole accounts; the command line overrides
// that (-rapid.checks=1000).
func Main(m *testing.M) {
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Noon is a trading day in November 2026 at 12:02 in India.
func Noon() time.Time { return time.Date(2026, 11, 12, 6, 32, 5, 0, time.UTC) }

// Golden compares got with the golden file of that name of the package under
// test. It writes the file instead when update is set, which is the package's
// own -update flag.
func Golden(tb testing.TB, update bool, name, got string) {
	tb.Helper()
	path := filepath.Join(folder(), name+".golden")
	if update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatalf("%v (run the test with -update to write it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tb.Errorf("%s differs (-want +got); run the test with -update if it should:\n%s", path, diff)
	}
}

// folder is where the package under test, whose folder a test runs in, has its
// golden files: in testdata like everywhere, but those of the packages of views in
// viewtest/goldens, where the files of Samples are. A file can be embedded only
// from below the package that embeds it.
func folder() string {
	ofViews := filepath.FromSlash("../viewtest/goldens")
	if _, err := os.Stat(ofViews); err == nil {
		return ofViews
	}
	return "testdata"
}
