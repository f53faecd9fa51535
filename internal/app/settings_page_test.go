package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/app"
)

const (
	settingsPage  = "../../docs/settings.md"
	beginSettings = "<!-- settings: written by go test ./internal/app -run TestSettingsPage -update -->\n"
	endSettings   = "<!-- /settings -->"
)

// The table of docs/settings.md says what app.Settings says: every row, in the
// same order, and no other.
func TestSettingsPage(t *testing.T) {
	text, err := os.ReadFile(settingsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), beginSettings)
	_, after, ended := strings.Cut(rest, endSettings)
	if !begun || !ended {
		t.Fatalf("%s lacks the lines %q and %q", settingsPage, beginSettings, endSettings)
	}
	var table strings.Builder
	table.WriteString("\n| name | default | meaning | example |\n|---|---|---|---|\n")
	for _, s := range app.Settings() {
		fmt.Fprintln(&table, settingRow(s))
	}
	want := before + beginSettings + table.String() + "\n" + endSettings + after
	if *update {
		if err := os.WriteFile(settingsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), want); diff != "" {
		t.Errorf("%s is out of date (-have +want); run the test with -update:\n%s", settingsPage, diff)
	}
}

// settingRow writes a setting as the page does: name, default, meaning,
// example. A secret can come from a file too.
func settingRow(s app.Setting) string {
	name := "`" + s.Name + "`"
	if s.Secret {
		name += " 🔑"
	}
	value := "–"
	switch {
	case s.Required:
		value = "required"
	case s.Default != "":
		value = "`" + s.Default + "`"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", name, value, s.Meaning, example(s.Example))
}

// example sets an example in code, unless it is a sentence with code in it.
func example(text string) string {
	if text == "" {
		return "–"
	}
	if strings.Contains(text, "`") {
		return text
	}
	return "`" + text + "`"
}
