package kite

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

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
	signed, genuine, v := r.URL.Query().Get("session_id"), false, unknown
	err := s.withRegistry(ctx, func(now time.Time) {
		id := ""
		if id, genuine = s.links.verify(signed, now); genuine {
			_, v = s.registry.validate(id, now)
		}
	})
	if err != nil {
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

// serveCallback is where Kite sends the browser when it is done. GET, POST and HEAD do the same; only request_token and
// session_id are read.
func (s *Server) serveCallback(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpCallback, "", "")
	if f.blocks(ctx, w) {
		return
	}
	q := r.URL.Query()
	id, ok := "", false
	s.mu.Lock()
	id, ok = s.links.verify(q.Get("session_id"), s.opts.Now())
	s.mu.Unlock()
	if !ok || q.Get("request_token") == "" {
		http.Error(w, "missing MCP session_id or Kite request_token", http.StatusBadRequest)
		return
	}
	ok = s.completeLogin(ctx, id, q.Get("request_token"), f)
	abortIfProcessEnded(ctx)
	if f.is(AnswerLost) {
		panic(http.ErrAbortHandler)
	}
	if !ok {
		http.Error(w, "error completing Kite session", http.StatusInternalServerError)
		return
	}
	s.pages.write(w, http.StatusOK, s.pages.success, nil)
}

// completeLogin puts the access token of a browser login into the session. It takes hold of the session's login object
// before it asks Kite, so a login tool that replaces the object meanwhile wins: the browser shows success, and the
// token is in an object that no tool call will look at. A session that is logged in already changes its account without
// a word.
func (s *Server) completeLogin(ctx context.Context, id, requestToken string, f *Fault) bool {
	var target *login
	err := s.withRegistry(ctx, func(now time.Time) {
		if e, v := s.registry.validate(id, now); v == alive {
			target = e.login
		}
	})
	if err != nil || target == nil {
		return false
	}
	return s.exchange(ctx, requestToken, f, func(token string, _ time.Time) { target.token = token })
}

// runLogin is the login tool. To find out whether the session is logged in it asks Kite for the profile, and when that
// fails for any reason it logs out and hands out a new link: a failure of Kite at this moment, or a browser login that
// finishes during the question, ends in a dead login.
func runLogin(ctx context.Context, s *Server, c *call) answer {
	var e *session
	var fresh bool
	var l *login
	err := s.withRegistry(ctx, func(now time.Time) {
		if e, fresh = s.registry.touch(c.session, now); e == nil {
			return
		}
		l = e.login
		if age := now.Sub(e.lastLink); age < linkLife {
			s.violations = append(s.violations, fmt.Sprintf("%s: login on session %s while its link is %s old",
				c.transport, shortID(c.session), age.Round(time.Second)))
		}
	})
	if err != nil || e == nil {
		return errorAnswer("Failed to get or create Kite session")
	}
	if !fresh {
		if a, problem := s.askKite(ctx, c.fault, l); problem == "" {
			name := ""
			if a != nil {
				name = a.Profile.UserName
			}
			return answer{text: "You are already logged in as " + name}
		}
		if instead, ok := s.startOver(ctx, c); !ok {
			return instead
		}
	}
	return s.newLink(ctx, c)
}

// startOver logs out at Kite and gives the session a new login object.
func (s *Server) startOver(ctx context.Context, c *call) (instead answer, ok bool) {
	if c.fault.is(UpstreamHang) {
		c.fault.wait(ctx, upstreamWait) // the logout hangs as well
	}
	var clearing error
	var e *session
	err := s.withRegistry(ctx, func(now time.Time) {
		if clearing = s.registry.clear(c.session); clearing == nil {
			e, _ = s.registry.touch(c.session, now)
		}
	})
	switch {
	case err != nil || clearing != nil:
		return errorAnswer("Failed to clear session data"), false
	case e == nil:
		return errorAnswer("Failed to create new Kite session"), false
	}
	return answer{}, true
}

// newLink signs a login link for the session. The older ones stay good until they expire.
func (s *Server) newLink(ctx context.Context, c *call) answer {
	link := ""
	err := s.withRegistry(ctx, func(now time.Time) {
		e, _ := s.registry.touch(c.session, now)
		if e == nil {
			return
		}
		e.lastLink = now
		link = s.link(c.base, c.session, now)
		s.loginLinks = append(s.loginLinks, link)
	})
	if err != nil || link == "" {
		if s.Version() == Old {
			return errorAnswer("Failed to generate Kite login URL")
		}
		return errorAnswer("Failed to generate authorize URL")
	}
	return answer{text: fmt.Sprintf(loginText, link, link)}
}
