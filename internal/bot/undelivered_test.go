package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
)

// What becomes of orders whose answers Telegram does not take.

// unanswered returns how many updates a next process would take up again.
func (c *chat) unanswered() int {
	c.t.Helper()
	left, err := c.data.Unanswered(c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	return len(left)
}

// allAnswered checks that a next process has nothing to take up.
func (c *chat) allAnswered() {
	c.t.Helper()
	if n := c.unanswered(); n != 0 {
		c.t.Errorf("%d updates are left", n)
	}
}

// What was carried out is not carried out again a day later, though the person
// could not be notified: it would undo what was done since.
func TestWhatActedIsDoneWith(t *testing.T) {
	for name, tt := range map[string]struct {
		who           string
		before, after []string // steps before and after Telegram was away
		act           string
		kept          string // a question, and what the answer says still
	}{
		"/logout": {who: "asha", act: "asha: /logout", after: []string{"asha: /login", "* asha's browser logs in as AB1234"},
			kept: "asha: /status → Kite answered at"},
		"a button of /forget": {who: "asha", before: []string{"asha: /forget"}, act: "asha presses Forget everything", after: []string{"asha: /hide"},
			kept: "asha: /settings → amounts hidden"},
		"/admin block": {who: "omar", act: "omar: /admin block 22", after: []string{"omar: /admin unblock 22"}, kept: "ravi: /help → What I can do"},
		"/hide":        {who: "asha", act: "asha: /hide", after: []string{"asha: /show"}, kept: "asha: /settings → amounts shown"},
		"a button of /settings": {who: "asha", before: []string{"asha: /settings"}, act: "asha presses Amounts: hide", after: []string{"asha: /show"},
			kept: "asha: /settings → amounts shown"},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.logIn("asha", "AB1234")
				c.steps(tt.before...)
				c.phone.Hold(people[tt.who], true)
				c.steps(tt.act)
				c.elapse(11 * time.Minute)
				c.phone.Hold(people[tt.who], false)
				time.Sleep(24 * time.Hour)
				c.steps(tt.after...)
				c.elapse(time.Minute)
				if n := c.unanswered(); n != 0 {
					t.Errorf("%d updates are taken up again", n)
				}
				c.steps("* the bot restarts", "* 1m passes")
				ask, want, _ := strings.Cut(tt.kept, " → ")
				if seen := c.steps(ask); !strings.Contains(seen, want) {
					t.Errorf("%s shows no %q:\n%s", ask, want, seen)
				}
			})
		})
	}
}

// steps does one thing after the other and returns what is seen of the last.
func (c *chat) steps(lines ...string) (seen string) {
	for _, line := range lines {
		c.step(line)
		synctest.Wait()
		seen = c.phone.Log()
	}
	return seen
}

// Everything that an earlier process took is answered by the next one, though
// it were more at once than a person may ask.
func TestARestartTurnsNothingAway(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.close()
		c.rate = bot.Rate{N: 5, Per: time.Minute}
		c.open()
		c.phone.Hold(people["asha"], true)
		for i := range 9 {
			c.says("asha", fmt.Sprint("/x", i))
			time.Sleep(15 * time.Second)
		}
		c.close()
		c.open()
		synctest.Wait() // so far nothing makes room
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		if got := c.answers()["11"]; len(got) != 9 || c.unanswered() != 0 {
			t.Errorf("of 9 were answered: %v; %d are left", got, c.unanswered())
		}
	})
}

// Replies that were given up make a journal longer than a mailbox.
func TestARestartTakesALongJournal(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		for i := range 21 {
			c.says("asha", fmt.Sprint("/x", i))
		}
		time.Sleep(35 * time.Minute) // three are given up
		for i := range 3 {
			c.says("asha", fmt.Sprint("/x", 21+i))
		}
		c.close()
		c.open()
		synctest.Wait() // so far nothing makes room
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		if got := c.answers()["11"]; len(got) != 24 || c.unanswered() != 0 {
			t.Errorf("of 24 were answered: %v; %d are left", got, c.unanswered())
		}
	})
}

// While Telegram keeps everything waiting, a person who logs out is logged out at
// Kite at once, whatever is just being told, or about to be.
func TestALogoutDoesNotWaitForTelegram(t *testing.T) {
	for name, meanwhile := range map[string][]string{
		"a reply":               {"asha: /help"},
		"a reply and more":      {"asha: /help", "asha: /status", "asha: /holdings"},
		"a warning":             {"* asha's login will end soon"},
		"a reply and a warning": {"asha: /help", "* asha's login will end soon", "* asha's login will end soon"},
		"the same again":        {"asha: /help", "asha: /logout", "asha: /logout"},
		"an answer that comes":  {"* Kite takes a second", "asha: /holdings"},
	} {
		for _, order := range []string{"/logout", "/forget"} {
			t.Run(name+", "+order, func(t *testing.T) {
				withChat(t, func(t *testing.T, c *chat) {
					c.logIn("asha", "AB1234")
					c.steps("asha: /forget")
					time.Sleep(time.Minute)
					c.phone.Hold(people["asha"], true)
					c.steps(meanwhile...)
					if order == "/logout" {
						c.steps("asha: /logout")
					} else {
						c.steps("asha presses Forget everything")
					}
					c.elapse(2 * time.Second)
					if n := c.kite.LoggedIn("AB1234"); n != 0 {
						t.Error("the login is still open at Kite")
					}
					c.phone.Hold(people["asha"], false)
					synctest.Wait()
					if seen := c.phone.Log(); strings.Count(seen, "bot to") != 1 && name != "the same again" {
						t.Errorf("not only the order was answered:\n%s", seen)
					}
					if n := c.unanswered(); n != 0 {
						t.Errorf("%d updates are taken up again", n)
					}
				})
			})
		}
	}
}

// The answer to a /logout that Telegram holds does not hold up a /forget.
func TestAForgetDoesNotWaitForALogout(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("asha", "/hide")
		c.says("asha", "/forget")
		c.phone.Hold(people["asha"], true)
		c.steps("asha: /logout", "asha presses Forget everything")
		if p, err := c.data.LoadPrefs(people["asha"]); err != nil || !p.IsZero() {
			t.Errorf("not forgotten yet: %+v, %v", p, err)
		}
		c.phone.Hold(people["asha"], false)
	})
}

// Of commands that overtake no more wait than there are kinds of them, however often
// they are sent.
func TestOrdersThatOvertakeDoNotPileUp(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		for _, who := range []string{"mallory", "asha"} {
			c.phone.Hold(people[who], true)
			for i := range 300 {
				c.types(people[who], false, "/logout")
				c.press(people[who], 1, fmt.Sprint("forget:yes:", i))
				c.press(people[who], 1, fmt.Sprint("logout:retry:", i))
				time.Sleep(time.Second)
			}
			synctest.Wait()
			if n := c.unanswered(); n > 5 { // one runs, of three kinds one waits
				t.Errorf("%d of %s's are waiting", n, who)
			}
			c.phone.Hold(people[who], false)
			synctest.Wait()
			if n := c.unanswered(); n != 0 {
				t.Errorf("%d of %s's are never answered", n, who)
			}
		}
	})
}
