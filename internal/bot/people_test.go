package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
)

// A message that waits for Telegram for minutes is broken off when its person
// is blocked, and everything is as if it had never been asked for.
func TestABlockBreaksOffADelivery(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/help")
		c.says("asha", "/settings amounts hide")
		if seen := c.says("omar", "/admin block 11"); !strings.Contains(seen, "11 is blocked") {
			t.Errorf("the operator sees:\n%s", seen)
		}
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Hour)
		if seen := c.phone.Log(); seen != "" {
			t.Errorf("after the block there was:\n%s", seen)
		}
		c.allAnswered()
		if p, err := c.data.LoadPrefs(people["asha"]); err != nil || !p.IsZero() {
			t.Errorf("preferences: %+v, %v", p, err)
		}
	})
}

// The command that a login interrupted runs by itself and cannot be stopped by
// the person. Blocked meanwhile, they do not see what it comes to.
func TestABlockHidesTheAnswerThatALoginBrings(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("asha", "/holdings")
		c.kite.Before(func(tool string) {
			if tool == "get_holdings" {
				time.Sleep(10 * time.Second)
			}
		})
		c.browse(people["asha"], "AB1234", false)
		c.elapse(5 * time.Second)
		if seen := c.phone.Log(); !strings.Contains(seen, "Logged in as") || strings.Contains(seen, "INFY") {
			t.Fatalf("before the block:\n%s", seen)
		}
		c.says("omar", "/admin block 11")
		c.elapse(time.Hour)
		if seen := c.phone.Log(); seen != "" {
			t.Errorf("after the block:\n%s", seen)
		}
		if c.kite.LoggedIn("AB1234") != 0 {
			t.Error("the login is still open")
		}
	})
}

// No one reads an answer any more once a person blocked the bot: Kite
// is not asked for what waits. The login stays.
func TestAPersonWhoBlocksTheBotIsNotWorkedFor(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		time.Sleep(time.Minute)
		c.kite.Before(func(string) { time.Sleep(time.Second) })
		for range 5 {
			c.types(people["asha"], false, "/holdings")
		}
		synctest.Wait()
		c.kite.Calls()
		c.mute(people["asha"], "blocks")
		c.elapse(time.Minute)
		if calls := c.kite.Calls(); len(calls) > 1 { // the one that was under way
			t.Errorf("Kite was asked for %v", calls)
		}
		if c.kite.LoggedIn("AB1234") != 1 {
			t.Error("the login was ended")
		}
		c.allAnswered()
	})
}

// People who are no longer let in are parted from at a start, one after the
// other; what a short run leaves the next one does. Nothing is told to them.
func TestPeopleTakenOffTheListAreForgotten(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		const n = 20
		for i := range int64(n) {
			if err := c.data.SavePrefs(500+i, account.Prefs{Hide: true}); err != nil {
				t.Fatal(err)
			}
		}
		c.logIn("ravi", "CD5678")
		c.listed[people["ravi"]] = false
		c.close()
		c.open()
		time.Sleep(time.Second) // four of them, paced
		c.close()
		left := c.known()
		if len(left) < n/2 || len(left) > n {
			t.Errorf("after a second %d of %d are left: they were not taken one after the other", len(left), n+1)
		}
		c.open()
		c.elapse(time.Minute)
		if left := c.known(); len(left) != 0 {
			t.Errorf("still known: %v", left)
		}
		if c.kite.LoggedIn("CD5678") != 0 {
			t.Error("the login of a person who was taken off the list is still open")
		}
		if seen := c.phone.Log(); seen != "" {
			t.Errorf("they saw:\n%s", seen)
		}
		if line := "people who may no longer use the bot were logged out and forgotten"; strings.Count(c.logs.String(), line) != 1 {
			t.Errorf("the log does not say so once:\n%s", c.logs.String())
		}
	})
}

