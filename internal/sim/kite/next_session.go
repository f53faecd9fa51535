package kite

import (
	"context"
	"time"
)

// runSessionStatus tells about the grant behind the bearer. It asks nobody: a login that Kite has dropped long ago
// still counts as authenticated.
func runSessionStatus(ctx context.Context, s *Server, c *call) answer {
	status := map[string]any{"session_id": c.grant, "authenticated": false, "terminated": true, "status": "logged_out"}
	err := s.withLock(ctx, func(now time.Time) {
		g := s.next.grants[c.grant]
		if g == nil {
			return
		}
		label, authenticated, expired, until := "not_authenticated", false, false, ""
		if g.login != nil {
			label, authenticated, expired = "expired", now.Before(g.expiresAt), now.After(g.expiresAt)
			until = g.expiresAt.UTC().Format(time.RFC3339)
		}
		if authenticated {
			label = "authenticated"
		}
		status = map[string]any{
			"session_id": g.id, "authenticated": authenticated, "terminated": false, "status": label,
			"created_at": g.createdAt.UTC().Format(time.RFC3339), "expires_at": g.expiresAt.UTC().Format(time.RFC3339),
			"kite_session_expires_at": until, "kite_session_expired": expired,
		}
	})
	if err != nil {
		return errorAnswer("unable to determine current session")
	}
	return jsonAnswer(status)
}

// runSessionLogout ends the grant. Kite is not told: its own token lives on.
func runSessionLogout(ctx context.Context, s *Server, c *call) answer {
	status := "already_logged_out"
	err := s.withLock(ctx, func(time.Time) {
		if s.next.grants[c.grant] != nil {
			delete(s.next.grants, c.grant)
			status = "logged_out"
		}
	})
	if err != nil {
		return errorAnswer("Failed to logout current session")
	}
	return jsonAnswer(map[string]any{"success": true, "session_id": c.grant, "status": status})
}
