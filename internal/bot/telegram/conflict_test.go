package telegram

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

const (
	otherPoller = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	hookIsSet   = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

func TestAnotherPollerIsAConflict(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		s.on("getUpdates", slices.Repeat([]reply{no(409, otherPoller)}, 60)...)
		r := poll(t, c)
		synctest.Wait()
		if !c.Conflict() {
			t.Error("the conflict does not show")
		}
		elapse(30 * time.Second)
		if n := log.count("level=ERROR"); n != 1 || log.count("only one process may run with its token") != 1 {
			t.Errorf("%d loud lines within half a minute, want one:\n%s", n, log)
		}
		elapse(10 * time.Minute)
		if c.Conflict() || log.count("come in again") != 1 {
			t.Errorf("conflict = %v after it is over:\n%s", c.Conflict(), log)
		}
		if n := log.count("level=ERROR"); n < 2 || n > 6 {
			t.Errorf("%d loud lines, want one a minute:\n%s", n, log)
		}
		if len(s.of("deleteWebhook")) != 0 || len(s.of("getWebhookInfo")) != 1 {
			t.Error("a second poller was taken for a webhook")
		}
		r.stop(t)
	})
}

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

func TestAWebhookSetMeanwhileIsRemoved(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		set := ok(`{"url":"https://example.org/hook/confidential","pending_update_count":3}`)
		r := poll(t, c)
		elapse(time.Minute)
		s.on("getWebhookInfo", set)
		s.on("getUpdates", no(409, "Conflict: terminated by setWebhook request"), updates(40))
		synctest.Wait()
		if !c.Conflict() {
			t.Error("the conflict does not show")
		}
		elapse(10 * time.Second)
		r.expect(t, 40)
		removed := s.of("deleteWebhook")
		if len(removed) != 1 || removed[0].params["drop_pending_updates"] == "true" {
			t.Errorf("deleteWebhook calls = %v", removed)
		}
		if log.count("level=ERROR") != 1 || log.count("a webhook was set") != 2 || log.count("confidential") != 0 || log.count("only one process") != 0 {
			t.Errorf("want one loud line about a webhook, and one that it is gone:\n%s", log)
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
