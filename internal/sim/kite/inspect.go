package kite

import (
	"slices"
	"strings"
	"time"
)

// SessionInfo describes a session that the server still knows.
type SessionInfo struct {
	ID         string
	Account    string // the Kite user id whose access token is alive behind it, or ""; in Next, whose bearer began it
	CreatedAt  time.Time
	ExpiresAt  time.Time // in Next, unless somebody uses it before
	Terminated bool      // DELETEd, or found expired; it stays known until its 12 hours are over and a clean-up tick came
	LastLink   time.Time // when it was last given a login link, zero if never
}

// GrantInfo describes a login that a bearer of Next stands for.
type GrantInfo struct {
	ID        string // the session_id of the bearer; worth nothing without it
	Account   string // the Kite user id
	KiteAlive bool   // Kite still takes the access token behind it
	CreatedAt time.Time
	ExpiresAt time.Time
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
	for _, e := range s.registry.sessions {
		out = append(out, SessionInfo{
			ID: e.id, Account: s.accountOf(e.id, now), CreatedAt: e.createdAt, ExpiresAt: e.expiresAt,
			Terminated: e.terminated || now.After(e.expiresAt), LastLink: e.lastLink,
		})
	}
	for _, e := range s.next.sessions {
		out = append(out, SessionInfo{ID: e.id, Account: e.userID, CreatedAt: e.createdAt, ExpiresAt: e.lastUse.Add(idleLife)})
	}
	slices.SortFunc(out, func(a, b SessionInfo) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Grants returns the logins that the server of Next keeps now, oldest first, expired ones until the next clean-up.
func (s *Server) Grants() []GrantInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.next.sweep(now)
	var out []GrantInfo
	for _, g := range s.next.grants {
		if g.login == nil {
			continue
		}
		out = append(out, GrantInfo{g.id, g.userID, s.broker.account(g.login.token, now) != nil, g.createdAt, g.expiresAt})
	}
	slices.SortFunc(out, func(a, b GrantInfo) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Streams returns how many SSE streams are open.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// Listeners returns how many silent streams are open on GET /mcp.
func (s *Server) Listeners() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.listeners)
}

// LoginLinks returns every login link handed out so far, oldest first. Each is a key to a session: tests use them to make
// sure that they show up nowhere else.
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

// Violations returns what a well-behaved read-only client never does, one line each, oldest first: write tools,
// unknown tools, a second initialize on a logged-in session, a second login while a link may be in use, requests
// that are not JSON-RPC; in Next also modes that write or do not exist, keys that stand twice in a call, a bearer in
// a query, a code that is tried again or with the wrong things, a second MCP session of one bearer.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}
