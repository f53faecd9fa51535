package telegram_test

import (
	"context"
	"testing"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	sim "kitebot/internal/sim/telegram"
)

// The strict simulator has the moods of its own; these tests show that the two
// understand each other.

func TestPeopleWhoAreGone(t *testing.T) {
	for name, leave := range map[string]func(*sim.User){
		"blocked": (*sim.User).Block, "vanished": (*sim.User).ForgetChat,
	} {
		t.Run(name, func(t *testing.T) {
			simBubble(t, func(t *testing.T, c *telegram.Client, s *sim.Server, log *lines) {
				asha, _ := people(s)
				id, err := c.Send(t.Context(), 501, hello())
				if err != nil {
					t.Error(err)
				}
				leave(asha)
				began := time.Now()
				for _, m := range []view.Message{hello(), picture(), file(), tables()} {
					_, err := c.Send(t.Context(), 501, m)
					if got := cause(t, err); got != bot.DeliveryGone {
						t.Errorf("cause of %v = %d, want gone", err, got)
					}
				}
				for _, err := range []error{c.Edit(t.Context(), 501, id, picture()), c.Typing(t.Context(), 501)} {
					if got := cause(t, err); got != bot.DeliveryGone {
						t.Errorf("cause of %v = %d, want gone", err, got)
					}
				}
				if _, err := c.Send(t.Context(), 502, tables()); err != nil || !time.Now().Equal(began) || log.String() != "" {
					t.Errorf("%v, took %v, log:\n%s", err, time.Since(began), log)
				}
			})
		})
	}
}

func TestADeletedMessageIsNotThere(t *testing.T) {
	simBubble(t, func(t *testing.T, c *telegram.Client, s *sim.Server, _ *lines) {
		asha, _ := people(s)
		for _, m := range []view.Message{hello(), picture(), tables()} {
			id, err := c.Send(t.Context(), 501, m)
			if err != nil {
				t.Error(err)
			}
			asha.Delete(int64(id))
			m.Buttons = withButtons(m).Buttons
			if got := cause(t, c.Edit(t.Context(), 501, id, m)); got != bot.DeliveryNoMessage {
				t.Errorf("cause = %d, want no message", got)
			}
		}
	})
}

func TestTheLogTellsAWebhookFromASecondPoller(t *testing.T) {
	for words, begin := range map[string]func(s *sim.Server) (end func()){
		"only one process may run": (*sim.Server).SecondPoller,
		"a webhook was set for":    func(s *sim.Server) func() { s.SetForeignWebhook(); return func() {} },
	} {
		simBubble(t, func(t *testing.T, c *telegram.Client, s *sim.Server, log *lines) {
			people(s)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- c.Poll(ctx, bottest.NewMemJournal(), func(bot.Update) {}) }()
			elapse(20 * time.Second)
			end := begin(s)
			elapse(20 * time.Second)
			if !c.Conflict() || log.count("level=ERROR") != 1 || log.count(words) != 1 {
				t.Errorf("conflict = %v, want one loud line with %q:\n%s", c.Conflict(), words, log)
			}
			end()
			elapse(3 * time.Minute)
			if c.Conflict() || log.count("come in again") != 1 {
				t.Errorf("conflict = %v, want it over:\n%s", c.Conflict(), log)
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
