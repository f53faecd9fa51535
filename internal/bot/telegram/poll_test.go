package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
	sim "kitebot/internal/sim/telegram"
)

// memoryJournal is a journal in memory that can be full.
type memoryJournal struct {
	mu    sync.Mutex
	full  int // this many more batches are refused
	known map[int64]bool
	took  []int64
}

func (n *memoryJournal) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if who != botID {
		return nil, fmt.Errorf("bot %d is a stranger", who)
	}
	if n.full > 0 {
		n.full--
		return nil, errors.New("no space left on device")
	}
	var fresh []bot.Update
	for _, u := range batch {
		if !n.known[u.ID] {
			n.known[u.ID] = true
			n.took = append(n.took, u.ID)
			fresh = append(fresh, u)
		}
	}
	return fresh, nil
}

func (n *memoryJournal) Begin(int64, int64) error { return nil }

func (n *memoryJournal) Ran(int64, int64) error { return nil }

func (n *memoryJournal) Stopped(int64) error { return nil }

func (n *memoryJournal) Answered(int64, int64) {}

func (n *memoryJournal) Unanswered(int64) ([]bot.Update, error) { return nil, nil }

// pollRun is one Poll under way.
type pollRun struct {
	*memoryJournal
	mu      sync.Mutex
	handled []int64
	done    chan error
	cancel  context.CancelFunc
}

// poll starts Poll; the test ends it with stop.
func poll(t *testing.T, c *telegram.Client) *pollRun {
	ctx, cancel := context.WithCancel(t.Context())
	r := &pollRun{memoryJournal: &memoryJournal{known: map[int64]bool{}}, done: make(chan error, 1), cancel: cancel}
	go func() { r.done <- c.Poll(ctx, r, r.handle) }()
	return r
}

func (r *pollRun) handle(u bot.Update) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.took, u.ID) {
		panic("handled before it was stored")
	}
	r.handled = append(r.handled, u.ID)
}

func (r *pollRun) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Poll = %v, want nil after its context ended", err)
	}
}

func (r *pollRun) expect(t *testing.T, ids ...int64) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.handled, ids) {
		t.Errorf("handled %v, want %v", r.handled, ids)
	}
}

// updates is a getUpdates answer with a text message for each id.
func updates(ids ...int64) reply {
	var all []string
	for _, id := range ids {
		all = append(all, update(id))
	}
	return ok("[" + strings.Join(all, ",") + "]")
}

func update(id int64) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":9,"from":%s,"chat":%s,"text":"/status"}}`, id, userMeera, privateChat)
}

// offsets are what the polls so far confirmed, "" for nothing.
func (s *stub) offsets() []string {
	var all []string
	for _, call := range s.of("getUpdates") {
		all = append(all, call.params["offset"])
	}
	return all
}

func TestPollAsksForWhatItNeeds(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		synctest.Wait()
		p := s.of("getUpdates")[0].params
		want := map[string]string{"limit": "100", "timeout": "50", "allowed_updates": `["message","edited_message","callback_query","my_chat_member"]`}
		if fmt.Sprint(p) != fmt.Sprint(want) {
			t.Errorf("parameters = %v, want %v", p, want)
		}
		r.stop(t)
		if n := len(s.of("deleteWebhook")); n != 0 || log.String() != "" {
			t.Errorf("%d webhooks removed, log:\n%s", n, log)
		}
	})
}

func TestABatchIsConfirmedOnlyOnceItIsStored(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		r.full = 3
		for range 4 {
			s.on("getUpdates", updates(40, 41))
		}
		elapse(30 * time.Second)
		r.expect(t, 40, 41)
		if want := []string{"", "", "", "", "42"}; !slices.Equal(s.offsets(), want) {
			t.Errorf("offsets = %q, want %q", s.offsets(), want)
		}
		if log.count("level=ERROR") != 1 || log.count("no space left on device") != 1 || log.count("come in again") != 1 {
			t.Errorf("want one loud line and one of relief:\n%s", log)
		}
		r.stop(t)
	})
}

