package bot_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// inBubble plays with the real bot where time is the test's.
func inBubble(t *testing.T, test func(t *testing.T, c *chat)) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		test(t, c)
		c.close()
		c.checkLogs()
	})
}

// says lets a person write and returns what everybody sees of it.
func (c *chat) says(who, text string) string {
	c.types(people[who], false, text)
	synctest.Wait()
	return c.phone.Log()
}

// logIn logs a person in, in the browser and here.
func (c *chat) logIn(who, user string) {
	c.says(who, "/login")
	c.browse(people[who], user, false)
	time.Sleep(2 * time.Second)
	synctest.Wait()
	c.phone.Log()
}

// known is everybody of whom anything is kept.
func (c *chat) known() []int64 {
	c.t.Helper()
	all, err := c.memory().People()
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}
