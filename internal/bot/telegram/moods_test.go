package telegram_test

import (
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

// Telegram said ok, so it is done, whatever else it said.
func TestOKIsBelieved(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
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
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		large := view.Message{HTML: "x", File: &view.File{Name: "a.csv", Data: []byte(strings.Repeat("1,2,3\n", 1<<17))}}
		early := gateway()
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
