package telegram_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
)

const (
	userMeera   = `{"id":501,"is_bot":false,"first_name":"Meera","language_code":"en"}`
	privateChat = `{"id":501,"first_name":"Meera","type":"private"}`
	groupChat   = `{"id":-100777,"title":"Lunch","type":"supergroup"}`
)

// message is an update with a text message from Meera in her private chat, and
// further fields of the message.
func message(more string) string {
	return `{"update_id":31,"message":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"date":1700000000` + more + `}}`
}

func TestParseTakes(t *testing.T) {
	said := bot.Update{ID: 31, Chat: 501, Private: true, From: 501, Name: "Meera", Message: 9, Text: "/holdings"}
	odd := func(what bot.Unread) bot.Update {
		return bot.Update{ID: 31, Chat: 501, Private: true, From: 501, Name: "Meera", Message: 9, Unread: what}
	}
	tests := []struct {
		name, raw string
		want      bot.Update
	}{
		{"a command", message(`,"text":"/holdings","entities":[{"type":"bot_command","offset":0,"length":9}]`), said},
		{"a reply", message(`,"text":"/holdings","reply_to_message":{"message_id":8,"via_bot":{"id":1,"is_bot":true}}`), said},
		{"unknown fields", message(`,"text":"/holdings","entities":{"novelty":true},"reply_markup":17`), said},
		{"null fields", message(`,"text":"/holdings","sender_chat":null,"via_bot":null,"forward_origin":null`), said},
		{"a group", `{"update_id":32,"message":{"message_id":4,"from":` + userMeera + `,"chat":` + groupChat + `,"date":1,"text":"hello"}}`,
			bot.Update{ID: 32, Chat: -100777, From: 501, Name: "Meera", Message: 4, Text: "hello"}},
		{"another person's private chat", `{"update_id":33,"message":{"message_id":4,"from":` + userMeera + `,"chat":{"id":502,"type":"private"},"date":1,"text":"hello"}}`,
			bot.Update{ID: 33, Chat: 502, From: 501, Name: "Meera", Message: 4, Text: "hello"}},
		{"a press", `{"update_id":34,"callback_query":{"id":"77","from":` + userMeera + `,"chat_instance":"x","data":"holdings:page:2","message":{"message_id":12,"date":1700000000,"chat":` + privateChat + `,"from":{"id":4815162342,"is_bot":true,"first_name":"B"},"text":"…"}}}`,
			bot.Update{ID: 34, Chat: 501, Private: true, From: 501, Name: "Meera", Message: 12, Press: "77", Data: "holdings:page:2"}},
		{"a press on an inaccessible message", `{"update_id":35,"callback_query":{"id":"78","from":` + userMeera + `,"data":"a:b","message":{"message_id":13,"date":0,"chat":` + privateChat + `}}}`,
			bot.Update{ID: 35, Chat: 501, Private: true, From: 501, Name: "Meera", Message: 13, Press: "78", Data: "a:b"}},
		{"blocked", `{"update_id":36,"my_chat_member":{"chat":` + privateChat + `,"from":` + userMeera + `,"date":1,"old_chat_member":{"status":"member"},"new_chat_member":{"status":"kicked","until_date":0}}}`,
			bot.Update{ID: 36, Chat: 501, Private: true, From: 501, Name: "Meera", Blocked: true}},
		{"a photo", message(`,"photo":[{"file_id":"f"}],"caption":"/login"`), odd(bot.NoText)},
		{"a voice message", message(`,"voice":{"file_id":"f","duration":2}`), odd(bot.NoText)},
		{"a sticker", message(`,"sticker":{"emoji":"👍"}`), odd(bot.NoText)},
		{"a location", message(`,"location":{"latitude":1.5,"longitude":2}`), odd(bot.NoText)},
		{"a location of a novel form", message(`,"location":"here"`), odd(bot.NoText)},
		{"an edited message", `{"update_id":31,"edited_message":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"date":1,"text":"/logout"}}`, odd(bot.Edited)},
		{"a long text", message(`,"text":"` + strings.Repeat("₹", 5000) + `"`),
			bot.Update{ID: 31, Chat: 501, Private: true, From: 501, Name: "Meera", Message: 9, Text: strings.Repeat("₹", 4096)}},
		{"ids above 32 bits", `{"update_id":9007199254740,"message":{"message_id":1,"from":{"id":7123456789012,"first_name":""},"chat":{"id":7123456789012,"type":"private"},"text":"x"}}`,
			bot.Update{ID: 9007199254740, Chat: 7123456789012, Private: true, From: 7123456789012, Message: 1, Text: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := telegram.Parse(json.RawMessage(tt.raw))
			if !ok {
				t.Fatal("the update is ignored")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseIgnores(t *testing.T) {
	const bots = `{"id":9,"is_bot":true,"first_name":"Other"}`
	inner := func(kind string) string {
		return `{"update_id":31,"` + kind + `":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"date":1,"text":"x"}}`
	}
	tests := []struct {
		name, raw string
		id        int64
	}{
		{"an edited message without text", `{"update_id":31,"edited_message":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"date":1,"location":{"latitude":1,"longitude":2}}}`, 31},
		{"an edited forward", `{"update_id":31,"edited_message":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"date":1,"text":"x","forward_date":1}}`, 31},
		{"a channel post", inner("channel_post"), 31},
		{"an edited channel post", inner("edited_channel_post"), 31},
		{"a business message", inner("business_message"), 31},
		{"a message through a business account", message(`,"text":"x","business_connection_id":"b1"`), 31},
		{"a forward", message(`,"text":"x","forward_origin":{"type":"user","date":1,"sender_user":` + userMeera + `}`), 31},
		{"a forward from an older server", message(`,"text":"x","forward_date":1700000000`), 31},
		{"via a bot", message(`,"text":"x","via_bot":` + bots), 31},
		{"a forwarded photo", message(`,"photo":[{"file_id":"f"}],"forward_date":1`), 31},
		{"a pin", message(`,"pinned_message":{"message_id":3}`), 31},
		{"a photo in a group", `{"update_id":31,"message":{"message_id":9,"from":` + userMeera + `,"chat":` + groupChat + `,"date":1,"photo":[]}}`, 31},
		{"an edited message in a group", `{"update_id":31,"edited_message":{"message_id":9,"from":` + userMeera + `,"chat":` + groupChat + `,"date":1,"text":"x"}}`, 31},
		{"no photo", message(`,"photo":null`), 31},
		{"an empty text", message(`,"text":""`), 31},
		{"a bot", `{"update_id":31,"message":{"message_id":9,"from":` + bots + `,"chat":` + groupChat + `,"text":"x"}}`, 31},
		{"an anonymous admin", `{"update_id":31,"message":{"message_id":9,"from":` + userMeera + `,"sender_chat":` + groupChat + `,"chat":` + groupChat + `,"text":"x"}}`, 31},
		{"no sender", `{"update_id":31,"message":{"message_id":9,"chat":` + privateChat + `,"text":"x"}}`, 31},
		{"a channel", `{"update_id":31,"message":{"message_id":9,"from":` + userMeera + `,"chat":{"id":-1005,"type":"channel"},"text":"x"}}`, 31},
		{"a press without a message", `{"update_id":31,"callback_query":{"id":"7","from":` + userMeera + `,"inline_message_id":"i","data":"a:b"}}`, 31},
		{"a press of a game", `{"update_id":31,"callback_query":{"id":"7","from":` + userMeera + `,"game_short_name":"g","message":{"message_id":1,"date":1,"chat":` + privateChat + `}}}`, 31},
		{"a press with more than a button carries", `{"update_id":31,"callback_query":{"id":"7","from":` + userMeera + `,"data":"` + strings.Repeat("d", 65) + `","message":{"message_id":1,"date":1,"chat":` + privateChat + `}}}`, 31},
		{"a press by a bot", `{"update_id":31,"callback_query":{"id":"7","from":` + bots + `,"data":"a:b","message":{"message_id":1,"date":1,"chat":` + privateChat + `}}}`, 31},
		{"unblocked", `{"update_id":31,"my_chat_member":{"chat":` + privateChat + `,"from":` + userMeera + `,"new_chat_member":{"status":"member"}}}`, 31},
		{"thrown out of a group", `{"update_id":31,"my_chat_member":{"chat":` + groupChat + `,"from":` + userMeera + `,"new_chat_member":{"status":"kicked"}}}`, 31},
		{"a type of the future", `{"update_id":31,"hologram":{"from":` + userMeera + `}}`, 31},
		{"nothing but an id", `{"update_id":31}`, 31},
		{"a text that is a number", message(`,"text":5`), 31},
		{"an id that is no number", `{"update_id":"31","message":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"text":"x"}}`, 0},
		{"a negative id", `{"update_id":-3,"message":{"message_id":9,"from":` + userMeera + `,"chat":` + privateChat + `,"text":"x"}}`, 0},
		{"no object", `[1,2]`, 0},
		{"null", `null`, 0},
		{"no JSON", `{"update_id":31,`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := telegram.Parse(json.RawMessage(tt.raw))
			if ok {
				t.Fatalf("taken as %+v", got)
			}
			if diff := cmp.Diff(bot.Update{ID: tt.id}, got); diff != "" {
				t.Errorf("only the id may be known (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(message(`,"text":"/start abc"`)))
	f.Add([]byte(`{"update_id":1,"callback_query":{"id":"7","from":` + userMeera + `,"data":"a:b","message":{"message_id":1,"chat":` + groupChat + `}}}`))
	f.Add([]byte(`{"update_id":1,"my_chat_member":{"chat":` + privateChat + `,"from":` + userMeera + `,"new_chat_member":{"status":"kicked"}}}`))
	f.Add([]byte(`{"update_id":1e3,"message":null}`))
	f.Add([]byte("{\"update_id\":1,\"message\":{\"text\":\"\xff\"}}"))
	f.Add([]byte("{\"update_id\":1,\"message\":{\"message_id\":1,\"from\":" + userMeera + ",\"chat\":" + privateChat + ",\"text\":\"\xff\\ud800\\u0000\"}}"))
	f.Add([]byte(message(`,"text":"x","forward_origin":{"type":"user"}`)))
	f.Add([]byte(message(`,"text":"x","sender_chat":null,"via_bot":{"id":1},"via_bot":null`)))
	f.Add([]byte(message(`,"sticker":{},"text":""`)))
	f.Add([]byte(`{"update_id":1,"edited_message":{"message_id":1,"from":` + userMeera + `,"chat":` + privateChat + `,"text":"x"}}`))
	f.Add([]byte(message(`,"text":"x","message_id":99999999999999999999`)))
	f.Add([]byte(`{"update_id":1,"UPDATE_ID":2,"update_id":3,"message":{"message_id":1,"from":` + userMeera + `,"chat":` + groupChat + `,"text":"` + strings.Repeat("₹", 4097) + `"}}`))
	f.Add([]byte(`{"update_id":1,"message":{"message_id":1,"from":{"id":501,"first_name":"` + strings.Repeat("न", 65) + `"},"chat":` + privateChat + `,"text":"x"},"callback_query":{"id":"7"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, ok := telegram.Parse(raw)
		if !ok {
			if u != (bot.Update{ID: u.ID}) || u.ID < 0 {
				t.Fatalf("an ignored update shows more than its id: %+v", u)
			}
			return
		}
		kinds := 0
		for _, is := range []bool{u.Text != "", u.Press != "", u.Blocked, u.Unread != ""} {
			if is {
				kinds++
			}
		}
		switch {
		case u.ID <= 0, u.From <= 0, u.Chat == 0:
			t.Fatalf("no id, person or chat: %+v", u)
		case kinds != 1, (u.Press != "") != (u.Data != ""):
			t.Fatalf("not exactly one thing: %+v", u)
		case u.Private && u.Chat != u.From, u.Blocked && !u.Private:
			t.Fatalf("a private chat is a person's own: %+v", u)
		case utf8.RuneCountInString(u.Text) > telegram.MaxText, len(u.Data) > telegram.MaxData, utf8.RuneCountInString(u.Name) > telegram.MaxName:
			t.Fatalf("too long: %+v", u)
		case !utf8.ValidString(u.Text + u.Name + u.Press + u.Data):
			t.Fatalf("not UTF-8: %+v", u)
		}
		kept, err := json.Marshal(u)
		var again bot.Update
		if err != nil || json.Unmarshal(kept, &again) != nil || again != u {
			t.Fatalf("the journal would give back %+v for %+v: %v", again, u, err)
		}
	})
}
