package bot_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
)

// What the bot promises about updates, whatever the commands do.

// typing is what a person of these tests types; the words come back in the reply.
func typing(id, who int64, words string) bot.Update {
	return bot.Update{ID: id, Chat: who, Private: true, From: who, Text: "/" + words}
}

// intake is what the poll loop does with a batch.
func (c *chat) intake(batch ...bot.Update) {
	c.t.Helper()
	fresh, err := c.data.Take(c.id, batch)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, u := range fresh {
		c.bot.Dispatch(u)
	}
}

var unknown = regexp.MustCompile(`bot to (\d+): message #\d+\n    I do not know /(\w+)\.`)

// answers returns which unknown commands were answered, by person, in order.
func (c *chat) answers() map[string][]string {
	all := map[string][]string{}
	for _, m := range unknown.FindAllStringSubmatch(c.phone.Log(), -1) {
		all[m[1]] = append(all[m[1]], m[2])
	}
	return all
}

func words(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return all
}

// Each person's answers come in the order of their questions, though questions
// that take long and questions that do not are mixed, and people with them.
func TestOrderIsKeptPerPerson(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.logIn("ravi", "CD5678")
		c.kite.Before(func(string) { time.Sleep(time.Duration(rand.IntN(2000)) * time.Millisecond) })
		var id int64 = 1000
		for i := range 8 {
			for _, who := range []string{"asha", "ravi"} {
				c.intake(typing(id, people[who], "status"), typing(id+1, people[who], fmt.Sprint("x", i)))
				id += 2
			}
		}
		c.elapse(5 * time.Minute)
		seen := c.phone.Log()
		for _, who := range []string{"11", "22"} {
			var got []string
			for _, m := range regexp.MustCompile(`bot to `+who+`: message #\d+\n    (<b>Logged in|I do not know /x\d)`).FindAllStringSubmatch(seen, -1) {
				got = append(got, m[1])
			}
			var want []string
			for i := range 8 {
				want = append(want, "<b>Logged in", fmt.Sprint("I do not know /x", i))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answers to %s (-want +got):\n%s", who, diff)
			}
		}
	})
}

// While Kite keeps one person waiting for an hour, and Telegram another, a third
// is answered at once.
func TestOneSlowPersonDelaysNoOneElse(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Before(func(string) { time.Sleep(time.Hour) })
		c.phone.Hold(people["ravi"], true)
		c.intake(typing(100, people["asha"], "holdings"), typing(101, people["ravi"], "slow"), typing(102, people["omar"], "quick"))
		began := time.Now()
		synctest.Wait()
		if got := c.answers(); !slices.Equal(got["99"], []string{"quick"}) || time.Since(began) > 0 {
			t.Errorf("after %v the third person was told %v", time.Since(began), got)
		}
		c.phone.Hold(people["ravi"], false)
		c.elapse(2 * time.Hour)
		if got := c.answers(); !slices.Equal(got["22"], []string{"slow"}) {
			t.Errorf("the one whom Telegram kept waiting was told %v", got)
		}
	})
}

// What Telegram delivers twice is answered once: within a batch, in the next
// one, after an answer, and after a restart.
func TestDuplicatesAreAnsweredOnce(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		one, two := typing(100, people["asha"], "one"), typing(101, people["asha"], "two")
		c.intake(one, one, two)
		c.intake(two, one)
		synctest.Wait()
		c.intake(one, two)
		c.close()
		c.open()
		c.intake(one, two)
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("answered: %v", got)
		}
	})
}

// Telegram starts its numbers again after a quiet week, lower or higher: ids are
// names, not an order. Another token is another bot with numbers of its own.
func TestNumbersStartAgain(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.intake(typing(900_000_000, people["asha"], "high"))
		synctest.Wait()
		time.Sleep(8 * 24 * time.Hour)
		c.intake(typing(17, people["asha"], "low"), typing(900_000_001, people["asha"], "next"))
		c.intake(typing(900_000_000, people["asha"], "high"), typing(16, people["asha"], "lower"))
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"high", "low", "next", "lower"}) {
			t.Errorf("answered: %v", got)
		}
		c.close()
		c.id = 2
		c.open()
		c.intake(typing(17, people["asha"], "other"), typing(17, people["asha"], "other"))
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"other"}) {
			t.Errorf("another bot answered: %v", got)
		}
	})
}

