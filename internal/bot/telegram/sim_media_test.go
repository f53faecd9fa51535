package telegram_test

import (
	"slices"
	"strings"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	sim "kitebot/internal/sim/telegram"
)

// chatting is a client with somebody it may write to.
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
