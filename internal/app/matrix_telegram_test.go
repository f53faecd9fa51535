package app_test

import (
	"errors"
	"net/http"
	"time"

	"kitebot/internal/app"
	simtg "kitebot/internal/sim/telegram"
)

// telegramFaults are what the Bot API, the way to it and the people in it do.
func telegramFaults() []fault {
	return append(deliveryFaults(), intakeFaults()...)
}

// shows are the methods that put text into a chat, which is all that is used in
// these stories.
func shows(f simtg.Fault) func(*story) {
	return func(s *story) {
		f := f // stories run side by side
		for _, method := range []string{"sendMessage", "editMessageText"} {
			f.Method = method
			s.tg.Inject(f)
		}
	}
}

// refresh presses the button of a message of holdings that came earlier.
func refresh(s *story) { s.p.press(s.p.Last(), "Refresh") }

// withHoldings brings somebody who has logged in to where holdings stand in the chat.
func withHoldings(s *story) {
	s.p.ask("/holdings", headline(raviUser))
	s.pass(5 * time.Minute)
}

// deliveryFaults keep a reply from its chat, or from being what it should be.
func deliveryFaults() []fault {
	clear := func(s *story) { s.tg.ClearFaults() }
	pressed := &act{"presses Refresh", refresh}
	return []fault{
		{
			name: "429 for one chat", alike: calledIsIdle(), what: "Telegram wants to hear nothing for this chat for 30 seconds, and says so once.",
			strike: func(s *story) { shows(simtg.Fault{Chat: ravi, RetryAfter: 30})(s) }, heal: clear,
		},
		{
			name: "429 for everybody", what: "The whole bot has to be silent for two and a half minutes.",
			strike: func(s *story) { s.tg.LimitAll(150) }, heal: clear, lasts: 3 * time.Minute, rough: time.Minute,
		},
		{
			name: "Telegram answers 502", alike: calledIsIdle(), what: "Whatever is sent or edited is answered by a gateway’s page for two minutes.",
			strike: shows(simtg.Fault{Status: http.StatusBadGateway, Body: "<html>Bad Gateway</html>", Times: -1}), heal: clear, rough: time.Minute,
		},
		{
			name: "A reply is dropped on its way", alike: calledIsIdle(), what: "The connection breaks before Telegram has done anything.",
			strike: shows(simtg.Fault{Drop: simtg.DropBefore}), heal: clear, rough: 5 * time.Second,
		},
		{
			name: "An answer is lost after delivery", alike: calledIsIdle(), what: "The message is in the chat, but Telegram’s answer to the bot gets lost.",
			strike: shows(simtg.Fault{Drop: simtg.DropAfter}), heal: clear, rough: 5 * time.Second,
		},
		{
			name: "Telegram cannot be reached", alike: calledIsIdle(), what: "Connections to Telegram are reset and refused for two minutes.",
			strike: func(s *story) { s.chatAt.down() }, heal: func(s *story) { s.chatAt.up() }, rough: time.Minute,
		},
		{
			name: "“Message is not modified”", alike: calledIsIdle(), what: "A button is pressed twice at once, so that the second edit would change nothing.",
			ripen: withHoldings, strike: func(*story) {}, presses: 2,
			ask:       &act{"presses Refresh twice", func(s *story) { m := s.p.Last(); s.p.press(m, "Refresh"); s.p.press(m, "Refresh") }},
			askBefore: &act{"presses Refresh twice", func(s *story) { m := s.p.Last(); s.p.press(m, "Refresh"); s.p.press(m, "Refresh") }},
		},
		{
			name: "“Query is too old”", alike: calledIsIdle(), what: "A press cannot be acknowledged any more: the phone has stopped waiting for it.",
			ripen: withHoldings, ask: pressed, askBefore: pressed,
			strike: func(s *story) {
				s.tg.Inject(simtg.Fault{
					Method: "answerCallbackQuery", Status: http.StatusBadRequest, Times: -1,
					Description: "Bad Request: query is too old and response timeout expired or query ID is invalid",
				})
			}, heal: clear,
		},
		{
			name: "The message is deleted", alike: calledIsIdle(), what: "The person deletes the bot’s last message, which the bot is about to edit.",
			ripen: withHoldings, askBefore: pressed,
			strike: func(s *story) { s.p.Delete(s.p.Last().ID) },
			never:  map[string]string{beforeLogin: "the bot has sent nothing yet"},
		},
		{
			name: "The person blocks the bot", alike: calledIsIdle(), what: "Every message to them is refused with 403. Two minutes later they unblock it.",
			mute: true, strike: func(s *story) { s.p.Block() }, heal: func(s *story) { s.p.Unblock() },
			never: map[string]string{beforeLogin: "who blocks the bot cannot write to it"},
		},
		{
			name: "The chat is gone", alike: calledIsIdle(), what: "“Chat not found”, until the person writes again.",
			mute: true, strike: func(s *story) { s.p.ForgetChat() },
			never: map[string]string{beforeLogin: "there is a chat as soon as somebody writes"},
		},
	}
}

// intakeFaults keep updates from the bot, or bring them otherwise than they should.
func intakeFaults() []fault {
	endless := "Telegram restarts its numbers after a week without an update; this takes minutes"
	return []fault{
		{
			name: "409: a second bot polls", what: "Another process with the same token takes the updates, for two minutes.",
			strike: func(s *story) { s.undo = s.tg.SecondPoller() }, heal: func(s *story) { s.undo() }, rough: time.Minute,
		},
		{
			name: "401: the token is revoked", alike: calledIsIdle(), what: "Telegram does not know the bot any more. Two minutes later the operator starts it with the new token.",
			strike: func(s *story) {
				s.token = "1000001:next-token-next-token-next-token-00"
				s.tg.RevokeToken(s.token)
			},
			heal: startWithNewToken, rough: time.Minute,
		},
		{
			name: "Updates come twice", alike: calledIsIdle(), what: "Telegram delivers again what it had delivered and what was confirmed to it.",
			strike: func(s *story) { s.tg.Redeliver(5) },
			ask:    &act{"/holdings, delivered twice", func(s *story) { s.p.Send("/holdings"); s.pass(time.Millisecond); s.tg.Redeliver(5) }},
		},
		{
			name: "Update numbers begin again", what: "After a quiet time Telegram numbers its updates from a lower number.",
			strike: func(s *story) { s.pass(2 * time.Hour); s.tg.SetNextUpdateID(5000) },
			never:  map[string]string{linkSent: endless, inCall: endless, atShutdown: endless},
		},
		{
			name: "No updates for an hour", what: "getUpdates is answered with 502 for an hour; sending works.",
			lasts: time.Hour, rough: time.Minute,
			strike: func(s *story) {
				s.tg.Inject(simtg.Fault{Method: "getUpdates", Status: http.StatusBadGateway, Times: -1})
				s.chatAt.cut()
			},
			heal: func(s *story) { s.tg.ClearFaults() },
		},
	}
}

// startWithNewToken does what the operator has to do once the run has ended by
// itself.
func startWithNewToken(s *story) {
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
