package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const testToken = "7000000002:made-up-token"

// fixture is a server on loopback and a clock that stands still.
type fixture struct {
	*Server
	t     *testing.T
	base  string
	http  *http.Client
	clock *fakeClock
}

type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func startServer(t *testing.T) *fixture {
	t.Helper()
	clock := &fakeClock{now: time.Date(2026, 3, 9, 10, 15, 0, 0, time.UTC)}
	s := New(Options{Token: testToken, Now: clock.Now})
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	t.Cleanup(s.Close)
	return &fixture{Server: s, t: t, base: ts.URL, http: ts.Client(), clock: clock}
}

// answer is a response of the Bot API.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
	status int
}

// params are the fields of a call; anything but a string is sent as JSON text.
type params map[string]any

func (p params) text(name string) string {
	if s, ok := p[name].(string); ok {
		return s
	}
	return string(marshal(p[name]))
}

// call sends a multipart form, as the bot's library does.
func (r *fixture) call(method string, p params) answer {
	r.t.Helper()
	return r.upload(method, p, nil)
}

func (r *fixture) upload(method string, p params, files map[string][]byte) answer {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name := range p {
		if err := w.WriteField(name, p.text(name)); err != nil {
			r.t.Fatal(err)
		}
	}
	for name, data := range files {
		part, err := w.CreateFormFile(name, name+".bin")
		if err != nil {
			r.t.Fatal(err)
		}
		part.Write(data)
	}
	w.Close()
	a, err := r.do(r.t.Context(), method, w.FormDataContentType(), &body)
	if err != nil {
		r.t.Fatalf("%s: %v", method, err)
	}
	return a
}

func (r *fixture) do(ctx context.Context, method, contentType string, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/bot"+testToken+"/"+method, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	return r.send(req)
}

func (r *fixture) send(req *http.Request) (answer, error) {
	resp, err := r.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	return a, json.NewDecoder(resp.Body).Decode(&a)
}

// must makes a call that has to succeed.
func (r *fixture) must(method string, p params) json.RawMessage {
	r.t.Helper()
	a := r.call(method, p)
	if !a.OK || a.status != http.StatusOK {
		r.t.Fatalf("%s(%v): status %d, %q", method, p, a.status, a.Description)
	}
	return a.Result
}

// refused makes a call that has to fail with a 400 and these words after "Bad Request: ".
func (r *fixture) refused(method string, p params, words string) {
	r.t.Helper()
	a := r.call(method, p)
	if a.OK || a.status != http.StatusBadRequest || a.ErrorCode != a.status || a.Description != "Bad Request: "+words {
		r.t.Errorf("%s(%v):\n got status %d, code %d, %q\nwant 400 and %q", method, p, a.status, a.ErrorCode, a.Description, "Bad Request: "+words)
	}
}

// wantViolation takes the violations noted so far and wants one that contains the words.
func (r *fixture) wantViolation(words string) {
	r.t.Helper()
	all := strings.Join(r.Violations(), "\n")
	if !strings.Contains(all, words) {
		r.t.Errorf("no violation contains %q; all:\n%s", words, all)
	}
}

func (r *fixture) noViolations() {
	r.t.Helper()
	if all := r.Violations(); len(all) > 0 {
		r.t.Errorf("violations of a correct bot:\n%s", strings.Join(all, "\n"))
	}
}

// asha is a person who has started the bot; her update is confirmed.
func (r *fixture) asha() *User {
	r.t.Helper()
	p := r.User(42, "Asha")
	id := p.Send("/start")
	r.must("getUpdates", params{"offset": id + 1})
	return p
}

// sendText makes the bot send a text and returns the message's id.
func (r *fixture) sendText(p params) int64 {
	r.t.Helper()
	return messageID(r.t, r.must("sendMessage", p))
}

func messageID(t *testing.T, raw json.RawMessage) int64 {
	t.Helper()
	var m struct {
		ID int64 `json:"message_id"`
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.ID == 0 {
		t.Fatalf("not a message: %s", raw)
	}
	return m.ID
}

func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("decode %s: %v", raw, err)
	}
	return v
}

func keyboard(rows ...[]any) params { return params{"inline_keyboard": rows} }

func button(text, field string, value any) params { return params{"text": text, field: value} }

func jsonBody(p params) io.Reader { return bytes.NewReader(marshal(p)) }
