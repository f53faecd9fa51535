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

func TestAStrangerIsWrittenDownOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		for range 20 {
			c.says("mallory", "/start")
			time.Sleep(time.Minute)
		}
		if n := c.records.Writes(); n != 1 {
			t.Errorf("20 messages of a stranger were %d writes, want 1", n)
		}
	})
}

func TestTheWaitingListIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.says("omar", "/admin approve 1000")
		c.says("omar", "/admin block 1001")
		c.world("* 120 strangers ask")
		all, err := c.records.AccessRecords()
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

// While nobody can read who is blocked, nobody but an operator is let in, and
// the start fails.
func TestABookThatCannotBeReadLetsNobodyIn(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.close()
		c.records.Break(errors.New("no such page"))
		defer c.records.Break(nil)
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
func TestTheBookOutlivesStarts(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.says("mallory", "/start")
		c.says("omar", "/admin block 22")
		c.says("omar", "/admin approve 33")
		before, err := c.records.AccessRecords()
		if err != nil {
			t.Fatal(err)
		}
		writes := c.records.Writes()
		for range 3 {
			c.close()
			c.open()
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		after, err := c.records.AccessRecords()
		if err != nil || !slices.Equal(before, after) || len(after) != 3 {
			t.Errorf("the book was %+v and is %+v, %v", before, after, err)
		}
		if n := c.records.Writes() - writes; n != 0 {
			t.Errorf("three starts were %d writes", n)
		}
	})
}

// Both lists were emptied: nobody is let in, whoever let them in before, and the
// log says so. Nobody is forgotten for it.
func TestNobodyIsNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.says("omar", "/admin approve 33")
		c.logIn("meera", "EF9012")
		c.world("* an operator empties both lists")
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, who := range []string{"asha", "meera", "omar"} {
			if seen := c.says(who, "/help"); strings.Contains(seen, "What I can do") {
				t.Errorf("%s is let in:\n%s", who, seen)
			}
		}
		if !strings.Contains(c.logs.String(), "no one may use this bot") {
			t.Errorf("the log is silent:\n%s", c.logs.String())
		}
		c.world("* the lists are back")
		if seen := c.says("meera", "/holdings"); strings.Contains(seen, "Log in to Kite") || c.kite.LoggedIn("EF9012") != 1 {
			t.Errorf("meera was forgotten:\n%s", seen)
		}
	})
}

// Who waits and is put on the list of the settings waits no more.
func TestWaitingEndsWithTheList(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.says("meera", "/start")
		c.world("* meera is put on the list")
		if all, err := c.records.AccessRecords(); err != nil || len(all) != 0 {
			t.Errorf("the book holds %+v, %v", all, err)
		}
		if seen := c.says("meera", "/help"); !strings.Contains(seen, "What I can do") {
			t.Errorf("not let in:\n%s", seen)
		}
	})
}
