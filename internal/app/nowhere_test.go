package app_test

import (
	"strings"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
)

// KITE_MCP_URL leads to a server without MCP. People read that the bot may be set up
// wrongly, and the log names the setting, once.
func TestAWrongAddressOfKite(t *testing.T) {
	inBubble(t, 10*time.Hour, func(b *bubble) {
		b.kite.ServeOnly() // 404 at every path
		b.start()
		p := b.person(asha, "Asha")
		for _, command := range []string{"/login", "/holdings"} {
			m := p.ask(command, "I cannot find Kite’s server")
			if !strings.Contains(m.Text, "This bot may be set up wrongly") || !strings.Contains(m.Text, "the person who runs it") {
				t.Errorf("%s: %s", command, m.Text)
			}
		}
		if n := strings.Count(b.logText(), "there is no MCP server at KITE_MCP_URL: "); n != 1 {
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
	inBubble(t, 10*time.Hour, func(b *bubble) {
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
	inBubble(t, 10*time.Hour, func(b *bubble) {
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
