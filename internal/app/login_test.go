package app_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// The headline of each made-up account's holdings, worked out independently in
// figures_test.go.
func headline(user string) string { return exactTotals(user).headline() }

func TestLoginThenHoldings(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	w.start()
	p := w.person(asha, "Asha")
	m := p.ask("/login", "Log in to Kite")
	if !m.Protected {
		t.Error("the message with the link can be forwarded")
	}
	if strings.Contains(m.Text, "http") {
		t.Error("the link stands in the text")
	}
	p.press(m, "Done")
	p.waitText(0, "Kite does not show the login yet")
	p.browse(m, ashaUser)
	logged := p.waitText(0, "Logged in as") // by itself
	if logged.ID != m.ID {
		t.Errorf("the login was told in message %d, want the link's own %d", logged.ID, m.ID)
	}
	if _, link := logged.Button("Log in to Kite"); link {
		t.Error("the link is still there")
	}
	h := p.ask("/holdings", headline(ashaUser))
	if want := exactTotals(ashaUser).apart(); !strings.Contains(h.Text, want) {
		t.Errorf("want %q in\n%s", want, h.Text)
	}
	if want := exactTotals(ashaUser).profit(); !strings.Contains(h.Text, want) {
		t.Errorf("holdings %q, want %q", h.Text, want)
	}
	p.press(h, "2/3")
	p.waitText(0, "Page 2 of 3")
	p.press(p.waitText(0, "Page 2 of 3"), "Refresh")
	out := p.ask("/logout", "logged out at Kite")
	if s := w.kite.Sessions(); len(s) > 0 && s[0].Account != "" {
		t.Errorf("after %q the server still has %+v", out.Text, s)
	}
	p.ask("/holdings", "You are not logged in yet")
}

// Whichever of its two links Kite's server gives out, and with no setting about
// it, people get in. What comes first in the browser is said for today's only.
func TestBothLoginLinks(t *testing.T) {
	for name, version := range map[string]simkite.Version{"today's": simkite.Today, "the older one": simkite.Old} {
		t.Run(name, func(t *testing.T) {
			inFakeTimeWith(t, 10*time.Hour, simkite.Options{Version: version}, func(w *fakeTimeSystem) {
				w.start()
				p := w.person(asha, "Asha")
				m := p.ask("/login", "Log in to Kite")
				if post := strings.Contains(m.Text, "Continue to Kite login"); post != (version == simkite.Today) {
					t.Errorf("the page that comes first is announced: %v\n%s", post, m.Text)
				}
				p.browse(m, ashaUser)
				p.waitText(0, "Logged in as")
				p.ask("/holdings", headline(ashaUser))
			})
		})
	}
}

// A restart between the link and the browser login, and one between /holdings
// and its answer, lose nothing either.
func TestRestartInTheMiddleOfALogin(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	w.start()
	p := w.person(asha, "Asha")
	m := p.ask("/holdings", "Then I answer /holdings")
	w.end()
	p.browse(m, ashaUser)
	w.start()
	p.waitText(int(m.ID), headline(ashaUser))
}

func TestKilledBot(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	kill := w.startChild()
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	kill()
	p.Send("/holdings") // while nobody is there
	kill = w.startChild()
	p.waitText(0, headline(ashaUser))
	kill()
	w.start()
	p.ask("/holdings", headline(ashaUser))
	if links := w.kite.LoginLinks(); len(links) != 1 {
		t.Errorf("%d login links were made, want one", len(links))
	}
}

// startChild runs the bot in a process of its own; the returned func kills it
// with SIGKILL and waits until it is gone.
func (w *system) startChild() (kill func()) {
	w.t.Helper()
	self, err := os.Executable() // os.Args may be relative to another folder
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	for name, value := range w.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = &w.logs, &w.logs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	w.t.Cleanup(kill)
	return kill
}

// A question goes out at each millisecond of the time between two pings of the
// server, the moment of a ping included.
func TestCollidingPings(t *testing.T) {
	const ping = 50 * time.Millisecond
	inFakeTimeWith(t, 10*time.Hour, simkite.Options{PingEvery: ping}, func(w *fakeTimeSystem) {
		w.start()
		p := w.person(asha, "Asha")
		p.login(ashaUser)
		for range 50 {
			<-time.After(80*ping + time.Millisecond) // past the answer that is kept
			p.ask("/holdings", headline(ashaUser))
		}
	})
}

func TestOneKiteUserOneTelegramUser(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(w *fakeTimeSystem) {
		w.start()
		first, second := w.person(asha, "Asha"), w.person(ravi, "Ravi")
		first.login(ashaUser)
		m := second.ask("/login", "Log in to Kite")
		second.browse(m, ashaUser)
		second.press(m, "Done")
		second.waitText(0, "may have been reading it")
		first.waitText(0, "Another Telegram account has just logged in to the same Kite account")
		first.ask("/holdings", "first log out of all sessions at Zerodha")
		m = second.ask("/login", "first log out of all sessions at Zerodha")
		second.browse(m, ashaUser)
		second.waitText(0, "Logged in as")
		second.ask("/holdings", headline(ashaUser))
		first.ask("/status", "Not logged in")
		for _, m := range first.Chat() {
			if exactTotals(ashaUser).leaksInto(m) {
				t.Errorf("a figure was shown to both: %s", m)
			}
		}
	})
}