// Let in while the start is still busy with others, a person keeps what they have.
func TestLetInDuringTheStart(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.close()
		for _, person := range []int64{500, 501, 502} {
			if err := c.data.SavePrefs(person, account.Prefs{Hide: true}); err != nil {
				t.Fatal(err)
			}
		}
		c.open()
		c.says("omar", "/admin approve 502")
		c.elapse(time.Minute)
		if known := c.known(); !slices.Equal(known, []int64{502}) {
			t.Errorf("known: %v", known)
		}
		if p, err := c.data.LoadPrefs(502); err != nil || !p.Hide {
			t.Errorf("preferences of the one let in: %+v, %v", p, err)
		}
	})
}

// A run that ended right after a block, or a removal, had no time to part from
// the person: the next start does, and leaves their place in the book as it is.
func TestTheNextStartRemovesWhoIsLeft(t *testing.T) {
	for name, standing := range map[string]access.Standing{"blocked": access.Blocked, "waiting again": access.Waiting, "removed": access.Unlisted} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.says("omar", "/admin approve 33")
				c.logIn("meera", "EF9012")
				c.says("meera", "/hide")
				c.close()
				place := access.Record{Person: people["meera"], Standing: standing, Name: "Meera"}
				if err := c.data.SaveAccess(place); err != nil {
					t.Fatal(err)
				}
				writes := c.data.Writes()
				c.open()
				c.elapse(time.Minute)
				if n := c.kite.LoggedIn("EF9012"); n != 0 || c.phone.Log() != "" {
					t.Errorf("%d logins are left, or there was a word about it", n)
				}
				if n := c.data.Writes() - writes; n != 0 {
					t.Errorf("their place was written %d times: it was not there in between", n)
				}
				if p, err := c.data.LoadPrefs(people["meera"]); err != nil || !p.IsZero() {
					t.Errorf("preferences: %+v, %v", p, err)
				}
				all, err := c.data.AccessRecords()
				if want := standing != access.Unlisted; err != nil || slices.Contains(all, place) != want {
					t.Errorf("the book holds %+v, %v", all, err)
				}
			})
		})
	}
}

// Let in again before the bot had time to part from them, a person begins anew
// all the same: the operator was told so.
func TestLetInAgainAtOnce(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("omar", "/admin approve 33")
		c.logIn("meera", "EF9012")
		c.kite.Before(func(string) { time.Sleep(time.Second) })
		c.types(people["meera"], false, "/holdings")
		c.types(people["omar"], false, "/admin remove 33")
		c.types(people["omar"], false, "/admin approve 33")
		c.elapse(time.Minute)
		c.phone.Log()
		if n := c.kite.LoggedIn("EF9012"); n != 0 {
			t.Error("the login from before is still open")
		}
		if seen := c.says("meera", "/start"); !strings.Contains(seen, "Log in → login:run") {
			t.Errorf("after being let in again:\n%s", seen)
		}
		c.close()
		c.open()
		if seen := c.says("meera", "/start"); !strings.Contains(seen, "Hello, Meera") {
			t.Errorf("after a restart:\n%s", seen)
		}
	})
}

// Nothing is known of a person who was forgotten, wherever the bot looks.
func TestForgottenIsForgotten(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		for _, text := range []string{"/watch infy", "/hide", "/settings tables native", "/forget"} {
			c.says("asha", text)
		}
		if known := c.known(); fmt.Sprint(known) != "[11]" {
			t.Fatalf("known before: %v", known)
		}
		c.step("asha presses Forget everything")
		synctest.Wait()
		if known := c.known(); len(known) != 0 {
			t.Errorf("known after: %v", known)
		}
		if left, err := c.data.Unanswered(1); err != nil || len(left) != 0 {
			t.Errorf("unanswered: %+v, %v", left, err)
		}
		if c.kite.LoggedIn("AB1234") != 0 {
			t.Error("the login is still open at Kite")
		}
	})
}
