package kite

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// serveToken turns a code into a bearer.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpToken, "", "")
	if f.blocks(ctx, w) {
		return
	}
	if !s.allowLogin(r) {
		http.Error(w, "Too Many Requests", http.StatusTooManyRequests)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	status, answer := s.redeem(r)
	f.finish(ctx)
	writeJSON(w, status, answer)
}

// redeem reads a token request and answers it. A code that it finds is used up with that, whatever comes of it.
func (s *Server) redeem(r *http.Request) (status int, answer map[string]any) {
	err := r.ParseForm()
	code, verifier := r.FormValue("code"), r.FormValue("code_verifier")
	if err != nil || r.FormValue("grant_type") != "authorization_code" || code == "" || verifier == "" {
		return http.StatusBadRequest, oauthError("invalid_request", "The token request is invalid.")
	}
	issuer := s.baseFor(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	c := s.next.codes[code]
	delete(s.next.codes, code)
	if s.usedCodes[code] {
		s.violations = append(s.violations, "token: a code that was tried before")
	}
	wrong := c.mismatch(r.FormValue("client_id"), r.FormValue("redirect_uri"), verifier)
	if c != nil {
		s.usedCodes[code] = true
	}
	if wrong != "" {
		s.violations = append(s.violations, "token: a wrong "+wrong)
	}
	if c == nil || now.After(c.expires) || wrong != "" {
		return http.StatusBadRequest, oauthError("invalid_grant", "The authorization grant is invalid or expired.")
	}
	life := s.bearerLife()
	return http.StatusOK, map[string]any{
		"access_token": s.newBearer(issuer, c, now.Add(life), now), "token_type": "Bearer",
		"expires_in": int(life.Seconds()), "scope": "default",
	}
}

// bearerLife returns how long a bearer is good.
func (s *Server) bearerLife() time.Duration {
	if s.opts.EarlyNext {
		return earlyBearerLife
	}
	return bearerLife
}

// mismatch names what of a token request does not fit the code, or "".
func (c *authCode) mismatch(clientID, redirectURI, verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	switch {
	case c == nil:
		return ""
	case clientID != c.clientID:
		return "client_id"
	case redirectURI != c.redirectURI:
		return "redirect_uri"
	case base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		return "code_verifier"
	}
	return ""
}
