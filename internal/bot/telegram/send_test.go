package telegram_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	sim "kitebot/internal/sim/telegram"
)

func TestSendIsWhatTelegramExpects(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", ok(`{"message_id":77,"date":1,"chat":{"id":501,"type":"private"},"text":{"a novelty":1}}`))
		id, err := c.Send(t.Context(), 501, view.Message{
			HTML:    "<b>P&amp;L</b> ₹ 1,234.50",
			Protect: true,
			Buttons: [][]view.Button{
				{{Text: "Open", URL: "https://example.org/?a=1&b=2"}, {Text: "Next", Data: "holdings:page:2", Style: view.Primary}},
				{},
				{{Text: "Copy", Copy: "AB1234"}},
			},
		})
		if err != nil || id != 77 {
			t.Fatalf("Send = %d, %v; want 77", id, err)
		}
		want := map[string]string{
			"chat_id":              "501",
			"text":                 "<b>P&amp;L</b> ₹ 1,234.50",
			"parse_mode":           "HTML",
			"protect_content":      "true",
			"link_preview_options": `{"is_disabled":true}`,
			"reply_markup": `{"inline_keyboard":[[{"text":"Open","url":"https://example.org/?a=1\u0026b=2"},` +
				`{"text":"Next","style":"primary","callback_data":"holdings:page:2"}],[{"text":"Copy","copy_text":{"text":"AB1234"}}]]}`,
		}
		if diff := cmp.Diff(want, s.of("sendMessage")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
	})
}

func TestEditTakesTheButtonsOff(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		if err := c.Edit(t.Context(), 501, 77, view.Message{HTML: "done", Protect: true}); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"chat_id": "501", "message_id": "77", "text": "done", "parse_mode": "HTML", "link_preview_options": `{"is_disabled":true}`}
		if diff := cmp.Diff(want, s.of("editMessageText")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
	})
}

func TestAMisbuiltMessageIsNotSent(t *testing.T) {
	both := picture()
	both.File = file().File
	button := func(b view.Button) view.Message {
		return view.Message{HTML: "x", Buttons: [][]view.Button{{b}}}
	}
	for name, m := range map[string]view.Message{
		"no action":             button(view.Button{Text: "x"}),
		"two actions":           button(view.Button{Text: "x", URL: "https://example.org", Data: "a:b"}),
		"no text":               button(view.Button{Data: "a:b"}),
		"too long":              button(view.Button{Text: "x", Data: strings.Repeat("é", 33)}),
		"an empty picture":      {HTML: "x", Photo: []byte{}},
		"a file without a name": {HTML: "x", File: &view.File{Data: []byte("x")}},
		"an empty file":         {HTML: "x", File: &view.File{Name: "a.csv"}},
		"both":                  both,
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				_, sendErr := c.Send(t.Context(), 501, m)
				for _, err := range []error{sendErr, c.Edit(t.Context(), 501, 7, m)} {
					if cause(t, err) != bot.DeliveryRefused {
						t.Errorf("error = %v, want refused", err)
					}
				}
				if n := len(s.calls); n != 0 {
					t.Errorf("%d calls were made", n)
				}
				if log.count("level=ERROR") != 2 {
					t.Errorf("a bug of ours is not said loudly:\n%s", log)
				}
			})
		})
	}
}

func TestRefusalsHaveCauses(t *testing.T) {
	tests := []struct {
		code        int
		description string
		cause       bot.DeliveryCause
	}{
		{403, "Forbidden: bot was blocked by the user", bot.DeliveryGone},
		{403, "Forbidden: user is deactivated", bot.DeliveryGone},
		{403, "Forbidden: bot was kicked from the supergroup chat", bot.DeliveryGone},
		{403, "Forbidden: bot can't initiate conversation with a user", bot.DeliveryGone},
		{403, "Forbidden: bot is not a member of the supergroup chat", bot.DeliveryGone},
		{403, "Forbidden: the group chat was deleted", bot.DeliveryGone},
		{400, "Bad Request: chat not found", bot.DeliveryGone},
		{400, "Bad Request: user not found", bot.DeliveryGone},
		{400, "Bad Request: USER_IS_BLOCKED", bot.DeliveryGone},
		{400, "Bad Request: INPUT_USER_DEACTIVATED", bot.DeliveryGone},
		{400, "Bad Request: PEER_ID_INVALID", bot.DeliveryGone},
		{400, "Bad Request: not enough rights to send text messages to the chat", bot.DeliveryGone},
		{400, "Bad Request: message to edit not found", bot.DeliveryNoMessage},
		{400, "Bad Request: message can't be edited", bot.DeliveryNoMessage},
		{400, "Bad Request: MESSAGE_ID_INVALID", bot.DeliveryNoMessage},
		{400, "Bad Request: MESSAGE_AUTHOR_REQUIRED", bot.DeliveryNoMessage},
		{400, "Bad Request: there is no text in the message to edit", bot.DeliveryNoMessage},
		{400, "Bad Request: there is no media in the message to edit", bot.DeliveryNoMessage},
		{400, "Bad Request: message is too long", bot.DeliveryRefused},
		{400, "Bad Request: message caption is too long", bot.DeliveryRefused},
		{400, "Bad Request: BUTTON_DATA_INVALID", bot.DeliveryRefused},
		{400, "", bot.DeliveryRefused},
		{400, `Bad Request: can't parse entities: Unsupported start tag "x" at byte offset 4`, bot.DeliveryRefused},
		{413, "Request Entity Too Large", bot.DeliveryRefused},
		{401, "Unauthorized", bot.DeliveryFailed},
	}
	for _, tt := range tests {
		t.Run(tt.description, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				s.on("editMessageText", no(tt.code, tt.description))
				err := c.Edit(t.Context(), 501, 7, view.Message{HTML: "x"})
				if got := cause(t, err); got != tt.cause {
					t.Errorf("cause of %v = %d, want %d", err, got, tt.cause)
				}
				if n := len(s.of("editMessageText")); n != 1 {
					t.Errorf("tried %d times, want once", n)
				}
				if loud := log.count("level=ERROR") == 1; loud != (tt.cause == bot.DeliveryRefused) {
					t.Errorf("said loudly = %v:\n%s", loud, log)
				}
				if unauthorized := errors.Is(err, telegram.ErrUnauthorized); unauthorized != (tt.code == 401) {
					t.Errorf("is ErrUnauthorized = %v", unauthorized)
				}
			})
		})
	}
}

