package telegram

import (
	"math"
	"slices"
	"strings"
	"time"
)

// rateLimit is Telegram's limit on how much a bot may say.
type rateLimit struct {
	until        map[string]time.Time // until when a chat (or a method without one) must be left alone
	all          time.Time            // until when nothing may be said anywhere
	refusedChats map[string]bool      // the chats that were refused for all, by quietKey
	perSecond    int                  // messages a second altogether, 0 for any number
	pause        int                  // seconds of silence for one more than limit
	recent       []time.Time          // the messages of the last second
	early        EarlyCalls
}

// EarlyCalls counts calls that came before the retry_after of a 429 had passed. Those of Chats and Presses are among the
// violations, too.
type EarlyCalls struct {
	Chats     int // to a chat that was refused
	All       int // messages to another chat, once two chats were refused, which tells that it is for all
	Callbacks int // answers to presses, after one was refused
}

// EarlyCalls returns how many calls came too early so far.
func (s *Server) EarlyCalls() EarlyCalls {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rateLimit.early
}

// SetRateLimit is Telegram's limit on messages and edits in all chats together: one more than perSecond within a second is
// refused, and begins a [Server.LimitAll] of so many seconds. Zero, the default, sets no limit.
func (s *Server) SetRateLimit(perSecond, seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rateLimit.perSecond, s.rateLimit.pause, s.rateLimit.recent = perSecond, seconds, nil
}

// LimitAll is Telegram's limit on how much a bot may say altogether: for that many seconds whatever goes to a person,
// chat actions and answers to presses included, gets 429 with the time that is left, in every chat. It is no
// violation that another chat is tried, since a bot cannot know which limit it ran into; the same chat is.
func (s *Server) LimitAll(seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limitAll(s.opts.Now(), seconds)
}

func (s *Server) limitAll(now time.Time, seconds int) {
	s.rateLimit.all, s.rateLimit.refusedChats = now.Add(time.Duration(seconds)*time.Second), map[string]bool{}
}

// rateKey is the chat that a 429 was about, or the method for calls without a chat.
func rateKey(c *call) string {
	if chat := c.params["chat_id"]; chat != "" {
		return chat
	}
	return strings.ToLower(c.name)
}

// checkEarly notes a call that comes before retry_after has passed.
func (s *Server) checkEarly(c *call) bool {
	until := s.rateLimit.until[rateKey(c)]
	early := c.now.Before(until)
	if early {
		if c.has("callback_query_id") {
			s.rateLimit.early.Callbacks++
		} else {
			s.rateLimit.early.Chats++
		}
		s.violation("%s: called %v before retry_after had passed", c.name, until.Sub(c.now))
	}
	return early
}

func (s *Server) setRetryAfter(c *call, seconds int) {
	s.rateLimit.until[rateKey(c)] = c.now.Add(time.Duration(seconds) * time.Second)
}

// checkRate is called before a method runs. Chat actions and deletions may come while a chat is to be left alone.
func (s *Server) checkRate(m method, c *call) *apiError {
	if m.posts {
		s.countMessage(c.now)
	}
	if left := s.rateLimit.all.Sub(c.now); left > 0 && (m.posts || m.shows) {
		if !s.checkEarly(c) && m.posts && len(s.rateLimit.refusedChats) > 1 {
			s.rateLimit.early.All++
		}
		if m.posts {
			s.rateLimit.refusedChats[rateKey(c)] = true
		}
		wait := int(math.Ceil(left.Seconds()))
		s.setRetryAfter(c, wait)
		return tooMany(wait)
	}
	if m.posts || !c.has("chat_id") {
		s.checkEarly(c)
	}
	return nil
}

// countMessage begins the silence after one message too many within a second.
func (s *Server) countMessage(now time.Time) {
	if s.rateLimit.perSecond == 0 {
		return
	}
	s.rateLimit.recent = append(slices.DeleteFunc(s.rateLimit.recent, func(at time.Time) bool { return now.Sub(at) >= time.Second }), now)
	if len(s.rateLimit.recent) > s.rateLimit.perSecond && !s.rateLimit.all.After(now) {
		s.limitAll(now, s.rateLimit.pause)
	}
}
