package kite

import (
	"net/http"
	"time"
)

// serveNextAuthorize begins a login: it keeps what the client asks for and shows the page with the link to Kite. Each
// look makes another login, all of them usable. A refusal is shown here and never reaches the client.
func (s *Server) serveNextAuthorize(w http.ResponseWriter, r *http.Request) {
	if !s.allowLogin(r) {
		http.Error(w, "Too Many Requests", http.StatusTooManyRequests)
		return
	}
	link, ok := s.beginLogin(r)
	switch {
	case !ok:
		http.Error(w, "invalid request", http.StatusBadRequest)
	case s.opts.EarlyNext:
		http.Redirect(w, r, link, http.StatusFound)
	default:
		s.pages.write(w, http.StatusOK, s.pages.interstitial, link)
	}
}

// beginLogin returns the link to Kite's page for an /authorize request, unless it asks for something impossible.
func (s *Server) beginLogin(r *http.Request) (link string, ok bool) {
	base, q := s.baseFor(r), r.URL.Query()
	if signed := q.Get("session_id"); s.opts.Hybrid && signed != "" {
		return loginURL(base, signed), s.sessionInBand(signed) != ""
	}
	p := &pendingLogin{q.Get("client_id"), q.Get("redirect_uri"), q.Get("state"), q.Get("code_challenge")}
	if p.clientID == "" || p.challenge == "" || q.Get("code_challenge_method") != "S256" || !s.allowsRedirect(p.redirectURI) {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := sessionPrefix + newUUID()
	s.next.pending[id] = p
	return loginURL(base, s.links.sign(id, s.opts.Now())), true
}

// serveNextCallback is where Kite sends the browser. It makes the grant and the code, and sends the browser on to the
// client. A failure is shown to the person only, always in the same two words; a person who cancelled at Kite may try
// again from the same page.
func (s *Server) serveNextCallback(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpCallback, "", "")
	if f.blocks(ctx, w) {
		return
	}
	if !s.allowCallback(r) {
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	q := r.URL.Query()
	id, p := s.pendingOf(q.Get("session_id"))
	inBand := s.sessionInBand(q.Get("session_id"))
	if p == nil && inBand == "" {
		http.Error(w, "authorization failed", http.StatusBadRequest)
		return
	}
	back := ""
	done := s.exchange(ctx, q.Get("request_token"), f, func(token string, now time.Time) {
		if p == nil {
			s.grantTo(inBand, token, now)
			return
		}
		delete(s.next.pending, id)
		back = p.redirectWith(s.newCode(*p, token, now))
	})
	abortIfProcessEnded(ctx)
	switch {
	case f.is(AnswerLost):
		panic(http.ErrAbortHandler)
	case !done:
		http.Error(w, "authorization failed", http.StatusInternalServerError)
	case back == "":
		s.pages.write(w, http.StatusOK, s.pages.success, nil)
	default:
		http.Redirect(w, r, back, http.StatusFound)
	}
}

// pendingOf finds the login that a signed id stands for, or nil when it is not genuine, too old, or done.
func (s *Server) pendingOf(signed string) (id string, p *pendingLogin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.links.verify(signed, s.opts.Now())
	if !ok {
		return "", nil
	}
	return id, s.next.pending[id]
}

// sessionInBand returns the MCP session that a signed id names in a Hybrid, or "": one that began without a bearer and
// is still known.
func (s *Server) sessionInBand(signed string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.next.sweep(now)
	id, ok := s.links.verify(signed, now)
	if e := s.next.sessions[id]; !ok || !s.opts.Hybrid || e == nil || e.bearer != "" {
		return ""
	}
	return id
}

// newCode makes a grant of its own for a login that is done, and the code that leads to it. The caller holds mu.
func (s *Server) newCode(p pendingLogin, token string, now time.Time) string {
	code, g := randomHex(32), s.grantTo(sessionPrefix+newUUID(), token, now)
	s.next.codes[code] = &authCode{pendingLogin: p, userID: g.userID, grant: g.id, expires: now.Add(codeLife)}
	s.codes = append(s.codes, code)
	return code
}

// grantTo makes the grant of that id anew. The caller holds mu.
func (s *Server) grantTo(id, token string, now time.Time) *authGrant {
	g := &authGrant{
		id: id, login: &login{token: token}, userID: s.broker.owner(token), createdAt: now, expiresAt: now.Add(authGrantLife),
	}
	s.next.grants[id] = g
	return g
}
