package telegram

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSendMessageRefusals(t *testing.T) {
	r := startServer(t)
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
	r.wantViolation("empty text")
	r.wantViolation("broken HTML")
	if chat := r.User(here, "").Chat(); len(chat) != 1 {
		t.Errorf("a refused message is in the chat:\n%s", Transcript(chat))
	}
}

func TestAtTheLimits(t *testing.T) {
	r := startServer(t)
	r.asha()
	r.sendText(params{"chat_id": 42, "text": strings.Repeat("x", 4096)})
	r.sendText(params{"chat_id": 42, "parse_mode": "HTML", "text": "<b>" + strings.Repeat("&amp;", 4096) + "</b>"})
	row := []any{button("x", "callback_data", strings.Repeat("y", 64))}
	r.sendText(params{"chat_id": 42, "text": "x", "reply_markup": keyboard(slices.Repeat(row, 8), []any{button("x", "copy_text", params{"text": strings.Repeat("x", 256)})},
		[]any{button("x", "url", "http://127.0.0.1:8080/login")}, []any{button("x", "url", "tg://user?id=1")})})
	r.noViolations()
	id := r.sendText(params{"chat_id": 42, "parse_mode": "HTML", "text": strings.Repeat("<b>x</b> ", 101)})
	r.wantViolation("101 entities")
	if m := r.User(42, "").Last(); m.ID != id || len(m.Entities) != 100 {
		t.Errorf("%d entities kept", len(m.Entities))
	}
}

func TestSentMessageComesBackWhole(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	got := string(r.must("sendMessage", params{
		"chat_id": 42, "text": "<b>hi</b>", "parse_mode": "html", "protect_content": true, "disable_notification": true,
		"link_preview_options": params{"is_disabled": true},
		"reply_markup":         keyboard([]any{params{"text": "Go", "callback_data": "go", "style": "primary"}}),
	}))
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
	r.noViolations()
}

