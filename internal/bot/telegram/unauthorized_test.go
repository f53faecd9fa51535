package telegram_test

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	sim "kitebot/internal/sim/telegram"
)

// Three unauthorized chats are refused for half a minute, and a press for longer.
// The message to a person who is let in goes out at once.
func TestUnauthorizedDelayNoOneElse(t *testing.T) {
	withSimAt(t, 25, func(t *testing.T, c *telegram.Client, s *sim.Server, log *logBuffer) {
		for _, id := range []int64{501, 601, 602, 603} {
			s.User(id, "P").Send("/start")
			if id > 501 {
				s.Inject(sim.Fault{Method: "sendMessage", Chat: id, RetryAfter: 30})
			}
		}
		s.Inject(sim.Fault{Method: "answerCallbackQuery", RetryAfter: 45})
		done := make(chan error, 4)
		for chat := range int64(3) {
			go func() {
				_, err := c.Unauthorized().Send(t.Context(), 601+chat, hello())
				done <- err
			}()
			synctest.Wait()
		}
		press := s.User(601, "P").PressForged(1, "x").ID
		go func() { done <- c.Acknowledge(t.Context(), press, "") }()
		for range 120 { // each of the three is refused in its turn
			synctest.Wait()
			began := time.Now()
			if _, err := c.Send(t.Context(), 501, hello()); err != nil || time.Since(began) != 0 {
				t.Errorf("a person's message: %v after %v, want it sent at once", err, time.Since(began))
			}
			elapse(time.Second)
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if early := s.EarlyCalls(); early != (sim.EarlyCalls{}) || limited(s) != 4 {
			t.Errorf("early = %+v, %d refusals; want none early and 4 refusals", early, limited(s))
		}
		if log.count("limits all messages") != 0 {
			t.Errorf("everyone was held back:\n%s", log)
		}
	})
}

// A limit that is everyone's holds for unauthorized people, too.
func TestUnauthorizedWaitForEveryonesLimit(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", tooManyRequests(20), tooManyRequests(20))
		people := []<-chan error{sending(t, c, 501), sending(t, c, 502)}
		if err := c.Unauthorized().Edit(t.Context(), 601, 7, hello()); err != nil {
			t.Fatal(err)
		}
		if at := s.of("editMessageText")[0].at; at != 20*time.Second {
			t.Errorf("an unauthorized person's message was edited after %v, want 20s", at)
		}
		for _, one := range people {
			if err := <-one; err != nil {
				t.Error(err)
			}
		}
	})
}

// manyChats is how many chats, or presses, want something of Telegram at once.
const manyChats = 120

// concurrently makes calls side by side and returns how long all of them took.
func concurrently(t *testing.T, calls int, do func(i int64) error) time.Duration {
	t.Helper()
	began, done := time.Now(), make(chan error, calls)
	for i := range int64(calls) {
		go func() { done <- do(i) }()
	}
	for range calls {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	return time.Since(began)
}

// limited counts the calls that were answered with 429.
func limited(s *sim.Server) (n int) {
	for _, call := range s.Calls() {
		if call.Code == 429 {
			n++
		}
	}
	return n
}

// TestNoCallComesEarly lets many chats meet each of Telegram's limits, and counts
// the calls that came before a retry_after had passed: none, side by side.
func TestNoCallComesEarly(t *testing.T) {
	send := func(t *testing.T, m bot.Messenger) func(int64) error {
		return func(i int64) error {
			_, err := m.Send(t.Context(), 600+i, hello())
			return err
		}
	}
	silent := func(s *sim.Server) { s.LimitAll(40) }
	for name, tt := range map[string]struct {
		limit   func(s *sim.Server)
		do      func(t *testing.T, c *telegram.Client, queries []string) func(int64) error
		refused int           // calls that find the limit out
		longest time.Duration // for all of them
	}{
		"people, at the documented rate": {
			func(s *sim.Server) { s.SetRateLimit(30, 20) },
			func(t *testing.T, c *telegram.Client, _ []string) func(int64) error { return send(t, c) }, 0, 5 * time.Second,
		},
		"people, all limited": {
			silent,
			func(t *testing.T, c *telegram.Client, _ []string) func(int64) error { return send(t, c) }, 2, 46 * time.Second,
		},
		"unauthorized, all limited": {
			silent,
			func(t *testing.T, c *telegram.Client, _ []string) func(int64) error { return send(t, c.Unauthorized()) }, 1, 70 * time.Second,
		},
		"presses": {
			func(s *sim.Server) { s.Inject(sim.Fault{Method: "answerCallbackQuery", RetryAfter: 40}) },
			func(t *testing.T, c *telegram.Client, queries []string) func(int64) error {
				return func(i int64) error { return c.Acknowledge(t.Context(), queries[i], "") }
			}, 1, 41 * time.Second,
		},
		"people and unauthorized, at the documented rate": {
			func(s *sim.Server) { s.SetRateLimit(30, 20) },
			func(t *testing.T, c *telegram.Client, _ []string) func(int64) error {
				return func(i int64) error { return send(t, []bot.Messenger{c, c.Unauthorized()}[i%2])(i) }
			}, 0, 20 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			withSimAt(t, 25, func(t *testing.T, c *telegram.Client, s *sim.Server, _ *logBuffer) {
				queries := make([]string, manyChats)
				for i := range int64(manyChats) {
					p := s.User(600+i, "P")
					p.Send("/start")
					queries[i] = p.PressForged(1, "x").ID
				}
				tt.limit(s)
				took := concurrently(t, manyChats, tt.do(t, c, queries))
				if early := s.EarlyCalls(); early != (sim.EarlyCalls{}) || limited(s) != tt.refused {
					t.Errorf("early = %+v, %d refusals; want none early and %d refusals", early, limited(s), tt.refused)
				}
				if took > tt.longest {
					t.Errorf("took %v, want %v at most", took, tt.longest)
				}
			})
		})
	}
}

