package bot_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
)

// kill ends the process without a clean stop, and starts another.
func (c *chat) kill() { c.killed(c.disk()) }

// letInMany lets a number of people in, from 1000 on.
func (c *chat) letInMany(n int) {
	c.close()
	for i := range int64(n) {
		c.listed[1000+i] = true
	}
	c.open()
}

// logInMany lets n people in, who ask for a login link at once.
func (c *chat) logInMany(n int) {
	c.letInMany(n)
	for i := range int64(n) {
		c.types(1000+i, false, "/login")
	}
}

// Of what an earlier process left, a few run at a time, the oldest first.
func TestResumingIsPaced(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		const n = 10
		c.letInMany(n)
		var mu sync.Mutex
		running, most := 0, 0
		c.kite.Before(func(string) { time.Sleep(time.Hour) })
		for i := range int64(n) {
			c.types(1000+i, false, "/login")
			time.Sleep(time.Second)
		}
		d := c.disk()
		c.kite.Before(func(tool string) {
			if tool != "login" { // the looks whether a link is through
				return
			}
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(10 * time.Second)
			mu.Lock()
			running--
			mu.Unlock()
		})
		c.killed(d)
		c.phone.Log()
		for i := range 3 { // four at a time, in ten seconds
			time.Sleep(9 * time.Second)
			c.types(people["omar"], false, fmt.Sprint("/x", i))
			synctest.Wait()
			if got := c.answers()["99"]; !slices.Equal(got, []string{fmt.Sprint("x", i)}) {
				t.Errorf("a new update waits: %v", got)
			}
			c.elapse(time.Second)
			seen := c.phone.Log()
			for j := range n {
				if got, want := strings.Contains(seen, fmt.Sprintf("bot to %d:", 1000+j)), j/4 == i; got != want {
					t.Errorf("round %d: person %d is answered: %v", i, j, got)
				}
			}
		}
		if most != 4 {
			t.Errorf("%d ran at a time", most)
		}
	})
}

// People whose chats Telegram holds hold back no one else's updates.
func TestResumingDoesNotWaitForDeliveries(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.letInMany(6)
		for i := range int64(6) {
			c.phone.Hold(1000+i, true)
			c.intake(typing(500+2*i, 1000+i, "x0"), typing(501+2*i, 1000+i, "x1"))
		}
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/x9")
		c.kill()
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		if got := c.answers(); !slices.Equal(got["11"], []string{"x9"}) {
			t.Errorf("answered: %v", got)
		}
		for i := range int64(6) {
			c.phone.Hold(1000+i, false)
		}
		synctest.Wait()
		got := c.answers()
		for i := range 6 {
			if got := got[fmt.Sprint(1000+i)]; !slices.Equal(got, []string{"x0", "x1"}) {
				t.Errorf("%d was answered: %v", i, got)
			}
		}
	})
}

// An older update of a person's is answered before a newer one, which arrives
// while the older waits for its turn.
func TestOldUpdatesComeBeforeNewOnes(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.letInMany(4)
		c.kite.Before(func(string) { time.Sleep(30 * time.Second) })
		for i := range int64(4) {
			c.types(1000+i, false, "/login")
		}
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/old")
		c.kill()
		c.phone.Hold(people["asha"], false)
		c.says("asha", "/new")
		if got := c.answers()["11"]; len(got) != 0 {
			t.Errorf("answered out of turn: %v", got)
		}
		c.elapse(time.Minute)
		if got := c.answers()["11"]; !slices.Equal(got, []string{"old", "new"}) {
			t.Errorf("answered: %v", got)
		}
	})
}

// What cannot be counted does not run before it can be.
func TestWhatCannotBeCountedWaits(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/x0")
		d := c.disk()
		d.data.MemJournal.Break(errors.New("no space left"))
		c.killed(d)
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		if got := c.answers(); len(got) != 0 {
			t.Errorf("answered although no attempt was counted: %v", got)
		}
		c.data.MemJournal.Break(nil)
		c.elapse(time.Minute)
		if got := c.answers()["11"]; !slices.Equal(got, []string{"x0"}) {
			t.Errorf("answered: %v", got)
		}
	})
}

// A /logout drops what waits to be taken up, also what is next.
func TestALogoutOvertakesWhatIsTakenUp(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.kite.Before(func(string) { time.Sleep(time.Hour) })
		c.logInMany(4) // which take all the room
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/x0")
		c.types(people["asha"], false, "/x1")
		c.kill()
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		c.phone.Log()
		if seen := c.says("asha", "/logout"); strings.Count(seen, "bot to 11") != 1 || !strings.Contains(seen, "nothing to log out of") {
			t.Errorf("asha sees\n%s", seen)
		}
		if n := c.unanswered(); n != 4 {
			t.Errorf("%d updates are left, want 4", n)
		}
		time.Sleep(2 * time.Hour)
	})
}

// A command that waited for a login, and that this process has journaled before it
// takes up the work of the last one, runs once.
func TestWhatThisProcessTookIsNotTakenUp(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("asha", "/funds")
		c.phone.Hold(people["asha"], true)
		c.browse(people["asha"], "AB1234", false)
		c.elapse(5 * time.Second)
		d := c.disk()
		c.kite.Before(func(tool string) {
			if tool == "get_margins" {
				time.Sleep(time.Second)
			}
		})
		c.started = func() {
			c.phone.Hold(people["asha"], false)
			synctest.Wait()
		}
		c.killed(d)
		c.elapse(10 * time.Second)
		if n := strings.Count(c.phone.Log(), "Funds · "); n != 1 || c.unanswered() != 0 {
			t.Errorf("/funds is answered %d times; %d updates are left", n, c.unanswered())
		}
	})
}

// An update of an earlier version's journal is taken up like any other.
func TestAnUpdateWithoutAnEntry(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.bot.Dispatch(bot.Update{Chat: people["asha"], Private: true, From: people["asha"], Text: "/x0"})
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"x0"}) {
			t.Errorf("answered: %v", got)
		}
	})
}

// Nor do people who are being told of a login first, and whose chats Telegram holds.
func TestResumingDoesNotWaitForEvents(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		held := []string{"ravi", "meera", "mallory", "omar"}
		for i, who := range held {
			c.listed[people[who]] = true
			c.says(who, "/login")
			c.browse(people[who], fmt.Sprintf("ZZ%04d", i), false)
			c.phone.Hold(people[who], true)
			c.types(people[who], false, "/x0")
		}
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/x9")
		c.elapse(2 * time.Second)
		c.started = synctest.Wait // the pool tells of the logins first
		c.kill()
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		if got := c.answers()["11"]; !slices.Equal(got, []string{"x9"}) {
			t.Errorf("answered: %v", got)
		}
		for _, who := range held {
			c.phone.Hold(people[who], false)
		}
		synctest.Wait()
	})
}
