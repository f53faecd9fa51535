package bot_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
)

// hour steps from one clock hour to the next.
const hour = time.Hour

// People who are not let in get one answer an hour each, groups too, whatever
// they send; /forget is answered besides.
func TestUnauthorizedChatsGetOneAnswerAnHour(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		for round := range 3 {
			for i := range 40 {
				c.types(people["mallory"], false, fmt.Sprint("/x", i))
				c.press(people["mallory"], 1, "holdings:run")
				for _, who := range []string{"mallory", "asha", "ravi"} {
					c.types(people[who], true, "/holdings@kite_bot")
				}
				time.Sleep(time.Second)
			}
			synctest.Wait()
			seen := c.phone.Log()
			if private, public := strings.Count(seen, "bot to 66"), strings.Count(seen, fmt.Sprintf("bot to %d", group)); private != 1 || public != 1 {
				t.Errorf("round %d: %d answers to the person who is not let in, %d to the group", round, private, public)
			}
			if seen := c.steps("mallory: /forget", "mallory presses Forget everything"); !strings.Contains(seen, "orgot") {
				t.Errorf("round %d: /forget is not answered: %s", round, seen)
			}
			c.allAnswered()
			time.Sleep(hour)
		}
		if _, acks := c.phone.Counts(); acks != 0 {
			t.Errorf("%d presses of a person who is not let in were acknowledged", acks)
		}
	})
}

// Who was forgotten, or decided about, may ask again at once.
func TestWhoWasForgottenMayAskAgain(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		steps := []string{"mallory: /start", "mallory: /forget", "mallory presses Forget everything", "mallory: /start"}
		if seen := c.steps(steps...); !strings.Contains(seen, "This bot is private") {
			t.Errorf("after /forget mallory sees %q", seen)
		}
		c.steps("omar: /admin block 66", "omar: /admin unblock 66")
		if seen := c.steps("mallory: /start"); !strings.Contains(seen, "This bot is private") {
			t.Errorf("after a block was lifted mallory sees %q", seen)
		}
		for range 10 {
			c.steps("mallory: /forget")
		}
		if seen := c.steps("mallory: /forget"); seen != "" {
			t.Errorf("/forget without end is answered: %s", seen)
		}
	})
}

// A person who asks, has everything forgotten and asks again, over and over, is told of
// to operators once, and keeps no other person's request from them.
func TestOperatorsAreToldOncePerPersonWhoAsks(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.close()
		c.notices = true
		c.open()
		for range 5 {
			c.says("mallory", "hello")
			c.press(people["mallory"], 1, "forget:yes")
			synctest.Wait()
		}
		if seen := c.says("meera", "hello"); !strings.Contains(seen, "Meera") {
			t.Errorf("the operator is not told of Meera: %s", seen)
		}
		told := 0
		for id := 1; id < 20; id++ {
			m, _ := c.phone.Shown(people["omar"], id)
			told += strings.Count(m.HTML, "Mallory asks")
		}
		if told != 1 {
			t.Errorf("the operator is told of Mallory %d times", told)
		}
	})
}

// However many unauthorized people write, whose chats Telegram holds: they are served by a
// few goroutines in a way of their own, and the others wait for nothing.
func TestUnauthorizedChatsDelayNoOne(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.close()
		theirs := bottest.NewPhone(t)
		c.unauthorized = theirs
		c.open()
		before := runtime.NumGoroutine()
		const n = 3000
		for i := range int64(n) {
			theirs.Hold(100_000+i, true)
			c.take(bot.Update{Chat: 100_000 + i, Private: true, From: 100_000 + i, Text: "/start"})
			c.take(bot.Update{Chat: -100_000 - i, From: people["asha"], Text: "/start@kite_bot"})
			theirs.Hold(-100_000-i, true)
		}
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more > 10 {
			t.Errorf("%d goroutines serve unauthorized people", more)
		}
		if got := c.unanswered(); got > 70 {
			t.Errorf("%d updates of unauthorized people wait", got)
		}
		began := time.Now()
		if seen := c.says("asha", "/x0"); !strings.Contains(seen, "I do not know /x0.") || time.Since(began) != 0 {
			t.Errorf("after %v asha sees %q", time.Since(began), seen)
		}
		c.elapse(10 * time.Minute) // each is given up after a while
		if got := c.unanswered(); got != 0 {
			t.Errorf("%d updates are left", got)
		}
		if strings.Contains(c.logs.String(), "level=WARN") {
			t.Error("unauthorized chats that Telegram holds delay the operator")
		}
		if tries, _ := c.phone.Counts(); tries != 1 {
			t.Errorf("%d messages, want asha's alone in the others' way", tries)
		}
	})
}

