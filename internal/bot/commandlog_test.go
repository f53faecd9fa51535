package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/bot/command"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// commandLines are the lines of the log about commands, without their times.
func (c *chat) commandLines() []string {
	synctest.Wait()
	var lines []string
	for line := range strings.Lines(c.logs.String()) {
		_, line, _ = strings.Cut(strings.TrimSpace(line), " level=")
		if strings.Contains(line, " msg=command ") {
			lines = append(lines, line)
		}
	}
	c.logs.Reset()
	return lines
}

// Each command is one line: its reference, what it came to, and how long what
// took. Only what an operator may want to look into is a warning.
func TestOneLinePerCommand(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		want := func(lines ...string) {
			t.Helper()
			got := c.commandLines()
			if strings.Join(got, "\n") != strings.Join(lines, "\n") {
				t.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
			}
		}
		const quick = "waited=0s took=0s delivery=0s"
		c.says("asha", "/holdings")
		want(`INFO msg=command ref=REF1 command=holdings outcome="no login" ` + quick + ` err="not logged in"`)
		c.logIn("asha", "AB1234")
		c.commandLines()
		c.refs.Store(10)
		c.says("asha", "/help")
		c.says("asha", "good morning to you all")
		c.says("mallory", "/holdings 12345")
		want("INFO msg=command ref=REF11 command=help outcome=ok "+quick,
			"INFO msg=command ref=REF12 command=none outcome=ok "+quick,
			"INFO msg=command ref=REF13 command=none outcome=ok "+quick)
		c.kite.Before(func(string) { time.Sleep(2 * time.Second) })
		c.types(people["asha"], false, "/funds")
		c.types(people["asha"], false, "/help")
		time.Sleep(time.Minute)
		want("INFO msg=command ref=REF14 command=funds outcome=ok waited=0s took=4s delivery=0s",
			"INFO msg=command ref=REF15 command=help outcome=ok waited=4s took=0s delivery=0s")
		c.kite.Before(nil)
		c.happens("* Kite is down")
		c.says("asha", "/funds")
		c.says("ravi", "/funds") // and no link can be made
		want(`WARN msg=command ref=REF16 command=funds outcome=unreachable `+quick+` err="get_margins: unreachable: no answer"`,
			`WARN msg=command ref=REF17 command=funds outcome=unreachable `+quick+` err="make a login link: open a session: unreachable: no answer"`)
		c.happens("* Telegram refuses everything")
		c.says("asha", "/help")
		want(`WARN msg=command ref=REF18 command=help outcome=undelivered ` + quick + ` err="deliver: bad request"`)
		c.happens("* Telegram is up")
		c.happens("* ravi deletes the chat with the bot")
		c.says("ravi", "/help") // of which they see nothing
		lines := c.commandLines()
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "INFO msg=command ref=REF19 command=help outcome=undelivered ") {
			t.Errorf("%q", lines)
		}
		c.phone.Log()
		seen := c.says("omar", "/admin errors")
		for _, ref := range []string{"REF18", "REF17", "REF16"} {
			if !strings.Contains(seen, "[ "+ref) {
				t.Errorf("%s is not among the errors:\n%s", ref, seen)
			}
		}
		if strings.Contains(seen, "REF19") || strings.Contains(seen, "[ REF1 ") {
			t.Errorf("what needs no attention is among the errors:\n%s", seen)
		}
	})
}

// A bug is among the errors by the reference that its person was shown. Neither
// there nor in the log is anything of that person.
func TestABugIsAmongTheErrors(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		c.logIn("asha", "AB1234")
		c.kite.Before(func(string) { panic("a bug with 987650011, RELIANCE and https://kite.zerodha.com/connect/login?x=1") })
		c.refs.Store(0)
		c.says("asha", "/funds")
		c.kite.Before(nil)
		seen := c.says("omar", "/admin ref1")
		if !strings.Contains(seen, "a bug of ours (panic)") || !strings.Contains(seen, "panic: string</code>") {
			t.Errorf("the operator sees:\n%s", seen)
		}
		for _, hidden := range []string{"98765", "Asha", "AB1234", "http"} {
			if strings.Contains(seen, hidden) {
				t.Errorf("the operator sees %q:\n%s", hidden, seen)
			}
		}
		if log := c.logs.String(); strings.Contains(log, "a bug with") || !strings.Contains(log, "panic=string") {
			t.Errorf("the log has the value of the panic, or not its kind:\n%s", log)
		}
	})
}

