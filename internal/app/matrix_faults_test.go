package app_test

import (
	"bytes"
	"errors"
	"net/http"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// kiteFaults are what the Kite MCP server, the way to it and Kite itself do.
func kiteFaults() []fault {
	clear := func(s *scenario) { s.kite.ClearFaults() }
	up := func(s *scenario) { s.kiteAt.up() }
	cutOff := time.Date(2000, 1, 3, 6, 0, 0, 0, ist)
	return []fault{
		{
			name: "Kite refuses connections", what: "Nothing listens at Kite’s address, and open connections are reset.",
			inject: func(s *scenario) { s.kiteAt.down() }, heal: up,
		},
		{
			name: "Kite is silent", what: "Connections stand, or are dialled for ever; no byte comes.",
			inject: func(s *scenario) { s.kiteAt.silent() }, heal: up,
		},
		{
			name: "Kite is slow", what: "Every answer takes five seconds.",
			inject: injects(simkite.Fault{Kind: simkite.Delay, After: 5 * time.Second}), heal: clear,
		},
		{
			name: "One tool fails", what: "“Failed to execute get_holdings”; all other tools answer.",
			inject: injects(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_holdings"}), heal: clear,
		},
		{
			name: "Every tool fails", what: "“Failed to execute …” from every tool: Kite behind the server is down, or limits us. The server says the same when a login is over.",
			inject: injects(
				simkite.Fault{Kind: simkite.UpstreamFailure},
				simkite.Fault{Kind: simkite.UpstreamFailure, Op: simkite.OpCallback}), heal: clear,
		},
		{
			name: "Kite says null", what: "Every tool answers null where data should be.",
			inject: injects(simkite.Fault{Kind: simkite.UpstreamNull}), heal: clear,
		},
		{
			name: "JSON is cut", what: "Every answer that is JSON breaks off in the middle.",
			inject: injects(simkite.Fault{Kind: simkite.BadJSON, Tool: "get_holdings"}, simkite.Fault{Kind: simkite.BadJSON, Tool: "get_profile"}), heal: clear,
		},
		{
			name: "The tool is gone", what: "The server no longer has get_holdings (JSON-RPC −32602).",
			inject: injects(simkite.Fault{Kind: simkite.ToolMissing, Tool: "get_holdings"}), heal: clear,
		},
		{
			name: "404 “Session terminated” on /mcp", what: "The stream is cut, and the server says of the session that it was ended. That is its word.",
			inject: streamless(simkite.Fault{Kind: simkite.HTTPStatus, Status: 404, Body: "Session terminated", Transport: simkite.MCP}), heal: clear,
		},
		{
			name: "404 page", what: "A router answers “404 page not found” for every address of the server, as in the middle of a deploy.",
			inject: everywhere(simkite.Fault{Kind: simkite.HTTPStatus, Status: 404, Body: "404 page not found"}), heal: clear,
		},
		{
			name: "400 “Invalid session ID” on /mcp", what: "The stream is cut, and the server does not know the session any more.",
			inject: streamless(simkite.Fault{Kind: simkite.HTTPStatus, Status: 400, Body: "Invalid session ID", Transport: simkite.MCP}), heal: clear,
		},
		{
			name: "400 while the stream stands", what: "The server refuses questions for a stream that is still open.",
			inject: injects(simkite.Fault{
				Kind: simkite.HTTPStatus, Status: 400, Transport: simkite.SSE,
				Body: `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`,
			}), heal: clear,
		},
		{
			name: "524 from a gateway", what: "A page of HTML comes in place of every answer: the server was too slow for its gateway.",
			inject: everywhere(simkite.Fault{Kind: simkite.HTTPStatus, Status: 524}), heal: clear,
		},
		{
			name: "502 from a gateway", what: "The same with another number: nothing is behind the gateway.",
			inject: everywhere(simkite.Fault{Kind: simkite.HTTPStatus, Status: http.StatusBadGateway, Body: "<html><body>Bad Gateway</body></html>"}), heal: clear,
		},
		{
			name: "The server is restarted", what: "It is back at once, and has forgotten all sessions, logins and links.",
			inject: func(s *scenario) { s.kite.Restart() },
		},
		{
			name: "The server is away for two minutes", what: "A deploy: connections are refused, then the server is back without its sessions.",
			inject: func(s *scenario) { s.kiteAt.down() },
			heal:   func(s *scenario) { s.kite.Restart(); s.kiteAt.up() },
		},
		{
			name: "The stream is cut", what: "The open connection ends; the session lives on.",
			inject: func(s *scenario) { s.kite.DropStreams() },
		},
		{
			name: "The stream is frozen", what: "Half-open: it stands, questions are accepted, nothing ever comes.",
			inject: func(s *scenario) { s.kite.FreezeStreams(true) },
		},
		{
			name: "An answer is lost", what: "The server does its work once, and its answer gets lost.",
			inject: injects(simkite.Fault{Kind: simkite.AnswerLost, Times: 1}), heal: clear,
		},
		{
			name: "06:00 in India", what: "Kite ends all logins in the morning. The server says only “Failed to execute …”.",
			at:     5*time.Hour + 45*time.Minute,
			ripen:  func(s *scenario) { s.pass(time.Until(cutOff.Add(-5 * time.Second))) },
			inject: func(s *scenario) { s.pass(time.Until(cutOff.Add(time.Second))) },
		},
		{
			name: "Logged out elsewhere", what: "The login is ended at Kite itself, at some other time of the day. The server says only “Failed to execute …”.",
			inject: func(s *scenario) { s.kite.EndKiteLogins(raviUser) },
		},
		{
			name: "Twelve hours are over", what: "The server keeps a session for twelve hours from its first call.",
			ripen:  func(s *scenario) { s.kite.DropStreams(); s.pass(s.sessionLeft() - 5*time.Second) },
			inject: func(s *scenario) { s.pass(s.sessionLeft() + time.Second) },
			never:  map[string]string{beforeLogin: "there is no session yet", linkSent: "a link dies after 36 minutes"},
		},
		{
			name: "Another user logs in", what: "Another Kite user finishes the same login link a second time, which silently replaces the account behind it.",
			inject: func(s *scenario) {
				if status, body := s.kite.CompleteLogin(s.t.Context(), s.kite.LoginLinks()[0], ashaUser); status != http.StatusOK {
					s.t.Fatalf("login page: %d %s", status, body)
				}
			},
			never: map[string]string{beforeLogin: "there is no link yet", linkSent: "there is no login yet that could be replaced"},
		},
	}
}

func injects(faults ...simkite.Fault) func(*scenario) {
	return func(s *scenario) {
		for _, f := range faults {
			s.kite.Inject(f)
		}
	}
}

// everywhere has a fault come whatever the server is asked.
func everywhere(f simkite.Fault) func(*scenario) {
	return func(s *scenario) {
		f := f // scenarios run side by side
		for _, op := range []string{
			simkite.OpStream, simkite.OpInitialize, simkite.OpCall, simkite.OpList, simkite.OpDelete, simkite.OpCallback,
		} {
			f.Op = op
			s.kite.Inject(f)
		}
	}
}

// streamless cuts the stream besides, so that only /mcp is left to ask.
func streamless(f simkite.Fault) func(*scenario) {
	return func(s *scenario) {
		s.kite.DropStreams()
		s.kite.Inject(f)
	}
}

// sessionLeft is how long the server will keep the person's session.
func (s *scenario) sessionLeft() time.Duration {
	return time.Until(s.kite.Sessions()[0].ExpiresAt)
}

// telegramFaults are what the Bot API, the way to it and the people in it do.
func telegramFaults() []fault {
	return append(deliveryFaults(), intakeFaults()...)
}

// shows are the methods that put text into a chat, which is all that is used in
// these scenarios.
func shows(f simtg.Fault) func(*scenario) {
	return func(s *scenario) {
		f := f // scenarios run side by side
		for _, method := range []string{"sendMessage", "editMessageText"} {
			f.Method = method
			s.tg.Inject(f)
		}
	}
}

// refresh presses the button of a message of holdings that came earlier.
func refresh(s *scenario) { s.p.press(s.p.Last(), "Refresh") }

// withHoldings brings a person who has logged in to where holdings stand in the chat.
func withHoldings(s *scenario) {
	s.p.ask("/holdings", headline(raviUser))
	s.pass(5 * time.Minute)
}

// deliveryFaults keep a reply from its chat, or from being what it should be.
func deliveryFaults() []fault {
	clear := func(s *scenario) { s.tg.ClearFaults() }
	pressed := &act{"presses Refresh", refresh}
	return []fault{
		{
			name: "429 for one chat", what: "Telegram wants to hear nothing for this chat for 30 seconds, and says so once.",
			inject: func(s *scenario) { shows(simtg.Fault{Chat: ravi, RetryAfter: 30})(s) }, heal: clear,
		},
		{
			name: "429 for the whole bot", what: "The whole bot has to be silent for two and a half minutes.",
			inject: func(s *scenario) { s.tg.LimitAll(150) }, heal: clear, lasts: 3 * time.Minute, rough: time.Minute,
		},
		{
			name: "Telegram answers 502", what: "Whatever is sent or edited is answered by a gateway’s page for two minutes.",
			inject: shows(simtg.Fault{Status: http.StatusBadGateway, Body: "<html>Bad Gateway</html>", Times: -1}), heal: clear, rough: time.Minute,
		},
		{
			name: "A reply is dropped on its way", what: "The connection breaks before Telegram has done anything.",
			inject: shows(simtg.Fault{Drop: simtg.DropBefore}), heal: clear, rough: 5 * time.Second,
		},
		{
			name: "An answer is lost after delivery", what: "The message is in the chat, but Telegram’s answer to the bot gets lost.",
			inject: shows(simtg.Fault{Drop: simtg.DropAfter}), heal: clear, rough: 5 * time.Second,
		},
		{
			name: "Telegram cannot be reached", what: "Connections to Telegram are reset and refused for two minutes.",
			inject: func(s *scenario) { s.chatAt.down() }, heal: func(s *scenario) { s.chatAt.up() }, rough: time.Minute,
		},
		{
			name: "“Message is not modified”", what: "A button is pressed twice at once, so that the second edit would change nothing.",
			ripen: withHoldings, inject: func(*scenario) {}, presses: 2,
			ask:       &act{"presses Refresh twice", func(s *scenario) { m := s.p.Last(); s.p.press(m, "Refresh"); s.p.press(m, "Refresh") }},
			askBefore: &act{"presses Refresh twice", func(s *scenario) { m := s.p.Last(); s.p.press(m, "Refresh"); s.p.press(m, "Refresh") }},
		},
		{
			name: "“Query is too old”", what: "A press cannot be acknowledged any more: the phone has stopped waiting for it.",
			ripen: withHoldings, ask: pressed, askBefore: pressed,
			inject: func(s *scenario) {
				s.tg.Inject(simtg.Fault{
					Method: "answerCallbackQuery", Status: http.StatusBadRequest, Times: -1,
					Description: "Bad Request: query is too old and response timeout expired or query ID is invalid",
				})
			}, heal: clear,
		},
		{
			name: "The message is deleted", what: "The person deletes the bot’s last message, which the bot is about to edit.",
			ripen: withHoldings, askBefore: pressed,
			inject: func(s *scenario) { s.p.Delete(s.p.Last().ID) },
			never:  map[string]string{beforeLogin: "the bot has sent nothing yet"},
		},
		{
			name: "The person blocks the bot", what: "Every message to them is refused with 403. Two minutes later they unblock it.",
			mute: true, inject: func(s *scenario) { s.p.Block() }, heal: func(s *scenario) { s.p.Unblock() },
			never: map[string]string{beforeLogin: "who blocks the bot cannot write to it"},
		},
		{
			name: "The chat is gone", what: "“Chat not found”, until the person writes again.",
			mute: true, inject: func(s *scenario) { s.p.ForgetChat() },
			never: map[string]string{beforeLogin: "there is a chat as soon as the person writes"},
		},
	}
}

// intakeFaults keep updates from the bot, or bring them otherwise than they should.
func intakeFaults() []fault {
	endless := "Telegram restarts its numbers after a week without an update; this takes minutes"
	return []fault{
		{
			name: "409: a second bot polls", what: "Another process with the same token takes the updates, for two minutes.",
			inject: func(s *scenario) { s.undo = s.tg.SecondPoller() }, heal: func(s *scenario) { s.undo() }, rough: time.Minute,
		},
		{
			name: "401: the token is revoked", what: "Telegram does not know the bot any more. Two minutes later the operator starts it with the new token.",
			inject: func(s *scenario) {
				s.token = "1000001:next-token-next-token-next-token-00"
				s.tg.RevokeToken(s.token)
			},
			heal: startWithNewToken, rough: time.Minute,
		},
		{
			name: "Updates come twice", what: "Telegram delivers again what it had delivered and what was confirmed to it.",
			inject: func(s *scenario) { s.tg.Redeliver(5) },
			ask:    &act{"/holdings, delivered twice", func(s *scenario) { s.p.Send("/holdings"); s.pass(time.Millisecond); s.tg.Redeliver(5) }},
		},
		{
			name: "Update numbers begin again", what: "After a quiet time Telegram numbers its updates from a lower number.",
			inject: func(s *scenario) { s.pass(2 * time.Hour); s.tg.SetNextUpdateID(5000) },
			never:  map[string]string{linkSent: endless, inCall: endless, atShutdown: endless},
		},
		{
			name: "No updates for an hour", what: "getUpdates is answered with 502 for an hour; sending works.",
			lasts: time.Hour, rough: time.Minute,
			inject: func(s *scenario) {
				s.tg.Inject(simtg.Fault{Method: "getUpdates", Status: http.StatusBadGateway, Times: -1})
				s.chatAt.cut()
			},
			heal: func(s *scenario) { s.tg.ClearFaults() },
		},
	}
}

// startWithNewToken does what the operator has to do once the run has ended by
// itself.
func startWithNewToken(s *scenario) {
	if s.stop == nil { // it was being stopped anyway
		return
	}
	err := s.stop()
	s.stop = nil
	if setting, ok := errors.AsType[*app.SettingError](err); !ok || setting.Name != "TELEGRAM_BOT_TOKEN" {
		s.t.Errorf("the bot ended with %v, want a word about its token", err)
	} else {
		s.out.ends = err.Error()
	}
	s.start()
}

// ourFaults are what happens to the bot's own process, its file and its machine.
func ourFaults() []fault {
	restart := func(s *scenario) {
		if s.stop == nil {
			s.start()
		}
	}
	return []fault{
		{
			name: "The bot is stopped", what: "SIGTERM, as an update of the program begins. Two minutes later it is started again.",
			inject: func(s *scenario) { s.end() }, heal: restart,
			never: map[string]string{atShutdown: "this is it"},
		},
		{
			name: "The bot is killed", what: "SIGKILL or a crash: not one more line is run. Two minutes later it is started again.",
			inject: (*scenario).killed, heal: restart,
		},
		{
			name: "The machine is cut off", what: "Neither Telegram nor Kite can be reached for two minutes.",
			inject: func(s *scenario) { s.kiteAt.down(); s.chatAt.down() }, heal: func(s *scenario) { s.kiteAt.up(); s.chatAt.up() }, rough: time.Minute,
		},
		{
			name: "The disk is full", what: "Nothing can be written to the bot’s file for two minutes.",
			inject: func(s *scenario) { s.undo = fillDisk(s.t, s.store) }, heal: freeDisk, rough: time.Minute,
		},
		{
			name: "A command panics", what: "A bug: the code that reads Kite’s answer panics, once for every question.",
			inject: func(s *scenario) {
				s.logs.watch(panicOn("kite call failed"))
				s.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure})
			},
			heal: func(s *scenario) { s.logs.watch(nil); s.kite.ClearFaults() },
		},
	}
}

// killed kills the bot; what its ghost logs afterwards was never said.
func (s *scenario) killed() {
	post := len(s.logText())
	s.kill()
	s.logs.forget(post)
}

// panicOn panics when a line of the log holds these words: the nearest there is
// to a bug in the middle of a command.
func panicOn(words string) func([]byte) {
	return func(line []byte) {
		if bytes.Contains(line, []byte(words)) {
			panic("a bug, made up by a test")
		}
	}
}

// makeRoom ends a full disk; a process that has ended holds no file open.
func freeDisk(s *scenario) {
	if s.stop != nil {
		s.undo()
	}
}
