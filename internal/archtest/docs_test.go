package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// quoted finds what a page sets in backticks.
var quoted = regexp.MustCompile("`([^`\n]+)`")

// named is the name of a test.
var named = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)`")

// place is a file of Go, or a folder or file named from the top of the checkout.
var place = regexp.MustCompile(`^(?:[a-z_/]+\.go|(?:cmd|internal|deploy|docs)/[a-zA-Z0-9_./-]+)$`)

// name is a name of the code: mixedCaps, or qualified by a package or a type.
var name = regexp.MustCompile(`^(?:\w+\.)*([A-Za-z]\w*)$`)

// mixedCaps tells a name of the code from a word.
var mixedCaps = regexp.MustCompile(`[a-z.][A-Z]`)

// madeUp are the places and names of recipes: to fill in, or of the command that
// docs/recipes.md adds as an example.
var madeUp = regexp.MustCompile(`NAME|alerts|DecodeX`)

// TestPagesNameWhatExists keeps the pages true: a test, a file, a folder, a type or a
// function that one of them names is there.
func TestPagesNameWhatExists(t *testing.T) {
	files, names := namesOf(t)
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			word := m[1]
			switch {
			case madeUp.MatchString(word):
			case place.MatchString(word):
				if !slices.ContainsFunc(files, func(f string) bool { return strings.HasSuffix("/"+f, "/"+strings.TrimSuffix(word, "/")) }) {
					t.Errorf("%s names %s, and there is no such file", page, word)
				}
			case mixedCaps.MatchString(word):
				if m := name.FindStringSubmatch(word); m != nil && !names[m[1]] {
					t.Errorf("%s names %s, and no code has that name", page, word)
				}
			}
		}
	}
}

// TestEachThreatNamesATest: a row of SECURITY.md's threats that nothing would fail
// for is a wish.
func TestEachThreatNamesATest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n## Threats\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat |") {
			continue
		}
		rows++
		if !named.MatchString(cells[len(cells)-1]) {
			t.Errorf("the last cell of this row names no test: %s", line)
		}
	}
	if rows < 30 {
		t.Errorf("only %d rows of threats were found", rows)
	}
}

// pages are the documents of the checkout. The list of changes is not one of them:
// it speaks of its own time.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md" && d.Name() != "CHANGELOG.md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	return found
}

// namesOf returns the files and folders of the checkout, named from its top, and every
// name that its Go code holds.
func namesOf(t *testing.T) (files []string, names map[string]bool) {
	t.Helper()
	names = map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		}
		short, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files = append(files, filepath.ToSlash(short))
		if filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				names[id.Name] = true
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, names
}
