package bot_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

// The warning is about one login: of another, or none, there is no warning.
func TestNoWarningAboutAnotherLogin(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
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
		c.elapse(13 * time.Hour)
		c.phone.Log()
		c.bot.Notify(session.Event{Person: people["asha"], Kind: session.EventEndingSoon, Status: over})
		synctest.Wait()
		if seen := c.phone.Log(); seen != "" {
			t.Errorf("warned of what is past:\n%s", seen)
		}
	})
}

// The pool calls Notify with a person locked: it neither waits nor asks the pool back,
// though the person's mailbox is full, and the event is not lost.
func TestNotifyDoesNotWait(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.says("asha", "/login")
		c.phone.Hold(people["asha"], true)
		for i := range int64(50) {
			c.intake(typing(100+i, people["asha"], fmt.Sprint("x", i)))
		}
		synctest.Wait()
		c.browse(people["asha"], "AB1234", false)
		c.elapse(2 * time.Second)
		if s, err := c.pool.Status(people["asha"]); err != nil || s.State != session.LoggedIn || !s.Announcing {
			t.Errorf("state = %v, %v, announced %v: want a login that is being announced", s.State, err, s.Announcing)
		}
		c.phone.Hold(people["asha"], false)
		c.elapse(time.Minute)
		if seen := c.phone.Log(); !strings.Contains(seen, "Logged in as") {
			t.Errorf("not announced:\n%s", seen)
		}
	})
}

// Another account takes a login over in the middle of each command that asks several
// things side by side, before any one of them is answered. The person is told so in
// every order in which the parts may find it out.
func TestATakeoverIsShownByEveryCommand(t *testing.T) {
	for name, tt := range map[string]struct {
		ask func(*chat)
		at  string // the account changes when this tool is asked
	}{
		"/portfolio, holdings":  {func(c *chat) { c.says("asha", "/portfolio") }, "get_holdings"},
		"/portfolio, positions": {func(c *chat) { c.says("asha", "/portfolio") }, "get_positions"},
		"/portfolio, funds":     {func(c *chat) { c.says("asha", "/portfolio") }, "get_margins"},
		"an order's history":    {openCard, "get_order_history"},
		"an order's trades":     {openCard, "get_order_trades"},
		"/quotes":               {func(c *chat) { c.says("asha", "/quotes infy, tcs") }, "get_ohlc"},
		"/quote":                {func(c *chat) { c.says("asha", "infy") }, "get_quotes"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				withChat(t, func(t *testing.T, c *chat) {
					c.logIn("asha", "AB1234")
					rec, err := c.store.Load(people["asha"])
					if err != nil {
						t.Fatal(err)
					}
					var swap sync.Once
					c.kite.Before(func(tool string) {
						if tool == tt.at {
							swap.Do(func() { c.kite.Browser(c.kite.LinkOf(rec.Login.Session), "CD5678") })
						}
					})
					tt.ask(c)
					c.elapse(10 * time.Second)
					shown := ""
					for id := 1; id < 20; id++ {
						m, _ := c.phone.Shown(people["asha"], id)
						shown += m.HTML + "\n"
					}
					if strings.Count(shown, "Your login was taken over") != 1 || strings.Contains(shown, "has ended") {
						t.Errorf("people see\n%s", shown)
					}
					if !strings.Contains(c.logs.String(), "outcome=usurped") {
						t.Error("the log does not say usurped")
					}
				})
			}
		})
	}
}

// openCard opens the card of an order.
func openCard(c *chat) {
	seen := c.says("asha", "/orders")
	card := regexp.MustCompile(`orders:card:[^\s,\]]+`).FindString(seen)
	if card == "" {
		c.t.Fatalf("no order has a card:\n%s", seen)
	}
	c.press(people["asha"], 4, card)
	synctest.Wait()
}
