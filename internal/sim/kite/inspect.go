package kite

import (
	"maps"
	"slices"
	"time"
)

// SessionInfo describes a session that the server still knows.
type SessionInfo struct {
	ID         string
	Account    string    // the Kite user id whose access token is alive behind it, or ""; in Next, whose bearer began it
	ExpiresAt  time.Time // in Next, unless it is used before
	Terminated bool      // DELETEd, or found expired; it stays known until its 12 hours are over and a clean-up tick came
}

// Calls returns every tool call so far in the order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Sessions returns the MCP sessions that are known now, oldest first.
func (s *Server) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.registry.sweep(now)
	s.next.sweep(now)
	var out []SessionInfo
	for _, e := range byAge(s.registry.sessions, func(e *session) time.Time { return e.createdAt }) {
		out = append(out, SessionInfo{e.id, s.accountOf(e.id, now), e.expiresAt, e.terminated || now.After(e.expiresAt)})
	}
	for _, e := range byAge(s.next.sessions, func(e *nextSession) time.Time { return e.createdAt }) {
		out = append(out, SessionInfo{e.id, e.userID, e.lastUse.Add(idleLife), false})
	}
	return out
}

// byAge returns the values of a map, oldest first.
func byAge[T any](all map[string]T, born func(T) time.Time) []T {
	return slices.SortedFunc(maps.Values(all), func(a, b T) int { return born(a).Compare(born(b)) })
}

// Grants returns the ids of the logins that the server of Next keeps now, oldest first, expired ones until the next
// clean-up. An id is worth nothing without its bearer.
func (s *Server) Grants() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next.sweep(s.opts.Now())
	var out []string
	for _, g := range byAge(s.next.grants, func(g *authGrant) time.Time { return g.createdAt }) {
		if g.login != nil {
			out = append(out, g.id)
		}
	}
	return out
}

// Streams returns how many SSE streams are open.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// LoginLinks returns every login link handed out so far, oldest first. Each is a key to a session: tests use them to
// make sure that they show up nowhere else.
func (s *Server) LoginLinks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.loginLinks)
}

// Bearers returns every bearer handed out so far, oldest first, whether it is still good or not. Each is a key to an
// account: tests use them to make sure that they show up nowhere else.
func (s *Server) Bearers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bearers)
}

// Codes returns every code that the browser was sent away with so far, oldest first.
func (s *Server) Codes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.codes)
}

// Violations returns what a well-behaved read-only client never does, one line each, oldest first: write tools, unknown
// tools, a second initialize on a logged-in session, a second login while a link may be in use, requests that are not
// JSON-RPC; in Next also modes that write or do not exist, keys that stand twice in a call, a bearer in a query, a code
// that is tried again or with the wrong things, a second MCP session of one bearer.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}
