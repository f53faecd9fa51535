package telegram

import (
	"slices"
	"testing"
	"time"
)

const (
	otherPoller = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	hookIsSet   = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

// Next to a second poller some polls go well. The alarm stays on until a minute
// has passed without a conflict, and the log does not flicker either.
func TestAConflictIsNotOverWithTheFirstUpdate(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		r := poll(t, c)
		for i := range int64(20) {
			s.on("getUpdates", no(409, otherPoller), updates(40+i))
			elapse(20 * time.Second)
			if !c.Conflict() {
				t.Errorf("the conflict is over after %d rounds", i+1)
			}
		}
		if n := log.count("level=ERROR"); n < 6 || n > 8 || log.count("come in again") != 0 {
			t.Errorf("%d loud lines within 400 s, want one a minute and no relief:\n%s", n, log)
		}
		elapse(3 * time.Minute)
		if c.Conflict() || log.count("come in again") != 1 {
			t.Errorf("conflict = %v after it is over:\n%s", c.Conflict(), log)
		}
		r.stop(t)
	})
}

// Where two programs want the updates, neither wins by taking them back faster.
func TestAWebhookIsFoughtOverEveryTenMinutesAtMost(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		s.on("getWebhookInfo", slices.Repeat([]reply{ok(`{"url":"https://example.org/hook"}`)}, 1000)...)
		s.on("getUpdates", slices.Repeat([]reply{no(409, hookIsSet)}, 1000)...)
		r := poll(t, c)
		elapse(35 * time.Minute)
		var at []time.Duration
		for _, call := range s.of("deleteWebhook") {
			at = append(at, call.at.Round(10*time.Minute))
		}
		if want := []time.Duration{0, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute}; !slices.Equal(at, want) {
			t.Errorf("the webhook was removed at %v, want %v", at, want)
		}
		if !c.Conflict() || log.count("level=ERROR") < 30 {
			t.Errorf("conflict = %v, %d loud lines within 35 minutes", c.Conflict(), log.count("level=ERROR"))
		}
		r.stop(t)
	})
}