func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		"get_holdings: unreachable: no answer in time":                 "get_holdings: unreachable: no answer in time",
		"send to 4242: 400\n of 987654321":                             "send to •••: 400 of •••",
		"post https://api.telegram.org/bot1:AAx/getMe: EOF":            "post ••• EOF",
		"token 1000001:test-token-test-token-test-token-00 is no good": "token ••• is no good",
		"session 3f2b8c1e-0a4d-4c6e-9b7a-1d2e3f4a5b6c ended":           "session ••• ended",
		"error 42424, 14242 and 4242.5":                                "error •••, ••• and •••.5",
	} {
		if got := bot.Scrub(text, 4242); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := bot.Scrub(strings.Repeat("₹ ", 2000), 4242); len(got) > 620 {
		t.Errorf("%d bytes are left", len(got))
	}
}

// The counts are of the last sixty minutes, the errors the last twenty.
func TestCommandStats(t *testing.T) {
	start := time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)
	var stats bot.CommandStats
	want := func(after time.Duration, all, failed, refs int) {
		t.Helper()
		a, f, r := stats.Tell(start.Add(after))
		if a != all || f != failed || len(r) != refs {
			t.Errorf("after %v: %d commands, %d failed, %q; want %d, %d, %d", after, a, f, r, all, failed, refs)
		}
	}
	want(0, 0, 0, 0)
	for i := range 90 {
		ref := ""
		if i%3 == 0 {
			ref = fmt.Sprint("R", i)
		}
		stats.Count(start.Add(time.Duration(i)*time.Minute), "help", ref)
	}
	stats.Count(start.Add(89*time.Minute), "", "LAST") // no command
	want(89*time.Minute, 60, 20, 20)
	want(99*time.Minute, 50, 16, 20)
	want(24*time.Hour, 0, 0, 20)
	if _, _, refs := stats.Tell(start); refs[0] != "LAST" || refs[1] != "R87" || refs[19] != "R33" {
		t.Errorf("%q", refs)
	}
}

// ledger writes down what a meter is told.
type ledger struct {
	mu   sync.Mutex
	told []string

	mismatches int
}

func (l *ledger) meter() bot.Meter {
	return bot.Meter{Command: l.command, HoldingMismatches: l.holdingMismatches}
}

func (l *ledger) command(name, outcome string, waited time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, fmt.Sprintf("%s: %s, %v", name, outcome, waited))
}

func (l *ledger) holdingMismatches(holdings int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mismatches += holdings
}

// want checks what was told since the last time, and that it is of the lists.
func (l *ledger) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.told, want) {
		t.Errorf("the meter was told\n%q, want\n%q", l.told, want)
	}
	for _, line := range l.told {
		name, rest, _ := strings.Cut(line, ": ")
		outcome, _, _ := strings.Cut(rest, ", ")
		known := name == "" || slices.ContainsFunc(command.All(), func(c command.Command) bool { return c.Name == name })
		if !known || !slices.Contains(bot.Outcomes(), outcome) {
			t.Errorf("%q is in no list", line)
		}
	}
	l.told = nil
}

