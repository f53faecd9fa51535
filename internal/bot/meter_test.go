package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/command"
)

// ledger writes down what a meter is told.
type ledger struct {
	mu   sync.Mutex
	told []string

	mismatches int
}

func (l *ledger) meter() bot.Meter {
	return bot.Meter{Command: l.command, HoldingMismatches: l.holdingMismatches}
}

func (l *ledger) command(name, outcome string, waited time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, fmt.Sprintf("%s: %s, %v", name, outcome, waited))
}

func (l *ledger) holdingMismatches(holdings int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mismatches += holdings
}

// want checks what was told since the last time, and that it is of the lists.
func (l *ledger) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.told, want) {
		t.Errorf("the meter was told\n%q, want\n%q", l.told, want)
	}
	for _, line := range l.told {
		name, rest, _ := strings.Cut(line, ": ")
		outcome, _, _ := strings.Cut(rest, ", ")
		known := name == "" || slices.ContainsFunc(command.All(), func(c command.Command) bool { return c.Name == name })
		if !known || !slices.Contains(bot.Outcomes(), outcome) {
			t.Errorf("%q is of no list", line)
		}
	}
	l.told = nil
}

// What people ask is told with what it came to and how long they waited, and
// nothing of what they typed.
func TestMeter(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		var l ledger
		c.close()
		c.meter = l.meter()
		c.open()
		c.says("asha", "/holdings")
		l.want(t, "holdings: no login, 0s")
		c.world("* asha's browser logs in as AB1234")
		c.world("* 2s pass")
		l.want(t, "holdings: ok, 0s") // it follows by itself
		if l.mismatches != 2 {        // of three rows without a P&L one has no price
			t.Errorf("%d holdings are mismatched", l.mismatches)
		}
		c.world("* 1m0s pass")
		c.world("* Kite takes a second")
		c.says("asha", "/holdings")
		c.says("asha", "/funds") // waits behind the other
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(l.told) != 2 || !strings.HasPrefix(l.told[0], "holdings: ok, ") || !strings.HasPrefix(l.told[1], "funds: ok, ") ||
			waited(l.told[0]) < time.Second || waited(l.told[1]) < waited(l.told[0])+time.Second {
			t.Errorf("the meter was told %q", l.told)
		}
		l.told = nil
		for _, text := range []string{"/no_such_thing 12345", "good morning to all of you", "/holdings@other_bot", "/ADMIN 77"} {
			c.says("asha", text)
		}
		c.says("mallory", "/holdings")
		l.want(t, slices.Repeat([]string{": ok, 0s"}, 5)...)
		c.world("* Telegram refuses everything")
		c.says("asha", "/help")
		l.want(t, "help: undelivered, 0s")
	})
}

func waited(line string) time.Duration {
	_, text, _ := strings.Cut(line, ", ")
	d, _ := time.ParseDuration(text)
	return d
}

// A bug, a silent Kite and a logout in the middle have names of their own.
func TestMeterOfTrouble(t *testing.T) {
	for trouble, want := range map[string]string{
		"* Kite is down": "funds: unreachable", "* Kite panics the bot": "funds: panic", "* Kite takes an hour": "funds: cancelled",
	} {
		t.Run(trouble, func(t *testing.T) {
			inBubble(t, func(t *testing.T, c *chat) {
				var l ledger
				c.close()
				c.meter = l.meter()
				c.open()
				c.logIn("asha", "AB1234")
				l.told = nil
				c.world(trouble)
				c.says("asha", "/funds")
				if want == "funds: cancelled" {
					c.says("asha", "/logout")
				}
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				if len(l.told) == 0 || !strings.HasPrefix(l.told[0], want+", ") {
					t.Errorf("the meter was told %q, want %q first", l.told, want)
				}
				c.logs.Reset() // a panic's stack is in it
			})
		})
	}
}

// The lists have no double.
func TestOutcomesAreDistinct(t *testing.T) {
	all := bot.Outcomes()
	if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("%q", all)
	}
}

// The queue is what waits, and for how many people something is done.
func TestQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		want := func(waiting, busy int) {
			t.Helper()
			synctest.Wait()
			if w, b := c.bot.Queue(); w != waiting || b != busy {
				t.Errorf("%d wait, %d are busy; want %d, %d", w, b, waiting, busy)
			}
		}
		want(0, 0)
		for _, who := range []string{"asha", "ravi"} {
			c.phone.Hold(people[who], true)
			for _, command := range []string{"/help", "/start", "/help"} {
				c.types(people[who], false, command)
			}
		}
		want(4, 2)
		c.phone.Hold(people["asha"], false)
		want(2, 1)
		c.phone.Hold(people["ravi"], false)
		want(0, 0)
		c.phone.Log()
	})
}