func TestIgnoredUpdatesAreConfirmed(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := poll(t, c)
		s.on("getUpdates",
			ok(`[{"update_id":50,"edited_message":{}},{"update_id":51,"message":{"text":"private words","from":7}},`+update(52)+`,{"update_id":53,"poll":{}}]`),
			ok(`[{"update_id":54,"channel_post":{}}]`))
		elapse(time.Second)
		r.expect(t, 52)
		if want := []string{"", "54", "55"}; !slices.Equal(s.offsets(), want) {
			t.Errorf("offsets = %q, want %q", s.offsets(), want)
		}
		if log.count("cannot be read") != 1 || log.count("type=message") != 1 || strings.Contains(log.String(), "private words") {
			t.Errorf("want one line with the type alone:\n%s", log)
		}
		r.stop(t)
	})
}

func TestTheOffsetIsDroppedAfterAnEmptyHour(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		r := poll(t, c)
		s.on("getUpdates", updates(900))
		elapse(59 * time.Minute)
		offsets := s.offsets()
		if got := offsets[len(offsets)-1]; got != "901" {
			t.Errorf("the offset within the hour = %q, want 901", got)
		}
		elapse(2 * time.Minute)
		s.on("getUpdates", updates(5))
		elapse(time.Second)
		r.expect(t, 900, 5)
		offsets = s.offsets()
		if got := offsets[len(offsets)-2:]; !slices.Equal(got, []string{"", "6"}) {
			t.Errorf("offsets after the hour = %q, want none and then 6", got)
		}
		r.stop(t)
	})
}

func TestAWebhookIsRemovedAndItsUpdatesKept(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		s.on("getWebhookInfo", badGateway(), ok(`{"url":"https://example.org/hook/confidential","pending_update_count":3}`),
			ok(`{"url":"https://example.org/hook/confidential","pending_update_count":3}`))
		s.on("deleteWebhook", badGateway())
		r := poll(t, c)
		elapse(20 * time.Second)
		removed := s.of("deleteWebhook")
		if len(removed) != 2 || removed[1].params["drop_pending_updates"] == "true" {
			t.Errorf("deleteWebhook calls = %v", removed)
		}
		if n := len(s.of("getUpdates")); n != 1 {
			t.Errorf("%d polls, want 1", n)
		}
		if strings.Contains(log.String(), "confidential") {
			t.Errorf("the log holds the webhook's address:\n%s", log)
		}
		r.stop(t)
	})
}

func TestTheRestOfABatchIsLeftToTheJournal(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		ctx, cancel := context.WithCancel(t.Context())
		n := &memoryJournal{known: map[int64]bool{}}
		s.on("getUpdates", updates(40, 41, 42))
		var handled []int64
		err := c.Poll(ctx, n, func(u bot.Update) {
			handled = append(handled, u.ID)
			cancel()
		})
		if err != nil || !slices.Equal(handled, []int64{40}) || !slices.Equal(n.took, []int64{40, 41, 42}) {
			t.Errorf("Poll = %v, handled %v, stored %v; want 40 handled and all three stored", err, handled, n.took)
		}
	})
}

const (
	otherPoller = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	hookIsSet   = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

// Next to a second poller some polls go well. The alarm stays on until a minute
// has passed without a conflict, and the log does not flicker either.
func TestAConflictIsNotOverWithTheFirstUpdate(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
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
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
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

// While Telegram is away for a week its numbering may start anew. An offset of
// the old one would confirm updates that were not seen.
func TestTheOffsetIsDroppedAfterADayWithoutAWord(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("getUpdates", updates(900), tooManyRequests(80000), tooManyRequests(80000), updates(5)) // most of a day without a word, twice
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
		withStubAndOptions(t, func(o *telegram.Options) { o.Token = id + ":" + secret }, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
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

// What the strict server confirms and offers again, for each failure of a poll.
func TestEveryUpdateIsHandledOnceWhateverHappensToPolls(t *testing.T) {
	for name, fail := range map[string]func(s *sim.Server, round int){
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
		"nothing for hours": func(s *sim.Server, round int) { elapse(3 * time.Hour); s.SetNextUpdateID(int64(300 / round)) },
	} {
		t.Run(name, func(t *testing.T) {
			withSim(t, func(t *testing.T, c *telegram.Client, s *sim.Server, _ *logBuffer) {
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
						fail(s, round)
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
