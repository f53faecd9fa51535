package app_test

import (
	"net/http"
	"time"

	simkite "kitebot/internal/sim/kite"
)

// kiteFaults are what the Kite MCP server, the way to it and Kite itself do.
func kiteFaults() []fault {
	clear := func(s *story) { s.kite.ClearFaults() }
	up := func(s *story) { s.kiteAt.up() }
	cutOff := time.Date(2000, 1, 3, 6, 0, 0, 0, ist)
	return []fault{
		{
			name: "Kite refuses connections", alike: allIsIdle(), what: "Nobody listens at Kite’s address, and open connections are reset.",
			strike: func(s *story) { s.kiteAt.down() }, heal: up,
		},
		{
			name: "Kite is silent", what: "Connections stand, or are dialled for ever; no byte comes.",
			strike: func(s *story) { s.kiteAt.silent() }, heal: up,
		},
		{
			name: "Kite is slow", what: "Every answer takes five seconds.",
			strike: injects(simkite.Fault{Kind: simkite.Delay, After: 5 * time.Second}), heal: clear,
		},
		{
			name: "One tool fails", what: "“Failed to execute get_holdings”; all other tools answer.",
			strike: injects(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_holdings"}), heal: clear,
		},
		{
			name: "Every tool fails", alike: calledIsIdle(), what: "“Failed to execute …” from every tool: Kite behind the server is down, or limits us. The server says the same when a login is over.",
			strike: injects(
				simkite.Fault{Kind: simkite.UpstreamFailure},
				simkite.Fault{Kind: simkite.UpstreamFailure, Op: simkite.OpCallback}), heal: clear,
		},
		{
			name: "Kite says null", alike: calledIsIdle(), what: "Every tool answers null where data should be.",
			strike: injects(simkite.Fault{Kind: simkite.UpstreamNull}), heal: clear,
		},
		{
			name: "JSON is cut", alike: calledIsIdle(), what: "Every answer that is JSON breaks off in the middle.",
			strike: injects(simkite.Fault{Kind: simkite.BadJSON, Tool: "get_holdings"}, simkite.Fault{Kind: simkite.BadJSON, Tool: "get_profile"}), heal: clear,
		},
		{
			name: "The tool is gone", what: "The server no longer has get_holdings (JSON-RPC −32602).",
			strike: injects(simkite.Fault{Kind: simkite.ToolMissing, Tool: "get_holdings"}), heal: clear,
		},
		{
			name: "404 “Session terminated” on /mcp", alike: allIsIdle(), what: "The stream is cut, and the server says of the session that it was ended. That is its word.",
			strike: streamless(simkite.Fault{Kind: simkite.HTTPStatus, Status: 404, Body: "Session terminated", Transport: simkite.MCP}), heal: clear,
		},
		{
			name: "404 page", alike: calledIsIdle(), what: "A router answers “404 page not found” for every address of the server, as in the middle of a deploy.",
			strike: everywhere(simkite.Fault{Kind: simkite.HTTPStatus, Status: 404, Body: "404 page not found"}), heal: clear,
		},
		{
			name: "400 “Invalid session ID” on /mcp", alike: allIsIdle(), what: "The stream is cut, and the server does not know the session any more.",
			strike: streamless(simkite.Fault{Kind: simkite.HTTPStatus, Status: 400, Body: "Invalid session ID", Transport: simkite.MCP}), heal: clear,
		},
		{
			name: "400 while the stream stands", alike: calledIsIdle(), what: "The server refuses questions for a stream that is still open.",
			strike: injects(simkite.Fault{
				Kind: simkite.HTTPStatus, Status: 400, Transport: simkite.SSE,
				Body: `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`,
			}), heal: clear,
		},
		{
			name: "524 from a gateway", alike: calledIsIdle(), what: "A page of HTML comes in place of every answer: the server was too slow for its gateway.",
			strike: everywhere(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524}), heal: clear,
		},
		{
			name: "502 from a gateway", alike: calledIsIdle(), what: "The same with another number: nothing is behind the gateway.",
			strike: everywhere(simkite.Fault{Kind: simkite.HTTPStatus, Status: http.StatusBadGateway, Body: "<html><body>Bad Gateway</body></html>"}), heal: clear,
		},
		{
			name: "The server is restarted", alike: allIsIdle(), what: "It is back at once, and has forgotten all sessions, logins and links.",
			strike: func(s *story) { s.kite.Restart() },
		},
		{
			name: "The server is away for two minutes", alike: allIsIdle(), what: "A deploy: connections are refused, then the server is back without its sessions.",
			strike: func(s *story) { s.kiteAt.down() },
			heal:   func(s *story) { s.kite.Restart(); s.kiteAt.up() },
		},
		{
			name: "The stream is cut", alike: allIsIdle(), what: "The open connection ends; the session lives on.",
			strike: func(s *story) { s.kite.DropStreams() },
		},
		{
			name: "The stream is frozen", what: "Half-open: it stands, questions are accepted, nothing ever comes.",
			strike: func(s *story) { s.kite.FreezeStreams(true) },
		},
		{
			name: "An answer is lost", alike: calledIsIdle(), what: "The server does its work once, and its answer gets lost.",
			strike: injects(simkite.Fault{Kind: simkite.AnswerLost, Times: 1}), heal: clear,
		},
		{
			name: "06:00 in India", what: "Kite ends all logins in the morning. The server says only “Failed to execute …”.",
			at:     5*time.Hour + 45*time.Minute,
			ripen:  func(s *story) { s.pass(time.Until(cutOff.Add(-5 * time.Second))) },
			strike: func(s *story) { s.pass(time.Until(cutOff.Add(time.Second))) },
		},
		{
			name: "Logged out elsewhere", alike: calledIsIdle(), what: "The login is ended at Kite itself, at some other time of the day. The server says only “Failed to execute …”.",
			strike: func(s *story) { s.kite.EndKiteLogins(raviUser) },
		},
		{
			name: "Twelve hours are over", what: "The server keeps a session for twelve hours from its first call.",
			ripen:  func(s *story) { s.kite.DropStreams(); s.pass(s.sessionLeft() - 5*time.Second) },
			strike: func(s *story) { s.pass(s.sessionLeft() + time.Second) },
			never:  map[string]string{beforeLogin: "there is no session yet", linkSent: "a link dies after 36 minutes"},
		},
		{
			name: "Somebody else logs in", alike: calledIsIdle(), what: "Another Kite user finishes the same login link a second time, which silently replaces the account behind it.",
			strike: func(s *story) {
				if status, body := s.kite.CompleteLogin(s.t.Context(), s.kite.LoginLinks()[0], ashaUser); status != http.StatusOK {
					s.t.Fatalf("login page: %d %s", status, body)
				}
			},
			never: map[string]string{beforeLogin: "there is no link yet", linkSent: "there is no login yet that could be replaced"},
		},
	}
}

