// Package archtest keeps the arrows of docs/ARCHITECTURE.md: which package may
// import which, and that whatever wraps an outside thing is its only importer.
package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "kitebot/"
	root   = "../.."
)

// rule is what a package's own code may import besides the standard library.
type rule struct {
	ours   []string // of this module
	theirs []string // modules of others
}

// leaves may be imported by every package.
var leaves = []string{"internal/market", "internal/panics", "internal/stdlog"}

const (
	decimal = "github.com/shopspring/decimal"
	rate    = "golang.org/x/time/rate"
	rapid   = "pgregory.net/rapid"
	cmp     = "github.com/google/go-cmp/cmp"
)

// rules is the picture. A package that is not in it is an error: draw it first.
var rules = map[string]rule{
	"cmd/bot": {ours: []string{"internal/app", "internal/ops"}, theirs: []string{"golang.org/x/crypto/x509roots/fallback"}},
	"cmd/demo": {ours: []string{
		"internal/app", "internal/bot/chart", "internal/bot/command", "internal/bot/view/marketdata", "internal/bot/view/statement", "internal/bot/view/viewtest", "internal/kite", "internal/sim/kite", "internal/sim/kite/sample", "internal/sim/telegram",
	}},
	"cmd/load": {ours: []string{"internal/app", "internal/kite", "internal/kite/session", "internal/store"}, theirs: []string{"github.com/prometheus/procfs"}},
	"internal/app": {ours: []string{
		"internal/bot", "internal/bot/access", "internal/bot/chart", "internal/bot/command", "internal/bot/telegram", "internal/front", "internal/kite/mcpconn", "internal/kite/session", "internal/ops", "internal/store",
	}, theirs: []string{rate}},
	"internal/archtest": {},
	"internal/bot": {ours: []string{
		"internal/bot/access", "internal/bot/account", "internal/bot/chart", "internal/bot/command", "internal/bot/view", "internal/bot/view/dialog", "internal/kite", "internal/kite/wire", "internal/kite/session",
	}, theirs: []string{rate}},
	"internal/bot/access":  {},
	"internal/bot/account": {ours: []string{"internal/kite", "internal/kite/query", "internal/kite/symbol", "internal/kite/wire", "internal/kite/session"}},
	"internal/bot/command": {ours: []string{
		"internal/bot/access", "internal/bot/account", "internal/bot/chart", "internal/bot/view", "internal/bot/view/dialog", "internal/bot/view/marketdata", "internal/bot/view/statement", "internal/kite", "internal/kite/query", "internal/kite/symbol", "internal/kite/wire", "internal/kite/session",
	}},
	"internal/bot/chart":           {theirs: []string{"golang.org/x/image"}},
	"internal/bot/telegram":        {ours: []string{"internal/bot", "internal/bot/view", "internal/front"}, theirs: []string{"github.com/go-telegram/bot", rate}},
	"internal/bot/view":            {ours: []string{"internal/kite", "internal/kite/symbol"}, theirs: []string{decimal}},
	"internal/bot/view/dialog":     {ours: []string{"internal/bot/view", "internal/kite", "internal/kite/query", "internal/kite/symbol", "internal/kite/wire"}},
	"internal/bot/view/marketdata": {ours: []string{"internal/bot/view", "internal/kite", "internal/kite/symbol"}, theirs: []string{decimal}},
	"internal/bot/view/statement":  {ours: []string{"internal/bot/view", "internal/kite"}, theirs: []string{decimal}},
	"internal/front":               {},
	"internal/kite":                {ours: []string{"internal/kite/symbol", "internal/kite/wire"}, theirs: []string{decimal}},
	"internal/kite/mcpconn":        {ours: []string{"internal/kite", "internal/kite/query", "internal/kite/wire", "internal/kite/session"}, theirs: []string{"github.com/mark3labs/mcp-go", "golang.org/x/sync/semaphore"}},
	"internal/kite/query":          {ours: []string{"internal/kite", "internal/kite/symbol", "internal/kite/wire"}},
	"internal/kite/session":        {ours: []string{"internal/kite", "internal/kite/query", "internal/kite/wire"}, theirs: []string{rate}},
	"internal/kite/symbol":         {ours: []string{"internal/kite/wire"}, theirs: []string{decimal}},
	"internal/kite/wire":           {theirs: []string{decimal}},
	"internal/market":              {},
	"internal/panics":              {},
	"internal/ops":                 {theirs: []string{"github.com/prometheus/client_golang"}},
	"internal/sim/kite":            {ours: []string{"internal/sim/kite/sample"}},
	"internal/sim/kite/sample":     {},
	"internal/sim/telegram":        {},
	"internal/stdlog":              {},
	"internal/store": {
		ours:   []string{"internal/bot", "internal/bot/access", "internal/bot/account", "internal/kite", "internal/kite/session"},
		theirs: []string{"go.etcd.io/bbolt", "golang.org/x/crypto/chacha20poly1305"},
	},

	// Helpers of tests: never in the shipped binary.
	"internal/bot/bottest": {ours: []string{
		"internal/bot", "internal/bot/access", "internal/bot/account", "internal/bot/view", "internal/bot/view/viewtest",
	}, theirs: []string{cmp}},
	"internal/bot/view/viewtest":        {ours: []string{"internal/bot/view"}, theirs: []string{cmp}},
	"internal/kite/session/sessiontest": {ours: []string{"internal/kite", "internal/kite/query", "internal/kite/wire", "internal/kite/session"}, theirs: []string{cmp, rapid}},
}

