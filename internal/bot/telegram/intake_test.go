package telegram_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
	sim "kitebot/internal/sim/telegram"
)

// While Telegram is away for a week its numbering may start anew. An offset of
// the old one would confirm what nobody has seen.
func TestTheOffsetIsDroppedAfterADayWithoutAWord(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		s.on("getUpdates", updates(900), flood(80000), flood(80000), updates(5)) // most of a day without a word, twice
		r := poll(t, c)
		elapse(45 * time.Hour)
		r.expect(t, 900, 5)
		if want := []string{"", "901", "901", "", "6"}; !slices.Equal(s.offsets()[:5], want) {
			t.Errorf("offsets = %q, want %q", s.offsets()[:5], want)
		}
		r.stop(t)
	})
}

// The numbers of updates belong to a bot. Under another token the same number
// is another update.
func TestAnotherBotsNumbersAreItsOwn(t *testing.T) {
	journal := bottest.NewMemJournal()
	var got []string
	for _, id := range []string{"4815162342", "4815162342", "7000000009"} {
		bubbleWith(t, func(o *telegram.Options) { o.Token = id + ":" + secret }, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
			s.on("getUpdates", updates(40))
			got = append(got, handledWithin(t, c, journal, time.Second)...)
		})
	}
	if want := []string{"4815162342/40", "7000000009/40"}; !slices.Equal(got, want) {
		t.Errorf("handled %q, want %q", got, want)
	}
}

// handledWithin polls for so long and lists what was handled, by bot and number.
func handledWithin(t *testing.T, c *telegram.Client, j bot.Journal, d time.Duration) (handled []string) {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	err := c.Poll(ctx, j, func(u bot.Update) {
		handled = append(handled, fmt.Sprintf("%d/%d", c.ID(), u.ID))
		j.Answered(c.ID(), u.ID)
	})
	if err != nil {
		t.Errorf("Poll = %v", err)
	}
	return handled
}

// fails is a fault of polls.
func fails(f sim.Fault) func(*sim.Server, int) {
	f.Method = "getUpdates"
	return func(s *sim.Server, _ int) { s.Inject(f) }
}

// What the strict server confirms and offers again, for each trouble of a poll.
func TestEveryUpdateIsHandledOnceWhateverHappensToPolls(t *testing.T) {
	for name, trouble := range map[string]func(s *sim.Server, round int){
		"none":              func(*sim.Server, int) {},
		"the answer lost":   fails(sim.Fault{Drop: sim.DropAfter, Times: 3}),
		"half an answer":    fails(sim.Fault{Drop: sim.DropHalf, Times: 3}),
		"dropped before":    fails(sim.Fault{Drop: sim.DropBefore, Times: 3}),
		"502":               fails(sim.Fault{Status: 502, Body: "<html>", Times: 9}),
		"429":               fails(sim.Fault{RetryAfter: 30}),
		"delivered again":   func(s *sim.Server, _ int) { s.Redeliver(10) },
		"numbers lower":     func(s *sim.Server, round int) { s.SetNextUpdateID(int64(300 / round)) },
		"numbers higher":    func(s *sim.Server, round int) { s.SetNextUpdateID(1 << (40 + round)) },
		"a second poller":   func(s *sim.Server, _ int) { time.AfterFunc(20*time.Second, s.SecondPoller()) },
		"a webhook":         func(s *sim.Server, _ int) { s.SetForeignWebhook() },
		"silence for hours": func(s *sim.Server, round int) { elapse(3 * time.Hour); s.SetNextUpdateID(int64(300 / round)) },
	} {
		t.Run(name, func(t *testing.T) {
			simBubble(t, func(t *testing.T, c *telegram.Client, s *sim.Server, _ *lines) {
				asha := s.User(501, "Asha")
				s.SetNextUpdateID(700)
				ctx, cancel := context.WithCancel(t.Context())
				var got []string
				j, done := bottest.NewMemJournal(), make(chan error, 1)
				go func() {
					done <- c.Poll(ctx, j, func(u bot.Update) {
						got = append(got, u.Text)
						j.Answered(c.ID(), u.ID)
					})
				}()
				for i := range 9 {
					asha.Send(fmt.Sprint(i))
					elapse(time.Second)
					if round := i / 3; i == 3 || i == 6 {
						trouble(s, round)
					}
				}
				elapse(15 * time.Minute)
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if want := "0 1 2 3 4 5 6 7 8"; strings.Join(got, " ") != want {
					t.Errorf("handled %q, want %q", got, want)
				}
			})
		})
	}
}
