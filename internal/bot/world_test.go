package bot_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// world lets something happen.
func (c *chat) world(line string) {
	if m := browser.FindStringSubmatch(line); m != nil {
		c.browse(people[m[1]], m[2], m[3] != "")
		return
	}
	if m := returns.FindStringSubmatch(line); m != nil {
		c.comesBack(people[m[1]])
		return
	}
	if m := deletes.FindStringSubmatch(line); m != nil {
		message, _ := strconv.Atoi(m[2])
		c.phone.Remove(people[m[1]], message)
		return
	}
	if m := struck.FindStringSubmatch(line); m != nil {
		c.close()
		c.listed[people[m[1]]] = m[2] == "put on"
		c.open()
		return
	}
	if m := mute.FindStringSubmatch(line); m != nil {
		c.mute(people[m[1]], m[2])
		return
	}
	if m := soon.FindStringSubmatch(line); m != nil {
		c.warned(people[m[1]])
		return
	}
	if m := passes.FindStringSubmatch(line); m != nil {
		d, err := time.ParseDuration(m[1])
		if err != nil {
			c.t.Fatalf("%s: %v", line, err)
		}
		time.Sleep(d)
		return
	}
	does := map[string]func(){
		"* Kite is down": func() { c.kite.Down(true) },
		"* 120 strangers ask": func() {
			for i := range int64(120) {
				c.take(bot.Update{Chat: 1000 + i, Private: true, From: 1000 + i, Name: fmt.Sprint("N", i), Text: "/start"})
				time.Sleep(time.Second)
			}
			c.phone.Log() // what each of them saw is in another conversation
		},
		"* 7 strangers ask": func() {
			for i := range int64(7) {
				c.take(bot.Update{Chat: 1000 + i, Private: true, From: 1000 + i, Name: fmt.Sprint("N", i), Text: "/start"})
				synctest.Wait()
			}
		},
		"* Kite is up":                    func() { c.kite.Down(false) },
		"* Kite fails":                    func() { c.kite.Mute(true) },
		"* Kite works":                    func() { c.kite.Mute(false) },
		"* Kite restarts":                 c.kite.Restart,
		"* Kite ends no session":          func() { c.kite.Undying(true) },
		"* Kite ends sessions again":      func() { c.kite.Undying(false) },
		"* Kite forgets how to resume":    func() { c.kite.NoResume(true) },
		"* Kite takes a second":           func() { c.kite.Before(func(string) { time.Sleep(time.Second) }) },
		"* Kite takes an hour":            func() { c.kite.Before(func(string) { time.Sleep(time.Hour) }) },
		"* Kite hangs":                    func() { c.kite.Hang(time.Hour) },
		"* Kite's server takes 9 seconds": func() { c.kite.Slow(9 * time.Second) },
		"* Kite's server is quick again":  func() { c.kite.Slow(0) },
		"* Kite takes 9 seconds":          func() { c.kite.Hang(9 * time.Second) },
		"* Kite takes 3 seconds":          func() { c.kite.Hang(3 * time.Second) },
		"* Kite answers at once again":    func() { c.kite.Hang(0) },
		"* Kite has thousands of matches": func() {
			c.kite.Answer("AB1234", "search_instruments", `{"data":[{"tradingsymbol":"GOLD26DECFUT","exchange":"MCX","name":"GOLD"}],"pagination":{"from":0,"limit":1,"total":12893,"has_more":true,"returned":1}}`)
		},
		"* Kite knows a small market":                    func() { c.kite.Market(market("")) },
		"* “nifty” is in thousands of symbols":           func() { c.kite.Market(market("nifty")) },
		"* Kite answers too much":                        func() { c.kite.Answer("AB1234", "get_holdings", strings.Repeat("x", 5<<20)) },
		"* Kite keeps one token for a user":              c.kite.OneToken,
		"* AB1234 pledges and borrows":                   func() { c.kite.Answer("AB1234", "get_holdings", pledgedAndBorrowed) },
		"* AB1234 has only borrowed shares":              func() { c.kite.Answer("AB1234", "get_holdings", "["+borrowed+"]") },
		"* Kite answers garbage":                         func() { c.kite.Answer("AB1234", "get_holdings", "<html>busy</html>") },
		"* Kite's prices cannot be read":                 func() { c.kite.Answer("AB1234", "get_ohlc", "<html>busy</html>") },
		"* Kite wants logins by OAuth":                   func() { c.kite.OAuth(true) },
		"* Kite has its login tool again":                func() { c.kite.OAuth(false) },
		"* browsers can come back to the bot":            func() { c.kite.Callback(true) },
		"* Kite refuses every code":                      func() { c.kite.RefuseCodes(true) },
		"* Kite takes too many logins for now":           func() { c.kite.Limit(1) },
		"* Kite's morning cut-off passes":                c.kite.CutOff,
		"* the logins run out at Kite's server":          c.kite.Expire,
		"* there is no /mcp":                             func() { c.kite.StreamsOnly(true) },
		"* messages cannot be deleted":                   func() { c.phone.Fix(true) },
		"* Kite gives out the links of before July 2026": func() { c.kite.OldLinks(true) },
		"* Kite gives out links of an unknown form": func() {
			c.kite.LinkText("Go to https://login.kite.example/start?ticket=t0p-secret and come back")
		},
		"* Kite gives out its links again": func() { c.kite.LinkText("") },
		"* Kite panics the bot":            func() { c.kite.Before(func(string) { panic("a bug") }) },
		"* the streams drop":               c.kite.DropStreams,
		"* Kite has no funds to tell":      func() { c.kite.Answer("AB1234", "get_margins", "null") },
		"* Telegram is down": func() {
			c.phone.Break(&bot.DeliveryError{Cause: bot.DeliveryFailed, Err: errors.New("no answer")})
		},
		"* Telegram is up": func() { c.phone.Break(nil) },
		"* Telegram refuses everything": func() {
			c.phone.Break(&bot.DeliveryError{Cause: bot.DeliveryRefused, Err: errors.New("bad request")})
		},
		"* Telegram deletes nothing":               func() { c.phone.Fix(true) },
		"* Telegram deletes messages":              func() { c.phone.Fix(false) },
		"* the disk is full":                       func() { c.records.Break(errors.New("no space left")); c.prefs.Break(errors.New("no space left")) },
		"* the disk has room":                      func() { c.records.Break(nil); c.prefs.Break(nil) },
		"* an operator empties both lists":         func() { c.close(); c.listsEmpty = true; c.open() },
		"* the lists are back":                     func() { c.close(); c.listsEmpty = false; c.open() },
		"* Kite is found to be silent":             func() { c.ops.silent.Store(true) },
		"* Kite is found to have tools with modes": func() { c.ops.modes.Store(true) },
		"* Kite is found to be well":               func() { c.ops.silent.Store(false) },
		"* the bot writes to its operators":        func() { c.close(); c.notices = true; c.open() },
		"* Kite has been away for a minute":        func() { c.bot.Outage(bot.Outage{Since: time.Now().Add(-time.Minute), Cause: "refused"}) },
		"* Kite has given errors for a minute":     func() { c.bot.Outage(bot.Outage{Since: time.Now().Add(-time.Minute), Cause: "errors"}) },
		"* Kite is back after half an hour":        func() { c.bot.Outage(bot.Outage{Since: time.Now().Add(-30 * time.Minute), Lasts: 30 * time.Minute}) },
		"* the bot restarts":                       func() { c.close(); c.open() },
		"* each person may ask 3 times a minute": func() {
			c.close()
			c.rate = bot.Rate{N: 3, Per: time.Minute}
			c.open()
		},
	}[line]
	if does == nil {
		c.t.Fatalf("%q: nothing like that happens here", line)
	}
	does()
}

