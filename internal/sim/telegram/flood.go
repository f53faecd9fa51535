package telegram

import (
	"math"
	"slices"
	"strings"
	"time"
)

// flood is Telegram's limit on how much a bot may say.
type flood struct {
	quiet   map[string]time.Time // until when a chat (or a method without one) must be left alone
	all     time.Time            // until when nothing may be said anywhere
	met     map[string]bool      // the chats that were refused for all, by quietKey
	limit   int                  // messages a second altogether, 0 for any number
	silence int                  // seconds of silence for one more than limit
	recent  []time.Time          // the messages of the last second
	early   Early
}

// Early counts calls that came before the retry_after of a 429 had passed. Those of Chats and Presses are among the
// violations, too.
type Early struct {
	Chats   int // to a chat that was refused
	All     int // messages to another chat, once two chats were refused, which tells that it is for all
	Presses int // answers to presses, after one was refused
}

// Early returns how many calls came too early so far.
func (s *Server) Early() Early {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flood.early
}

// Limit is Telegram's limit on messages and edits in all chats together: one more than perSecond within a second is
// refused, and begins a [Server.FloodAll] of so many seconds. Zero, the default, sets no limit.
func (s *Server) Limit(perSecond, seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flood.limit, s.flood.silence, s.flood.recent = perSecond, seconds, nil
}

// FloodAll is Telegram's limit on how much a bot may say altogether: for that many seconds whatever goes to a person,
// chat actions and answers to presses included, gets 429 with the time that is left, in every chat. It is no
// violation that another chat is tried, since a bot cannot know which limit it ran into; the same chat is.
func (s *Server) FloodAll(seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floodAll(s.opts.Now(), seconds)
}

func (s *Server) floodAll(now time.Time, seconds int) {
	s.flood.all, s.flood.met = now.Add(time.Duration(seconds)*time.Second), map[string]bool{}
}

// quietKey is the chat that a 429 was about, or the method for calls without a chat.
func quietKey(c *call) string {
	if chat := c.params["chat_id"]; chat != "" {
		return chat
	}
	return strings.ToLower(c.name)
}

// checkQuiet notes a call that comes before retry_after has passed.
func (s *Server) checkQuiet(c *call) bool {
	until := s.flood.quiet[quietKey(c)]
	early := c.now.Before(until)
	if early {
		if c.has("callback_query_id") {
			s.flood.early.Presses++
		} else {
			s.flood.early.Chats++
		}
		s.violate("%s: called %v before retry_after had passed", c.name, until.Sub(c.now))
	}
	return early
}

func (s *Server) quiet(c *call, seconds int) {
	s.flood.quiet[quietKey(c)] = c.now.Add(time.Duration(seconds) * time.Second)
}

// pace is called before a method runs. Chat actions and deletions may come while a chat is to be left alone.
func (s *Server) pace(m method, c *call) *apiError {
	if m.posts {
		s.checkLimit(c.now)
	}
	if left := s.flood.all.Sub(c.now); left > 0 && (m.posts || m.shows) {
		if !s.checkQuiet(c) && m.posts && len(s.flood.met) > 1 {
			s.flood.early.All++
		}
		if m.posts {
			s.flood.met[quietKey(c)] = true
		}
		wait := int(math.Ceil(left.Seconds()))
		s.quiet(c, wait)
		return tooMany(wait)
	}
	if m.posts || !c.has("chat_id") {
		s.checkQuiet(c)
	}
	return nil
}

// checkLimit begins the silence after one message too many within a second.
func (s *Server) checkLimit(now time.Time) {
	if s.flood.limit == 0 {
		return
	}
	s.flood.recent = append(slices.DeleteFunc(s.flood.recent, func(at time.Time) bool { return now.Sub(at) >= time.Second }), now)
	if len(s.flood.recent) > s.flood.limit && !s.flood.all.After(now) {
		s.floodAll(now, s.flood.silence)
	}
}
