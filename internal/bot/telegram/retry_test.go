package telegram_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

func TestRetryAfterOfAPressHoldsBackPressesAlone(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("answerCallbackQuery", tooManyRequests(45))
		acknowledged := make(chan error, 2)
		for range 2 {
			go func() { acknowledged <- c.Acknowledge(t.Context(), "77", "") }()
			synctest.Wait()
		}
		if _, err := c.Send(t.Context(), 502, hello()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-acknowledged; err != nil {
				t.Fatal(err)
			}
		}
		if at := s.of("sendMessage")[0].at; at != 0 {
			t.Errorf("a message went after %v, want at once", at)
		}
		for i, want := range []time.Duration{0, 45 * time.Second, 45 * time.Second} {
			if at := s.of("answerCallbackQuery")[i].at; at != want {
				t.Errorf("press %d was answered after %v, want %v", i, at, want)
			}
		}
	})
}

// A press of a minute ago is answered by nothing any more, so no more than a
// minute of a retry_after is obeyed for presses.
func TestPressesAreSilentForAMinuteAtMost(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("answerCallbackQuery", tooManyRequests(3600))
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		if got := cause(t, c.Acknowledge(ctx, "77", "")); got != bot.DeliveryFailed {
			t.Errorf("cause = %d, want failed", got)
		}
		if err := c.Acknowledge(t.Context(), "78", ""); err != nil || time.Since(s.start) != time.Minute {
			t.Errorf("the next one: %v after %v, want it answered after a minute", err, time.Since(s.start))
		}
	})
}

func TestRetryAfterIsObeyedAsOftenAsItComes(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		for range 8 {
			s.on("sendMessage", tooManyRequests(3))
		}
		if _, err := c.Send(t.Context(), 501, hello()); err != nil {
			t.Fatal(err)
		}
		for i, call := range s.of("sendMessage") {
			if want := time.Duration(i) * 3 * time.Second; call.at != want {
				t.Errorf("call %d after %v, want %v", i, call.at, want)
			}
		}
		if n := c.ChatLocks(); n != 0 {
			t.Errorf("%d chats are remembered", n)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", tooManyRequests(600))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		held := make(chan error, 1)
		go func() {
			_, err := c.Send(ctx, 501, hello())
			held <- err
		}()
		synctest.Wait()
		queued := c.Edit(ctx, 501, 7, hello())
		for _, err := range []error{<-held, queued} {
			if !errors.Is(err, context.DeadlineExceeded) || cause(t, err) != bot.DeliveryFailed {
				t.Errorf("error = %v, want a failed delivery for want of time", err)
			}
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("took %v, want 10s", took)
		}
		if n := len(s.calls); n != 1 {
			t.Errorf("%d calls, want 1: telegram asked to wait", n)
		}
	})
}

func TestAChatKeepsItsOrder(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", reply{status: 502, body: "<html>", hold: 3 * time.Second})
		done := make(chan error, 5)
		for _, text := range []string{"a", "b", "c", "d", "e"} {
			go func() {
				_, err := c.Send(t.Context(), 501, view.Message{HTML: text})
				done <- err
			}()
			synctest.Wait()
		}
		for range 5 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		var order []string
		for _, call := range s.of("sendMessage") {
			order = append(order, call.params["text"])
		}
		if want := []string{"a", "a", "b", "c", "d", "e"}; !slices.Equal(order, want) {
			t.Errorf("order = %v, want %v", order, want)
		}
	})
}

func TestMessagesOfUnknownFateAreSentOnceMore(t *testing.T) {
	dropped := reply{drop: true}
	half := ok(`{"message_id":7,"date":1700000000}`)
	half.half = true
	for name, lost := range map[string]reply{
		"answer lost": dropped, "half an answer": half, "502 page": badGateway(), "500": no(500, "Internal Server Error"),
		"no answer in time": {hold: time.Minute, drop: true}, "a page that says 200": {status: 200, body: "<html>log in to the network</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
				s.on("sendMessage", lost)
				if _, err := c.Send(t.Context(), 501, hello()); err != nil {
					t.Fatal(err)
				}
				if n := len(s.of("sendMessage")); n != 2 {
					t.Errorf("sent %d times, want twice", n)
				}
				s.on("sendMessage", lost, lost)
				_, err := c.Send(t.Context(), 501, hello())
				want := bot.DeliveryDoubtful // there was no answer
				if lost.status != 0 && !lost.half {
					want = bot.DeliveryFailed // a broken server answered
				}
				if cause(t, err) != want {
					t.Errorf("error = %v, want cause %d", err, want)
				}
				if n := len(s.of("sendMessage")); n != 4 {
					t.Errorf("sent %d times altogether, want 4: a message is doubled, not multiplied", n)
				}
			})
		})
	}
}