func TestHarmlessRefusalsAreNoErrors(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		s.on("editMessageText", no(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"))
		if err := c.Edit(t.Context(), 501, 7, view.Message{HTML: "x"}); err != nil {
			t.Errorf("an unchanged message: %v", err)
		}
		for _, words := range []string{"query is too old and response timeout expired or query ID is invalid", "QUERY_ID_INVALID"} {
			s.on("answerCallbackQuery", no(400, "Bad Request: "+words))
			if err := c.Acknowledge(t.Context(), "77", "late"); err != nil {
				t.Errorf("an old press: %v", err)
			}
		}
		if log.String() != "" {
			t.Errorf("the log speaks of it:\n%s", log)
		}
	})
}

func TestAcknowledge(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		if err := c.Acknowledge(t.Context(), "77", strings.Repeat("₹", 300)); err != nil {
			t.Fatal(err)
		}
		if err := c.Acknowledge(t.Context(), "78", ""); err != nil {
			t.Fatal(err)
		}
		got := s.of("answerCallbackQuery")
		want := []map[string]string{
			{"callback_query_id": "77", "text": strings.Repeat("₹", 200)},
			{"callback_query_id": "78"},
		}
		if diff := cmp.Diff(want, []map[string]string{got[0].params, got[1].params}); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		s.on("answerCallbackQuery", no(400, "Bad Request: MESSAGE_TOO_LONG"))
		if got := cause(t, c.Acknowledge(t.Context(), "79", "")); got != bot.DeliveryRefused {
			t.Errorf("cause = %d, want refused", got)
		}
	})
}

// Whatever is sent, no line can break between a sign and its amount: in texts,
// captions and native blocks, new and in the place of others.
func TestSignsStayAtTheirAmounts(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		const html = "<b>P&amp;L</b> −₹24.00 (−0.19%) · today +₹5.00"
		const want = "<b>P&amp;L</b> −\u2060₹24.00 (−0.19%) · today +\u2060₹5.00"
		text := view.Message{HTML: html}
		photo, file := text, text
		photo.Photo, file.File = []byte("png"), &view.File{Name: "a.csv", MIME: "text/csv", Data: []byte("-24.00")}
		native := view.Message{HTML: html, Rich: &view.Rich{Blocks: []view.Block{{HTML: html}}}}
		for _, m := range []view.Message{text, photo, file, native} {
			if _, err := c.Send(t.Context(), 501, m); err != nil {
				t.Fatal(err)
			}
			if m.File == nil {
				if err := c.Edit(t.Context(), 501, 7, m); err != nil {
					t.Fatal(err)
				}
			}
		}
		for method, field := range map[string]string{"sendMessage": "text", "editMessageText": "text", "sendPhoto": "caption", "sendDocument": "caption", "editMessageMedia": "media", "sendRichMessage": "rich_message"} {
			calls := s.of(method)
			if len(calls) == 0 {
				t.Errorf("%s was not called", method)
			}
			for _, call := range calls {
				got := call.params[field]
				if got == "" {
					got = call.params["rich_message"]
				}
				if field != "text" || call.params["text"] == "" {
					if strings.Contains(got, "−₹") || strings.Contains(got, "+₹") || strings.Count(got, "\u2060") != 2 {
						t.Errorf("%s: %s", method, got)
					}
				} else if got != want {
					t.Errorf("%s: %s", method, got)
				}
			}
		}
	})
}

