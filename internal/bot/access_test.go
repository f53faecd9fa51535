package bot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/kite/session"
)

func TestAnUnlistedPersonIsRecordedOnce(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		for range 20 {
			c.says("mallory", "/start")
			time.Sleep(time.Minute)
		}
		if n := c.data.Writes(); n != 1 {
			t.Errorf("20 messages of an unlisted person were %d writes, want 1", n)
		}
	})
}

func TestTheWaitingListIsBounded(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("omar", "/admin approve 1000")
		c.says("omar", "/admin block 1001")
		c.happens("* 120 unlisted people ask")
		all, err := c.data.AccessRecords()
		if err != nil || len(all) != 102 {
			t.Fatalf("%d people in the book, %v; want 100 waiting and 2 decided", len(all), err)
		}
		var waiting []int64
		for _, g := range all[2:] {
			waiting = append(waiting, g.Person)
		}
		if waiting[0] != 1020 || waiting[99] != 1119 || all[0].Standing != access.Approved || all[1].Standing != access.Blocked {
			t.Errorf("the book holds %+v ... %v", all[:2], waiting)
		}
	})
}

// While it cannot be read who is blocked, only operators are let in, and
// the start fails.
func TestUnreadableRecordsLetNoOneIn(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.close()
		c.data.Break(errors.New("no such page"))
		defer c.data.Break(nil)
		c.pool = session.New(session.Options{Dialer: c.kite, Store: c.store, Notify: func(session.Event) {}})
		c.bot = c.newBot()
		if err := c.bot.Resume(); err == nil || !strings.Contains(err.Error(), "no such page") {
			t.Errorf("Resume = %v, want the error of the book", err)
		}
		if seen := c.says("asha", "/help"); strings.Contains(seen, "What I can do") {
			t.Errorf("asha was let in:\n%s", seen)
		}
		if seen := c.says("omar", "/help"); !strings.Contains(seen, "What I can do") {
			t.Errorf("the operator was not let in:\n%s", seen)
		}
	})
}

// A block, and a place on the waiting list, outlive starts without a write.
func TestAccessRecordsOutliveStarts(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("mallory", "/start")
		c.says("omar", "/admin block 22")
		c.says("omar", "/admin approve 33")
		before, err := c.data.AccessRecords()
		if err != nil {
			t.Fatal(err)
		}
		writes := c.data.Writes()
		for range 3 {
			c.close()
			c.open()
			c.elapse(time.Minute)
		}
		after, err := c.data.AccessRecords()
		if err != nil || !slices.Equal(before, after) || len(after) != 3 {
			t.Errorf("the book was %+v and is %+v, %v", before, after, err)
		}
		if n := c.data.Writes() - writes; n != 0 {
			t.Errorf("three starts were %d writes", n)
		}
	})
}

// Both lists were emptied: no one is let in, not even approved people, and the
// log says so. No one is forgotten for it.
func TestEmptyListsLetNoOneIn(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("omar", "/admin approve 33")
		c.logIn("meera", "EF9012")
		c.happens("* an operator empties both lists")
		c.elapse(time.Minute)
		for _, who := range []string{"asha", "meera", "omar"} {
			if seen := c.says(who, "/help"); strings.Contains(seen, "What I can do") {
				t.Errorf("%s is let in:\n%s", who, seen)
			}
		}
		if !strings.Contains(c.logs.String(), "no one may use the bot") {
			t.Errorf("the log is silent:\n%s", c.logs.String())
		}
		c.happens("* the lists are back")
		if seen := c.says("meera", "/holdings"); strings.Contains(seen, "Log in to Kite") || c.kite.LoggedIn("EF9012") != 1 {
			t.Errorf("meera was forgotten:\n%s", seen)
		}
	})
}

// Who waits and is put on the list of the settings waits no more.
func TestWaitingEndsWithTheList(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("meera", "/start")
		c.happens("* meera is put on the list")
		if all, err := c.data.AccessRecords(); err != nil || len(all) != 0 {
			t.Errorf("the book holds %+v, %v", all, err)
		}
		if seen := c.says("meera", "/help"); !strings.Contains(seen, "What I can do") {
			t.Errorf("not let in:\n%s", seen)
		}
	})
}