func TestEditsAreRepeated(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("editMessageText", reply{drop: true}, badGateway(), reply{drop: true}, badGateway())
		if err := c.Edit(t.Context(), 501, 7, hello()); err != nil {
			t.Fatal(err)
		}
		for range maxAttempts {
			s.on("editMessageText", badGateway())
		}
		if got := cause(t, c.Edit(t.Context(), 501, 7, hello())); got != bot.DeliveryFailed {
			t.Errorf("cause = %d, want failed", got)
		}
		if n := len(s.of("editMessageText")); n != 2*maxAttempts {
			t.Errorf("%d calls, want %d", n, 2*maxAttempts)
		}
	})
}

func TestAMessageThatNeverLeftIsTriedAgain(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.refuseDials(maxAttempts - 1)
		if _, err := c.Send(t.Context(), 501, hello()); err != nil {
			t.Fatal(err)
		}
		c.Close() // so that the next call must dial
		s.refuseDials(maxAttempts)
		_, err := c.Send(t.Context(), 501, hello())
		if cause(t, err) != bot.DeliveryFailed {
			t.Errorf("error = %v, want failed", err)
		}
		if n := len(s.of("sendMessage")); n != 1 {
			t.Errorf("the message arrived %d times, want once", n)
		}
	})
}

func TestEveryCallHasADeadline(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendChatAction", reply{hold: time.Hour, drop: true})
		began := time.Now()
		err := c.Typing(t.Context(), 501)
		if took := time.Since(began); took != 15*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v after %v, want one for want of time after 15s", err, took)
		}
	})
	for method, want := range map[string]time.Duration{
		"getUpdates": 65 * time.Second, "sendMessage": 15 * time.Second, "sendRichMessage": 15 * time.Second,
		"sendPhoto": time.Minute, "answerCallbackQuery": 5 * time.Second, "sendDocument": time.Minute, "editMessageMedia": time.Minute,
	} {
		if got := telegram.Deadline(method); got != want {
			t.Errorf("deadline of %s = %v, want %v", method, got, want)
		}
	}
}

func TestTypingIsACourtesy(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		if err := c.Typing(t.Context(), 501); err != nil {
			t.Fatal(err)
		}
		if got := s.of("sendChatAction")[0].params; got["action"] != "typing" || got["chat_id"] != "501" {
			t.Errorf("parameters = %v", got)
		}
		s.on("sendChatAction", tooManyRequests(5))
		if got := cause(t, c.Typing(t.Context(), 501)); got != bot.DeliveryFailed {
			t.Errorf("cause = %d, want failed", got)
		}
		if err := c.Typing(t.Context(), 501); err != nil {
			t.Errorf("typing while held back: %v", err)
		}
		if n := len(s.of("sendChatAction")); n != 2 {
			t.Errorf("%d calls, want 2: none within the retry_after", n)
		}
		if _, err := c.Send(t.Context(), 501, hello()); err != nil {
			t.Fatal(err)
		}
		if at := s.of("sendMessage")[0].at; at != 5*time.Second {
			t.Errorf("the message went after %v, want 5s", at)
		}
	})
}

func TestTypingGivesWayToAMessage(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", reply{status: 200, body: `{"ok":true,"result":{"message_id":5}}`, hold: 2 * time.Second})
		sent := make(chan error, 1)
		go func() {
			_, err := c.Send(t.Context(), 501, hello())
			sent <- err
		}()
		synctest.Wait()
		if err := c.Typing(t.Context(), 501); err != nil || len(s.of("sendChatAction")) != 0 {
			t.Errorf("typing beside a message: %v, %d calls", err, len(s.of("sendChatAction")))
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}

// While it is in doubt whether the limit is that of all chats, no chat gets a
// "typing": it could not be a call that finds out.
func TestTypingWaitsForNoDoubt(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", tooManyRequests(20))
		sent := sending(t, c, 501)
		if err := c.Typing(t.Context(), 502); err != nil || len(s.of("sendChatAction")) != 0 {
			t.Errorf("Typing = %v, %d calls", err, len(s.of("sendChatAction")))
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}

func TestAShorterRetryAfterDoesNotReplaceALongerOne(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		late := tooManyRequests(1)
		late.hold = time.Second
		s.on("sendChatAction", late)
		typing := make(chan error, 1)
		go func() { typing <- c.Typing(t.Context(), 501) }()
		synctest.Wait()
		s.on("sendMessage", tooManyRequests(20))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := c.Send(ctx, 501, hello()); err == nil || <-typing == nil {
			t.Error("one of the refused calls went out")
		}
		if err := <-sending(t, c, 501); err != nil || s.arrived("501") != 20*time.Second {
			t.Errorf("Send = %v after %v, want 20s", err, s.arrived("501"))
		}
	})
}
