package telegram_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
)

// A bug that one update meets ends neither the intake nor the process, and the
// next process is not given that update again.
func TestAPanicCostsOneUpdate(t *testing.T) {
	for name, takeIn := range map[string]func(ctx context.Context, c *telegram.Client, s *stub, j bot.Journal, handle func(bot.Update)) error{
		"polling": func(ctx context.Context, c *telegram.Client, s *stub, j bot.Journal, handle func(bot.Update)) error {
			s.on("getUpdates", updates(40, 41))
			return c.Poll(ctx, j, handle)
		},
		"webhook": func(ctx context.Context, c *telegram.Client, _ *stub, j bot.Journal, handle func(bot.Update)) error {
			net, client := newHookNet()
			defer client.CloseIdleConnections()
			done := make(chan error, 1)
			go func() {
				done <- c.Webhook(ctx, telegram.Hook{URL: hookURL, Secret: hookSecret, Listener: net}, j, handle)
			}()
			r := &taking{net: net, http: client}
			for _, id := range []int64{40, 41} {
				if status, err := r.bring(ctx, update(id)); status != http.StatusOK {
					return err
				}
			}
			return <-done
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
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
func (r *taking) bring(ctx context.Context, body string) (int, error) {
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

// broken is a journal with a bug.
type broken struct {
	bot.Journal
	panics int
}

func (b *broken) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	if b.panics--; b.panics >= 0 {
		panic("a bug")
	}
	return b.Journal.Take(who, batch)
}

// An update whose storing panicked is not confirmed, and comes again.
func TestAPanicOfTheJournalLosesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		s.on("getUpdates", updates(40), updates(40))
		j := &broken{bottest.NewMemJournal(), 1}
		if got := handledWithin(t, c, j, time.Minute); len(got) != 1 {
			t.Errorf("handled %v, want 40 once", got)
		}
	})
	bubble(t, func(t *testing.T, c *telegram.Client, _ *stub, _ *lines) {
		n := &notebook{known: map[int64]bool{}}
		r := startHook(t, c, n, &broken{n, 1}, nil)
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
	bubbleWith(t, buggy, func(t *testing.T, c *telegram.Client, _ *stub, _ *lines) {
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
