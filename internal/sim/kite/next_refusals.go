package kite

import (
	"net/http"
	"slices"
	"strings"
)

// nextVersions are the protocol versions that are spoken, newest first.
var nextVersions = []string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}

const versionHeader = "MCP-Protocol-Version"

// identity is who sends a request to /mcp: the holder of the bearer, or no one in a Hybrid that was shown none.
type identity struct {
	claims
	known bool
}

// postRequest is one POST on its way through the server.
type postRequest struct {
	identity
	caller
	message wire
	began   *nextSession
	named   string // the session id that the answer carries, "" for none
}

// refusal is an HTTP answer to a request that the server does not look into further.
type refusal struct {
	status int
	text   string
}

func (f *refusal) write(w http.ResponseWriter) { http.Error(w, f.text, f.status) }

// refusePost says why a POST is refused, in the order in which the server looks; nil if it is not.
func (s *Server) refusePost(r *http.Request, p *postRequest, complaint string) *refusal {
	if f := s.refuseVersion(r); f != nil {
		return f
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		s.violation("mcp: content type %q", r.Header.Get("Content-Type"))
		return &refusal{http.StatusUnsupportedMediaType, "Content-Type must be 'application/json'"}
	}
	if !accepts(r, "application/json") || !accepts(r, "text/event-stream") {
		s.violation("mcp: a POST that accepts %q", r.Header.Get("Accept"))
		return &refusal{http.StatusBadRequest, "Accept must contain both 'application/json' and 'text/event-stream'"}
	}
	if p.session != "" {
		if f := s.refuseSession(p.session, p.identity); f != nil {
			return f
		}
	}
	if complaint != "" {
		s.violation("mcp: a body that is no JSON-RPC: %s", complaint)
	} else {
		complaint = p.message.complaint()
	}
	if complaint != "" {
		return &refusal{http.StatusBadRequest, complaint}
	}
	return nil
}

// refuseVersion looks at the protocol version that the header names. The newest, 2026-07-28, is known to the real
// server and refused in other words; the bot does not speak it.
func (s *Server) refuseVersion(r *http.Request) *refusal {
	v := r.Header.Get(versionHeader)
	if v == "" || slices.Contains(nextVersions, v) {
		return nil
	}
	s.violation("mcp: protocol version %q", v)
	return &refusal{http.StatusBadRequest, "Bad Request: Unsupported protocol version (supported versions: 2026-07-28," +
		strings.Join(nextVersions, ",") + ")"}
}

// accepts reports whether the client takes an answer of that type.
func accepts(r *http.Request, kind string) bool {
	family, _, _ := strings.Cut(kind, "/")
	for _, line := range r.Header.Values("Accept") {
		for one := range strings.SplitSeq(line, ",") {
			one, _, _ = strings.Cut(one, ";")
			if one = strings.ToLower(strings.TrimSpace(one)); one == kind || one == family+"/*" || one == "*/*" {
				return true
			}
		}
	}
	return false
}

// refuseSession looks for the MCP session that a request names.
func (s *Server) refuseSession(id string, v identity) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.next.sweep(now)
	e := s.next.sessions[id]
	switch {
	case e == nil:
		return &refusal{http.StatusNotFound, "session not found"}
	case e.userID != "" && e.userID != v.UserID:
		return &refusal{http.StatusForbidden, "session user mismatch"}
	}
	return nil
}

// refuseDelete says why a DELETE is refused, or nil.
func (s *Server) refuseDelete(r *http.Request, v identity) *refusal {
	if f := s.refuseVersion(r); f != nil {
		return f
	}
	id := r.Header.Get(sessionHeader)
	if id == "" {
		return &refusal{http.StatusBadRequest, "Bad Request: " + r.Method + " requires an Mcp-Session-Id header"}
	}
	return s.refuseSession(id, v)
}