// Two operators decide about mallory. What was asked for last holds, in whatever
// order the orders run, and whenever the process is killed.
func TestDecisionsHoldInTheOrderInWhichTheyWereAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		first, second string
		want          access.Standing
	}{
		"approve, block":         {"approve", "block", access.Blocked},
		"block, approve":         {"block", "approve", access.Approved},
		"block, unblock":         {"block", "unblock", access.Unlisted},
		"approve, remove":        {"approve", "remove", access.Unlisted},
		"approve, block another": {"approve", "block 33", access.Approved},
		"block, approve another": {"block", "approve 33", access.Blocked},
	} {
		first := func(c *chat) { c.types(people["omar"], false, "/admin "+tt.first+" 66") }
		second := func(c *chat) {
			word, who, _ := strings.Cut(tt.second, " ")
			if who == "" {
				who = "66"
			}
			c.says("ravi", "/admin "+word+" "+who)
		}
		wants := func(t *testing.T, c *chat) {
			t.Helper()
			c.elapse(time.Minute)
			if got := c.standing("mallory"); got != tt.want {
				t.Errorf("mallory stands at %d, want %d", got, tt.want)
			}
			c.allAnswered()
		}
		t.Run(name+", at once, the later first", func(t *testing.T) {
			if tt.second == "unblock" || tt.second == "remove" {
				t.Skip("there is nothing to take back yet")
			}
			withChat(t, func(t *testing.T, c *chat) {
				c.twoOperators()
				c.phone.Hold(people["omar"], true)
				c.types(people["omar"], false, "/help") // what comes next waits
				first(c)
				second(c)
				c.phone.Hold(people["omar"], false)
				wants(t, c)
			})
		})
		t.Run(name+", a kill while the first is told", func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.twoOperators()
				c.phone.Hold(people["omar"], true)
				first(c)
				synctest.Wait()
				second(c)
				c.killed(c.disk())
				c.phone.Hold(people["omar"], false)
				wants(t, c)
			})
		})
		t.Run(name+", a kill before the first is noted", func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.twoOperators()
				c.phone.Hold(people["omar"], true)
				first(c)
				synctest.Wait()
				c.data.Unran(people["omar"]) // that it ran
				second(c)
				c.killed(c.disk())
				c.phone.Hold(people["omar"], false)
				wants(t, c)
			})
		})
	}
}

// A decision that changes nothing is the last word all the same.
func TestADecisionThatChangesNothingHolds(t *testing.T) {
	for name, tt := range map[string]struct {
		before, first, second string
		want                  access.Standing
	}{
		"block, of one who is blocked":    {"block", "approve", "block", access.Blocked},
		"approve, of one who is approved": {"approve", "block", "approve", access.Approved},
		"unblock, of one who waits":       {"", "block", "unblock", access.Waiting},
		"remove, of one who was removed":  {"remove", "approve", "remove", access.Unlisted},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.twoOperators()
				if tt.before != "" {
					c.says("ravi", "/admin "+tt.before+" 66")
				}
				c.phone.Hold(people["omar"], true)
				c.types(people["omar"], false, "/help") // what comes next waits
				c.types(people["omar"], false, "/admin "+tt.first+" 66")
				c.says("ravi", "/admin "+tt.second+" 66")
				c.phone.Hold(people["omar"], false)
				c.elapse(time.Minute)
				if got := c.standing("mallory"); got != tt.want {
					t.Errorf("mallory stands at %d, want %d", got, tt.want)
				}
			})
		})
	}
}

// A decision that comes too late says so; one that was carried out is not
// carried out again, and is answered as done.
func TestALateDecisionSaysSo(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.twoOperators()
		c.phone.Hold(people["omar"], true)
		c.types(people["omar"], false, "/help")
		c.types(people["omar"], false, "/admin approve 66")
		c.says("ravi", "/admin block 66")
		c.phone.Hold(people["omar"], false)
		c.elapse(time.Second)
		if seen := c.phone.Log(); !strings.Contains(seen, "A decision was made after you asked for this about 66.") {
			t.Errorf("the operator sees\n%s", seen)
		}
		c.phone.Hold(people["omar"], true)
		c.says("omar", "/admin approve 66")
		c.data.Unran(people["omar"])
		writes := c.data.Writes()
		c.killed(c.disk())
		c.phone.Hold(people["omar"], false)
		c.elapse(time.Second)
		seen := c.phone.Log()
		if !strings.Contains(seen, "Your decision about 66 stands.") || strings.Contains(seen, "You can use this bot now") {
			t.Errorf("after the kill people see\n%s", seen)
		}
		if c.data.Writes() > writes+3 { // those of the test
			t.Errorf("the book was written to %d times", c.data.Writes()-writes)
		}
	})
}

// twoOperators makes ravi one too. Mallory waits to be let in.
func (c *chat) twoOperators() {
	c.close()
	c.operators = map[int64]bool{people["ravi"]: true}
	c.open()
	c.says("mallory", "/start")
	c.says("meera", "/start")
}

// standing is where a person stands on disk.
func (c *chat) standing(who string) access.Standing {
	guests, err := c.data.AccessRecords()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, g := range guests {
		if g.Person == people[who] {
			return g.Standing
		}
	}
	return access.Unlisted
}

// A decision that was not carried out, since the disk is full, is no version.
func TestADecisionThatFailedIsNoVersion(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.twoOperators()
		c.data.Break(errors.New("no space left"))
		c.says("omar", "/admin block 66")
		c.data.Break(nil)
		c.says("omar", "/admin approve 66")
		if got := c.standing("mallory"); got != access.Approved {
			t.Errorf("mallory stands at %d", got)
		}
	})
}
