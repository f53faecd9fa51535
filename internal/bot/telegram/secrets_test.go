package telegram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

// TestNoErrorHoldsTheToken goes through everything that can fail and reads the
// whole chain of each error. withStub reads the log likewise.
func TestNoErrorHoldsTheToken(t *testing.T) {
	path := "/bot" + token + "/sendMessage"
	failures := map[string]reply{
		"dropped":                  {drop: true},
		"too slow":                 {hold: time.Hour, drop: true},
		"gateway page":             {status: 502, body: "<html>cannot reach " + path + "</html>"},
		"not found page":           {status: 404, body: "<html>no " + path + "</html>"},
		"redirect":                 {status: 302, body: "go to " + path},
		"refusal that quotes it":   no(400, "Bad Request: strange path "+path),
		"forbidden that does":      no(403, "Forbidden: "+token),
		"server error that does":   no(500, "Internal Server Error at "+path),
		"unauthorized that does":   no(401, "Unauthorized "+secret),
		"conflict that does":       no(409, "Conflict of "+token),
		"JSON that is no answer":   {status: 200, body: `["` + path + `"]`},
		"a result of another kind": ok(`"` + path + `"`),
	}
	for name, r := range failures {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
				failEverything(s, r)
				for _, err := range everyFailure(t, c) {
					if err == nil && name == "a result of another kind" {
						continue // an edit that Telegram says ok to is done
					}
					checkNoToken(t, err)
				}
			})
		})
	}
}

func TestNoErrorHoldsTheTokenWithoutAConnection(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.refuseDials(1 << 20)
		for _, err := range everyFailure(t, c) {
			checkNoToken(t, err)
		}
	})
}

// failEverything scripts one reply to every method, for as often as it is tried.
func failEverything(s *stub, r reply) {
	for _, method := range []string{"getMe", "getWebhookInfo", "getUpdates", "sendMessage", "editMessageText",
		"sendPhoto", "sendDocument", "sendRichMessage", "editMessageMedia", "answerCallbackQuery", "sendChatAction", "getMyCommands", "getMyDescription", "setMyDescription"} {
		s.on(method, slices.Repeat([]reply{r}, 20)...)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere, here := newStub(), newStub()
	other := httptest.NewServer(elsewhere)
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getMe") {
			here.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	c, err := telegram.New(t.Context(), telegram.Options{Token: token, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Typing(t.Context(), 501); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("error = %v, want one that names status 307", err)
	}
	if n := len(elsewhere.of("sendChatAction")); n != 0 {
		t.Error("the token went to another server")
	}
}

// everyFailure makes every kind of call and returns their errors.
func everyFailure(t *testing.T, c *telegram.Client) []error {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	var all []error
	for _, m := range []view.Message{{HTML: "x"}, picture(), file(), tables()} {
		_, sent := c.Send(ctx, 501, m)
		all = append(all, sent)
	}
	all = append(all,
		c.Edit(ctx, 501, 7, view.Message{HTML: "x"}),
		c.Edit(ctx, 501, 7, picture()),
		c.Edit(ctx, 501, 7, tables()),
		c.Typing(ctx, 501),
		c.Acknowledge(ctx, "77", ""),
		c.Announce(ctx, nil),
		c.Describe(ctx, "x", "x"),
	)
	polling, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_ = c.Poll(polling, nil, nil) // its errors are logged
	return all
}

// checkNoToken fails if an error, or one within it, shows the token in any form.
func checkNoToken(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(format, err); strings.Contains(text, secret) {
			t.Errorf("the error holds the token: %s", text)
		}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			checkNoToken(t, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			checkNoToken(t, inner)
		}
	}
}

// What a message may hold that is private.
const (
	privateWord = "CONFIDENTIALCORP"
	privateLink = "https://kite.example/connect/login?session=7f1c2d3e-4b5a-6978-8899-aabbccddeeff"
)

// private is each kind of message, full of what must not be quoted.
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
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
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
						t.Errorf("%q is quoted:\n%s", word, said)
					}
				}
			})
		})
	}
}

// Nor of one that is badly built by us.
func TestNothingOfAMisbuiltMessageIsTold(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, log *logBuffer) {
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
			t.Errorf("it is quoted:\n%s", said)
		}
	})
}

// What people write does not reach the log either, however strange it comes.
func TestNothingOfAnUpdateIsTold(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		s.on("getUpdates",
			ok(`[{"update_id":1,"`+privateWord+`":{"text":"`+privateLink+`"}}]`),
			ok(`[{"update_id":2,"message":{"text":{"`+privateWord+`":1}}}]`),
			ok(`[{"update_id":"`+privateWord+`"}]`), ok(`["`+privateWord+`"]`), ok(`{"`+privateWord+`":1}`),
			ok(`[{"update_id":3,"message":{"message_id":9,"from":`+userMeera+`,"chat":`+privateChat+`,"text":"`+privateWord+`"}}]`),
			no(500, "Internal '"+privateWord+"'"), reply{status: 200, body: privateWord})
		elapse(time.Minute)
		r.expect(t, 3)
		if strings.Contains(log.String(), privateWord) || strings.Contains(log.String(), "Meera") || log.count("level=WARN") == 0 {
			t.Errorf("it is quoted, or nothing is logged:\n%s", log)
		}
		r.stop(t)
	})
}
