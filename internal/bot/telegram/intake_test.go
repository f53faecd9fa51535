package telegram_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
)

func TestUpdatesWithoutAnIDDoNotSpin(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		script := make([]reply, 1000)
		for i := range script {
			script[i] = ok(`[{"message":{}}]`)
		}
		s.on("getUpdates", script...)
		elapse(time.Minute)
		if n := len(s.of("getUpdates")); n > 200 {
			t.Errorf("%d polls within a minute", n)
		}
		if log.count("without a readable update_id") != 1 {
			t.Errorf("want one line:\n%s", log)
		}
		r.stop(t)
	})
}

func TestAServerThatDoesNotHoldPollsIsNotHammered(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		script := make([]reply, 1000)
		for i := range script {
			script[i] = ok(`[]`)
		}
		s.on("getUpdates", script...)
		r := poll(t, c)
		elapse(time.Minute)
		if n := len(s.of("getUpdates")); n > 61 {
			t.Errorf("%d polls within a minute, want at most one a second", n)
		}
		r.stop(t)
	})
}

func TestTheOffsetStaysWhileTelegramCannotBeReached(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		s.on("getUpdates", updates(900))
		elapse(time.Second)
		s.refuseDials(1 << 20)
		s.on("getUpdates", reply{drop: true}) // the connection ends; no new one is made
		elapse(90 * time.Minute)
		s.refuseDials(0)
		elapse(10 * time.Second)
		offsets := s.offsets()
		if got := offsets[len(offsets)-1]; got != "901" {
			t.Errorf("offset = %q, want 901: the batch was never confirmed", got)
		}
		if log.count("level=WARN") != 1 {
			t.Errorf("want one line for an hour and a half of failure:\n%s", log)
		}
		r.stop(t)
	})
}

func TestOneLineAtTheFirstFailureAndOneAtRecovery(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		s.on("getUpdates", badGateway(), reply{drop: true}, no(500, "Internal Server Error: restart"), badGateway(), badGateway(),
			reply{status: 200, body: "<html>captive portal</html>"}, cutShort(updates(39)), updates(40))
		elapse(time.Minute)
		r.expect(t, 40)
		if log.count("level=WARN") != 1 || log.count("come in again") != 1 || log.count("\n") != 2 || log.count("attempts=7") != 1 {
			t.Errorf("want two lines:\n%s", log)
		}
		r.stop(t)
	})
}

// cutShort is a reply that ends in the middle.
func cutShort(r reply) reply {
	r.half = true
	return r
}

func TestPollObeysRetryAfter(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("getUpdates", tooManyRequests(90))
		r := poll(t, c)
		elapse(time.Second)
		if err := <-sending(t, c, 501); err != nil || s.arrived("501") != time.Second {
			t.Errorf("Send = %v after %v, want at once", err, s.arrived("501"))
		}
		elapse(100 * time.Second)
		if got := s.of("getUpdates"); len(got) != 2 || got[1].at != 90*time.Second {
			t.Errorf("polls = %v, want the second after 90s", got)
		}
		r.stop(t)
	})
}

func TestARevokedTokenEndsPoll(t *testing.T) {
	for _, revoked := range []reply{no(401, "Unauthorized"), no(404, "Not Found")} {
		withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
			s.on("getUpdates", updates(40), revoked)
			s.on("getMe", revoked)
			r := poll(t, c)
			if err := <-r.done; !errors.Is(err, telegram.ErrUnauthorized) {
				t.Errorf("Poll = %v, want ErrUnauthorized", err)
			}
			r.expect(t, 40)
			r.cancel()
		})
	}
}

// strayUnauthorized are what a proxy may make of one call, and of the getMe after it:
// none of them says that Telegram does not know the token.
func strayUnauthorized() map[string][2]reply {
	me := ok(`{"id":4815162342,"is_bot":true,"first_name":"Test","username":"test_of_ours_bot"}`)
	return map[string][2]reply{
		"401, getMe is answered":  {no(401, "Unauthorized"), me},
		"404, getMe is answered":  {no(404, "Not Found"), me},
		"401, getMe is cut":       {no(401, "Unauthorized"), {drop: true}},
		"404, getMe has a page":   {no(404, "Not Found"), badGateway()},
		"401, getMe is throttled": {no(401, "Unauthorized"), tooManyRequests(3)},
	}
}

func TestAStrayRefusalDoesNotEndPoll(t *testing.T) {
	for name, stray := range strayUnauthorized() {
		for _, method := range []string{"getUpdates", "getWebhookInfo"} {
			t.Run(name+", "+method, func(t *testing.T) {
				withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
					s.on(method, stray[0])
					s.on("getMe", stray[1])
					s.on("getUpdates", updates(40))
					r := poll(t, c)
					elapse(10 * time.Second)
					select {
					case err := <-r.done:
						t.Errorf("Poll = %v", err)
						return
					default:
					}
					r.expect(t, 40)
					if n := log.count("which getMe does not confirm"); n != 1 {
						t.Errorf("%d lines tell of it:\n%s", n, log)
					}
					r.stop(t)
				})
			})
		}
	}
}

