package kite

import (
	"net/http"
	"net/url"
	"time"
)

// authorizePath is the page that today's login links lead to.
const authorizePath = "/authorize"

// authorizeURL returns the login link that the login tool hands out today. Its only parameter is the signed session id.
func authorizeURL(base, signed string) string {
	return base + authorizePath + "?session_id=" + url.QueryEscape(signed)
}

// link returns the login link of a session in the form of the present version. The caller holds mu.
func (s *Server) link(base, sessionID string, now time.Time) string {
	signed := s.links.sign(sessionID, now)
	if s.version == Old {
		return loginURL(base, signed)
	}
	return authorizeURL(base, signed)
}

// serveAuthorize shows the page between the login link and Kite. It changes nothing, so a preview or a second look is
// harmless. The words of its refusals are not known, apart from "session error" for a session that is over.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpAuthorize, "", "")
	if f.blocks(ctx, w) {
		return
	}
	f.begin(ctx)
	signed, genuine, v := r.URL.Query().Get("session_id"), false, unknown
	err := s.withRegistry(ctx, func(now time.Time) {
		id := ""
		if id, genuine = s.links.verify(signed, now); genuine {
			_, v = s.registry.validate(id, now)
		}
	})
	if err != nil || f.is(AnswerLost) {
		panic(http.ErrAbortHandler)
	}
	switch {
	case !genuine:
		http.Error(w, "missing or invalid session_id", http.StatusBadRequest)
	case v != alive:
		http.Error(w, "session error", http.StatusBadRequest)
	default:
		s.pages.write(w, http.StatusOK, s.pages.interstitial, loginURL(s.baseFor(r), signed))
	}
}
