package telegram

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMedia(t *testing.T) {
	r := newRig(t)
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
	r.innocent()
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
	r := newRig(t)
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
	r.innocent()
	for _, bad := range []string{"", "Help", "a-b", strings.Repeat("a", 33)} {
		r.refused("setMyCommands", set("default", bad), "BOT_COMMAND_INVALID")
	}
	r.refused("setMyCommands", params{"commands": []Command{{Command: "a"}}}, "BOT_COMMAND_DESCRIPTION_INVALID")
	r.refused("setMyCommands", set("default", slices.Repeat([]string{"a"}, 101)...), "BOT_COMMANDS_TOO_MUCH")
	r.refused("setMyCommands", set("everywhere", "a"), "can't parse BotCommandScope: Unsupported type specified")
	r.refused("setMyDescription", params{"description": strings.Repeat("x", 513)}, "BOT_DESCRIPTION_TOO_LONG")
	r.refused("setMyShortDescription", params{"short_description": strings.Repeat("x", 121)}, "BOT_SHORT_DESCRIPTION_TOO_LONG")
	r.refused("sendChatAction", params{"chat_id": 42, "action": "dancing"}, "wrong parameter action in request")
}

func TestRichMessages(t *testing.T) {
	r := newRig(t)
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
	r.innocent()
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
