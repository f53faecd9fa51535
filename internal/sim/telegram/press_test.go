package telegram

import (
	"strings"
	"testing"
	"time"
)

func TestPressAndAnswer(t *testing.T) {
	r := newRig(t)
	p := r.asha()
	id := r.say(params{"chat_id": 42, "text": "x", "reply_markup": keyboard([]any{button("Go", "callback_data", "go")})})
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
	r.violated("answered twice")
	r.refused("answerCallbackQuery", params{"callback_query_id": "5"}, stale)
	late := p.PressForged(77, "forged")
	r.clock.add(queryLife + time.Second)
	r.refused("answerCallbackQuery", params{"callback_query_id": late.ID}, stale)
	if u := decode[[]wireUpdate](t, r.must("getUpdates", nil)); u[1].CallbackQuery.Message.Date != 0 || u[1].CallbackQuery.Message.MessageID != 77 {
		t.Errorf("forged query %+v", u[1].CallbackQuery.Message)
	}
}
