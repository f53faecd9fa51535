package kite

import (
	"slices"
	"strings"
	"time"
)

// GrantInfo describes a login that a bearer of Next stands for.
type GrantInfo struct {
	ID        string // the session_id of the bearer; worth nothing without it
	Account   string // the Kite user id
	KiteAlive bool   // Kite still takes the access token behind it
	CreatedAt time.Time
	ExpiresAt time.Time
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
