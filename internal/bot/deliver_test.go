package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
)

// What becomes of a message that a reply deletes.

// pasted is a message of Asha's that must not stay, and the reply to it.
func (c *chat) pasted() (bot.Update, command.Reply) {
	who := people["asha"]
	u := bot.Update{Chat: who, Private: true, From: who, Text: "a code", Message: c.phone.Wrote(who)}
	return u, command.Reply{
		Message: &view.Message{HTML: "done"}, More: []view.Message{{HTML: "more"}},
		Delete: u.Message, Undeleted: &view.Message{HTML: "please delete it"},
	}
}

// answer is a handler that says r.
func answer(r command.Reply, err error) command.Handler {
	return func(context.Context, *command.Request) (command.Reply, error) { return r, err }
}

func failed(cause bot.DeliveryCause) error {
	return &bot.DeliveryError{Cause: cause, Err: errors.New("no")}
}

// The message goes before anything is said, and the reply comes whether it goes
// or not. Where it does not, the person is asked to delete it, after the rest.
func TestAMessageIsDeletedFirst(t *testing.T) {
	const done, more, please = "bot to 11: message #%d\n    done\n", "bot to 11: message #%d\n    more\n", "bot to 11: message #%d\n    please delete it\n"
	for name, tt := range map[string]struct {
		before func(c *chat, message int)
		edit   func(*command.Reply)
		seen   string
		line   string // in the log; "" for none about it
	}{
		"it goes":        {seen: "bot deletes 11's message #1\n" + done + more},
		"gone already":   {before: func(c *chat, m int) { c.phone.Remove(people["asha"], m) }, seen: done + more},
		"it has to stay": {before: func(c *chat, _ int) { c.phone.Fix(true) }, seen: done + more + please, line: "asked to delete it"},
		"it stays, and no one is asked": {before: func(c *chat, _ int) { c.phone.Fix(true) }, edit: func(r *command.Reply) { r.Undeleted = nil },
			seen: done + more, line: "until its person deletes it"},
		"nothing to delete":            {edit: func(r *command.Reply) { r.Delete = 0 }, seen: done + more},
		"nothing to say":               {edit: func(r *command.Reply) { r.Message, r.More = nil, nil }, seen: "bot deletes 11's message #1\n"},
		"nothing to say, it stays":     {before: func(c *chat, _ int) { c.phone.Fix(true) }, edit: func(r *command.Reply) { r.Message, r.More = nil, nil }, seen: please, line: "asked to delete it"},
		"a Telegram that is slow":      {before: func(c *chat, _ int) { c.holdFor(15 * time.Second) }, seen: "bot deletes 11's message #1\n" + done + more},
		"a Telegram that is slower":    {before: func(c *chat, _ int) { c.holdFor(time.Minute) }, seen: done + more + "bot deletes 11's message #1\n"},
		"a Telegram that is not there": {before: func(c *chat, _ int) { c.breakFor(failed(bot.DeliveryFailed), time.Minute) }, seen: done + more + "bot deletes 11's message #1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				u, r := c.pasted()
				if tt.before != nil {
					tt.before(c, u.Message)
				}
				if tt.edit != nil {
					tt.edit(&r)
				}
				c.bot.Perform(u, answer(r, nil))
				c.elapse(2 * time.Minute)
				if seen := c.phone.Log(); seen != numbered(tt.seen) {
					t.Errorf("seen:\n%s\nwant:\n%s", seen, numbered(tt.seen))
				}
				if lines := strings.Count(c.logs.String(), "a message was not deleted"); lines > 1 || (lines == 1) != (tt.line != "") || !strings.Contains(c.logs.String(), tt.line) {
					t.Errorf("want a line with %q:\n%s", tt.line, c.logs.String())
				}
			})
		})
	}
}

// numbered gives the bot's messages the numbers that come after the person's.
func numbered(seen string) string {
	for n := 2; strings.Contains(seen, "#%d"); n++ {
		seen = strings.Replace(seen, "#%d", fmt.Sprint("#", n), 1)
	}
	return seen
}

// holdFor lets Telegram keep everything in Asha's chat waiting for a time.
func (c *chat) holdFor(d time.Duration) {
	c.phone.Hold(people["asha"], true)
	time.AfterFunc(d, func() { c.phone.Hold(people["asha"], false) })
}

// breakFor lets Telegram take nothing for a time.
func (c *chat) breakFor(err error, d time.Duration) {
	c.phone.Break(err)
	time.AfterFunc(d, func() { c.phone.Break(nil) })
}

// A handler that fails has its message deleted all the same.
func TestAMessageIsDeletedThoughItsHandlerFails(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		u, r := c.pasted()
		c.bot.Perform(u, answer(r, errors.New("a bug")))
		synctest.Wait()
		seen := c.phone.Log()
		if !strings.HasPrefix(seen, "bot deletes 11's message #1\nbot to 11: message #2\n    <b>Something went wrong here.") || strings.Contains(seen, "done") {
			t.Errorf("seen:\n%s", seen)
		}
	})
}

