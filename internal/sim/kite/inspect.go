package kite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// Transport says which way a tool call came.
type Transport string

// The two transports of the server.
const (
	SSE Transport = "sse" // POST /message, answered on the stream of GET /sse
	MCP Transport = "mcp" // POST /mcp, answered in place
)

// Call is one tools/call that reached the tool dispatcher, known tool or not. Requests that a fault answered before
// that (an HTTP status, a connection reset) are not calls.
type Call struct {
	Session   string
	Tool      string
	Mode      string // of a tool of Next
	Transport Transport
	Account   string // the Kite user id behind the session or the bearer when the call arrived, "" if nobody was logged in
	At        time.Time
}

// SessionInfo describes a session that the server still knows.
type SessionInfo struct {
	ID         string
	Account    string // the Kite user id whose access token is alive behind it, or ""; in Next, whose bearer began it
	CreatedAt  time.Time
	ExpiresAt  time.Time // in Next, unless somebody uses it before
	Terminated bool      // DELETEd, or found expired; it stays known until its 12 hours are over and a clean-up tick came
	LastLink   time.Time // when it was last given a login link, zero if never
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

// Violations returns what a well-behaved read-only client never does, one line each, oldest first: write tools,
// unknown tools, a second initialize on a logged-in session, a second login while a link may be in use, requests
// that are not JSON-RPC; in Next also modes that write or do not exist, keys that stand twice in a call, a bearer in
// a query, a code that is tried again or with the wrong things, a second MCP session of one bearer.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// SetAccount replaces the account of the same user id for every later answer, logins stay. It fails when there is no
// such account.
func (s *Server) SetAccount(a sample.Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.broker.accounts {
		if old.UserID() == a.UserID() {
			s.broker.accounts[i] = &a
			return nil
		}
	}
	return errors.New("kite: no account " + a.UserID())
}

// EndKiteLogins ends all access tokens of a person at Kite, as logging out of all devices there does, and returns how
// many there were. MCP sessions know nothing of it.
func (s *Server) EndKiteLogins(userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broker.endAll(userID)
}

// accountOf returns who is logged in on a session, or "". The caller holds mu.
func (s *Server) accountOf(id string, now time.Time) string {
	e, ok := s.registry.sessions[id]
	if !ok || e.login == nil || e.terminated || now.After(e.expiresAt) {
		return ""
	}
	if a := s.broker.account(e.login.token, now); a != nil {
		return a.UserID()
	}
	return ""
}

// accountBehind returns whose data a caller can read now, or "". The caller of it holds mu.
func (s *Server) accountBehind(who caller, now time.Time) string {
	if who.grant == "" {
		return s.accountOf(who.session, now)
	}
	g := s.next.grants[who.grant]
	if g == nil || g.login == nil || s.broker.account(g.login.token, now) == nil {
		return ""
	}
	return g.userID
}

// record notes a tool call.
func (s *Server) record(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.calls = append(s.calls, Call{
		Session: c.session, Tool: c.tool, Mode: c.mode, Transport: c.transport, Account: s.accountBehind(c.caller, now), At: now,
	})
}

// violation notes a request that no well-behaved client sends.
func (s *Server) violation(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// shortID names a session in a violation without giving the whole id, which is a key.
func shortID(sessionID string) string {
	bare := strings.TrimPrefix(sessionID, sessionPrefix)
	return bare[:min(8, len(bare))]
}