func TestDeleteIsWhatTelegramExpects(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		if err := c.Delete(t.Context(), 501, 77); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"chat_id": "501", "message_id": "77"}, s.of("deleteMessage")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if log.String() != "" {
			t.Errorf("the log speaks of it:\n%s", log)
		}
	})
}

// A refusal is final: it is neither tried again nor a bug of ours.
func TestWhatIsNotDeleted(t *testing.T) {
	const none = bot.DeliveryCause(-1)
	for _, tt := range []struct {
		code        int
		description string
		cause       bot.DeliveryCause
		loud        bool
	}{
		{400, "Bad Request: message to delete not found", none, false},
		{400, "Bad Request: MESSAGE_ID_INVALID", none, false},
		{400, "Bad Request: message can't be deleted", bot.DeliveryRefused, false},
		{400, "Bad Request: message can't be deleted for everyone", bot.DeliveryRefused, false},
		{400, "Bad Request: MESSAGE_DELETE_FORBIDDEN", bot.DeliveryRefused, false},
		{400, "Bad Request: message identifier is not specified", bot.DeliveryRefused, true}, // a bug of ours
		{403, "Forbidden: bot was blocked by the user", bot.DeliveryGone, false},
		{400, "Bad Request: chat not found", bot.DeliveryGone, false},
		{401, "Unauthorized", bot.DeliveryFailed, false},
	} {
		t.Run(tt.description, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				s.on("deleteMessage", no(tt.code, tt.description))
				if err := c.Delete(t.Context(), 501, 7); tt.cause == none && err != nil || tt.cause != none && cause(t, err) != tt.cause {
					t.Errorf("Delete = %v, want cause %d", err, tt.cause)
				}
				if n := len(s.of("deleteMessage")); n != 1 {
					t.Errorf("tried %d times, want once", n)
				}
				if loud := log.count("level=ERROR") == 1; loud != tt.loud {
					t.Errorf("said loudly = %v:\n%s", loud, log)
				}
			})
		})
	}
}

// Deleting twice is the same as once, so whatever is lost is tried again.
func TestDeletionsAreRepeated(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.refuseDials(1)
		s.on("deleteMessage", reply{drop: true}, badGateway(), no(400, "Bad Request: message to delete not found"))
		if err := c.Delete(t.Context(), 501, 7); err != nil {
			t.Errorf("Delete = %v: the one before, whose answer was lost, did it", err)
		}
		for range maxAttempts {
			s.on("deleteMessage", reply{drop: true})
		}
		before := len(s.of("deleteMessage"))
		if got := cause(t, c.Delete(t.Context(), 501, 7)); got != bot.DeliveryFailed {
			t.Errorf("cause = %d, want failed: it may work later", got)
		}
		if n := len(s.of("deleteMessage")) - before; n != maxAttempts {
			t.Errorf("tried %d times, want %d", n, maxAttempts)
		}
		s.on("deleteMessage", ok(`{"novelty":1}`))
		if err := c.Delete(t.Context(), 501, 7); err != nil {
			t.Errorf("Delete = %v: Telegram said ok", err)
		}
	})
}

// The strict simulator agrees: both sides' messages go, once and for all, and old
// ones stay.
func TestTheStrictServerDeletes(t *testing.T) {
	withSim(t, func(t *testing.T, c *telegram.Client, s *sim.Server, log *logBuffer) {
		asha, ravi := ashaAndRavi(s)
		old := mustSend(t, c, hello())
		elapse(48*time.Hour - time.Second)
		ours := mustSend(t, c, hello())
		asha.Send("a code")
		theirs := int(asha.Last().ID)
		elapse(time.Second)
		for _, id := range []int{theirs, ours, theirs} {
			if err := c.Delete(t.Context(), 501, id); err != nil {
				t.Errorf("Delete of %d = %v", id, err)
			}
		}
		if got := cause(t, c.Delete(t.Context(), 501, old)); got != bot.DeliveryRefused || log.count("level=ERROR") != 0 {
			t.Errorf("cause for an old message = %d, log:\n%s", got, log)
		}
		var left []int
		for _, m := range asha.Chat() {
			left = append(left, int(m.ID))
		}
		if slices.Contains(left, theirs) || slices.Contains(left, ours) || !slices.Contains(left, old) {
			t.Errorf("left are %v of %v", left, []int{old, ours, theirs})
		}
		lunch := s.Group(-100900, "Lunch")
		lunch.Send(ravi, "/status")
		chat := lunch.Chat()
		err := c.Delete(t.Context(), -100900, int(chat[len(chat)-1].ID))
		if cause(t, err) != bot.DeliveryRefused || !strings.Contains(err.Error(), "can't be deleted") {
			t.Errorf("Delete of another user's message in a group = %v", err)
		}
	})
}