// mute lets a person part from the bot, in Telegram's own ways, or come back.
// Of a block the bot is told, of a deleted account not.
func (c *chat) mute(who int64, how string) {
	c.phone.Gone(who, how != "unblocks")
	if how == "blocks" {
		c.take(bot.Update{Chat: who, Private: true, From: who, Blocked: true})
	}
}

// warned is the event of the session pool, as things stand.
func (c *chat) warned(who int64) {
	s, err := c.pool.Status(who)
	if err != nil {
		c.t.Fatal(err)
	}
	c.bot.Notify(session.Event{Person: who, Kind: session.EventEndingSoon, Status: s})
}

// browse finishes the person's newest link, or the first they were given.
func (c *chat) browse(who int64, user string, first bool) {
	rec, err := c.store.Load(who)
	if err != nil {
		c.t.Fatal(err)
	}
	var all []kite.Link
	for _, l := range rec.Links {
		if l.Attempt != nil {
			c.addresses[who] = append(c.addresses[who], c.kite.Authorize(l.URL, user))
			return
		}
		all = append(all, l.URL)
	}
	switch {
	case len(all) == 0 && rec.Login != nil: // the link they are logged in by
		all = append(all, c.kite.LinkOf(rec.Login.Session))
	case len(all) == 0:
		c.t.Fatal("there is no link to open")
	}
	if first {
		c.kite.Browser(all[0], user)
		return
	}
	c.kite.Browser(all[len(all)-1], user)
}

// checkLogs looks for what must never be logged: session ids, links, amounts.
func (c *chat) checkLogs() {
	for _, secret := range []string{"secret-session", "connect/login", "/authorize", "t0p-secret", "secret-code", "secret-state", "secret-verifier", "made-up-code", "1,50", "63,021", "Name of"} {
		if strings.Contains(c.logs.String(), secret) {
			c.t.Errorf("%q is in the log:\n%s", secret, c.logs.String())
		}
	}
}
