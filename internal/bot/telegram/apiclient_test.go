package telegram

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// endless is a transport whose answers never end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func (e endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(e)}, nil
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	c, err := newClient(Options{Token: token}, endless{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Typing(t.Context(), 501); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("error = %v, want one about the size", err)
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   string // the fault's text, "" for none
		kind   kind
	}{
		{"ok", 200, `{"ok":true,"result":[]}`, "", 0},
		{"ok whatever the status", 500, `{"ok":true,"result":[]}`, "", 0},
		{"nothing", 200, ``, "m: 200 not an answer of the Bot API", lost},
		{"an empty object", 200, `{}`, "m: 200 not an answer of the Bot API", lost},
		{"a page", 404, `<html>`, "m: 404 not an answer of the Bot API", lost},
		{"another API", 404, `{"error":"no route"}`, "m: 404 not an answer of the Bot API", lost},
		{"an unknown token", 401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, "m: telegram does not accept the bot token (401)", unauthorized},
		{"a code in the status alone", 403, `{"ok":false,"description":"Forbidden"}`, "m: 403 gone", gone},
		{"a group that moved", 400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-5}}`, "m: 400 gone: group chat was upgraded", gone},
	}
	d := newAPIClient(endless{}, token, Meter{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := d.check("m", tt.status, []byte(tt.body))
			if tt.want == "" {
				if f != nil {
					t.Errorf("fault = %v, want none", f)
				}
				return
			}
			if f == nil || f.Error() != tt.want || f.kind != tt.kind {
				t.Errorf("fault = %v, want %q", f, tt.want)
			}
		})
	}
}

// A 429 that names no time must not turn into a loop without pauses.
func TestSilenceIsNeverAskedForZeroTime(t *testing.T) {
	d := newAPIClient(endless{}, token, Meter{})
	for body, want := range map[string]time.Duration{
		`{"ok":false,"error_code":429,"description":"Too Many Requests"}`:                                 time.Second,
		`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":0}}`:  time.Second,
		`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":-4}}`: time.Second,
		`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":31}}`: 31 * time.Second,
	} {
		if f := d.check("m", 429, []byte(body)); f == nil || f.kind != rateLimited || f.retryAfter != want {
			t.Errorf("judge(%s) = %+v, want a wait of %v", body, f, want)
		}
	}
}
