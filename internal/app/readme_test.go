package app_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"kitebot/internal/app"
)

// The README's table of settings says what app.Settings says: every row, and no
// other.
func TestReadmeListsTheSettings(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, s := range app.Settings() {
		row := settingRow(s)
		fmt.Fprintln(&want, row)
		if !strings.Contains(string(text), "\n"+row+"\n") {
			t.Errorf("README.md lacks the row\n%s", row)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| `[A-Z_]+`").FindAllString(string(text), -1)
	if len(rows) != len(app.Settings()) {
		t.Errorf("README.md has %d rows of settings, want %d", len(rows), len(app.Settings()))
	}
	if t.Failed() {
		t.Logf("the whole table:\n%s", want.String())
	}
}

// settingRow writes a setting as the README does: name, default, meaning,
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
