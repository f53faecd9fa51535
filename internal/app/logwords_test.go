package app_test

import (
	"go/ast"
	"go/parser"
	syntax "go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every warning and error in the log says what happened and, behind a comma, a
// colon or a semicolon, what follows from it or what to do.
func TestWarningsSayWhatFollows(t *testing.T) {
	found := 0
	for _, file := range sources(t, "../../internal", "../../cmd") {
		parsed, err := parser.ParseFile(syntax.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if text, ok := warningOf(n); ok {
				found++
				if !strings.ContainsAny(text, ",:;") {
					t.Errorf("%s: %q says what happened, but not what follows", file, text)
				}
			}
			return true
		})
	}
	if found < 30 {
		t.Errorf("only %d lines were found: is this test looking in the right place?", found)
	}
}

// sources are the files of the program, without tests and simulators.
func sources(t *testing.T, roots ...string) (files []string) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "sim" {
				return filepath.SkipDir
			}
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// warningOf returns the words of a call that logs a warning or an error, where
// they are written down in one piece.
func warningOf(n ast.Node) (text string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Warn", "Error", "WarnContext", "ErrorContext"}, method.Sel.Name) {
		return "", false
	}
	words := 0
	if strings.HasSuffix(method.Sel.Name, "Context") {
		words = 1
	}
	if len(call.Args) <= words {
		return "", false
	}
	literal, ok := call.Args[words].(*ast.BasicLit)
	if !ok || literal.Kind != syntax.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}
