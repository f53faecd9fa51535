package telegram

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Calls returns every API call so far, oldest first. A getUpdates still waiting is not among them.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Violations returns what a correct bot never does, in the order it happened: an unknown method or parameter, an answer
// given twice, a call before retry_after had passed, broken formatting, a text over the limit.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// WaitCalls blocks until the recorded calls satisfy what.
func (s *Server) WaitCalls(ctx context.Context, what func([]Call) bool) error {
	err := s.wait(ctx, func() bool { return what(slices.Clone(s.calls)) })
	if err != nil {
		return fmt.Errorf("wait for API calls: %w", err)
	}
	return nil
}

// EarlyCalls returns how many calls came too early so far.
func (s *Server) EarlyCalls() EarlyCalls {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rateLimit.early
}

// Queue returns how many updates are not yet confirmed.
func (s *Server) Queue() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates.queue)
}

// WaitPolling blocks until a getUpdates request is being held, that is until the bot listens and has taken all.
func (s *Server) WaitPolling(ctx context.Context) error {
	err := s.wait(ctx, func() bool { return s.updates.poll != nil && len(s.updates.queue) == 0 })
	if err != nil {
		return fmt.Errorf("wait for getUpdates: %w", err)
	}
	return nil
}

// WaitDelivered blocks until a webhook is set and has taken every update.
func (s *Server) WaitDelivered(ctx context.Context) error {
	err := s.wait(ctx, func() bool { return s.hook != nil && len(s.updates.queue) == 0 })
	if err != nil {
		return fmt.Errorf("wait for the webhook to take all: %w", err)
	}
	return nil
}

// Inject orders a fault. Several take turns: each call is hit by the first one that matches and is not used up.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all injected faults and [Server.LimitAll], and forgets the retry_after of those that were answered.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.rateLimit.all = nil, time.Time{}
	clear(s.rateLimit.until)
}

// SetRateLimit is Telegram's limit on messages and edits in all chats together: one more than perSecond within a second
// is refused, and begins a [Server.LimitAll] of so many seconds. Zero, the default, sets no limit.
func (s *Server) SetRateLimit(perSecond, seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rateLimit.perSecond, s.rateLimit.pause, s.rateLimit.recent = perSecond, seconds, nil
}

// LimitAll is Telegram's limit on how much a bot may say altogether: for that many seconds whatever goes to a person,
// chat actions and answers to presses included, gets 429 with the time that is left, in every chat. It is no violation
// that another chat is tried, since a bot cannot know which limit it ran into; the same chat is.
func (s *Server) LimitAll(seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limitAll(s.opts.Now(), seconds)
}

// RevokeToken replaces the bot's token, as /revoke at BotFather does: the old one is answered with 401 from now on,
// also where a getUpdates is being held. The bot stays the same.
func (s *Server) RevokeToken(next string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Token = next
	s.stopPoll(&apiError{Code: http.StatusUnauthorized, Description: "Unauthorized"})
}

// SecondPoller starts another instance of the bot that asks for updates again whenever it is disturbed, so that the bot
// under test always holds the older request: each of its getUpdates, the held one among them, ends with 409. The other
// instance confirms nothing. The returned func ends it.
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

// SetForeignWebhook sets a webhook, as another holder of the bot's token does: getUpdates, the held one included, gets
// 409 until the webhook is deleted. Its host takes no update, so all of them stay in the queue.
func (s *Server) SetForeignWebhook() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopHook()
	s.hook = &webhook{url: "https://elsewhere.example/hook", max: 40, stop: func() {}}
	s.stopPoll(conflict("terminated by setWebhook request"))
}

// Redeliver gives the last n confirmed updates once more, before all others and with their old numbers, as Telegram may
// after a failure of its own. It returns how many there were.
func (s *Server) Redeliver(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	again := s.updates.confirmed[max(0, len(s.updates.confirmed)-n):]
	s.updates.queue = slices.Concat(again, s.updates.queue)
	s.notify()
	return len(again)
}

// SetNextUpdateID makes the numbering go on from id. Telegram itself may restart it, higher or lower, after a week of
// silence.
func (s *Server) SetNextUpdateID(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updates.next = id
}
