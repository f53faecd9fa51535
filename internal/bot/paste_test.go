package bot_test

import (
	"net/url"
	"strings"

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
