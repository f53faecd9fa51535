package bot_test

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kitebot/internal/bot"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

var update = flag.Bool("update", false, "rewrite the golden conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A conversation is a text file that reads like a chat. Its lines are of three
// kinds:
//
//	asha: /login            what a person types; "asha in a group: …" there
//	asha types 9 times: /x  at once
//	asha presses Done       a button, of the newest message that shows it
//	asha sends a sticker    or edits a message
//	* 2s pass               what happens in the world; see happens below
//
// What follows a line, up to the next, is what people see of it. -update
// writes that part anew. A line of neither kind is an error.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = newChat(t).play(string(script)) })
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(script), got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", file, diff)
			}
		})
	}
}

// play runs a script and returns it with what people saw.
func (c *chat) play(script string) string {
	c.open()
	defer c.close()
	var out strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			out.WriteString(line + "\n\n")
		case isStep(line):
			c.step(line)
			synctest.Wait()
			seen := c.tidy(c.phone.Log())
			if seen == "" {
				seen = "(nothing)\n"
			}
			out.WriteString(line + "\n\n" + seen + "\n")
		case !isSeen(line):
			c.t.Fatalf("%q is not a step: it begins with neither a known person nor *", line)
		}
	}
	c.checkLogs()
	return strings.TrimRight(out.String(), "\n") + "\n"
}

var (
	typed     = regexp.MustCompile(`^(\w+)( in a group)?: (.+)$`)
	repeats   = regexp.MustCompile(`^(\w+) types (\d+) times: (.+)$`)
	presses   = regexp.MustCompile(`^(\w+) presses (.+)$`)
	forges    = regexp.MustCompile(`^(\w+) forges (\S+) on #(\d+)$`)
	pastes    = regexp.MustCompile(`^(\w+) (pastes|sends) (\w+'s )?(?:the )?(first )?address( with words around it| without its state| to /login)?$`)
	unread    = regexp.MustCompile(`^(\w+) (sends a sticker|edits a message)$`)
	returns   = regexp.MustCompile(`^\* (\w+)'s browser comes back to the bot$`)
	browser   = regexp.MustCompile(`^\* (\w+)'s browser logs in as (\w+)( by the first link)?$`)
	struck    = regexp.MustCompile(`^\* (\w+) is (struck off|put on) the list$`)
	mute      = regexp.MustCompile(`^\* (\w+) (blocks|unblocks|deletes the chat with) the bot$`)
	soon      = regexp.MustCompile(`^\* (\w+)'s login will end soon$`)
	passes    = regexp.MustCompile(`^\* (\w+) pass(?:es)?$`)
	deletes   = regexp.MustCompile(`^\* (\w+) deletes #(\d+)$`)
	refs      = regexp.MustCompile(`login:done:\w+`)
	links     = regexp.MustCompile(`https://mcp\.kite\.trade/authorize\?session_id=([a-z0-9-]+)%7C[^\s,]+`)
	authorize = regexp.MustCompile(`https://mcp\.kite\.trade/authorize\?client_id=client&state=secret-state-(\d+)`)
	old       = regexp.MustCompile(`https://kite\.zerodha\.com/connect/login\S+session_id%3D`)
)

func isStep(line string) bool {
	if strings.HasPrefix(line, "* ") {
		return true
	}
	name, _, _ := strings.Cut(line, " ")
	_, known := people[strings.TrimSuffix(name, ":")]
	return known
}

// isSeen reports whether a line of a conversation is part of what people see.
func isSeen(line string) bool {
	return line == "" || line == "(nothing)" || slices.ContainsFunc([]string{"    ", "bot ", "toast: "}, func(begin string) bool { return strings.HasPrefix(line, begin) })
}

// tidy replaces what is random or secret.
func (c *chat) tidy(seen string) string {
	seen = refs.ReplaceAllString(seen, "login:done:…")
	seen = links.ReplaceAllString(seen, "the login page of $1")
	seen = old.ReplaceAllString(seen, "the old login page of ")
	seen = authorize.ReplaceAllString(seen, "the login page of attempt $1")
	for name, id := range people {
		seen = strings.ReplaceAll(seen, fmt.Sprintf("to %d:", id), "to "+name+":")
		seen = strings.ReplaceAll(seen, fmt.Sprintf("bot deletes %d's", id), "bot deletes "+name+"'s")
	}
	return strings.ReplaceAll(seen, fmt.Sprintf("to %d:", group), "to the group:")
}