func TestARevokedTokenEndsPollBeforeItBegins(t *testing.T) {
	for _, method := range []string{"getWebhookInfo", "deleteWebhook"} {
		withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
			s.on("getWebhookInfo", ok(`{"url":"https://example.org/hook"}`))
			if method == "getWebhookInfo" {
				s.script[method] = nil
			}
			s.on(method, no(401, "Unauthorized"))
			s.on("getMe", no(401, "Unauthorized"))
			r := poll(t, c)
			if err := <-r.done; !errors.Is(err, telegram.ErrUnauthorized) || len(s.of("getUpdates")) != 0 {
				t.Errorf("Poll = %v after %d polls, want ErrUnauthorized after none", err, len(s.of("getUpdates")))
			}
			r.cancel()
		})
	}
}

// A bug that one update meets ends neither the intake nor the process, and the
// next process is not given that update again.
func TestAPanicCostsOneUpdate(t *testing.T) {
	for name, takeIn := range map[string]func(ctx context.Context, c *telegram.Client, s *stub, j bot.Journal, handle func(bot.Update)) error{
		"polling": func(ctx context.Context, c *telegram.Client, s *stub, j bot.Journal, handle func(bot.Update)) error {
			s.on("getUpdates", updates(40, 41))
			return c.Poll(ctx, j, handle)
		},
		"webhook": func(ctx context.Context, c *telegram.Client, _ *stub, j bot.Journal, handle func(bot.Update)) error {
			net, client := newProxyNet()
			defer client.CloseIdleConnections()
			done := make(chan error, 1)
			go func() {
				done <- c.Webhook(ctx, telegram.Hook{URL: hookURL, Secret: hookSecret, Listener: net}, j, handle)
			}()
			r := &webhookRun{net: net, http: client}
			for _, id := range []int64{40, 41} {
				if status, err := r.bring(ctx, update(id)); status != http.StatusOK {
					return err
				}
			}
			return <-done
		},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				j, handled := bottest.NewMemJournal(), []int64{}
				ctx, cancel := context.WithTimeout(t.Context(), checkEvery/2) // not when the webhook is checked
				defer cancel()
				err := takeIn(ctx, c, s, j, func(u bot.Update) {
					if u.ID == 40 {
						panic(u.Text)
					}
					handled = append(handled, u.ID)
				})
				left, _ := j.Unanswered(c.ID())
				if err != nil || len(handled) != 1 || len(left) != 1 || left[0].ID != 41 {
					t.Errorf("%v; handled %v, left %v; want 41 alone in both", err, handled, left)
				}
				if log.count("level=ERROR") != 1 || log.count("stack=") != 1 || log.count("panic=string") != 1 {
					t.Errorf("want one line with the kind of the panic and the stack:\n%s", log)
				}
			})
		})
	}
}

// bring delivers an update and returns the status.
func (r *webhookRun) bring(ctx context.Context, body string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hookURL, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.URL.Scheme = "http"
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(secretHeader, hookSecret)
	resp, err := r.http.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// panickingJournal is a journal with a bug.
type panickingJournal struct {
	bot.Journal
	panics int
}

func (b *panickingJournal) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	if b.panics--; b.panics >= 0 {
		panic("a bug")
	}
	return b.Journal.Take(who, batch)
}

// An update whose storing panicked is not confirmed, and comes again.
func TestAPanicOfTheJournalLosesNothing(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("getUpdates", updates(40), updates(40))
		j := &panickingJournal{bottest.NewMemJournal(), 1}
		if got := handledWithin(t, c, j, time.Minute); len(got) != 1 {
			t.Errorf("handled %v, want 40 once", got)
		}
	})
	withStub(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		n := &memoryJournal{known: map[int64]bool{}}
		r := startWebhookWith(t, c, n, &panickingJournal{n, 1}, nil)
		synctest.Wait()
		for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
			if status, err := r.bring(t.Context(), update(40)); err != nil || status != want {
				t.Errorf("answered %d, %v; want %d", status, err, want)
			}
		}
		synctest.Wait()
		r.expect(t, 40)
		r.stop(t)
	})
}

// A call that panics gives its place and its slot back.
func TestAPanicOfACallHoldsNothing(t *testing.T) {
	bugs := 2 * sendSlots
	buggy := func(o *telegram.Options) {
		o.Meter.Call = func(method, _ string, _ time.Duration, _ bool) {
			if bugs--; method == "sendMessage" && bugs >= 0 {
				panic("a bug")
			}
		}
	}
	withStubAndOptions(t, buggy, func(t *testing.T, c *telegram.Client, _ *stub, _ *logBuffer) {
		for bugs > 0 {
			func() {
				defer func() { _ = recover() }()
				_, _ = c.Send(t.Context(), 501, hello())
			}()
		}
		if _, err := c.Send(t.Context(), 501, hello()); err != nil || c.ChatLocks() != 0 {
			t.Errorf("%v; %d chats are held", err, c.ChatLocks())
		}
	})
}
