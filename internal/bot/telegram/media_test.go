package telegram_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
	sim "kitebot/internal/sim/telegram"
)

const buttonsSent = `{"inline_keyboard":[[{"text":"1Y","style":"primary","callback_data":"chart:range:1Y"}]]}`

func TestAPhotoIsWhatTelegramExpects(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		m := withButtons(picture())
		m.Protect = true
		s.on("sendPhoto", ok(`{"message_id":78,"photo":{"a novelty":1}}`))
		s.on("editMessageMedia", ok(`{"message_id":78,"photo":{"a novelty":1}}`))
		if id, err := c.Send(t.Context(), 501, m); err != nil || id != 78 {
			t.Fatalf("Send = %d, %v; want 78", id, err)
		}
		want := map[string]string{
			"chat_id": "501", "caption": m.HTML, "parse_mode": "HTML", "protect_content": "true",
			"photo": "picture.png: " + string(m.Photo), "reply_markup": buttonsSent,
		}
		if diff := cmp.Diff(want, s.of("sendPhoto")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if err := c.Edit(t.Context(), 501, 78, m); err != nil {
			t.Fatal(err)
		}
		want = map[string]string{
			"chat_id": "501", "message_id": "78", "reply_markup": buttonsSent, "picture.png": "picture.png: " + string(m.Photo),
			"media": `{"type":"photo","media":"attach://picture.png","caption":"\u003cb\u003eINFY\u003c/b\u003e ₹1,512.40","parse_mode":"HTML"}`,
		}
		if diff := cmp.Diff(want, s.of("editMessageMedia")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
	})
}

func TestAFileIsWhatTelegramExpects(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendDocument", ok(`{"message_id":79,"document":{"a novelty":1}}`))
		m := withButtons(file())
		m.Protect = true
		if id, err := c.Send(t.Context(), 501, m); err != nil || id != 79 {
			t.Fatalf("Send = %d, %v; want 79", id, err)
		}
		want := map[string]string{
			"chat_id": "501", "caption": "500 holdings", "parse_mode": "HTML", "protect_content": "true",
			"document": "holdings-2031-03-04.csv: symbol,quantity\nINFY,10\n", "reply_markup": buttonsSent,
		}
		if diff := cmp.Diff(want, s.of("sendDocument")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
	})
}

// An upload that fails half way is read from its beginning by the next attempt.
func TestUploadsAreWholeAtEveryAttempt(t *testing.T) {
	tests := map[string]struct {
		method, part string
		m            view.Message
		edit         bool
		content      string
	}{
		"photo":        {"sendPhoto", "photo", picture(), false, string(picture().Photo)},
		"file":         {"sendDocument", "document", file(), false, string(file().File.Data)},
		"edited photo": {"editMessageMedia", "picture.png", picture(), true, string(picture().Photo)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
				s.on(tt.method, tooManyRequests(3), tooManyRequests(2), badGateway())
				var err error
				if tt.edit {
					err = c.Edit(t.Context(), 501, 7, tt.m)
				} else {
					_, err = c.Send(t.Context(), 501, tt.m)
				}
				if err != nil {
					t.Fatal(err)
				}
				calls := s.of(tt.method)
				if len(calls) != 4 {
					t.Fatalf("%d attempts, want 4", len(calls))
				}
				for i, call := range calls {
					if !strings.HasSuffix(call.params[tt.part], ": "+tt.content) {
						t.Errorf("attempt %d uploads %d bytes, want %d", i, len(call.params[tt.part]), len(tt.content))
					}
				}
				if calls[1].at != 3*time.Second || calls[2].at != 5*time.Second {
					t.Errorf("attempts after %v and %v, want 3s and 5s", calls[1].at, calls[2].at)
				}
			})
		})
	}
}

// Telegram said ok, so it is done, whatever else it said.
func TestOKIsBelieved(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("editMessageText", ok(`true`))
		s.on("editMessageMedia", ok(`["novelty"]`))
		s.on("answerCallbackQuery", ok(`{"novelty":1}`))
		for _, err := range []error{
			c.Edit(t.Context(), 501, 7, hello()),
			c.Edit(t.Context(), 501, 7, picture()),
			c.Acknowledge(t.Context(), "77", ""),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		for _, strange := range []string{`"shown"`, `{}`, `{"message_id":"5"}`, `null`} {
			s.on("sendMessage", ok(strange))
			before := len(s.of("sendMessage"))
			if got := sendCause(t, c, 501); got != bot.DeliveryRefused || len(s.of("sendMessage")) != before+1 {
				t.Errorf("%s: cause = %d after %d calls; it was shown, so trying again is worse than useless", strange, got, len(s.of("sendMessage"))-before)
			}
		}
	})
}

// A gateway may answer an upload before it has come to its end.
func TestAnUploadThatIsAnsweredEarly(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		large := view.Message{HTML: "x", File: &view.File{Name: "a.csv", Data: []byte(strings.Repeat("1,2,3\n", 1<<17))}}
		early := badGateway()
		early.early = true
		s.on("sendDocument", early)
		if _, err := c.Send(t.Context(), 501, large); err != nil {
			t.Fatal(err)
		}
		if calls := s.of("sendDocument"); len(calls) != 2 || len(calls[1].params["document"]) < 6<<17 {
			t.Errorf("%d attempts, want two, the second whole", len(calls))
		}
		elapse(time.Second) // the server takes half of that to close its end
	})
}

