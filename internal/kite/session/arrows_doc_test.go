package session_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"kitebot/internal/kite/session"
)

// TestTheArrowsInTheDocs: the picture in docs/ARCHITECTURE.md draws every state, and no
// arrow that is not in the table.
func TestTheArrowsInTheDocs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]session.State{
		"None": session.None, "LinkSent": session.LinkSent, "Unconfirmed": session.Unconfirmed, "LoggedIn": session.LoggedIn,
		"Parked": session.Parked, "Doubtful": session.Doubtful, "LoggingOut": session.LoggingOut,
	}
	drawn := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^ {4}(\w+) --> (\w+): `).FindAllStringSubmatch(string(page), -1) {
		from, known := states[m[1]]
		to, too := states[m[2]]
		if !known || !too || !slices.ContainsFunc(session.Arrows(), func(a session.Arrow) bool { return a.From == from && a.To == to }) {
			t.Errorf("the picture draws %s, which the table does not know", m[0])
		}
		drawn[m[1]], drawn[m[2]] = true, true
	}
	for name := range states {
		if !drawn[name] {
			t.Errorf("the picture does not draw %s", name)
		}
	}
}
