package bot_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// An update over which two processes end is not run by the third, which says
// sorry; what waited behind it is answered.
func TestACrashLoopEnds(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Before(func(string) { time.Sleep(time.Hour) })
		c.types(people["asha"], false, "/funds")
		c.types(people["asha"], false, "/x0")
		for range 2 {
			c.elapse(time.Second)
			c.phone.Log()
			c.kill()
		}
		c.kite.Calls()
		c.elapse(time.Minute)
		seen := c.phone.Log()
		if !strings.Contains(seen, "Sorry, I was restarted twice while I worked on /funds.") || !strings.Contains(seen, "I do not know /x0.") {
			t.Errorf("after two kills asha sees\n%s", seen)
		}
		if calls := c.kite.Calls(); len(calls) != 0 || c.unanswered() != 0 {
			t.Errorf("Kite is asked %v; %d updates are left", calls, c.unanswered())
		}
		time.Sleep(2 * time.Hour)
	})
}

// The same holds for the command that a login interrupted, which runs after it.
func TestACrashLoopAfterALoginEnds(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("asha", "/funds")
		c.kite.Before(func(tool string) {
			if tool == "get_margins" {
				time.Sleep(time.Minute)
			}
		})
		c.browse(people["asha"], "AB1234", false)
		var seen string
		for range 3 {
			c.elapse(10 * time.Second)
			seen += c.phone.Log()
			c.kite.Calls()
			c.kill()
		}
		calls := strings.Join(c.kite.Calls(), "\n")
		c.elapse(time.Minute)
		seen += c.phone.Log()
		if strings.Contains(calls, "get_margins") || strings.Count(seen, "Sorry, I was restarted twice while I worked on /funds.") != 1 || strings.Count(seen, "Logged in as") != 1 {
			t.Errorf("Kite is asked %q; asha sees\n%s", calls, seen)
		}
		c.allAnswered()
	})
}

// Of several updates over which two processes may have ended, each is tried once
// more, alone: the innocent are answered, the guilty one is given up after that.
func TestTheInnocentAreAnsweredAfterACrash(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.kite.Before(func(string) { time.Sleep(time.Minute) })
		c.logInMany(3)
		synctest.Wait()
		c.kill()
		synctest.Wait()
		var mu sync.Mutex
		running, most, guilty := 0, 0, true
		c.kite.Before(func(tool string) {
			if tool != "login" {
				return
			}
			mu.Lock()
			running++
			most = max(most, running)
			slow := guilty
			mu.Unlock()
			time.Sleep(time.Second)
			if slow {
				time.Sleep(time.Minute)
			}
			mu.Lock()
			running--
			mu.Unlock()
		})
		c.kill() // now the first of them runs alone, for too short a time to be told that Kite is slow
		c.elapse(2 * time.Second)
		if most != 1 {
			t.Errorf("%d ran at a time", most)
		}
		d := c.disk() // and ends the process
		guilty = false
		c.phone.Log() // before the next process speaks
		c.killed(d)
		c.elapse(10 * time.Second)
		seen := c.phone.Log()
		if !strings.Contains(seen, "bot to 1000: message #2\n    <b>Sorry") || strings.Count(seen, "Sorry") != 1 || strings.Count(seen, "Log in to Kite →") != 2 || most != 1 {
			t.Errorf("%d ran at a time; people see\n%s", most, seen)
		}
	})
}

// If even the sorry ends a process, the next is silent.
func TestACrashLoopEndsInSilence(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/help")
		for range 4 {
			c.kill()
			synctest.Wait()
		}
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		if seen := c.phone.Log(); seen != "" || c.unanswered() != 0 {
			t.Errorf("%d updates are left, and asha sees\n%s", c.unanswered(), seen)
		}
		if !strings.Contains(c.logs.String(), "its person gets no answer") {
			t.Errorf("the log does not say it:\n%s", c.logs.String())
		}
	})
}

// Clean stops count for nothing, however many there are.
func TestCleanStopsGiveNothingUp(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/x0")
		for range 5 {
			c.close()
			c.open()
			synctest.Wait()
		}
		c.kill()
		synctest.Wait()
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"x0"}) {
			t.Errorf("answered: %v", got)
		}
	})
}

// That an update is known to be to blame clears the one that was tried with it.
func TestTheLastSuspectIsTriedOnceMoreToo(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.kite.Before(func(string) { time.Sleep(time.Minute) })
		c.logInMany(2)
		for range 2 { // both run when the process ends
			c.elapse(time.Second)
			c.kill()
		}
		c.elapse(time.Second)
		d := c.disk() // the first runs alone, and ends the third
		c.kite.Before(nil)
		c.killed(d)
		c.elapse(time.Minute)
		seen := c.phone.Log()
		if !strings.Contains(seen, "bot to 1000: message #2\n    <b>Sorry") || strings.Count(seen, "Sorry") != 1 || !strings.Contains(seen, "Log in to Kite →") {
			t.Errorf("people see\n%s", seen)
		}
		c.allAnswered()
	})
}