// A limit of all chats that lasts longer than a minute costs one call a
// minute, and the first one that is taken lets all others go.
func TestASilenceIsFoundOutAgainByOneCall(t *testing.T) {
	withSimAt(t, 25, func(t *testing.T, c *telegram.Client, s *sim.Server, _ *logBuffer) {
		for i := range int64(manyChats) {
			s.User(600+i, "P").Send("/start")
		}
		s.LimitAll(150)
		took := concurrently(t, manyChats, func(i int64) error {
			_, err := c.Send(t.Context(), 600+i, hello())
			return err
		})
		if limited(s) != 4 || took > 156*time.Second {
			t.Errorf("%d refusals in %v, want two at first and one a minute, and 156s", limited(s), took)
		}
	})
}

// Telegram takes nothing for a while, so every slot is in use. One chat's
// messages wait for their own, and never take a second slot.
func TestCallsUnderWayAreBounded(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", slices.Repeat([]reply{{status: 200, body: `{"ok":true,"result":{"message_id":5}}`, hold: 10 * time.Second}}, manyChats)...)
		for range 5 {
			go func() { _, _ = c.Send(t.Context(), 501, hello()) }()
		}
		synctest.Wait()
		took := concurrently(t, 2*sendSlots, func(i int64) error {
			_, err := c.Send(t.Context(), 600+i, hello())
			return err
		})
		for at := 0 * time.Second; at <= took; at += 10 * time.Second {
			under := 0
			for _, call := range s.of("sendMessage") {
				if call.at == at {
					under++
				}
			}
			if under > sendSlots {
				t.Errorf("%d calls under way after %v, want %d at most", under, at, sendSlots)
			}
		}
		if took != 30*time.Second { // the busy chat has one of 90 places
			t.Errorf("took %v, want 30s", took)
		}
		elapse(time.Minute)
	})
}

// A message is for the chat it was sent to, and follows no group to its new id.
func TestAMessageGoesNowhereElse(t *testing.T) {
	for name, tt := range map[string]struct{ chat, to int64 }{
		"a person's chat": {501, -1000000000077}, "another person's": {501, 502}, "a group into a person's": {-77, 502},
		"a group into a supergroup": {-77, -1000000000077},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
				moved := no(400, "Bad Request: group chat was upgraded to a supergroup chat")
				moved.body = `{"ok":false,"error_code":400,"description":"Bad Request","parameters":{"migrate_to_chat_id":` + strconv.FormatInt(tt.to, 10) + `}}`
				s.on("sendMessage", moved)
				if _, err := c.Send(t.Context(), tt.chat, hello()); cause(t, err) != bot.DeliveryGone {
					t.Errorf("error = %v, want gone", err)
				}
				if n := len(s.calls); n != 1 {
					t.Errorf("%d calls, want one", n)
				}
			})
		})
	}
}