// The deletion keeps its place in the mailbox: what was asked before is answered
// before, what was asked after it after it.
func TestADeletionKeepsItsPlace(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		c.says("asha", "/before")
		u, r := c.pasted()
		c.bot.Perform(u, answer(r, nil))
		c.says("asha", "/after")
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		rest := c.phone.Log()
		for _, part := range []string{"/before", "bot deletes 11's message #2", "    done", "    more", "/after"} {
			_, after, found := strings.Cut(rest, part)
			if !found {
				t.Fatalf("%q does not come where it should; the rest is\n%s", part, rest)
			}
			rest = after
		}
	})
}

// A /logout waits for no deletion, and what was to be deleted goes all
// the same once Telegram lets it.
func TestAnOrderThatOvertakesEndsNoDeletion(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		u, r := c.pasted()
		c.holdFor(10 * time.Second)
		c.bot.Perform(u, answer(r, nil))
		synctest.Wait()
		c.says("asha", "/logout")
		if n := c.kite.LoggedIn("AB1234"); n != 0 {
			t.Error("the login is still open at Kite")
		}
		c.elapse(time.Minute)
		seen := c.phone.Log()
		if !strings.Contains(seen, fmt.Sprintf("bot deletes 11's message #%d\n", u.Message)) || strings.Contains(seen, "done") {
			t.Errorf("seen:\n%s", seen)
		}
	})
}

// A shutdown ends a deletion with the patience that it has for everything else.
func TestAShutdownEndsADeletion(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		u, r := c.pasted()
		c.phone.Hold(people["asha"], true)
		c.bot.Perform(u, answer(r, nil))
		synctest.Wait()
		began := time.Now()
		c.bot.Close()
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("the end took %v", took)
		}
		c.phone.Hold(people["asha"], false)
	})
}

// Outside of a private chat nothing is deleted.
func TestNothingIsDeletedInAGroup(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		u, r := c.pasted()
		u.Chat, u.Private = group, false
		c.bot.Perform(u, answer(r, nil))
		synctest.Wait()
		if seen := c.phone.Log(); strings.Contains(seen, "bot deletes") || !strings.Contains(seen, "please delete it") {
			t.Errorf("seen:\n%s", seen)
		}
		if !strings.Contains(c.logs.String(), "the chat is not private") {
			t.Errorf("the log does not say why:\n%s", c.logs.String())
		}
	})
}

// What can never be delivered is tried once; what may be delivered later is
// tried for ten minutes, in ever longer pauses, and then left to the journal. What
// may be there already, a few times over, is not sent by the next process again.
func TestHowOftenADeliveryIsTried(t *testing.T) {
	for name, tt := range map[string]struct {
		cause       bot.DeliveryCause
		least, most int
		left        int // unanswered updates in the end
	}{
		"the person blocked the bot":   {bot.DeliveryGone, 1, 1, 0},
		"Telegram refuses the message": {bot.DeliveryRefused, 1, 1, 0},
		"Telegram does not take it":    {bot.DeliveryFailed, 10, 30, 1},
		"no answer":                    {bot.DeliveryDoubtful, 2, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				c.phone.Break(&bot.DeliveryError{Cause: tt.cause, Err: errors.New("no")})
				c.says("asha", "/help")
				c.elapse(time.Hour)
				if tries, _ := c.phone.Counts(); tries < tt.least || tries > tt.most {
					t.Errorf("tried %d times, want %d to %d", tries, tt.least, tt.most)
				}
				if left, err := c.data.Unanswered(c.id); err != nil || len(left) != tt.left {
					t.Errorf("%d updates are left, %v; want %d", len(left), err, tt.left)
				}
				c.phone.Break(nil)
				if seen := c.says("asha", "/nosuch"); seen == "" {
					t.Error("the next command was not answered")
				}
			})
		})
	}
}

// Five people ask for files of 4 MB while Telegram takes nothing. Three of the
// files are kept; the others are told to ask again.
func TestFilesOnTheirWayAreBounded(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		const n = 5
		c.letInMany(n)
		large := "[" + strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("x", 92)+`",`, 40_000), ",") + "]"
		ask := func(i int64) {
			c.phone.Hold(1000+i, true)
			c.types(1000+i, false, "/tool search_instruments query=tata")
		}
		for i := range int64(n) {
			user := fmt.Sprintf("ZZ%04d", i)
			c.kite.Answer(user, "search_instruments", large)
			c.types(1000+i, false, "/login")
			synctest.Wait()
			c.browse(1000+i, user, false)
			c.elapse(3 * time.Second)
		}
		for range 2 { // what was on its way is counted no more
			c.phone.Log()
			for i := range int64(n) {
				ask(i)
			}
			synctest.Wait()
			for i := range int64(n) {
				c.phone.Hold(1000+i, false)
			}
			synctest.Wait()
			seen := c.phone.Log()
			if files, told := strings.Count(seen, "The whole answer of"), strings.Count(seen, "Kite is getting too many requests just now."); files != 3 || told != n-3 {
				t.Errorf("%d files come, and %d people are told to ask again:\n%s", files, told, seen[:min(len(seen), 4000)])
			}
			time.Sleep(time.Minute)
		}
	})
}
