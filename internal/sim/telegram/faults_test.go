package telegram

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestInjectedRefusals(t *testing.T) {
	r := startServer(t)
	r.asha()
	r.Inject(Fault{Method: "sendMessage", Chat: 42, RetryAfter: 7})
	r.Inject(Fault{Method: "getMe", Status: 500, Times: 2})
	p := params{"chat_id": 42, "text": "x"}
	a := r.call("sendMessage", p)
	if a.status != 429 || a.ErrorCode != 429 || a.Parameters.RetryAfter != 7 || a.Description != "Too Many Requests: retry after 7" {
		t.Errorf("429: %+v", a)
	}
	for _, want := range []int{500, 500, 200} {
		if a := r.call("getMe", nil); a.status != want {
			t.Errorf("getMe: %+v, want %d", a, want)
		}
	}
	r.clock.add(7 * time.Second)
	r.must("sendMessage", p)
	r.noViolations()
	r.Inject(Fault{RetryAfter: 5})
	r.call("sendMessage", p)
	r.must("sendChatAction", params{"chat_id": 42, "action": "typing"})
	r.noViolations()
	r.must("sendMessage", p)
	r.wantViolation("sendMessage: called 5s before retry_after had passed")
	if c := r.Calls()[1]; c.Code != 429 {
		t.Errorf("recorded as %+v", c)
	}
}

func TestInjectedPageOfAProxy(t *testing.T) {
	r := startServer(t)
	r.Inject(Fault{Status: 502, Body: "<html>bad gateway</html>", Times: -1})
	for range 3 {
		resp, err := r.http.Get(r.base + "/bot" + testToken + "/getMe")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 502 || resp.Header.Get("Content-Type") != "text/html" || !strings.HasPrefix(string(body), "<html>") {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	}
	r.ClearFaults()
	r.must("getMe", nil)
}

func TestDroppedConnections(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	for drop, messages := range map[Drop]int{DropBefore: 0, DropAfter: 1} {
		before := len(p.Chat())
		r.Inject(Fault{Method: "sendMessage", Drop: drop})
		a, err := r.do(t.Context(), "sendMessage", "application/json", jsonBody(params{"chat_id": 42, "text": "x"}))
		if err == nil {
			t.Errorf("drop %d: answered %+v", drop, a)
		}
		if got := len(p.Chat()) - before; got != messages {
			t.Errorf("drop %d: %d messages, want %d", drop, got, messages)
		}
	}
}

func TestDelay(t *testing.T) {
	r := startServer(t)
	asked := make(chan time.Duration, 1)
	release := make(chan time.Time)
	r.opts.After = func(d time.Duration) <-chan time.Time { asked <- d; return release }
	r.Inject(Fault{Delay: 3 * time.Second})
	done := make(chan answer)
	go func() {
		resp, err := r.http.Get(r.base + "/bot" + testToken + "/getMe")
		if err == nil {
			resp.Body.Close()
			done <- answer{status: resp.StatusCode}
		}
		close(done)
	}()
	if d := <-asked; d != 3*time.Second {
		t.Errorf("delay of %v", d)
	}
	select {
	case a := <-done:
		t.Errorf("answered before the delay was over: %+v", a)
	default:
	}
	close(release)
	if a := <-done; a.status != http.StatusOK {
		t.Errorf("after the delay: %+v", a)
	}
}

func TestHalfAnAnswer(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	for text, messages := range map[string]int{"x": 1, "": 0} {
		before := len(p.Chat())
		r.Inject(Fault{Method: "sendMessage", Drop: DropHalf})
		resp, err := r.http.Post(r.base+"/bot"+testToken+"/sendMessage", "application/json", jsonBody(params{"chat_id": 42, "text": text}))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil || len(body) == 0 || json.Valid(body) || (resp.StatusCode == http.StatusOK) != (messages == 1) {
			t.Errorf("%d %s, %v; want the half and no end", resp.StatusCode, body, err)
		}
		if got := len(p.Chat()) - before; got != messages {
			t.Errorf("%d messages, want %d", got, messages)
		}
	}
}

// A bot that meets the limit of all chats learns it from the second chat that is refused: a third one is too early.
func TestEarlyCallsAreCounted(t *testing.T) {
	r := startServer(t)
	for id := range int64(4) {
		r.User(42+id, "P").Send("/start")
	}
	send := func(chat int64) { r.call("sendMessage", params{"chat_id": chat, "text": "x"}) }
	r.SetRateLimit(2, 30)
	for chat := range int64(4) {
		send(42 + chat) // the third is one too many, and the fourth tells that it is for all
	}
	if early := r.EarlyCalls(); early != (EarlyCalls{}) {
		t.Errorf("early = %+v, want none", early)
	}
	send(42)
	send(44)
	if early := r.EarlyCalls(); early != (EarlyCalls{Chats: 1, All: 1}) {
		t.Errorf("early = %+v, want one to the refused chat and one to another", early)
	}
	r.wantViolation("sendMessage: called 30s before retry_after had passed")
	r.clock.add(30 * time.Second)
	r.must("sendMessage", params{"chat_id": 42, "text": "x"})
	r.Inject(Fault{Method: "answerCallbackQuery", RetryAfter: 9, Times: 2})
	for range 2 {
		r.call("answerCallbackQuery", params{"callback_query_id": "1"})
	}
	if early := r.EarlyCalls(); early.Callbacks != 1 {
		t.Errorf("early = %+v, want one press", early)
	}
	r.wantViolation("answerCallbackQuery: called 9s before retry_after had passed")
}
