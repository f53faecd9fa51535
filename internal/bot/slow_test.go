package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
)

// A kill while a person reads that Kite is slow leaves no lie: the message says what
// was true at its time, its Cancel does nothing wrong, and the next process answers.
func TestAKillAfterTheSlowMessage(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Hang(time.Hour)
		c.says("asha", "/holdings")
		c.elapse(9 * time.Second)
		slow, cancel, ok := c.phone.Button(people["asha"], "Cancel")
		if !ok {
			t.Fatalf("no word that Kite is slow:\n%s", c.phone.Log())
		}
		c.kite.Hang(0)
		c.kill()
		synctest.Wait()
		seen := c.phone.Log()
		if !strings.Contains(seen, "₹77,521.00") || c.unanswered() != 0 {
			t.Errorf("%d are unanswered; people see\n%s", c.unanswered(), seen)
		}
		if m, _ := c.phone.Shown(people["asha"], slow); m.HTML != "" && !strings.Contains(m.HTML, "by 10:00") {
			t.Errorf("what is left of the word: %s", m.HTML)
		}
		c.press(people["asha"], slow, cancel.Data)
		synctest.Wait()
		if seen := c.phone.Log(); seen != "toast: That does not wait any more.\n" {
			t.Errorf("Cancel of before the kill: %s", seen)
		}
	})
}

// Cancel ends what its person waits for, and nothing of another person.
func TestCancelEndsOnlyWhatItNames(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.logIn("ravi", "CD5678")
		c.kite.Hang(12 * time.Second)
		c.says("asha", "/holdings")
		c.says("ravi", "/holdings")
		time.Sleep(10 * time.Second)
		c.press(people["asha"], 99, "funds:cancel")
		synctest.Wait()
		if seen := c.phone.Log(); strings.Contains(seen, "Cancelled") || !strings.Contains(seen, "does not wait") {
			t.Errorf("Cancel of another command: %s", seen)
		}
		c.press(people["asha"], 99, "holdings:cancel")
		synctest.Wait()
		if seen := c.phone.Log(); strings.Count(seen, "Cancelled") != 1 {
			t.Errorf("Cancel: %s", seen)
		}
		if c.unanswered() != 1 {
			t.Errorf("%d updates are unanswered, want the other person's", c.unanswered())
		}
		c.elapse(time.Minute)
		if seen := c.phone.Log(); !strings.Contains(seen, "RAVI01") || strings.Contains(seen, "Cancelled") {
			t.Errorf("the other person sees %s", seen)
		}
	})
}

// /logout overtakes a command that waits for a slow Kite, and the word of that goes.
func TestLogoutRemovesTheSlowMessage(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Hang(time.Hour)
		c.says("asha", "/funds")
		time.Sleep(9 * time.Second)
		c.kite.Hang(0)
		seen := c.says("asha", "/logout")
		if !strings.Contains(seen, "is deleted") || !strings.Contains(seen, "logged out at Kite") || c.unanswered() != 0 {
			t.Errorf("%d are unanswered; people see %s", c.unanswered(), seen)
		}
		if _, _, ok := c.phone.Button(people["asha"], "Cancel"); ok {
			t.Error("the word that Kite is slow still stands")
		}
	})
}

// What is asked again right after Cancel is asked anew, although the command that was
// cancelled has not ended yet.
func TestWhatIsAskedAfterCancelIsAnswered(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Hang(time.Hour)
		c.says("asha", "/holdings")
		c.elapse(10 * time.Second)
		c.kite.Hang(0)
		c.phone.Hold(people["asha"], true) // the answer of the first is on its way for long
		c.press(people["asha"], 99, "holdings:cancel")
		c.types(people["asha"], false, "/holdings")
		synctest.Wait()
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		if seen := c.phone.Log(); !strings.Contains(seen, "Cancelled") || !strings.Contains(seen, "77,521.00") {
			t.Errorf("people see %s", seen)
		}
	})
}

// While Telegram takes nothing, an answer waits no more than a moment for the word
// that Kite is slow, and nothing stands twice.
func TestTheSlowMessageDelaysNothing(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Hang(9 * time.Second)
		c.phone.Break(&bot.DeliveryError{Cause: bot.DeliveryFailed})
		c.says("asha", "/funds")
		time.Sleep(10 * time.Second)
		c.phone.Break(nil)
		c.elapse(time.Minute)
		if seen := c.phone.Log(); strings.Count(seen, "message #") != 1 || !strings.Contains(seen, "<b>Equity</b>") {
			t.Errorf("people see %s", seen)
		}
	})
}

