package telegram

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSendMessageRefusals(t *testing.T) {
	r := newRig(t)
	r.asha()
	r.User(43, "Silent") // never wrote to the bot
	const here = 42
	html := func(text string) params { return params{"chat_id": here, "parse_mode": "HTML", "text": text} }
	markup := func(v any) params { return params{"chat_id": here, "text": "x", "reply_markup": v} }
	const buttonPrefix = "can't parse inline keyboard button: "
	for _, tc := range []struct {
		p     params
		words string
	}{
		{params{"chat_id": here}, "message text is empty"},
		{params{"chat_id": here, "text": ""}, "message text is empty"},
		{params{"chat_id": here, "text": " \n "}, "text must be non-empty"},
		{html("<b> </b>"), "text must be non-empty"},
		{params{"chat_id": here, "text": strings.Repeat("x", 4097)}, "message is too long"},
		{params{"chat_id": here, "text": strings.Repeat("😀", 2049)}, "message is too long"},
		{params{"chat_id": here, "text": strings.Repeat("x", maxSource+1)}, "text is too long"},
		{params{"chat_id": here, "text": "\xff"}, "strings must be encoded in UTF-8"},
		{html("<br>"), `can't parse entities: Unsupported start tag "br" at byte offset 0`},
		{html("<b>x"), `can't parse entities: Can't find end tag corresponding to start tag "b"`},
		{html("<b>x</i>"), `can't parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`},
		{params{"chat_id": here, "text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"},
		{params{"chat_id": here, "text": "x", "parse_mode": "MarkdownV2"}, "the simulator does not implement parse_mode MarkdownV2"},
		{params{"text": "x"}, "chat_id is empty"},
		{params{"chat_id": 43, "text": "x"}, "chat not found"},
		{params{"chat_id": 99, "text": "x"}, "chat not found"},
		{params{"chat_id": "@somebody", "text": "x"}, "chat not found"},
		{params{"chat_id": here, "text": "x", "reply_parameters": params{"message_id": 1}}, "the simulator does not know the parameter reply_parameters of sendMessage"},
		{markup(params{"inline_keyboard": nil}), `field "inline_keyboard" must be of type Array`},
		{markup(params{"inline_keyboard": "x"}), `field "inline_keyboard" must be of type Array`},
		{markup(params{"inline_keyboard": []any{nil}}), `field "inline_keyboard" must be an Array of Arrays`},
		{markup("[]"), "object expected as reply markup"},
		{markup("{}"), "the simulator knows inline keyboards only"},
		{markup(params{"force_reply": true}), "the simulator knows inline keyboards only"},
		{markup(keyboard([]any{params{"text": "x"}})), buttonPrefix + "Text buttons are unallowed in the inline keyboard"},
		{markup(keyboard([]any{button("x", "callback_data", "")})), buttonPrefix + "Text buttons are unallowed in the inline keyboard"},
		{markup(keyboard([]any{params{"text": "x", "callback_data": "y", "url": "https://example.org"}})), buttonPrefix + "exactly one action field must be used"},
		{markup(keyboard([]any{button("x", "callback_data", strings.Repeat("₹", 22))})), "BUTTON_DATA_INVALID"},
		{markup(keyboard([]any{params{"callback_data": "y"}})), buttonPrefix + `Field "text" must be of type String`},
		{markup(keyboard([]any{button(" ", "callback_data", "y")})), buttonPrefix + "the text is empty"},
		{markup(keyboard([]any{button("x", "url", "not-a-url")})), "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL"},
		{markup(keyboard([]any{button("x", "url", "ftp://example.org")})), "inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol"},
		{markup(keyboard([]any{button("x", "url", "https://")})), "inline keyboard button URL 'https://' is invalid: URL host is empty"},
		{markup(keyboard([]any{button("x", "copy_text", params{"text": ""})})), buttonPrefix + "copy_text must have 1-256 characters"},
		{markup(keyboard([]any{button("x", "copy_text", params{"text": strings.Repeat("x", 257)})})), buttonPrefix + "copy_text must have 1-256 characters"},
		{markup(keyboard([]any{button("x", "web_app", params{"url": "https://example.org"})})), buttonPrefix + "the simulator does not know the field web_app"},
		{markup(keyboard([]any{params{"text": "x", "callback_data": "y", "style": "loud"}})), buttonPrefix + "invalid style"},
		{markup(keyboard(slices.Repeat([]any{button("x", "callback_data", "y")}, 9))), "reply markup is too long"},
		{markup(keyboard(slices.Repeat([][]any{{button("x", "callback_data", "y")}}, 101)...)), "reply markup is too long"},
		{markup(keyboard(slices.Repeat([][]any{{button(strings.Repeat("x", 200), "callback_data", "y")}}, 60)...)), "reply markup is too long"},
	} {
		r.refused("sendMessage", tc.p, tc.words)
	}
	r.violated("empty text")
	r.violated("broken HTML")
	if chat := r.User(here, "").Chat(); len(chat) != 1 {
		t.Errorf("a refused message is in the chat:\n%s", Transcript(chat))
	}
}

func TestAtTheLimits(t *testing.T) {
	r := newRig(t)
	r.asha()
	r.say(params{"chat_id": 42, "text": strings.Repeat("x", 4096)})
	r.say(params{"chat_id": 42, "parse_mode": "HTML", "text": "<b>" + strings.Repeat("&amp;", 4096) + "</b>"})
	row := []any{button("x", "callback_data", strings.Repeat("y", 64))}
	r.say(params{"chat_id": 42, "text": "x", "reply_markup": keyboard(slices.Repeat(row, 8), []any{button("x", "copy_text", params{"text": strings.Repeat("x", 256)})},
		[]any{button("x", "url", "http://127.0.0.1:8080/login")}, []any{button("x", "url", "tg://user?id=1")})})
	r.innocent()
	id := r.say(params{"chat_id": 42, "parse_mode": "HTML", "text": strings.Repeat("<b>x</b> ", 101)})
	r.violated("101 entities")
	if m := r.User(42, "").Last(); m.ID != id || len(m.Entities) != 100 {
		t.Errorf("%d entities kept", len(m.Entities))
	}
}

func TestSentMessageComesBackWhole(t *testing.T) {
	r := newRig(t)
	p := r.asha()
	r.must("sendMessage", params{
		"chat_id": 42, "text": "<b>hi</b>", "parse_mode": "html", "protect_content": true, "disable_notification": true,
		"link_preview_options": params{"is_disabled": true},
		"reply_markup":         keyboard([]any{params{"text": "Go", "callback_data": "go", "style": "primary"}}),
	})
	got := string(r.Calls()[1].Result)
	want := `{"message_id":2,"from":{"id":7000000002,"is_bot":true,"first_name":"Kite demo","username":"kite_demo_bot"},` +
		`"chat":{"id":42,"type":"private","first_name":"Asha"},"date":1773051300,"has_protected_content":true,` +
		`"text":"hi","entities":[{"type":"bold","offset":0,"length":2}],"link_preview_options":{"is_disabled":true},` +
		`"reply_markup":{"inline_keyboard":[[{"text":"Go","style":"primary","callback_data":"go"}]]}}`
	if got != want {
		t.Errorf("result\n%s\nwant\n%s", got, want)
	}
	m := p.Last()
	if b, ok := m.Button("Go"); !ok || b.Data != "go" || !m.Protected || !m.Silent || !m.FromBot {
		t.Errorf("message %+v", m)
	}
	r.innocent()
}

func TestEdits(t *testing.T) {
	r := newRig(t)
	p := r.asha()
	go1 := keyboard([]any{button("Go", "callback_data", "go")})
	id := r.say(params{"chat_id": 42, "text": "<b>one</b>", "parse_mode": "HTML", "reply_markup": go1})
	const same = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
	r.refused("editMessageText", params{"chat_id": 42, "message_id": id, "text": "<b>one</b>", "parse_mode": "HTML", "reply_markup": go1}, same)
	r.refused("editMessageText", params{"chat_id": 42, "message_id": 99, "text": "x"}, "message to edit not found")
	r.refused("editMessageText", params{"chat_id": 42, "message_id": 1, "text": "x"}, "message can't be edited")
	r.refused("editMessageText", params{"chat_id": 42, "text": "x"}, "message identifier is not specified")
	r.refused("editMessageText", params{"chat_id": 42, "message_id": id, "text": ""}, "message text is empty")
	r.clock.add(time.Minute)
	r.must("editMessageText", params{"chat_id": 42, "message_id": id, "text": "one"})
	m := p.Last()
	if m.Text != "one" || m.Entities != nil || m.Keyboard != nil || !m.Edited.Equal(r.clock.Now()) || m.Edited.Equal(m.Date) {
		t.Errorf("after an edit without keyboard: %+v", m)
	}
}

func TestDeletes(t *testing.T) {
	r := newRig(t)
	p := r.asha()
	old := r.say(params{"chat_id": 42, "text": "old"})
	r.clock.add(48 * time.Hour)
	mine := r.say(params{"chat_id": 42, "text": "new"})
	p.Send("theirs")
	r.refused("deleteMessage", params{"chat_id": 42, "message_id": old}, "message can't be deleted for everyone")
	r.refused("deleteMessage", params{"chat_id": 42, "message_id": 99}, "message to delete not found")
	r.must("deleteMessage", params{"chat_id": 42, "message_id": mine})
	if chat := p.Chat(); len(chat) != 3 || chat[1].ID != old {
		t.Errorf("chat:\n%s", Transcript(chat))
	}
}