// What another bot's token left unanswered is not answered by this one.
func TestAnotherTokenLeavesWhatWaits(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.intake(typing(5, people["asha"], "first"), typing(6, people["asha"], "second"))
		c.close()
		c.phone.Hold(people["asha"], false)
		c.id = 2
		c.open()
		synctest.Wait()
		if got := c.answers(); len(got) != 0 {
			t.Errorf("the other bot answered %v", got)
		}
		c.close()
		c.id = 1
		c.open()
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("the first bot answered: %v", got)
		}
	})
}

// A restart in the middle of 50 queued updates of several people loses none,
// answers none twice, and keeps each person's order.
func TestARestartLosesNothing(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		who := []string{"asha", "ravi", "omar"}
		for _, name := range who {
			c.phone.Hold(people[name], true)
		}
		want := map[string][]string{}
		for i := range int64(50) {
			name := who[i%3]
			word := fmt.Sprint("x", i)
			c.intake(typing(100+i, people[name], word))
			want[fmt.Sprint(people[name])] = append(want[fmt.Sprint(people[name])], word)
		}
		synctest.Wait()
		c.phone.Hold(people["ravi"], false)
		synctest.Wait() // ravi's are answered; of the others' one each is half-way
		got := c.answers()
		c.close()
		for _, name := range who {
			c.phone.Hold(people[name], false)
		}
		c.open()
		synctest.Wait()
		for person, words := range c.answers() {
			got[person] = append(got[person], words...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("answers over the restart (-want +got):\n%s", diff)
		}
		c.allAnswered()
	})
}

// Commands hold the room of an answer until it is decoded, and no longer.
func TestAnswersAreHeldUntilTheyAreDecoded(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		for _, command := range []string{"/portfolio", "/quote infy", "/search tata", "/tool get_holdings", "/chart infy"} {
			c.types(people["asha"], false, command)
			synctest.Wait()
		}
		if now, ever := c.kite.Held(); now != 0 || !ever {
			t.Errorf("%d answers are still held, ever: %v", now, ever)
		}
	})
}

// However much one person sends, no more waits than fits, one word is said about
// it, and everything is marked as answered.
func TestAFloodIsBounded(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		for i := range int64(500) {
			c.intake(typing(100+i, people["asha"], fmt.Sprint("x", i)))
			synctest.Wait()
		}
		if left, err := c.data.Unanswered(c.id); err != nil || len(left) > 22 { // one runs, twenty wait, one word is on its way
			t.Errorf("%d updates are held, %v", len(left), err)
		}
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		seen := c.phone.Log()
		if busy := strings.Count(seen, "have no room for more"); busy != 1 {
			t.Errorf("a flood was answered with %d polite words", busy)
		}
		var got []string
		for _, m := range unknown.FindAllStringSubmatch(seen, -1) {
			got = append(got, m[2])
		}
		if !slices.Equal(got, words("x", 21)) {
			t.Errorf("answered: %v", got)
		}
		c.allAnswered()
		c.intake(typing(900, people["asha"], "after"))
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"after"}) {
			t.Errorf("after the flood: %v", got)
		}
	})
}

// A flood of addresses, while Telegram holds the chat, is deleted by a few workers.
func TestPastesPastAFullMailboxAreBounded(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/help")
		before := runtime.NumGoroutine()
		for range 500 {
			c.types(people["asha"], false, "http://127.0.0.1/?code=made-up-code-of-a-test&state=secret-state-1")
		}
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more > 50 {
			t.Errorf("%d more goroutines", more)
		}
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		c.allAnswered()
	})
}
