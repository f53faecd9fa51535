package telegram_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

// What a message may hold that is nobody else's business.
const (
	privateWord = "CONFIDENTIALCORP"
	privateLink = "https://kite.example/connect/login?session=7f1c2d3e-4b5a-6978-8899-aabbccddeeff"
)

// private is each kind of message, full of what must not be told.
func private() []view.Message {
	buttons := [][]view.Button{{{Text: privateWord, URL: privateLink}}, {{Text: privateWord, Copy: privateWord}}}
	text := "<b>" + privateWord + "</b> " + privateLink
	return []view.Message{
		{HTML: text, Buttons: buttons},
		{HTML: text, Buttons: buttons, Photo: []byte(privateWord)},
		{HTML: text, Buttons: buttons, File: &view.File{Name: privateWord + ".csv", Data: []byte(privateWord)}},
		{HTML: text, Buttons: buttons, Rich: &view.Rich{Blocks: []view.Block{
			{HTML: privateWord}, {Table: &view.RichTable{Rows: [][]string{{privateWord}}}},
		}}},
	}
}

// TestNothingOfAMessageIsTold refuses messages in the words with which Telegram
// and what stands before it quote a request.
func TestNothingOfAMessageIsTold(t *testing.T) {
	for name, r := range map[string]reply{
		"a bad link":       no(400, "Bad Request: inline keyboard button URL '"+privateLink+"' is invalid: Wrong HTTP URL"),
		"a bad tag":        no(400, `Bad Request: can't parse entities: Unsupported start tag "`+privateWord+`" at byte offset 4`),
		"two tags":         no(400, `Bad Request: can't parse entities: Unmatched end tag, expected "</`+privateWord+`>", found "</`+privateWord+` x>"`),
		"a bare link":      no(400, "Bad Request: bad url "+privateLink),
		"a file's name":    no(400, `Bad Request: file "`+privateWord+`.csv" not found in the request`),
		"a block":          no(403, `Forbidden: "`+privateWord+`"`),
		"bare words":       no(400, "Bad Request: strange "+privateWord),
		"bare words, 429":  {status: 429, body: `{"ok":false,"error_code":429,"description":"` + privateWord + `","parameters":{"retry_after":3000}}`},
		"a server's error": no(500, `Internal Server Error: '`+privateWord+" "+privateLink+`'`),
		"a gateway's page": {status: 502, body: "<html>" + privateWord + privateLink + "</html>"},
		"a strange result": ok(`["` + privateWord + privateLink + `"]`),
		"a dropped line":   {drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				failEverything(s, r)
				said := ""
				for _, m := range private() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					_, sent := c.Send(ctx, 501, m)
					edited := c.Edit(ctx, 501, 7, m)
					said += fmt.Sprintf("%v %#v %v\n", sent, sent, edited)
					cancel()
				}
				said += fmt.Sprintln(c.Acknowledge(t.Context(), "77", privateWord)) + log.String()
				for _, word := range []string{privateWord, privateLink, "7f1c2d3e"} {
					if strings.Contains(said, word) {
						t.Errorf("%q is told:\n%s", word, said)
					}
				}
			})
		})
	}
}

// Nor of one that is badly built by us.
func TestNothingOfAMisbuiltMessageIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, _ *stub, log *lines) {
		said := ""
		for i, m := range private() {
			switch i {
			case 0:
				m.Buttons = [][]view.Button{{{Text: privateWord, URL: privateLink, Data: privateWord}}}
			case 1:
				m.File = &view.File{Name: privateWord}
			case 2:
				m.File.Data = nil
			case 3:
				m.Rich.Blocks[0].HTML = "<" + privateWord + ">" + privateLink
			}
			_, err := c.Send(t.Context(), 501, m)
			said += fmt.Sprintf("%v %#v\n", err, err)
		}
		if said += log.String(); strings.Contains(said, "7f1c2d3e") || strings.Contains(said, privateWord) {
			t.Errorf("it is told:\n%s", said)
		}
	})
}

// What people write does not reach the log either, however strange it comes.
func TestNothingOfAnUpdateIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
		r := poll(t, c)
		s.on("getUpdates",
			ok(`[{"update_id":1,"`+privateWord+`":{"text":"`+privateLink+`"}}]`),
			ok(`[{"update_id":2,"message":{"text":{"`+privateWord+`":1}}}]`),
			ok(`[{"update_id":"`+privateWord+`"}]`), ok(`["`+privateWord+`"]`), ok(`{"`+privateWord+`":1}`),
			ok(`[{"update_id":3,"message":{"message_id":9,"from":`+meera+`,"chat":`+home+`,"text":"`+privateWord+`"}}]`),
			no(500, "Internal '"+privateWord+"'"), reply{status: 200, body: privateWord})
		elapse(time.Minute)
		r.expect(t, 3)
		if strings.Contains(log.String(), privateWord) || strings.Contains(log.String(), "Meera") || log.count("level=WARN") == 0 {
			t.Errorf("it is told, or nothing is:\n%s", log)
		}
		r.stop(t)
	})
}