func TestOutsidersAndGroups(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	c := w.config()
	c.Allowed.Anyone, c.Allowed.IDs = false, map[int64]bool{asha: true}
	w.startWith(c)
	p := w.person(77, "Mallory")
	p.ask("/holdings", "Your Telegram number is 77")
	friend := w.person(asha, "Asha")
	g := w.tg.Group(-100777, "Friends")
	g.Send(friend.User, "/holdings@kite_demo_bot")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.tg.WaitCalls(ctx, func(calls []simtg.Call) bool {
		return slices.ContainsFunc(calls, func(c simtg.Call) bool { return c.OK && c.Params["chat_id"] == "-100777" })
	}); err != nil {
		t.Fatal(err)
	}
	chat := g.Chat()
	last := chat[len(chat)-1]
	if b, ok := last.Button("Open the private chat"); !ok || b.URL != "https://t.me/kite_demo_bot?start=group" {
		t.Errorf("in the group the bot answered %s", last)
	}
	if calls := w.kite.Calls(); len(calls) != 0 {
		t.Errorf("Kite was asked: %+v", calls)
	}
}

// The same path against a server address that ends in /mcp: no streams at all.
func TestStreamableHTTPOnly(t *testing.T) {
	w := newSystem(t, simkite.Options{})
	c := w.config()
	c.KiteURL = w.kiteU + "/mcp"
	w.startWith(c)
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	p.ask("/holdings", headline(ashaUser))
	w.end()
	w.startWith(c)
	p.ask("/holdings", headline(ashaUser))
	if n := w.kite.Streams(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
	w.kite.Restart()
	p.ask("/funds", "Your login at Kite has ended") // the holdings are fresh enough to be shown again
}

// KITE_MCP_URL leads to a server without MCP. People read that the bot may be set up
// wrongly, and the log names the setting, once.
func TestAWrongAddressOfKite(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.kite.ServeOnly() // 404 at every path
		b.start()
		p := b.person(asha, "Asha")
		for _, command := range []string{"/login", "/holdings"} {
			m := p.ask(command, "I cannot find Kite’s server")
			if !strings.Contains(m.Text, "This bot may be set up wrongly") || !strings.Contains(m.Text, "the person who runs it") {
				t.Errorf("%s: %s", command, m.Text)
			}
		}
		if n := strings.Count(b.logText(), "there is no MCP server at KITE_MCP_URL\""); n != 1 {
			t.Errorf("the setting is named %d times in the log, want once", n)
		}
		b.kite.ServeOnly(simkite.SSE, simkite.MCP)
		time.Sleep(time.Minute)
		p.browse(p.ask("/holdings", "Log in to Kite"), ashaUser)
		p.waitText(0, headline(ashaUser))
		if !strings.Contains(b.logText(), "there is an MCP server at KITE_MCP_URL again") {
			t.Error("that the server is back is not in the log")
		}
	})
}

// A server with /sse alone: /status says that the login would not survive a cut,
// after one each way of asking gives a link, and so does one after a restart.
func TestAServerWithStreamsAlone(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.kite.ServeOnly(simkite.SSE)
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		time.Sleep(time.Minute)
		p.ask("/holdings", headline(ashaUser))
		p.ask("/status", "This login lives on one open connection")
		b.kite.DropStreams()
		time.Sleep(10 * time.Second)
		p.browse(p.ask("/holdings", "Then I answer /holdings"), ashaUser)
		p.waitText(int(p.Last().ID)-1, headline(ashaUser))
		b.kite.DropStreams()
		time.Sleep(10 * time.Second)
		p.browse(p.ask("/login", "Log in to Kite"), ashaUser)
		time.Sleep(10 * time.Second)
		p.ask("/holdings", headline(ashaUser))
		b.restart()
		p.browse(p.ask("/portfolio", "Then I answer /portfolio"), ashaUser)
		time.Sleep(10 * time.Second)
		p.ask("/holdings", headline(ashaUser))
	})
}

// The server lost its /mcp between the login and a cut, so that no one knows whether
// the login lives: there is a link all the same, and the login is kept.
func TestAServerThatLosesItsWayToResume(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		time.Sleep(time.Minute)
		b.kite.ServeOnly(simkite.SSE)
		b.kite.DropStreams()
		time.Sleep(10 * time.Second)
		p.ask("/holdings", "Kite’s server no longer accepts requests for your login")
		p.ask("/portfolio", "Kite’s server no longer accepts requests for your login")
		p.ask("/login", "Your login does not answer just now")
		p.ask("/status", "Kite is not answering just now, or the login has ended")
		b.kite.ServeOnly(simkite.SSE, simkite.MCP)
		p.ask("/holdings", headline(ashaUser))
	})
}
