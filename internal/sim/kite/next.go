package kite

import (
	"context"
	"net/http"
	"time"
)

// What lives how long in Next.
const (
	authGrantLife   = 24 * time.Hour // from the callback
	bearerLife      = 24 * time.Hour // from /token
	earlyBearerLife = 6 * time.Hour
	codeLife        = 10 * time.Minute
	idleLife        = 24 * time.Hour // of an MCP session that nobody uses
)

// nextState is what the server of Next keeps in memory, and so loses when its process ends. Only the secret that signs
// bearers is not among it: a bearer outlives the grant that it stands for. Clients that register are not among it
// either, since nobody ever looks them up.
type nextState struct {
	booted   time.Time // clean-up ticks are counted from here
	pending  map[string]*pendingLogin
	codes    map[string]*authCode
	grants   map[string]*authGrant
	sessions map[string]*nextSession
	limits   limits
}

// pendingLogin is what an /authorize request asked for, kept until the person has been at Kite.
type pendingLogin struct {
	clientID, redirectURI, state, challenge string
}

// authCode is a code on its way from the browser to /token. It works once, and a wrong try is a try.
type authCode struct {
	pendingLogin
	userID  string
	grant   string
	expires time.Time
}

// authGrant is what a bearer stands for: one login of one person. Two logins of a person are two grants.
type authGrant struct {
	id        string
	login     *login // nil before the person has logged in, which only happens in a Hybrid
	userID    string
	createdAt time.Time
	expiresAt time.Time
}

func newNextState(now time.Time) nextState {
	return nextState{
		booted: now, pending: map[string]*pendingLogin{}, codes: map[string]*authCode{}, grants: map[string]*authGrant{},
		sessions: map[string]*nextSession{}, limits: newLimits(),
	}
}

// sweep forgets what the clean-up ticks up to now have found expired, and MCP sessions that nobody used for too long.
func (n *nextState) sweep(now time.Time) {
	last := n.booted.Add(now.Sub(n.booted) / cleanupEvery * cleanupEvery)
	for id, g := range n.grants {
		if last.After(g.expiresAt) {
			delete(n.grants, id)
		}
	}
	for id, e := range n.sessions {
		if now.Sub(e.lastUse) >= idleLife {
			n.end(id)
		}
	}
}

// end forgets an MCP session and ends its stream.
func (n *nextState) end(id string) {
	if e := n.sessions[id]; e != nil && e.listener != nil {
		e.listener.cancel(context.Canceled)
	}
	delete(n.sessions, id)
}

// serveNext answers the paths of Next. There is no SSE, and the documents of OAuth are at the root only.
func (s *Server) serveNext(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Frame-Options", "DENY")
	s.checkQuery(r)
	switch r.URL.Path {
	case "/mcp":
		s.serveNextMCP(w, r)
	case authorizePath:
		s.serveNextAuthorize(w, r)
	case "/callback":
		s.serveNextCallback(w, r)
	case "/token":
		s.serveToken(w, r)
	case "/register":
		s.serveRegister(w, r)
	case wellKnownResource, wellKnownServer:
		s.serveMetadata(w, r)
	case "/":
		s.pages.write(w, http.StatusOK, s.pages.docs, nil)
	default:
		http.NotFound(w, r)
	}
}

// loginOfGrant finds the login behind a bearer, or says why there is none.
func (s *Server) loginOfGrant(ctx context.Context, id string) (l *login, instead answer) {
	err := s.withLock(ctx, func(now time.Time) {
		g := s.next.grants[id]
		switch {
		case g == nil:
			instead = errorAnswer("failed to get session: session ID not found")
		case now.After(g.expiresAt):
			instead = errorAnswer("kite session has expired. Please re-authenticate via the OAuth flow")
		case g.login == nil:
			instead = errorAnswer("not logged into Kite. Please authenticate via the OAuth flow")
		default:
			l = g.login
		}
	})
	if err != nil {
		return nil, errorAnswer("failed to get session: %v", err)
	}
	return l, instead
}
