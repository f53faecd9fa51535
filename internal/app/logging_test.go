package app_test

import (
	"bytes"
	encoding "encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	syntax "go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
)

// The last net: whatever looks like a secret does not get out, wherever in a
// line it stands.
func TestLogsAreRedacted(t *testing.T) {
	const (
		otherToken = "987654321:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
		id         = "3f2b8c1e-0a4d-4c6e-9b7a-1d2e3f4a5b6c"
		today      = "https://mcp.kite.trade/authorize?session_id=short-enough"
		link       = "https://kite.zerodha.com/connect/login?api_key=kitemcp&v=3&redirect_params=session_id%3D" + id
	)
	for _, json := range []bool{true, false} {
		var out bytes.Buffer
		log := app.NewLogger(&out, app.Config{Token: token, LogJSON: &json})
		log.Info("calling /bot"+token+"/getMe", "other", otherToken, "id", id, "with prefix", "kitemcp-"+id)
		log.With("bound", link).Error("failed", "err", fmt.Errorf("post %s: %w", link, errors.New("token "+token)))
		log.Warn("nested", slog.Group("g", "link", link, "list", []string{token, id}, "today", today))
		for _, secret := range []string{token, otherToken, id, "redirect_params", "kitemcp-3f", "short-enough"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("json=%v: %q got out:\n%s", json, secret, out.String())
			}
		}
		if n := strings.Count(out.String(), "•••"); n < 8 {
			t.Errorf("json=%v: only %d places were redacted:\n%s", json, n, out.String())
		}
		if !strings.Contains(out.String(), "getMe") || !strings.Contains(out.String(), "ERROR") {
			t.Errorf("json=%v: harmless words are lost:\n%s", json, out.String())
		}
	}
}

// Of logins by OAuth neither bearers nor codes get out, in whatever form an
// address or a body is quoted; and words that only look a little like that stay.
func TestLogsHoldNothingOfOAuth(t *testing.T) {
	const (
		jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJNSzQwMjEifQ.s1gnature-made_up"
		hex = "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef"
	)
	for text, want := range map[string]string{
		"Bearer " + jwt + " is refused":                                  "Bearer ••• is refused",
		`{"access_token":"` + jwt + `","scope":"x"}`:                     `{"access_token":"•••","scope":"x"}`,
		"of " + jwt + ", " + jwt:                                         "of •••, •••",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.":                           "•••",
		"code " + hex + ": gone":                                         "code •••: gone",
		"code " + hex + hex:                                              "code •••",
		`Get "http://127.0.0.1/cb?code=abc&state=d%2Fe": refused`:        `Get "http://127.0.0.1/cb?code=•••&state=•••": refused`,
		"/cb?iss=x&state=s-1#code=c":                                     "/cb?iss=x&state=•••#code=•••",
		"/cb?STATE=s-1&Code=c&next=1":                                    "/cb?STATE=•••&Code=•••&next=1",
		"grant_type=authorization_code&code=c&code_verifier=v&client=k":  "grant_type=authorization_code&code=•••&code_verifier=•••&client=k",
		"code=c&client_id=k":                                             "code=•••&client_id=k",
		"body state=s&code=c ends":                                       "body state=•••&code=••• ends",
		"code_verifier=v and access_token=t, refresh_token=r":            "code_verifier=••• and access_token=••• refresh_token=•••",
		"back=http%3A%2F%2F127.0.0.1%2Fcb%3Fcode%3Dc%26state%3Ds ended":  "back=http%3A%2F%2F127.0.0.1%2Fcb%3Fcode%3D••• ended",
		"back=%252Fcb%253Fcode%253Dc":                                    "back=%252Fcb%253Fcode%253D•••",
		`{"url":"/cb?a=b\u0026code=c\u0026state=s"}`:                     `{"url":"/cb?a=b\u0026code=•••\u0026state=•••"}`,
		"exit code=1, state=parked":                                      "exit code=1, state=parked",
		"status code=404 at /a?barcode=7&estate=8":                       "status code=404 at /a?barcode=7&estate=8",
		"state=0123456789abcdef":                                         "state=•••",
		"eyJ.half.token and eyJabc.def":                                  "eyJ.half.token and eyJabc.def",
		"checksum 0123456789abcdef0123456789abcdef0123456789abcdef01234": "checksum 0123456789abcdef0123456789abcdef0123456789abcdef01234",
	} {
		json := true
		var out bytes.Buffer
		app.NewLogger(&out, app.Config{Token: token, LogJSON: &json}).Info("x", "text", text, "err", errors.New(text))
		var line struct{ Text, Err string }
		if err := encoding.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Text != want || line.Err != want {
			t.Errorf("%s\nbecomes %s\nand     %s\nwant    %s", text, line.Text, line.Err, want)
		}
	}
}

