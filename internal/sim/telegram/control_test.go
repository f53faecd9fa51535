package telegram

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAForgottenChatIsNotFound(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	p.ForgetChat()
	r.refused("sendMessage", params{"chat_id": 42, "text": "x"}, "chat not found")
	p.Send("hello")
	r.must("sendMessage", params{"chat_id": 42, "text": "x"})
	r.noViolations()
}

func TestAPersonDeletesAMessage(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	id := r.sendText(params{"chat_id": 42, "text": "x"})
	p.Delete(id)
	if n := len(p.Chat()); n != 1 || r.Queue() != 0 {
		t.Errorf("%d messages are left, %d updates tell of it", n, r.Queue())
	}
	r.refused("editMessageText", params{"chat_id": 42, "message_id": id, "text": "y"}, "message to edit not found")
	r.noViolations()
}

func TestARevokedToken(t *testing.T) {
	r := startServer(t)
	held := r.poll(t.Context(), params{"timeout": 50})
	r.waitPolling()
	r.RevokeToken("7000000002:another-made-up-token")
	for _, a := range []answer{<-held, r.call("getMe", nil), r.call("sendMessage", params{"chat_id": 42, "text": "x"})} {
		if a.status != 401 || a.ErrorCode != 401 || a.Description != "Unauthorized" {
			t.Errorf("the old token: %+v", a)
		}
	}
	resp, err := r.http.Get(r.base + "/bot7000000002:another-made-up-token/getMe")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), `"id":7000000002`) {
		t.Errorf("the new token: %s", body)
	}
}

func TestASecondPoller(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	held := r.poll(t.Context(), params{"timeout": 50})
	r.waitPolling()
	stop := r.SecondPoller()
	p.Send("hello")
	const words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	for _, a := range []answer{<-held, r.call("getUpdates", nil), r.call("getUpdates", nil)} {
		if a.status != 409 || a.Description != words {
			t.Errorf("beside a second poller: %+v", a)
		}
	}
	stop()
	if got := ids(t, r.must("getUpdates", nil)); cmp.Diff([]int64{1}, got) != "" {
		t.Errorf("afterwards: %v, want the update that came meanwhile", got)
	}
	r.noViolations()
}

func TestAWebhookElsewhere(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	held := r.poll(t.Context(), params{"timeout": 50})
	r.waitPolling()
	r.SetForeignWebhook()
	if a := <-held; a.status != 409 || a.Description != "Conflict: terminated by setWebhook request" {
		t.Errorf("held poll: %+v", a)
	}
	p.Send("hello")
	const words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
	if a := r.call("getUpdates", nil); a.status != 409 || a.Description != words {
		t.Errorf("next poll: %+v", a)
	}
	if info := decode[webhookInfo](t, r.must("getWebhookInfo", nil)); info.URL == "" || info.Pending != 1 {
		t.Errorf("info = %+v", info)
	}
	r.must("deleteWebhook", nil)
	if got := ids(t, r.must("getUpdates", nil)); len(got) != 1 {
		t.Errorf("afterwards: %v", got)
	}
	r.noViolations()
}

func TestTheLimitOfAllChats(t *testing.T) {
	r := startServer(t)
	r.asha()
	ravi := r.User(43, "Ravi")
	ravi.Send("/start")
	press := ravi.PressForged(1, "x")
	r.LimitAll(30)
	for method, p := range map[string]params{
		"sendMessage":         {"chat_id": 42, "text": "x"},
		"sendChatAction":      {"chat_id": 43, "action": "typing"},
		"answerCallbackQuery": {"callback_query_id": press.ID},
	} {
		if a := r.call(method, p); a.status != 429 || a.Parameters.RetryAfter != 30 || a.Description != "Too Many Requests: retry after 30" {
			t.Errorf("%s: %+v", method, a)
		}
	}
	r.must("getUpdates", nil)
	r.must("getMe", nil)
	r.noViolations()
	r.clock.add(20 * time.Second)
	if a := r.call("sendMessage", params{"chat_id": 42, "text": "x"}); a.Parameters.RetryAfter != 10 {
		t.Errorf("ten seconds before the end: %+v", a)
	}
	r.wantViolation("sendMessage: called 10s before retry_after had passed")
	r.clock.add(10 * time.Second)
	r.must("sendMessage", params{"chat_id": 42, "text": "x"})
	r.LimitAll(30)
	r.ClearFaults()
	r.must("sendMessage", params{"chat_id": 42, "text": "x"})
}

func TestUpdatesAreDeliveredAgain(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	for range 3 {
		p.Send("hello")
	}
	r.must("getUpdates", params{"offset": 4})
	if n := r.Redeliver(2); n != 2 {
		t.Errorf("%d updates come again, want 2", n)
	}
	p.Send("hello")
	if got := ids(t, r.must("getUpdates", params{"offset": 1})); cmp.Diff([]int64{2, 3, 4}, got) != "" {
		t.Errorf("updates %v", got)
	}
	for range 2 * maxConfirmed {
		id := p.Send("hello")
		r.must("getUpdates", params{"offset": id + 1})
	}
	if n := r.Redeliver(1000); n != maxConfirmed {
		t.Errorf("%d updates are kept, want %d", n, maxConfirmed)
	}
}

func TestSilentMessagesShow(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	id := r.sendText(params{"chat_id": 42, "text": "x", "disable_notification": true})
	r.must("editMessageText", params{"chat_id": 42, "message_id": id, "text": "y"})
	if m := p.Last(); !m.Silent || m.String() != "#2 Kite demo: [silent] y (edited)" {
		t.Errorf("message %+v is %q", m, m.String())
	}
	r.noViolations()
	r.call("editMessageText", params{"chat_id": 42, "message_id": id, "text": "z", "disable_notification": true})
	r.wantViolation(`editMessageText: unknown parameter "disable_notification"`)
}

func TestDescriptionsCanBeRead(t *testing.T) {
	r := startServer(t)
	r.must("setMyDescription", params{"description": "long"})
	r.must("setMyShortDescription", params{"short_description": "short"})
	if a, b := string(r.must("getMyDescription", nil)), string(r.must("getMyShortDescription", nil)); a != `{"description":"long"}` || b != `{"short_description":"short"}` {
		t.Errorf("%s %s", a, b)
	}
	r.noViolations()
}
