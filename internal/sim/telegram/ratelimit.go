package telegram

import (
	"math"
	"slices"
	"time"
)

func (s *Server) limitAll(now time.Time, seconds int) {
	s.rateLimit.all, s.rateLimit.refusedChats = now.Add(time.Duration(seconds)*time.Second), map[string]bool{}
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

// countMessage begins the pause after one message too many within a second.
func (s *Server) countMessage(now time.Time) {
	if s.rateLimit.perSecond == 0 {
		return
	}
	s.rateLimit.recent = append(slices.DeleteFunc(s.rateLimit.recent, func(at time.Time) bool { return now.Sub(at) >= time.Second }), now)
	if len(s.rateLimit.recent) > s.rateLimit.perSecond && !s.rateLimit.all.After(now) {
		s.limitAll(now, s.rateLimit.pause)
	}
}
