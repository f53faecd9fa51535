package telegram

import (
	"net/http"
	"slices"
)

// Delete takes a message off the private chat for both sides, as a person can with any message there. Telegram tells
// the bot nothing of it: its next edit finds no message.
func (p *User) Delete(messageID int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.remove(p.chat(), messageID)
}

// ForgetChat makes the private chat unknown to the bot, as if nobody had ever written there: "chat not found". The
// person's next message brings it back.
func (p *User) ForgetChat() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.chat().known = false
}

// RevokeToken replaces the bot's token, as /revoke at BotFather does: the old one is answered with 401 from now on, also
// where a getUpdates is being held. The bot stays the same.
func (s *Server) RevokeToken(next string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Token = next
	s.stopPoll(&apiError{Code: http.StatusUnauthorized, Description: "Unauthorized"})
}

// SecondPoller starts another instance of the bot that asks for updates again whenever it is disturbed, so that the
// bot under test always holds the older request: each of its getUpdates, the held one among them, ends with 409. The
// other instance confirms nothing. The returned func ends it.
func (s *Server) SecondPoller() (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates.secondPollers++
	s.stopPoll(twoPollers())
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.updates.secondPollers--
	}
}

// SetForeignWebhook sets a webhook, as somebody else with the bot's token does: getUpdates, the held one included, gets
// 409 until the webhook is deleted. Its host takes no update, so all of them stay in the queue.
func (s *Server) SetForeignWebhook() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopHook()
	s.hook = &webhook{url: "https://elsewhere.example/hook", max: 40, stop: func() {}}
	s.stopPoll(conflict("terminated by setWebhook request"))
}

// maxConfirmed is how many confirmed updates [Server.Redeliver] can give once more.
const maxConfirmed = 100

// Redeliver gives the last n confirmed updates once more, before all others and with their old numbers, as Telegram
// may after trouble of its own. It returns how many there were.
func (s *Server) Redeliver(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.updates.confirmed[max(0, len(s.updates.confirmed)-n):]
	s.updates.queue = slices.Concat(again, s.updates.queue)
	s.notify()
	return len(again)
}

// keepConfirmed keeps the newest confirmed updates. The caller holds the lock.
func (s *Server) keepConfirmed(confirmed []queuedUpdate) {
	all := slices.Concat(s.updates.confirmed, confirmed)
	s.updates.confirmed = all[max(0, len(all)-maxConfirmed):]
}