func TestEdits(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	go1 := keyboard([]any{button("Go", "callback_data", "go")})
	id := r.sendText(params{"chat_id": 42, "text": "<b>one</b>", "parse_mode": "HTML", "reply_markup": go1})
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
	r := startServer(t)
	p := r.asha()
	old := r.sendText(params{"chat_id": 42, "text": "old"})
	r.clock.add(48 * time.Hour)
	mine := r.sendText(params{"chat_id": 42, "text": "new"})
	p.Send("theirs")
	r.refused("deleteMessage", params{"chat_id": 42, "message_id": old}, "message can't be deleted for everyone")
	r.refused("deleteMessage", params{"chat_id": 42, "message_id": 99}, "message to delete not found")
	r.must("deleteMessage", params{"chat_id": 42, "message_id": mine})
	if chat := p.Chat(); len(chat) != 3 || chat[1].ID != old {
		t.Errorf("chat:\n%s", Transcript(chat))
	}
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMedia(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	a := r.upload("sendPhoto", params{"chat_id": 42, "caption": "<i>chart</i>", "parse_mode": "HTML"}, map[string][]byte{"photo": picture(t, 40, 30)})
	id := messageID(t, a.Result)
	m := p.Last()
	if m.Photo == nil || m.Photo.Width != 40 || m.Photo.Height != 30 || m.Text != "chart" || len(m.Entities) != 1 {
		t.Fatalf("photo %+v", m)
	}
	r.refused("editMessageText", params{"chat_id": 42, "message_id": id, "text": "x"}, "there is no text in the message to edit")
	a = r.upload("editMessageMedia", params{"chat_id": 42, "message_id": id, "media": params{"type": "document", "media": "attach://f", "caption": "all"}}, map[string][]byte{"f": []byte("a,b\n")})
	if got := p.Chat()[1]; !a.OK || got.Document == nil || got.Photo != nil || got.Text != "all" || string(got.Document.Data) != "a,b\n" {
		t.Errorf("edited media %+v: %+v", a, got)
	}
	if a := r.upload("sendDocument", params{"chat_id": 42}, map[string][]byte{"document": []byte("x")}); !a.OK || p.Last().Document.Name != "document.bin" {
		t.Errorf("document %+v", a)
	}
	r.noViolations()
	r.refused("sendPhoto", params{"chat_id": 42}, "there is no photo in the request")
	r.refused("sendPhoto", params{"chat_id": 42, "photo": "https://example.org/a.png"}, "there is no photo in the request")
	if a := r.upload("sendPhoto", params{"chat_id": 42, "caption": strings.Repeat("x", 1025)}, map[string][]byte{"photo": picture(t, 4, 3)}); a.Description != "Bad Request: message caption is too long" {
		t.Errorf("a long caption: %+v", a)
	}
	r.refused("editMessageMedia", params{"chat_id": 42, "message_id": id}, "input media is not specified")
	r.refused("editMessageMedia", params{"chat_id": 42, "message_id": id, "media": params{"type": "photo", "media": "attach://nil"}}, `file "nil" not found in the request`)
	for words, data := range map[string][]byte{
		"IMAGE_PROCESS_FAILED": []byte("no image"), "PHOTO_INVALID_DIMENSIONS": picture(t, 2, 41), "file must be non-empty": {},
		"file is too big": make([]byte, maxPhotoBytes+1),
	} {
		if a := r.upload("sendPhoto", params{"chat_id": 42}, map[string][]byte{"photo": data}); a.status != 400 || a.Description != "Bad Request: "+words {
			t.Errorf("photo: %+v, want %s", a, words)
		}
	}
}

func TestProfile(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	set := func(scope string, names ...string) params {
		var commands []Command
		for _, n := range names {
			commands = append(commands, Command{Command: n, Description: "Does it"})
		}
		return params{"commands": commands, "scope": params{"type": scope}}
	}
	r.must("setMyCommands", set("default", "help"))
	r.must("setMyCommands", set("all_private_chats", "holdings", "positions_2"))
	if got := p.Commands(); len(got) != 2 || got[0].Command != "holdings" {
		t.Errorf("menu %v", got)
	}
	want := []Command{{Command: "help", Description: "Does it"}}
	if diff := cmp.Diff(want, decode[[]Command](t, r.must("getMyCommands", nil))); diff != "" {
		t.Error(diff)
	}
	r.must("deleteMyCommands", params{"scope": params{"type": "all_private_chats"}})
	if got := p.Commands(); len(got) != 1 {
		t.Errorf("menu %v", got)
	}
	r.must("setMyDescription", params{"description": "d"})
	r.must("setMyShortDescription", params{"short_description": "d"})
	r.noViolations()
	for _, bad := range []string{"", "Help", "a-b", strings.Repeat("a", 33)} {
		r.refused("setMyCommands", set("default", bad), "BOT_COMMAND_INVALID")
	}
	r.refused("setMyCommands", params{"commands": []Command{{Command: "a"}}}, "BOT_COMMAND_DESCRIPTION_INVALID")
	r.refused("setMyCommands", set("default", slices.Repeat([]string{"a"}, 101)...), "BOT_COMMANDS_TOO_MUCH")
	r.refused("setMyCommands", set("everywhere", "a"), "the simulator does not know the scope everywhere")
	r.refused("setMyDescription", params{"description": strings.Repeat("x", 513)}, "BOT_DESCRIPTION_TOO_LONG")
	r.refused("setMyShortDescription", params{"short_description": strings.Repeat("x", 121)}, "BOT_SHORT_DESCRIPTION_TOO_LONG")
	r.refused("sendChatAction", params{"chat_id": 42, "action": "dancing"}, "wrong parameter action in request")
}

func TestRichMessages(t *testing.T) {
	r := startServer(t)
	p := r.asha()
	cell := func(text any) params { return params{"text": text, "align": "left", "valign": "top"} }
	rich := func(blocks ...any) params {
		return params{"chat_id": 42, "rich_message": params{"blocks": blocks}}
	}
	id := messageID(t, r.must("sendRichMessage", rich(
		params{"type": "paragraph", "text": []any{"a ", params{"type": "bold", "text": "b"}}},
		params{"type": "table", "cells": []any{[]any{cell("x"), cell("y")}}, "is_compact": true},
	)))
	r.must("editMessageText", params{"chat_id": 42, "message_id": id, "rich_message": params{"blocks": []any{params{"type": "paragraph", "text": "x"}}}})
	r.must("editMessageText", params{"chat_id": 42, "message_id": id, "text": "plain"})
	if m := p.Last(); m.Rich != nil || m.Text != "plain" {
		t.Errorf("message %s", m)
	}
	r.noViolations()
	deep := any("x")
	for range maxRichDepth + 1 {
		deep = params{"type": "bold", "text": deep}
	}
	r.refused("sendRichMessage", rich(), "rich message must be non-empty")
	r.refused("sendRichMessage", rich(params{"type": "paragraph", "text": deep}), "rich texts are nested too deep")
	r.refused("sendRichMessage", rich(params{"type": "table", "cells": []any{slices.Repeat([]any{cell("x")}, 21)}}), "the table has 21 columns, 20 are allowed")
	r.refused("sendRichMessage", rich(params{"type": "table", "cells": slices.Repeat([]any{[]any{cell("x")}}, 500)}), "the rich message has 501 blocks, 500 are allowed")
	r.refused("sendRichMessage", rich(params{"type": "paragraph", "text": strings.Repeat("x", maxRichText+1)}), "message is too long")
	r.refused("sendRichMessage", rich(params{"type": "paragraph", "text": params{"no": "type"}}), "can't parse RichText")
	r.refused("sendRichMessage", rich(params{"type": "map"}), `the simulator does not know the block "map"`)
	r.refused("sendRichMessage", params{"chat_id": 42, "rich_message": params{"html": "<h1>x</h1>"}}, "rich message must be non-empty")
}