// What people ask is told with what it came to and how long they waited, and
// nothing of what they typed.
func TestMeter(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		var l ledger
		c.close()
		c.meter = l.meter()
		c.open()
		c.says("asha", "/holdings")
		l.want(t, "holdings: no login, 0s")
		c.happens("* asha's browser logs in as AB1234")
		c.happens("* 2s pass")
		l.want(t, "holdings: ok, 0s") // it follows by itself
		if l.mismatches != 2 {        // of three rows without a P&L one has no price
			t.Errorf("%d holdings are mismatched", l.mismatches)
		}
		c.happens("* 1m0s pass")
		c.happens("* Kite takes a second")
		c.says("asha", "/holdings")
		c.says("asha", "/funds") // waits behind the other
		c.elapse(10 * time.Second)
		if len(l.told) != 2 || !strings.HasPrefix(l.told[0], "holdings: ok, ") || !strings.HasPrefix(l.told[1], "funds: ok, ") ||
			waited(l.told[0]) < time.Second || waited(l.told[1]) < waited(l.told[0])+time.Second {
			t.Errorf("the meter was told %q", l.told)
		}
		l.told = nil
		for _, text := range []string{"/no_such_thing 12345", "good morning to all of you", "/holdings@other_bot", "/ADMIN 77"} {
			c.says("asha", text)
		}
		c.says("mallory", "/holdings")
		l.want(t, slices.Repeat([]string{": ok, 0s"}, 5)...)
		c.happens("* Telegram refuses everything")
		c.says("asha", "/help")
		l.want(t, "help: undelivered, 0s")
	})
}

func waited(line string) time.Duration {
	_, text, _ := strings.Cut(line, ", ")
	d, _ := time.ParseDuration(text)
	return d
}

// A bug, a silent Kite and a logout in the middle have names of their own.
func TestMeterOfFailures(t *testing.T) {
	for step, want := range map[string]string{
		"* Kite is down": "funds: unreachable", "* Kite panics the bot": "funds: panic", "* Kite takes an hour": "funds: cancelled",
	} {
		t.Run(step, func(t *testing.T) {
			withChat(t, func(t *testing.T, c *chat) {
				var l ledger
				c.close()
				c.meter = l.meter()
				c.open()
				c.logIn("asha", "AB1234")
				l.told = nil
				c.happens(step)
				c.says("asha", "/funds")
				if want == "funds: cancelled" {
					c.says("asha", "/logout")
				}
				c.elapse(3 * time.Hour)
				if len(l.told) == 0 || !strings.HasPrefix(l.told[0], want+", ") {
					t.Errorf("the meter was told %q, want %q first", l.told, want)
				}
				c.logs.Reset() // a panic's stack is in it
			})
		})
	}
}

// The queue is what waits, and for how many people something is done.
func TestQueue(t *testing.T) {
	withChat(t, func(t *testing.T, c *chat) {
		want := func(waiting, busy int) {
			t.Helper()
			synctest.Wait()
			if w, b := c.bot.Queue(); w != waiting || b != busy {
				t.Errorf("%d wait, %d are busy; want %d, %d", w, b, waiting, busy)
			}
		}
		want(0, 0)
		for _, who := range []string{"asha", "ravi"} {
			c.phone.Hold(people[who], true)
			for _, command := range []string{"/help", "/start", "/help"} {
				c.types(people[who], false, command)
			}
		}
		want(4, 2)
		c.phone.Hold(people["asha"], false)
		want(2, 1)
		c.phone.Hold(people["ravi"], false)
		want(0, 0)
		c.phone.Log()
	})
}

// An error that is several outcomes is always told as the one that says most.
func TestOutcomeOf(t *testing.T) {
	silent := &wire.Error{Kind: wire.KindUnreachable, Err: context.DeadlineExceeded}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "too slow"},
		{fmt.Errorf("draw: %w", context.DeadlineExceeded), "too slow"},
		{silent, "unreachable"},
		{fmt.Errorf("ask: %w", silent), "unreachable"},
		{&session.DoubtError{Err: silent}, "doubtful"},
		{&wire.Error{Kind: wire.KindUnreachable, Err: context.Canceled}, "cancelled"},
		{errors.Join(session.ErrNoLogin, context.DeadlineExceeded), "no login"},
		{errors.Join(session.ErrUnconfirmed, session.ErrEnded), "login ended"},
		{&session.QueuedError{}, "queued"},
		{errors.New("anything"), "unknown"},
	} {
		for range 20 { // the order of a map would change
			if got := bot.OutcomeOf(tt.err); got != tt.want {
				t.Errorf("%v is %q, want %q", tt.err, got, tt.want)
				break
			}
		}
	}
}
