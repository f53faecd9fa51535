package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// named finds what a page calls by the name of a test.
var named = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)`")

// pathed finds what a page calls by its place in the checkout.
var pathed = regexp.MustCompile("`((?:cmd|internal|deploy|docs)/[a-zA-Z0-9_./-]+)`")

// madeUp are the places of recipes: a name to fill in, and the command that
// docs/ARCHITECTURE.md adds as an example.
var madeUp = regexp.MustCompile(`NAME|alerts`)

// TestPagesNameWhatExists keeps the pages true: a test, a file or a folder that
// one of them names is there.
func TestPagesNameWhatExists(t *testing.T) {
	tests := testsOf(t)
	for _, page := range pages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, and there is no such test", page, m[1])
			}
		}
		for _, m := range pathed.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil && !madeUp.MatchString(m[1]) {
				t.Errorf("%s names %s, and there is no such file", page, m[1])
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

// pages are the documents of the checkout, but for the records of decisions and
// changes: those speak of their own time.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "adr" || d.Name() == "testdata"):
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

// testsOf returns the names of all tests, fuzz targets and benchmarks.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "test/") {
			return err
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				found[f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