// testOnly are the packages that nothing shipped may import.
var testOnly = []string{
	"cmd/demo", "cmd/load",
	"internal/bot/bottest", "internal/bot/view/viewtest", "internal/kite/session/sessiontest",
	"internal/sim/kite", "internal/sim/kite/sample", "internal/sim/telegram",
}

// TestArrows reads the imports of every file that is not a test.
func TestArrows(t *testing.T) {
	imports := importsOf(t, func(file string) bool { return !strings.HasSuffix(file, "_test.go") })
	for pkg, list := range imports {
		r, drawn := rules[pkg]
		if !drawn {
			t.Errorf("package %s is not in the picture: add its arrows here and in docs/ARCHITECTURE.md", pkg)
			continue
		}
		for _, path := range list {
			if !r.allows(path) {
				t.Errorf("%s must not import %s", pkg, path)
			}
		}
	}
	for pkg := range rules {
		if _, there := imports[pkg]; !there && pkg != "internal/archtest" {
			t.Errorf("package %s is in the picture but not in the tree", pkg)
		}
	}
}

// TestThePictureOfThePackages: docs/ARCHITECTURE.md draws no arrow that is forbidden, and
// its table has every shipped package.
func TestThePictureOfThePackages(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "flowchart TD\n")
	picture, rest, _ := strings.Cut(rest, "```")
	table, _, _ := strings.Cut(rest, "\n\nWhat is not drawn")
	path := func(name string) string {
		if strings.HasPrefix(name, "cmd/") {
			return name
		}
		return "internal/" + name
	}
	arrows := 0
	for line := range strings.Lines(picture) {
		nodes := strings.Split(strings.TrimSpace(line), " --> ")
		for i := range len(nodes) - 1 {
			for from := range strings.SplitSeq(nodes[i], " & ") {
				for to := range strings.SplitSeq(nodes[i+1], " & ") {
					arrows++
					if !rules[path(from)].allows(module + path(to)) {
						t.Errorf("%s --> %s is drawn and forbidden", from, to)
					}
				}
			}
		}
	}
	if arrows < 25 {
		t.Errorf("only %d arrows were found", arrows)
	}
	for pkg := range rules {
		if !slices.Contains(testOnly, pkg) && !strings.Contains(table, "`"+pkg+"`") {
			t.Errorf("%s is not in the table", pkg)
		}
	}
}

func (r rule) allows(path string) bool {
	if ours, ok := strings.CutPrefix(path, module); ok {
		return slices.Contains(leaves, ours) || slices.Contains(r.ours, ours)
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(r.theirs, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") })
}

// TestShippedProgramHoldsNoTestCode follows the arrows from cmd/bot.
func TestShippedProgramHoldsNoTestCode(t *testing.T) {
	imports := importsOf(t, func(file string) bool { return !strings.HasSuffix(file, "_test.go") })
	seen := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		if slices.Contains(testOnly, pkg) {
			t.Errorf("cmd/bot reaches %s", pkg)
		}
		for _, path := range imports[pkg] {
			if ours, ok := strings.CutPrefix(path, module); ok {
				visit(ours)
			}
		}
	}
	visit("cmd/bot")
	if len(seen) < 10 {
		t.Errorf("only %d packages are reached from cmd/bot: is this test looking in the right place?", len(seen))
	}
}

// TestSimulatorsAreIndependent: as witnesses, they share nothing with what they
// test, in their own tests either. The simulated Kite has its data in a package
// of its own.
func TestSimulatorsAreIndependent(t *testing.T) {
	for pkg, list := range importsOf(t, func(string) bool { return true }) {
		if !strings.HasPrefix(pkg, "internal/sim/") {
			continue
		}
		for _, path := range list {
			if strings.HasPrefix(path, module) && path != module+pkg && !strings.HasPrefix(path, module+"internal/sim/kite") {
				t.Errorf("%s imports %s", pkg, path)
			}
		}
	}
}

// isModule reports whether a folder is a module of its own, such as the checks in
// tools: nothing of it is in the bot's build.
func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// importsOf returns what each package imports, by its folder, in the files that
// are wanted.
func importsOf(t *testing.T, wanted func(file string) bool) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "testdata" || isModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || !wanted(path) {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(folder)
		imports[pkg] = append(imports[pkg], []string{}...)
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			imports[pkg] = append(imports[pkg], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// TestCommandsReachOnlyTheirAsker: of sessions a command may name values and errors,
// but nothing with which it could reach one; of accounts, nothing that makes one.
func TestCommandsReachOnlyTheirAsker(t *testing.T) {
	forbidden := map[string][]string{
		"session": {"Pool", "New", "Options", "Store", "Dialer", "Conn", "Authorizer", "Timing"},
		"account": {"Backend", "New", "PrefStore"},
		"access":  {"List", "Policy", "New", "Store"},
	}
	files, err := filepath.Glob(filepath.Join(root, "internal/bot/command/*.go"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files of commands, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := s.X.(*ast.Ident); ok && slices.Contains(forbidden[pkg.Name], s.Sel.Name) {
					t.Errorf("%s names %s.%s", file, pkg.Name, s.Sel.Name)
				}
			}
			return true
		})
	}
}
