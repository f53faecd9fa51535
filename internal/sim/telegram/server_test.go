package telegram

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPathsAndTokens(t *testing.T) {
	r := startServer(t)
	for _, tc := range []struct {
		path, method string
		want         int
	}{
		{"/bot" + testToken + "/getMe", http.MethodGet, 200},
		{"/bot" + testToken + "/GETME", http.MethodPost, 200},
		{"/bot1:wrong/getMe", http.MethodGet, 401},
		{"/bot" + testToken, http.MethodGet, 404},
		{"/bot" + testToken + "/", http.MethodGet, 404},
		{"/bot" + testToken + "/getMe/more", http.MethodGet, 404},
		{"/bot/getMe", http.MethodGet, 404},
		{"/", http.MethodGet, 404},
		{"/bot" + testToken + "/getMe", http.MethodDelete, 405},
		{"/bot" + testToken + "/banAll", http.MethodGet, 404},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tc.method, r.base+tc.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.send(req)
		if err != nil || a.status != tc.want || a.OK != (tc.want == 200) || !a.OK && a.ErrorCode != tc.want {
			t.Errorf("%s %s: %+v, %v, want %d", tc.method, tc.path, a, err, tc.want)
		}
	}
	r.wantViolation("banAll: the simulator has no such method")
}

func TestNoTokenIsNeverAccepted(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	for _, path := range []string{"/bot/getMe", "/bot:/getMe", "/botx/getMe"} {
		if token, _, ok := splitPath(path); ok && token == s.opts.Token {
			t.Errorf("%s is let in", path)
		}
	}
}

func TestGetMe(t *testing.T) {
	r := startServer(t)
	me := decode[wireMe](t, r.must("getMe", nil))
	if me.ID != 7000000002 || !me.IsBot || me.Username != "kite_demo_bot" || me.CanReadAllGroupMessages {
		t.Errorf("getMe: %+v", me)
	}
}

func TestAllFormsOfParameters(t *testing.T) {
	r := startServer(t)
	r.asha()
	p := params{"chat_id": 42, "text": "<b>1 & 2</b>", "parse_mode": "HTML", "disable_notification": true}
	r.must("sendMessage", p)
	for kind, body := range map[string]string{
		"application/json":                string(marshal(p)),
		"application/json; charset=utf-8": `{"chat_id":"42","text":"<b>1 & 2</b>","parse_mode":"HTML","disable_notification":true,"reply_markup":null}`,
	} {
		if a, err := r.do(t.Context(), "sendMessage", kind, strings.NewReader(body)); err != nil || !a.OK {
			t.Errorf("%s: %+v, %v", kind, a, err)
		}
	}
	r.noViolations()
	for _, m := range r.User(42, "").Chat()[1:] {
		want := Message{Text: "1 & 2", Silent: true}
		if m.Text != want.Text || !m.Silent || len(m.Entities) != 1 || m.Entities[0] != (Entity{Type: "bold", Length: 5}) {
			t.Errorf("message %+v", m)
		}
	}
}

func TestUnreadableRequests(t *testing.T) {
	r := startServer(t)
	for kind, body := range map[string]string{
		"application/json":                  `{"chat_id":`,
		"application/x-www-form-urlencoded": "a=b",
		"multipart/form-data; boundary=x":   "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\ncut sho",
		"text/plain":                        "hello",
	} {
		a, err := r.do(t.Context(), "sendMessage", kind, strings.NewReader(body))
		if err != nil || a.status != 400 || !strings.HasPrefix(a.Description, "Bad Request: can't parse request") {
			t.Errorf("%s: %+v, %v", kind, a, err)
		}
	}
	r.wantViolation("unreadable request")
}

func TestUnknownParametersAreRefused(t *testing.T) {
	r := startServer(t)
	r.asha()
	r.refused("sendMessage", params{"chat_id": 42, "text": "x", "txt": "y"}, "the simulator does not know the parameter txt of sendMessage")
	r.wantViolation(`sendMessage: unknown parameter "txt"`)
	if a := r.upload("sendMessage", params{"chat_id": 42, "text": "x"}, map[string][]byte{"stray": {1}}); a.OK {
		t.Errorf("stray file: %+v", a)
	}
	r.wantViolation(`file part "stray" is not referred to`)
	if a, err := r.do(t.Context(), "sendMessage?text=x", "application/json", strings.NewReader(`{}`)); err != nil || a.status != 400 {
		t.Errorf("in the address: %+v, %v", a, err)
	}
	r.wantViolation("no parameters from the address")
	r.must("sendMessage", params{"chat_id": 42, "text": "x", "link_preview_options": params{"is_disabled": true, "disabled": true}})
	r.wantViolation(`unknown field "disabled"`)
}

func TestCallsAreRecorded(t *testing.T) {
	r := startServer(t)
	r.asha()
	r.sendText(params{"chat_id": 42, "text": "hello"})
	r.call("sendMessage", params{"chat_id": 43, "text": "hello"})
	err := r.WaitCalls(t.Context(), func(calls []Call) bool { return len(calls) == 3 })
	if err != nil {
		t.Fatal(err)
	}
	calls := r.Calls()[1:]
	if c := calls[0]; c.Method != "sendMessage" || !c.OK || c.Params["chat_id"] != "42" || c.Params["text"] != "hello" || !c.At.Equal(r.clock.Now()) {
		t.Errorf("first call %+v", c)
	}
	if c := calls[1]; c.OK || c.Code != 400 {
		t.Errorf("second call %+v", c)
	}
	// What is handed out is a copy.
	calls[0].Method = "changed"
	if slices.ContainsFunc(r.Calls(), func(c Call) bool { return c.Method == "changed" }) {
		t.Error("Calls hands out its own memory")
	}
}

func TestOldCallsGoFirst(t *testing.T) {
	s := New(Options{Token: testToken, Now: func() time.Time { return time.Unix(1, 0) }})
	defer s.Close()
	for i := range maxCalls + 1 {
		name := "old"
		if i == maxCalls {
			name = "new"
		}
		s.recordCall(&call{name: name}, nil)
	}
	calls := s.Calls()
	if len(calls) != maxCalls/2+1 || calls[len(calls)-1].Method != "new" {
		t.Errorf("%d calls, last %q", len(calls), calls[len(calls)-1].Method)
	}
}