// Whom the bot had no time for is answered when they write again.
func TestWhomTheBotHadNoTimeForMayAskAgain(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		for i := range int64(100) {
			c.phone.Hold(100_000+i, true)
			c.take(bot.Update{Chat: 100_000 + i, Private: true, From: 100_000 + i, Text: "/start"})
		}
		c.steps("mallory: /start")
		for i := range int64(100) {
			c.phone.Hold(100_000+i, false)
		}
		synctest.Wait()
		c.phone.Log()
		if seen := c.steps("mallory: /start"); !strings.Contains(seen, "This bot is private") {
			t.Errorf("mallory sees %q", seen)
		}
	})
}

// The bot remembers a bounded number of unauthorized chats. Those beyond are not answered
// until the hour is over.
func TestUnauthorizedChatsAreRememberedInBounds(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		ask := func(from, n int64) int {
			for i := range n {
				c.take(bot.Update{Chat: from + i, Private: true, From: from + i, Text: "/start"})
				synctest.Wait()
			}
			return strings.Count(c.phone.Log(), "bot to")
		}
		if got := ask(100_000, 1200); got != 1024 {
			t.Errorf("%d of 1200 were answered", got)
		}
		time.Sleep(hour)
		if got := ask(200_000, 10); got != 10 {
			t.Errorf("an hour later %d of 10 were answered", got)
		}
	})
}

// After a kill unauthorized people are not answered by the next process.
func TestUnauthorizedUpdatesAreNotTakenUpAgain(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["mallory"], true)
		c.steps("mallory: /start")
		if c.unanswered() != 1 {
			t.Error("the answer is not held")
		}
		c.kill()
		c.phone.Hold(people["mallory"], false)
		c.elapse(time.Minute)
		if seen := c.phone.Log(); seen != "" || c.unanswered() != 0 {
			t.Errorf("%d updates are left, and mallory sees %q", c.unanswered(), seen)
		}
	})
}

// Presses of a blocked person cause nothing at all, nor do those that are too many.
func TestPressesThatAreNotAcknowledged(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.happens("* each person may ask 3 times a minute")
		c.says("omar", "/admin block 66")
		c.says("omar", "/admin block 22") // who was let in
		time.Sleep(time.Minute)
		tries, acks := c.phone.Counts()
		before := runtime.NumGoroutine()
		for range 3000 {
			c.press(people["mallory"], 1, "holdings:run")
			c.press(people["ravi"], 1, "holdings:run")
		}
		if more := runtime.NumGoroutine() - before; more > 0 {
			t.Errorf("%d goroutines for blocked people", more)
		}
		synctest.Wait()
		if tried, acked := c.phone.Counts(); tried != tries || acked != acks {
			t.Errorf("%d messages and %d acknowledgements for blocked people", tried-tries, acked-acks)
		}
		for range 50 {
			c.press(people["asha"], 1, "help:run")
		}
		synctest.Wait()
		if _, acked := c.phone.Counts(); acked != acks+3 {
			t.Errorf("%d acknowledgements at a rate of 3", acked-acks)
		}
	})
}

// slowPresses acknowledges nothing before it is let go.
type slowPresses struct {
	bot.Acknowledger
	mu      sync.Mutex
	running int
	most    int
}

// counts tells how many are under way, and how many were at most.
func (s *slowPresses) counts() (running, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, s.most
}

func (s *slowPresses) Acknowledge(ctx context.Context, _, _ string) error {
	s.mu.Lock()
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
	return ctx.Err()
}

// While Telegram acknowledges nothing, a few acknowledgements are under way and
// a few wait. The presses are answered.
func TestAcknowledgementsAreBounded(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		slow := &slowPresses{Acknowledger: c.phone}
		c.close()
		c.bug = &buggy{Messenger: c.phone, Acknowledger: slow}
		c.open()
		before := runtime.NumGoroutine()
		for range 3000 {
			c.press(people["asha"], 1, "help:run")
			synctest.Wait()
		}
		if _, most := slow.counts(); runtime.NumGoroutine()-before > 12 || most != 8 {
			t.Errorf("%d goroutines, %d acknowledgements at a time", runtime.NumGoroutine()-before, most)
		}
		if n := strings.Count(c.phone.Log(), "What I can do"); n != 3000 {
			t.Errorf("%d of 3000 presses were answered", n)
		}
		c.elapse(10 * time.Minute)
		if running, _ := slow.counts(); running != 0 {
			t.Errorf("%d acknowledgements never end", running)
		}
	})
}

// A person who was let in while their update waited is answered as one who is.
func TestAnUnauthorizedPersonLetInMeanwhile(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		for i := range int64(4) { // which take all workers
			c.phone.Hold(1000+i, true)
			c.types(1000+i, false, "/start")
		}
		c.types(people["mallory"], false, "/x0")
		c.says("omar", "/admin approve 66")
		for i := range int64(4) {
			c.phone.Hold(1000+i, false)
		}
		c.elapse(time.Minute)
		seen := c.phone.Log()
		if strings.Contains(seen, "<code>66</code>") || !strings.Contains(seen, "I do not know /x0.") {
			t.Errorf("people see\n%s", seen)
		}
		c.allAnswered()
	})
}
