package kite_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// result is what a tool said.
type result struct {
	text    string
	isError bool
	code    int // of a JSON-RPC error
}

func parseResult(t *testing.T, body string) result {
	t.Helper()
	var m struct {
		Result struct {
			Content []struct{ Type, Text string }
			IsError bool
		}
		Error struct {
			Code    int
			Message string
		}
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("not a response: %v in %q", err, body)
	}
	if m.Error.Code != 0 {
		return result{text: m.Error.Message, isError: true, code: m.Error.Code}
	}
	if len(m.Result.Content) != 1 || m.Result.Content[0].Type != "text" {
		t.Fatalf("not exactly one text: %q", body)
	}
	return result{text: m.Result.Content[0].Text, isError: m.Result.IsError}
}

// expect fails the test unless a tool said exactly this.
func expect(t *testing.T, got result, text string, isError bool) {
	t.Helper()
	if got.text != text || got.isError != isError {
		t.Errorf("got %q (error %v), want %q (error %v)", got.text, got.isError, text, isError)
	}
}

// linkIn finds the login link in the text of the login tool.
func linkIn(t *testing.T, text string) string {
	t.Helper()
	link := regexp.MustCompile(`http://127\.0\.0\.1:\d+/(?:authorize|connect/login)\?[^\s)]+`).FindString(text)
	if link == "" {
		t.Fatalf("no link in %q", text)
	}
	return link
}

// decode reads the JSON text of a tool.
func decode[T any](t *testing.T, r result) T {
	t.Helper()
	var v T
	if r.isError {
		t.Fatalf("the tool failed: %s", r.text)
	}
	d := json.NewDecoder(strings.NewReader(r.text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(fmt.Errorf("decode %.80q: %w", r.text, err))
	}
	return v
}
