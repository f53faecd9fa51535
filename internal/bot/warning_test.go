package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

// The warning is about one login: of another, or none, nobody is warned.
func TestAWarningOfAnotherLoginIsNotTold(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		s, err := c.pool.Status(people["asha"])
		if err != nil {
			t.Fatal(err)
		}
		old, other, over := s, s, s
		old.Since = s.Since.Add(-time.Hour)
		other.User.UserID = "CD5678"
		for name, status := range map[string]session.Status{"an older login": old, "another account": other} {
			c.bot.Notify(session.Event{Person: people["asha"], Kind: session.EventEndingSoon, Status: status})
			synctest.Wait()
			if seen := c.phone.Log(); seen != "" {
				t.Errorf("%s: warned:\n%s", name, seen)
			}
		}
		c.bot.Notify(session.Event{Person: people["asha"], Kind: session.EventEndingSoon, Status: s})
		synctest.Wait()
		if seen := c.phone.Log(); !strings.Contains(seen, "ends at about 22:00") {
			t.Errorf("not warned of the login itself:\n%s", seen)
		}
		time.Sleep(13 * time.Hour)
		synctest.Wait()
		c.phone.Log()
		c.bot.Notify(session.Event{Person: people["asha"], Kind: session.EventEndingSoon, Status: over})
		synctest.Wait()
		if seen := c.phone.Log(); seen != "" {
			t.Errorf("warned of what is past:\n%s", seen)
		}
	})
}
