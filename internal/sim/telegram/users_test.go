package telegram

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestShapeOfAMessageUpdate(t *testing.T) {
	r := startServer(t)
	r.User(42, "Asha").Send(" 😀 /start now ")
	got := r.must("getUpdates", nil)
	want := `[{"update_id":1,"message":{"message_id":1,"from":{"id":42,"is_bot":false,"first_name":"Asha","language_code":"en"},` +
		`"chat":{"id":42,"type":"private","first_name":"Asha"},"date":1773051300,"text":"😀 /start now",` +
		`"entities":[{"type":"bot_command","offset":3,"length":6}]}}]`
	if string(got) != want {
		t.Errorf("update\n%s\nwant\n%s", got, want)
	}
}

func TestBlockingIsAnUpdate(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	p.Block()
	p.Block()
	a := r.call("sendMessage", params{"chat_id": 42, "text": "x"})
	if a.status != 403 || a.Description != "Forbidden: bot was blocked by the user" {
		t.Errorf("send to a user who blocked: %+v", a)
	}
	p.Unblock()
	p.Block()
	p.Send("I am back")
	r.must("sendMessage", params{"chat_id": 42, "text": "x"})
	var got []string
	for _, u := range decode[[]wireUpdate](t, r.must("getUpdates", nil)) {
		if m := u.MyChatMember; m != nil {
			got = append(got, m.Old.Status+">"+m.New.Status)
		} else {
			got = append(got, u.Message.Text)
		}
	}
	if want := "member>kicked kicked>member member>kicked kicked>member I am back"; strings.Join(got, " ") != want {
		t.Errorf("updates %q, want %q", got, want)
	}
}

func TestGroupsHavePrivacyMode(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	g := r.Group(-1001, "Traders")
	for text, seen := range map[string]bool{
		"hello": false, "/start": true, "/start@Kite_Demo_Bot": true, "/start@other_bot": false,
		"hi @kite_demo_bot": true, "hi @other_bot": false,
	} {
		if id := g.Send(p, text); (id != 0) != seen {
			t.Errorf("%q: update %d", text, id)
		}
	}
	r.sendText(params{"chat_id": -1001, "text": "open a private chat"})
	u := decode[[]wireUpdate](t, r.must("getUpdates", nil))[0]
	if u.Message.Chat.Type != "supergroup" || u.Message.Chat.Title != "Traders" {
		t.Errorf("chat %+v", u.Message.Chat)
	}
	if n := len(g.Chat()); n != 7 {
		t.Errorf("%d messages in the group", n)
	}
	r.refused("deleteMessage", params{"chat_id": -1001, "message_id": 1}, "message can't be deleted")
}

func TestWaitShowsTheChat(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	r.sendText(params{"chat_id": 42, "text": "pick one", "reply_markup": keyboard([]any{button("Yes", "callback_data", "y"), button("No", "callback_data", "n")})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := p.Wait(ctx, func([]Message) bool { return false })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "#1 Asha: /start\n#2 Kite demo: pick one\n    [Yes][No]") {
		t.Errorf("error %v", err)
	}
	r.Close()
	if err := p.Wait(t.Context(), func([]Message) bool { return false }); !errors.Is(err, errClosed) {
		t.Errorf("error %v", err)
	}
}

func TestPressAndAnswer(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	id := r.sendText(params{"chat_id": 42, "text": "x", "reply_markup": keyboard([]any{button("Go", "callback_data", "go")})})
	for _, wrong := range []string{"gone", ""} {
		if _, err := p.Press(id, wrong); err == nil {
			t.Errorf("pressed %q", wrong)
		}
	}
	if _, err := p.Press(99, "go"); err == nil {
		t.Error("pressed a button of no message")
	}
	press, err := p.Press(id, "go")
	if err != nil {
		t.Fatal(err)
	}
	q := decode[[]wireUpdate](t, r.must("getUpdates", nil))[0].CallbackQuery
	if q.ID != press.ID || q.Data != "go" || q.From.ID != 42 || q.Message.MessageID != id || q.Message.Text != "x" || q.ChatInstance == "" {
		t.Errorf("query %+v", q)
	}
	r.refused("answerCallbackQuery", params{"callback_query_id": q.ID, "text": strings.Repeat("x", 201)}, "MESSAGE_TOO_LONG")
	r.refused("answerCallbackQuery", params{"callback_query_id": q.ID, "url": "https://example.org"}, "the simulator does not know the parameter url of answerCallbackQuery")
	select {
	case <-press.Answered():
		t.Error("answered by a refused answer")
	default:
	}
	r.must("answerCallbackQuery", params{"callback_query_id": q.ID, "text": "Done"})
	<-press.Answered()
	if press.AnswerText() != "Done" {
		t.Errorf("answer %q", press.AnswerText())
	}
	const stale = "query is too old and response timeout expired or query ID is invalid"
	r.refused("answerCallbackQuery", params{"callback_query_id": q.ID}, stale)
	r.wantViolation("answered twice")
	r.refused("answerCallbackQuery", params{"callback_query_id": "5"}, stale)
	late := p.PressForged(77, "forged")
	r.clock.add(queryLife + time.Second)
	r.refused("answerCallbackQuery", params{"callback_query_id": late.ID}, stale)
	if u := decode[[]wireUpdate](t, r.must("getUpdates", nil)); u[1].CallbackQuery.Message.Date != 0 || u[1].CallbackQuery.Message.MessageID != 77 {
		t.Errorf("forged query %+v", u[1].CallbackQuery.Message)
	}
}