// What net/http quotes of an answer that makes no sense does not get out.
func TestLogsQuoteNoAnswer(t *testing.T) {
	var out bytes.Buffer
	log := app.NewLogger(&out, app.Config{LogLevel: slog.LevelDebug})
	for _, text := range []string{
		`getUpdates: net/http: HTTP/1.x transport connection broken: malformed HTTP status code "RELIANCE \"12\""`,
		`malformed HTTP response "{\"tradingsymbol\":\"RELIANCE\"}"`, "malformed MIME header: missing colon: \"RELIANCE\nRELIANCE\"",
		`bad Content-Length "RELIANCE"`, `unsupported transfer encoding: "RELIANCE"`,
		`failed to parse Location header "https://%RELIANCE": parse "https://%RELIANCE"`,
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug="RELIANCE"`,
		`http2: unexpected ALPN protocol "RELIANCE"; want "h2"`,
	} {
		log.Debug("failed", "err", errors.New(text), "cause", text)
	}
	if got := out.String(); strings.Contains(got, "RELIANCE") || strings.Count(got, "•••") != 16 {
		t.Errorf("the log says %s", got)
	}
}

func TestLogLevel(t *testing.T) {
	var out bytes.Buffer
	log := app.NewLogger(&out, app.Config{LogLevel: slog.LevelWarn})
	log.Info("not this")
	log.Warn("but this")
	if got := out.String(); strings.Contains(got, "not this") || !strings.Contains(got, `"msg":"but this"`) {
		t.Errorf("log: %s", got)
	}
}

// Durations are short texts with their unit, in both forms.
func TestLogDurations(t *testing.T) {
	for form, want := range map[bool]string{true: `"took":"1.235s"`, false: "took=1.235s"} {
		var out bytes.Buffer
		app.NewLogger(&out, app.Config{LogJSON: &form}).Info("command", "took", 1234567890*time.Nanosecond)
		if !strings.Contains(out.String(), want) {
			t.Errorf("json=%v: %s", form, out.String())
		}
	}
}

// Every warning and error in the log has a short constant message that says what
// happened. What follows from it is in the attribute effect, what an operator should
// do in action.
func TestWarningsSayWhatFollows(t *testing.T) {
	found := 0
	for _, file := range sources(t, "../../internal", "../../cmd/bot") {
		files := syntax.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			message, attributes := warningIn(n)
			if message == nil {
				return true
			}
			found++
			at := files.Position(message.Pos())
			if text, ok := constant(message); !ok || len(text) > 60 || strings.ContainsAny(text, ",;.") {
				t.Errorf("%s: the message %q is not one short constant statement", at, text)
			}
			if !slices.ContainsFunc(attributes, saysWhatFollows) {
				t.Errorf("%s: there is neither an effect nor an action", at)
			}
			return true
		})
	}
	if found < 80 {
		t.Errorf("only %d lines were found: is this test looking in the right place?", found)
	}
}

// sources are the files of the program, without tests, their helpers and simulators.
func sources(t *testing.T, roots ...string) (files []string) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && (d.Name() == "sim" || strings.HasSuffix(d.Name(), "test")) {
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

// warningIn returns the message and the attributes that n logs as a warning or an error:
// a call of a logger, or a report of telegram's. The message of other nodes is nil.
func warningIn(n ast.Node) (message ast.Expr, attributes []ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		method, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || named(method.X, "http") {
			return nil, nil
		}
		before, logs := map[string]int{"Warn": 0, "Error": 0, "WarnContext": 1, "ErrorContext": 1}[method.Sel.Name]
		if logs && len(n.Args) > before {
			return n.Args[before], n.Args[before+1:]
		}
	case *ast.CompositeLit:
		if !named(n.Type, "report") {
			return nil, nil
		}
		for _, e := range n.Elts {
			if field := e.(*ast.KeyValueExpr); named(field.Key, "text") {
				message = field.Value
			}
		}
		return message, n.Elts
	}
	return nil, nil
}

// saysWhatFollows reports whether an argument of a logger, or a field of a report, has an
// effect or an action. [stdlog.Panic] adds an action; the Log of a panics.Error is made by it.
func saysWhatFollows(e ast.Expr) (says bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			says = says || slices.Contains([]string{`"effect"`, `"action"`}, n.Value)
		case *ast.KeyValueExpr:
			says = says || named(n.Key, "effect") || named(n.Key, "action")
		case *ast.SelectorExpr:
			says = says || named(n.X, "stdlog") && n.Sel.Name == "Panic" || named(n.X, "crash") && n.Sel.Name == "Log"
		}
		return true
	})
	return says
}

func named(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// constant returns the text of a string that is written down in one piece.
func constant(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != syntax.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}
