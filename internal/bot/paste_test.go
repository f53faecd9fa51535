package bot_test

import (
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
)

// pastes has a person send the address at which a login by OAuth ended: their
// own newest, their first, or another person's.
func (c *chat) pastes(who int64, whose string, first bool, how string) {
	owner := who
	if whose != "" {
		owner = people[whose]
	}
	all := c.addresses[owner]
	if len(all) == 0 {
		c.t.Fatal("there is no address to paste")
	}
	address := all[len(all)-1]
	if first {
		address = all[0]
	}
	switch how {
	case "with words around it":
		address = "It says this: " + address + " and now?"
	case "without its state":
		address, _, _ = strings.Cut(address, "&")
	case "to /login":
		address = "/login " + address
	}
	c.take(bot.Update{Chat: who, Private: true, From: who, Name: nameOf(who), Text: address, Message: c.phone.Wrote(who)})
}

// comesBack has the person's browser bring the code by itself.
func (c *chat) comesBack(who int64) {
	all := c.addresses[who]
	u, err := url.Parse(all[len(all)-1])
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.pool.Callback(c.t.Context(), u.Query().Get("state"), u.Query().Get("code")); err != nil {
		c.t.Errorf("the browser came back: %v", err)
	}
}

// A flood of addresses, while Telegram holds the chat, is deleted by a few workers.
func TestPastesPastAFullMailboxAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/help")
		before := runtime.NumGoroutine()
		for range 500 {
			c.types(people["asha"], false, "http://127.0.0.1/?code=made-up-code-of-a-test&state=secret-state-1")
		}
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more > 50 {
			t.Errorf("%d more goroutines", more)
		}
		c.phone.Hold(people["asha"], false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := c.unanswered(); n != 0 {
			t.Errorf("%d updates are left", n)
		}
	})
}