// Cancel cancels a command that shows what it has got by then, too.
func TestCancelLeavesNoAnswerInParts(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Before(func(tool string) {
			if tool == "get_margins" {
				time.Sleep(time.Second) // the other parts are answered
				c.kite.Hang(time.Hour)
			}
		})
		c.says("asha", "/portfolio")
		c.elapse(10 * time.Second)
		c.press(people["asha"], 99, "portfolio:cancel")
		synctest.Wait()
		if seen := c.phone.Log(); !strings.Contains(seen, "Cancelled") || strings.Contains(seen, "not answering") {
			t.Errorf("people see %s", seen)
		}
	})
}

// That a login was taken over is told, also to a person who has cancelled the command
// that found it out.
func TestCancelHidesNoTakeOver(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		rec, err := c.store.Load(people["asha"])
		if err != nil {
			t.Fatal(err)
		}
		c.kite.Slow(time.Second)
		c.kite.Browser(c.kite.LinkOf(rec.Login.Session), "CD5678")
		c.says("asha", "/holdings")
		time.Sleep(1500 * time.Millisecond) // Kite is being asked who is logged in
		c.kite.Hang(time.Hour)              // and does not end the session
		c.elapse(8 * time.Second)
		c.press(people["asha"], 99, "holdings:cancel")
		synctest.Wait()
		if seen := c.phone.Log(); !strings.Contains(seen, "Your login was taken over") {
			t.Errorf("people see %s", seen)
		}
	})
}

// What is never stopped cannot be cancelled, not even by a button that was never shown.
func TestALogoutCannotBeCancelled(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Hang(10 * time.Second)
		c.says("asha", "/logout")
		time.Sleep(9 * time.Second)
		c.press(people["asha"], 99, "logout:cancel")
		synctest.Wait()
		c.elapse(5 * time.Second)
		if seen := c.phone.Log(); strings.Contains(seen, "Cancel") || !strings.Contains(seen, "logged out") {
			t.Errorf("people see %s", seen)
		}
	})
}

// The word that Kite is slow goes, whatever becomes of the answer: also where that is
// overtaken on its way, and where Telegram deletes nothing for long.
func TestTheSlowMessageGoes(t *testing.T) {
	for name, test := range map[string]struct {
		ask       func(*chat)
		overtaken bool
	}{
		"overtaken": {func(c *chat) { c.says("asha", "/holdings") }, true},
		"in place":  {func(c *chat) { c.press(people["asha"], 2, "holdings:refresh") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.logIn("asha", "AB1234")
				c.kite.Hang(5 * time.Second) // the answer, and then the proof
				test.ask(c)
				time.Sleep(9 * time.Second)
				slow, _, ok := c.phone.Button(people["asha"], "Cancel")
				if !ok {
					t.Fatalf("no word that Kite is slow:\n%s", c.phone.Log())
				}
				c.phone.Hold(people["asha"], true)
				time.Sleep(10 * time.Second)
				c.kite.Hang(0)
				if test.overtaken {
					c.says("asha", "/logout")
				}
				time.Sleep(15 * time.Second)
				c.phone.Hold(people["asha"], false)
				c.elapse(time.Minute)
				if m, stands := c.phone.Shown(people["asha"], slow); stands && strings.Contains(m.HTML, "Kite is slow") || c.unanswered() != 0 {
					t.Errorf("%d updates are unanswered; people see\n%s", c.unanswered(), c.phone.Log())
				}
			})
		})
	}
}

// A bug is in the log, though its person has cancelled the command.
func TestCancelHidesNoBug(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Before(func(tool string) {
			if tool == "get_holdings" {
				time.Sleep(10 * time.Second)
				panic("a bug")
			}
		})
		c.says("asha", "/holdings")
		time.Sleep(9 * time.Second)
		c.press(people["asha"], 99, "holdings:cancel")
		c.elapse(2 * time.Second)
		if seen := c.phone.Log(); !strings.Contains(seen, "Cancelled") || !strings.Contains(c.logs.String(), "a handler panicked") {
			t.Errorf("people see %s\nthe log says\n%s", seen, c.logs.String())
		}
	})
}
