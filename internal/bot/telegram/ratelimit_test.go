package telegram_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
)

// sending starts a message to each chat and settles; the errors come in any order.
func sending(t *testing.T, c *telegram.Client, chats ...int64) <-chan error {
	done := make(chan error, len(chats))
	for _, chat := range chats {
		go func() {
			_, err := c.Send(t.Context(), chat, hello())
			done <- err
		}()
		synctest.Wait()
	}
	return done
}

// arrived is when the last message to a chat reached the stub.
func (s *stub) arrived(chat string) time.Duration {
	at := time.Duration(-1)
	for _, call := range s.of("sendMessage") {
		if call.params["chat_id"] == chat {
			at = call.at
		}
	}
	return at
}

func TestASecondRefusedChatHoldsBackEveryone(t *testing.T) {
	const fresh = "504" // a chat that was never refused
	for name, tt := range map[string]struct {
		floods []int // the retry_after of each chat, 0 for a message that is sent
		apart  time.Duration
		want   time.Duration // when the fresh chat's message goes, after the last of them
		lines  int           // said in the log
	}{
		"one":                          {[]int{20}, 0, 0, 0},
		"two":                          {[]int{20, 20}, 0, 20 * time.Second, 1},
		"two with another between":     {[]int{20, 0, 20}, 0, 0, 0},
		"three over half a day":        {[]int{3, 3, 3}, 4 * time.Hour, 0, 0},
		"two for an hour":              {[]int{3600, 3600}, 0, time.Minute, 2}, // a guess is a short one
		"one long, another much later": {[]int{3600, 20}, 2 * time.Minute, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				var under []<-chan error
				for i, seconds := range tt.floods {
					elapse(min(tt.apart, time.Duration(i)*tt.apart))
					if seconds > 0 {
						s.on("sendMessage", tooManyRequests(seconds))
					}
					under = append(under, sending(t, c, int64(501+i)))
				}
				last := time.Since(s.start)
				if err := <-sending(t, c, 504); err != nil {
					t.Fatal(err)
				}
				if got := s.arrived(fresh) - last; got != tt.want {
					t.Errorf("another chat's message went after %v, want %v", got, tt.want)
				}
				for i, one := range under {
					if err := <-one; err != nil {
						t.Errorf("chat %d: %v", 501+i, err)
					}
				}
				if n := log.count("level=WARN"); n != tt.lines {
					t.Errorf("%d lines, want %d:\n%s", n, tt.lines, log)
				}
			})
		})
	}
}

// One chat that is refused again and again is one chat.
func TestOneRefusedChatIsNotACrowd(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("sendMessage", tooManyRequests(2), tooManyRequests(2), tooManyRequests(2), tooManyRequests(2))
		slow := sending(t, c, 501)
		elapse(7 * time.Second)
		if err := <-sending(t, c, 502); err != nil {
			t.Fatal(err)
		}
		if at := s.arrived("502"); at != 7*time.Second {
			t.Errorf("the other chat's message went after %v, want 7s", at)
		}
		if err := <-slow; err != nil {
			t.Fatal(err)
		}
	})
}

// A retry_after of an hour is longer than a reply may take: the call ends
// with its context, and may be made later.
func TestAnHourOfSilence(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		s.on("sendMessage", tooManyRequests(3600))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if _, err := c.Send(ctx, 501, hello()); cause(t, err) != bot.DeliveryFailed {
			t.Errorf("error = %v, want one that may pass", err)
		}
		if err := <-sending(t, c, 502); err != nil {
			t.Errorf("another chat: %v", err)
		}
		if err := <-sending(t, c, 501); err != nil {
			t.Errorf("the same chat later: %v", err)
		}
		if s.arrived("502") != 10*time.Minute || s.arrived("501") != time.Hour {
			t.Errorf("went after %v and %v, want 10m and 1h", s.arrived("502"), s.arrived("501"))
		}
		if log.count("level=WARN") != 1 || log.count("for=1h0m0s") != 1 {
			t.Errorf("want one line about the hour:\n%s", log)
		}
	})
}

// Telegram counts changes of the profile for themselves, and asks for most of a
// day where it thinks they are too many.
func TestAnOverdoneProfileHoldsBackNobody(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("setMyDescription", tooManyRequests(80000))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		described := make(chan error, 1)
		go func() { described <- c.Describe(ctx, "Reads your account.", "Reads.") }()
		synctest.Wait()
		if err := <-sending(t, c, 501); err != nil {
			t.Fatal(err)
		}
		if at := s.arrived("501"); at != 0 {
			t.Errorf("a message went after %v, want at once", at)
		}
		if err := <-described; err == nil || time.Since(s.start) != time.Minute {
			t.Errorf("Describe = %v after %v, want its context's end", err, time.Since(s.start))
		}
	})
}

// Something before the Bot API may say 429, too. It did not pass the call on.
func TestA429WithoutTheBotAPIsJSON(t *testing.T) {
	page := reply{status: 429, body: "<html>slow down</html>"}
	timed, dated := page, page
	timed.after, dated.after = "9", "Wed, 21 Oct 2031 07:28:00 GMT"
	for name, tt := range map[string]struct {
		reply reply
		want  time.Duration
	}{
		"without a time": {page, 5 * time.Second}, "with seconds": {timed, 9 * time.Second}, "with a date": {dated, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
				s.on("sendMessage", tt.reply, tt.reply, tt.reply, tt.reply)
				if err := <-sending(t, c, 501); err != nil {
					t.Fatal(err)
				}
				if n, at := len(s.of("sendMessage")), s.arrived("501"); n != 5 || at != 4*tt.want {
					t.Errorf("attempt %d after %v, want the fifth after %v", n, at, 4*tt.want)
				}
			})
		})
	}
}

// A call that Telegram did not answer tells nothing of the limit that is in doubt.
func TestALostCallSettlesNoDoubt(t *testing.T) {
	for name, nothing := range map[string]reply{"no answer": {drop: true}, "a gateway's page": badGateway()} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
				s.on("sendMessage", tooManyRequests(20), nothing, tooManyRequests(20), tooManyRequests(20), tooManyRequests(20))
				done := sending(t, c, 501, 502, 503, 504)
				for range 4 {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				early := 0
				for _, call := range s.of("sendMessage") {
					if call.at < 20*time.Second {
						early++
					}
				}
				if early != 3 {
					t.Errorf("%d calls went out before Telegram wanted any, want 3: one that is refused, one that is lost, one that settles it", early)
				}
			})
		})
	}
}
