package telegram_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	sim "kitebot/internal/sim/telegram"
)

// waitLimit bounds what a test against the simulator waits for.
const waitLimit = 20 * time.Second

// newSim starts the strict simulator; what it calls a violation fails the test.
func newSim(t *testing.T) (*sim.Server, string) {
	t.Helper()
	s := sim.New(sim.Options{Token: token})
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		server.Close()
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("telegram's rules were broken:\n%s", strings.Join(v, "\n"))
		}
	})
	return s, server.URL
}

// newSimClient is a bot process, as far as this package goes.
func newSimClient(t *testing.T, address string) *telegram.Client {
	t.Helper()
	c, err := telegram.New(t.Context(), telegram.Options{Token: token, APIURL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// echo answers a text with itself, as a bot that answers one by one would, and
// marks it as answered.
func echo(t *testing.T, c *telegram.Client, j bot.Journal, u bot.Update) {
	if _, err := c.Send(t.Context(), u.Chat, view.Message{HTML: "you said " + u.Text}); err != nil {
		t.Errorf("answer update %d: %v", u.ID, err)
	}
	j.Answered(c.ID(), u.ID)
}

func TestNothingIsLostOverARestart(t *testing.T) {
	s, address := newSim(t)
	asha := s.User(501, "Asha")
	var want []string
	for i := range 50 {
		text := fmt.Sprintf("line %02d", i)
		asha.Send(text)
		want = append(want, "you said "+text)
	}
	j := bottest.NewMemJournal()
	killAfter(t, 15, newSimClient(t, address), j)
	asha.Send("one more")
	answerUntil(t, "you said one more", newSimClient(t, address), j, asha)
	want = append(want, "you said one more")
	if got := answers(asha.Chat()); !slices.Equal(got, want) {
		t.Errorf("answers = %q\nwant each line once, in order", got)
	}
}

// killAfter plays a process that ends right after its nth answer.
func killAfter(t *testing.T, n int, c *telegram.Client, j bot.Journal) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	count := 0
	err := c.Poll(ctx, j, func(u bot.Update) {
		echo(t, c, j, u)
		if count++; count == n {
			kill()
		}
	})
	if err != nil || count != n {
		t.Fatalf("the process ended with %v after %d answers", err, count)
	}
}

// answerUntil plays a process that begins with what the journal holds and ends
// once a person has read the text.
func answerUntil(t *testing.T, text string, c *telegram.Client, j bot.Journal, person *sim.User) {
	t.Helper()
	left, err := j.Unanswered(c.ID())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range left {
		echo(t, c, j, u)
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Poll(ctx, j, func(u bot.Update) { echo(t, c, j, u) }) }()
	if err := person.Wait(ctx, func(m []sim.Message) bool { return slices.Contains(answers(m), text) }); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// slowJournal looks at the queue while a batch is being stored.
type slowJournal struct {
	bot.Journal
	look func(batch []bot.Update)
}

func (j slowJournal) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	j.look(batch)
	return j.Journal.Take(who, batch)
}

func TestTelegramKeepsABatchUntilItIsStored(t *testing.T) {
	s, address := newSim(t)
	asha := s.User(501, "Asha")
	c := newSimClient(t, address)
	asha.Send("/status")
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	var looks []string
	j := slowJournal{bottest.NewMemJournal(), func(batch []bot.Update) {
		looks = append(looks, fmt.Sprintf("%s: %d queued", batch[0].Text, s.Queue()))
	}}
	err := c.Poll(ctx, j, func(u bot.Update) {
		if u.Text == "/status" {
			asha.Send("/holdings")
			return
		}
		cancel()
	})
	if want := []string{"/status: 1 queued", "/holdings: 1 queued"}; err != nil || !slices.Equal(looks, want) {
		t.Errorf("Poll = %v, looks = %q, want %q", err, looks, want)
	}
}

func TestTheStrictServerAcceptsEverythingWeSend(t *testing.T) {
	s, address := newSim(t)
	c := newSimClient(t, address)
	asha := s.User(501, "Asha")
	asha.Send("/start")
	first := view.Message{
		HTML:    `<b>M&amp;M</b> <code>₹ 1,00,234.50</code> <a href="https://example.org/?a=1&amp;b=2">more</a>`,
		Protect: true,
		Buttons: [][]view.Button{
			{{Text: "Open", URL: "https://example.org/a?b=c&d=e"}, {Text: "Next", Data: "holdings:page:2", Style: view.Success}},
			{{Text: "Copy", Copy: "AB1234"}},
		},
	}
	ctx := t.Context()
	id, err := c.Send(ctx, 501, first)
	if err != nil {
		t.Fatal(err)
	}
	if m := asha.Last(); !m.Protected || len(m.Keyboard) != 2 || !strings.HasPrefix(m.Text, "M&M") {
		t.Errorf("message = %+v", m)
	}
	for _, err := range []error{
		c.Typing(ctx, 501),
		c.Edit(ctx, 501, id, first), // nothing changes
		c.Edit(ctx, 501, id, view.Message{HTML: "done"}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if m := asha.Last(); m.Text != "done" || len(m.Keyboard) != 0 || !m.Protected {
		t.Errorf("message after the edit = %+v", m)
	}
}

func TestTheStrictServerAcceptsTheMenu(t *testing.T) {
	s, address := newSim(t)
	c := newSimClient(t, address)
	asha := s.User(501, "Asha")
	asha.Send("/start")
	for _, menu := range [][]telegram.Command{
		{{"status", "Am I logged in?"}, {"help", "What I can do"}},
		{{"status", "Am I logged in?"}},
	} {
		if err := c.Announce(t.Context(), menu); err != nil {
			t.Fatal(err)
		}
		if got := asha.Commands(); len(got) != len(menu) {
			t.Errorf("commands in a private chat = %v, want %v", got, menu)
		}
	}
	if err := c.Describe(t.Context(), "Reads your account.", "Reads."); err != nil {
		t.Error(err)
	}
}

func TestWhatPeopleDoArrives(t *testing.T) {
	s, address := newSim(t)
	c := newSimClient(t, address)
	asha, ravi := s.User(501, "Asha"), s.User(502, "Ravi")
	asha.Send("/start")
	s.Group(-100900, "Lunch").Send(ravi, "/status")
	ravi.Send("/start")
	ravi.Block()

	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	var got []bot.Update
	err := c.Poll(ctx, bottest.NewMemJournal(), func(u bot.Update) {
		u.ID, u.Message, u.Entry = 0, 0, bot.Entry{} // the simulator's own numbers
		if got = append(got, u); u.Blocked {
			cancel()
		}
	})
	want := []bot.Update{
		{Chat: 501, Private: true, From: 501, Name: "Asha", Text: "/start"},
		{Chat: -100900, From: 502, Name: "Ravi", Text: "/status"},
		{Chat: 502, Private: true, From: 502, Name: "Ravi", Text: "/start"},
		{Chat: 502, Private: true, From: 502, Name: "Ravi", Blocked: true},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Poll = %v, updates = %+v\nwant %+v", err, got, want)
	}
}

func TestAPressIsAnswered(t *testing.T) {
	s, address := newSim(t)
	c := newSimClient(t, address)
	asha := s.User(501, "Asha")
	asha.Send("/start")
	id, err := c.Send(t.Context(), 501, view.Message{HTML: "x", Buttons: [][]view.Button{{{Text: "Go", Data: "go:on"}}}})
	if err != nil {
		t.Fatal(err)
	}
	press, err := asha.Press(int64(id), "go:on")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	if err := c.Poll(ctx, bottest.NewMemJournal(), func(u bot.Update) {
		if u.Press == "" {
			return
		}
		if u.Message != id || u.Data != "go:on" || !u.Private {
			t.Errorf("press = %+v, want go:on of message %d in private", u, id)
		}
		if err := c.Acknowledge(t.Context(), u.Press, "Going on"); err != nil {
			t.Error(err)
		}
		cancel()
	}); err != nil {
		t.Fatal(err)
	}
	<-press.Answered()
	if press.AnswerText() != "Going on" {
		t.Errorf("toast = %q", press.AnswerText())
	}
}

func TestPeopleWhoAreGone(t *testing.T) {
	for name, leave := range map[string]func(*sim.User){
		"blocked": (*sim.User).Block, "vanished": (*sim.User).ForgetChat,
	} {
		t.Run(name, func(t *testing.T) {
			withSim(t, func(t *testing.T, c *telegram.Client, s *sim.Server, log *logBuffer) {
				asha, _ := ashaAndRavi(s)
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
	withSim(t, func(t *testing.T, c *telegram.Client, s *sim.Server, _ *logBuffer) {
		asha, _ := ashaAndRavi(s)
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
		"another process takes": (*sim.Server).SecondPoller,
		"a webhook was set for": func(s *sim.Server) func() { s.SetForeignWebhook(); return func() {} },
	} {
		withSim(t, func(t *testing.T, c *telegram.Client, s *sim.Server, log *logBuffer) {
			ashaAndRavi(s)
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
