package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestPanicsAreToldByTheirKind: the value of a recovered panic may quote a message,
// a link or a figure, so it goes to package stdlog and nowhere else. The store's
// are bbolt's, and have the numbers of pages.
func TestPanicsAreToldByTheirKind(t *testing.T) {
	seen := 0
	for pkg := range importsOf(t, func(file string) bool { return !strings.HasSuffix(file, "_test.go") }) {
		if pkg == "internal/store" || strings.HasPrefix(pkg, "internal/sim/") {
			continue
		}
		files, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for name := range recovered(f) {
				seen++
				if told, all := uses(f, name); told != all {
					t.Errorf("%s: %s, a recovered panic, is used for more than package stdlog", file, name)
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d places that recover were found: is this test looking in the right place?", seen)
	}
}

// recovered are the variables that get what recover returns.
func recovered(f *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Rhs) == 1 {
			if call, ok := a.Rhs[0].(*ast.CallExpr); ok && isNamed(call.Fun, "recover") {
				names[a.Lhs[0].(*ast.Ident).Name] = true
			}
		}
		return true
	})
	return names
}

// uses counts the calls that a variable is handed to, and those of stdlog of them.
func uses(f *ast.File, name string) (told, all int) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		for _, arg := range call.Args {
			if !isNamed(arg, name) {
				continue
			}
			all++
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && isNamed(s.X, "stdlog") {
				told++
			}
		}
		return true
	})
	return told, all
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
