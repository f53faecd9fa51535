package main

import (
	"encoding/json"
	"testing"
)

func TestChatOf(t *testing.T) {
	for body, want := range map[string]int64{
		"--x\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n4711\r\n--x--\r\n": 4711,
		`{"chat_id":12,"text":"chat_id"}`:                                                  12,
		`{"text":"hello"}`:                                                                 0,
		`{"chat_id":`:                                                                      0,
	} {
		if got := chatOf([]byte(body)); got != want {
			t.Errorf("%q: %d, want %d", body, got, want)
		}
	}
}

func TestLoginIn(t *testing.T) {
	const markup = `{"inline_keyboard":[[{"text":"Log in","url":"https://kite.example/connect/login?api_key=load\u0026v=3\u0026redirect_params=session_id%3D11111111-0000-4000-8000-000000000007"}],[{"text":"Done","callback_data":"login:done:ABCDEF"}]]}`
	session, done := loginIn([]byte(markup))
	if session != "11111111-0000-4000-8000-000000000007" || done != "login:done:ABCDEF" {
		t.Errorf("%q, %q", session, done)
	}
	if session, done := loginIn([]byte("hello")); session != "" || done != "" {
		t.Errorf("of nothing: %q, %q", session, done)
	}
}

// What the far ends say is JSON, whatever is in it.
func TestAnswersAreJSON(t *testing.T) {
	var result struct {
		Content []struct{ Type, Text string }
	}
	if err := json.Unmarshal(toolResult(manyHoldings(3), false), &result); err != nil || len(result.Content) != 1 {
		t.Fatal(result, err)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(result.Content[0].Text), &rows); err != nil || len(rows) != 3 {
		t.Errorf("%d holdings, %v", len(rows), err)
	}
	for _, u := range []update{{from: &user{id: 3}, text: "/holdings"}, {from: &user{id: 3}, data: "login:new"}} {
		if body := u.append(nil, 1); !json.Valid(body) {
			t.Errorf("no JSON: %s", body)
		}
	}
}

// The people who are known are found by their sessions, and nobody else is.
func TestOwner(t *testing.T) {
	f := &fakes{}
	f.users(3)
	if p := f.owner(knownSession(2)); p == nil || p.id != 2 {
		t.Errorf("%+v", p)
	}
	for _, id := range []string{knownSession(4), knownSession(0), "", "11111111-0000-4000-8000-000000000001"} {
		if p := f.owner(id); p != nil {
			t.Errorf("%q is person %d's", id, p.id)
		}
	}
}