func (c *chat) step(line string) {
	if m := typed.FindStringSubmatch(line); m != nil {
		c.types(people[m[1]], m[2] != "", m[3])
		return
	}
	if m := repeats.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[2])
		for range n {
			c.types(people[m[1]], false, m[3])
			synctest.Wait() // what is said about it comes in a sure order
		}
		return
	}
	if m := unread.FindStringSubmatch(line); m != nil {
		c.unread(people[m[1]], map[string]bot.Unread{"sends a sticker": bot.NoText, "edits a message": bot.Edited}[m[2]])
		return
	}
	if m := pastes.FindStringSubmatch(line); m != nil {
		c.pastes(people[m[1]], strings.TrimSuffix(m[3], "'s "), m[4] != "", strings.TrimSpace(m[5]))
		return
	}
	if m := presses.FindStringSubmatch(line); m != nil {
		message, b, ok := c.phone.Button(people[m[1]], m[2])
		if !ok || b.Data == "" {
			c.t.Errorf("%s: there is no such button to press", line)
			return
		}
		c.press(people[m[1]], message, b.Data)
		return
	}
	if m := forges.FindStringSubmatch(line); m != nil {
		message, _ := strconv.Atoi(m[3])
		c.press(people[m[1]], message, m[2])
		return
	}
	c.happens(line)
}

// happens lets something happen.
func (c *chat) happens(line string) {
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
		"* Kite is down": func() { c.kite.Down.Store(true) },
		"* 120 unlisted people ask": func() {
			for i := range int64(120) {
				c.take(bot.Update{Chat: 1000 + i, Private: true, From: 1000 + i, Name: fmt.Sprint("N", i), Text: "/start"})
				time.Sleep(time.Second)
			}
			c.phone.Log() // what each of them saw is in another conversation
		},
		"* 7 unlisted people ask": func() {
			for i := range int64(7) {
				c.take(bot.Update{Chat: 1000 + i, Private: true, From: 1000 + i, Name: fmt.Sprint("N", i), Text: "/start"})
				synctest.Wait()
			}
		},
		"* Kite is up":                    func() { c.kite.Down.Store(false) },
		"* Kite fails":                    func() { c.kite.Mute.Store(true) },
		"* Kite works":                    func() { c.kite.Mute.Store(false) },
		"* Kite restarts":                 c.kite.Restart,
		"* Kite ends no session":          func() { c.kite.Undying.Store(true) },
		"* Kite ends sessions again":      func() { c.kite.Undying.Store(false) },
		"* Kite forgets how to resume":    func() { c.kite.NoResume.Store(true) },
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
		"* Kite keeps one token for a user":              func() { c.kite.OneToken.Store(true) },
		"* AB1234 pledges and borrows":                   func() { c.kite.Answer("AB1234", "get_holdings", pledgedAndBorrowed) },
		"* AB1234 has only borrowed shares":              func() { c.kite.Answer("AB1234", "get_holdings", "["+borrowed+"]") },
		"* Kite answers garbage":                         func() { c.kite.Answer("AB1234", "get_holdings", "<html>busy</html>") },
		"* Kite answers properly again":                  func() { fillKite(c.kite) },
		"* Kite's prices cannot be read":                 func() { c.kite.Answer("AB1234", "get_ohlc", "<html>busy</html>") },
		"* Kite wants logins by OAuth":                   func() { c.kite.OAuth.Store(true) },
		"* Kite has its login tool again":                func() { c.kite.OAuth.Store(false) },
		"* browsers can come back to the bot":            func() { c.kite.Callback.Store(true) },
		"* Kite refuses every code":                      func() { c.kite.RefuseCodes.Store(true) },
		"* Kite takes too many logins for now":           func() { c.kite.Limit(1) },
		"* Kite's morning cut-off passes":                c.kite.CutOff,
		"* the logins run out at Kite's server":          c.kite.Expire,
		"* there is no /mcp":                             func() { c.kite.StreamsOnly.Store(true) },
		"* messages cannot be deleted":                   func() { c.phone.Fix(true) },
		"* Kite gives out the links of before July 2026": func() { c.kite.OldLinks.Store(true) },
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
		"* the disk is full":                       func() { c.data.Break(errors.New("no space left")) },
		"* the disk has room":                      func() { c.data.Break(nil) },
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