// Whether a message arrived without a sound is over when it is edited.
func TestAnEditIsNeitherSilentNorLoud(t *testing.T) {
	c, _, asha := chatting(t)
	for _, m := range []view.Message{hello(), picture(), tables()} {
		m.Silent = true
		id := mustSend(t, c, m)
		if !asha.Last().Silent {
			t.Errorf("%+v arrived with a sound", asha.Last())
		}
		m.Photo, m.Silent = viewtest.PNG(9, 9, 9), true
		if err := c.Edit(t.Context(), 501, id, m); err != nil || !asha.Last().Silent {
			t.Errorf("Edit = %v, message = %+v", err, asha.Last())
		}
	}
	id := mustSend(t, c, hello())
	if err := c.Edit(t.Context(), 501, id, view.Message{HTML: "night", Silent: true}); err != nil || asha.Last().Silent {
		t.Errorf("Edit = %v, message = %+v", err, asha.Last())
	}
	mustSend(t, c, view.Message{HTML: "report", Silent: true, File: file().File})
	if !asha.Last().Silent {
		t.Error("a file arrived with a sound")
	}
}

// chatting is a client with a user it may write to.
func chatting(t *testing.T) (*telegram.Client, *sim.Server, *sim.User) {
	t.Helper()
	s, address := newSim(t)
	c := newSimClient(t, address)
	asha := s.User(501, "Asha")
	asha.Send("/start")
	return c, s, asha
}

func methods(s *sim.Server) []string {
	var all []string
	for _, c := range s.Calls() {
		if strings.HasPrefix(c.Method, "send") || strings.HasPrefix(c.Method, "edit") {
			all = append(all, c.Method)
		}
	}
	return all
}

// What can take whose place, said by the strict server.
func TestWhatTakesWhosePlace(t *testing.T) {
	text := view.Message{HTML: "text"}
	kinds := map[string]view.Message{"text": text, "tables": tables(), "photo": picture(), "file": file()}
	possible := []string{"text→text", "text→tables", "text→photo", "tables→text", "tables→tables", "tables→photo", "photo→photo", "file→photo"}
	for before, old := range kinds {
		for after, m := range kinds {
			t.Run(before+"→"+after, func(t *testing.T) {
				c, _, asha := chatting(t)
				old.Buttons, m.Buttons = nil, withButtons(text).Buttons // so that every edit changes something
				id := mustSend(t, c, old)
				err := c.Edit(t.Context(), 501, id, m)
				if slices.Contains(possible, before+"→"+after) {
					if err != nil || len(asha.Last().Keyboard) != 1 {
						t.Errorf("Edit = %v, message = %+v", err, asha.Last())
					}
					return
				}
				if got := cause(t, err); got != bot.DeliveryNoMessage {
					t.Errorf("cause of %v = %d, want no message", err, got)
				}
			})
		}
	}
}

func TestTheStrictServerTakesTables(t *testing.T) {
	c, s, asha := chatting(t)
	m := withButtons(tables())
	m.Rich.Blocks = append(m.Rich.Blocks,
		view.Block{HTML: `As of <i>4 Mar</i> <code>d</code> M&amp;M`},
		view.Block{Table: &view.RichTable{Rows: [][]string{{"", "▲ 1.2%"}, {"इंफोसिस", "•••"}}}},
	)
	m.Protect = true
	id := mustSend(t, c, m)
	if shown := asha.Last(); !strings.Contains(string(shown.Rich), `"is_header":true`) || !shown.Protected || shown.Text != "" || len(shown.Keyboard) != 1 {
		t.Errorf("message = %+v", shown)
	}
	if err := c.Edit(t.Context(), 501, id, m); err != nil {
		t.Errorf("an edit that changes nothing: %v", err)
	}
	if err := c.Edit(t.Context(), 501, id, tables()); err != nil || strings.Contains(string(asha.Last().Rich), "italic") {
		t.Errorf("Edit = %v, message = %+v", err, asha.Last())
	}
	if want := []string{"sendRichMessage", "editMessageText", "editMessageText"}; !slices.Equal(methods(s), want) {
		t.Errorf("calls = %v, want %v", methods(s), want)
	}
}

func TestUploadsAnswerLostComeTwice(t *testing.T) {
	c, s, asha := chatting(t)
	for _, m := range []view.Message{hello(), picture(), file(), tables()} {
		s.Inject(sim.Fault{Drop: sim.DropAfter})
		before := len(asha.Chat())
		mustSend(t, c, m)
		if n := len(asha.Chat()) - before; n != 2 {
			t.Errorf("%d messages, want the same twice rather than never", n)
		}
	}
	s.Inject(sim.Fault{Drop: sim.DropAfter})
	before := len(asha.Chat())
	id := int(asha.Chat()[3].ID) // the first picture
	if err := c.Edit(t.Context(), 501, id, picture()); err != nil || len(asha.Chat()) != before {
		t.Errorf("Edit = %v", err)
	}
}