// calledIsIdle says that it makes no difference whether the question had been
// sent when the fault struck.
func calledIsIdle() map[string]spot { return map[string]spot{inCall: {moment: idle}} }

// allIsIdle says besides that the answer comes before the bot is gone.
func allIsIdle() map[string]spot {
	return map[string]spot{inCall: {moment: idle}, atShutdown: {moment: idle}}
}

func injects(faults ...simkite.Fault) func(*story) {
	return func(s *story) {
		for _, f := range faults {
			s.kite.Inject(f)
		}
	}
}

// everywhere makes a fault strike whatever the server is asked.
func everywhere(f simkite.Fault) func(*story) {
	return func(s *story) {
		f := f // stories run side by side
		for _, op := range []string{
			simkite.OpStream, simkite.OpInitialize, simkite.OpCall, simkite.OpList, simkite.OpDelete, simkite.OpCallback,
		} {
			f.Op = op
			s.kite.Inject(f)
		}
	}
}

// streamless cuts the stream besides, so that only /mcp is left to ask.
func streamless(f simkite.Fault) func(*story) {
	return func(s *story) {
		s.kite.DropStreams()
		s.kite.Inject(f)
	}
}

// sessionLeft is how long the server will keep the person's session.
func (s *story) sessionLeft() time.Duration {
	return time.Until(s.kite.Sessions()[0].ExpiresAt)
}
