package kite

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The documents that tell how to authorize.
const (
	wellKnownResource = "/.well-known/oauth-protected-resource"
	wellKnownServer   = "/.well-known/oauth-authorization-server"
)

// peer returns the address that a request counts for.
func (s *Server) peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// allowRegistration counts a request to /register, one that is refused for another reason as well.
func (s *Server) allowRegistration(r *http.Request) bool {
	return s.within(s.peer(r), func(l limits) map[string][]time.Time { return l.register }, registerMost, registerSpan)
}

// allowCallback counts a request to /callback.
func (s *Server) allowCallback(r *http.Request) bool {
	return s.within(s.peer(r), func(l limits) map[string][]time.Time { return l.callback }, callbackMost, callbackSpan)
}

// within counts a request that came within the limit and reports whether it did.
func (s *Server) within(peer string, of func(limits) map[string][]time.Time, most int, span time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.NoRateLimits {
		return true
	}
	now, seen := s.opts.Now(), of(s.next.limits)
	var recent []time.Time
	for _, at := range seen[peer] {
		if at.After(now.Add(-span)) {
			recent = append(recent, at)
		}
	}
	if seen[peer] = recent; len(recent) >= most {
		return false
	}
	seen[peer] = append(recent, now)
	return true
}

// allowLogin takes a request to /authorize or /token out of the bucket of its address.
func (s *Server) allowLogin(r *http.Request) bool {
	peer := s.peer(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.NoRateLimits {
		return true
	}
	now := s.opts.Now()
	b := s.next.limits.buckets[peer]
	if b == nil {
		b = &bucket{left: bucketSize, at: now}
		s.next.limits.buckets[peer] = b
	}
	b.left = min(b.left+float64(now.Sub(b.at))/float64(bucketDrip), bucketSize)
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// allowsRedirect reports whether the browser may be sent to uri with a code: to the person's own machine by either of
// its two usual names, or where the operator allows it.
func (s *Server) allowsRedirect(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" || u.Hostname() == "" {
		return false
	}
	if host := u.Hostname(); (host == "localhost" || host == "127.0.0.1") && (u.Scheme == "http" || u.Scheme == "https") {
		return true
	}
	for _, allowed := range s.opts.RedirectURIs {
		if prefix, is := strings.CutPrefix(allowed, "prefix:"); is && prefix != "" && strings.HasPrefix(uri, prefix) || uri == allowed {
			return true
		}
	}
	return false
}

// What a registration may hold at most.
const (
	maxRegistration = 16 << 10 // bytes
	maxRedirects    = 10
	maxRedirect     = 2048
	maxClientName   = 256
)

func oauthError(code, description string) map[string]any {
	return map[string]any{"error": code, "error_description": description}
}

func writeOAuthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, oauthError(code, description))
}

// writeJSON writes an answer of the OAuth side.
func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a client that is gone needs no answer
}

// serveMetadata answers the two documents.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	issuer := s.baseFor(r)
	if r.URL.Path == wellKnownServer {
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": issuer, "authorization_endpoint": issuer + authorizePath, "token_endpoint": issuer + "/token",
			"registration_endpoint": issuer + "/register", "response_types_supported": []string{"code"},
			"grant_types_supported": []string{"authorization_code"}, "code_challenge_methods_supported": []string{"S256"},
			"token_endpoint_auth_methods_supported": []string{"none"},
		})
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", "GET, OPTIONS")
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"resource": issuer + "/mcp", "authorization_servers": []string{issuer}, "scopes_supported": []string{"default"},
		"bearer_methods_supported": []string{"header"},
	})
}

// serveRegister hands out a client id that nothing depends on.
func (s *Server) serveRegister(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpRegister, "", "")
	if f.blocks(ctx, w) {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodPost:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case !s.allowRegistration(r):
		writeOAuthError(w, http.StatusTooManyRequests, "rate_limit_exceeded", "Too many registration requests. Try again later.")
	default:
		status, answer := s.registration(http.MaxBytesReader(w, r.Body, maxRegistration))
		f.finish(ctx)
		writeJSON(w, status, answer)
	}
}

// registration reads a registration and answers it.
func (s *Server) registration(body io.Reader) (status int, answer map[string]any) {
	var asked struct {
		RedirectURIs []string `json:"redirect_uris"`
		ClientName   string   `json:"client_name"`
	}
	d := json.NewDecoder(body)
	if d.Decode(&asked) != nil || d.Decode(&struct{}{}) != io.EOF {
		return http.StatusBadRequest, oauthError("invalid_client_metadata", "Invalid request body.")
	}
	if n := len(asked.RedirectURIs); n == 0 || n > maxRedirects || len(asked.ClientName) > maxClientName {
		return http.StatusBadRequest, oauthError("invalid_client_metadata", "redirect_uris is required")
	}
	for _, uri := range asked.RedirectURIs {
		if uri == "" || len(uri) > maxRedirect {
			return http.StatusBadRequest, oauthError("invalid_client_metadata", "Invalid redirect URI metadata.")
		}
		if !s.allowsRedirect(uri) {
			return http.StatusBadRequest, oauthError("invalid_redirect_uri", "The redirect URI is not allowed for this MCP server.")
		}
	}
	return http.StatusCreated, map[string]any{
		"client_id": randomHex(16), "client_id_issued_at": s.opts.Now().Unix(), "redirect_uris": asked.RedirectURIs,
		"client_name": asked.ClientName, "grant_types": []string{"authorization_code"}, "response_types": []string{"code"},
		"token_endpoint_auth_method": "none",
	}
}

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

// newBearer signs a bearer for a code that was redeemed. The caller holds mu.
func (s *Server) newBearer(issuer string, c *authCode, expires, now time.Time) string {
	token := s.signer.sign(claims{
		Issuer: issuer, Subject: c.userID, Expires: expires.Unix(), Issued: now.Unix(), ID: randomHex(16),
		UserID: c.userID, Grant: c.grant, Scope: "default",
	})
	s.bearers = append(s.bearers, token)
	return token
}

// authenticate lets a request with a good bearer in and answers any other itself.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (v identity, ok bool) {
	header := r.Header.Get("Authorization")
	if s.opts.Hybrid && header == "" {
		return identity{}, true
	}
	complaint := "no bearer token"
	if fields := strings.Fields(header); len(fields) == 2 && strings.EqualFold(fields[0], "bearer") {
		if c, good := s.signer.verify(fields[1], s.opts.Now()); good {
			return identity{c, true}, true
		}
		complaint = "invalid token"
	}
	if s.opts.EarlyNext {
		complaint = map[string]string{"no bearer token": "missing bearer token", "invalid token": "invalid or expired token"}[complaint]
	}
	form := "Bearer resource_metadata=%q"
	if s.opts.UnquotedMetadata {
		form = "Bearer resource_metadata=%s"
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(form, s.baseFor(r)+wellKnownResource))
	http.Error(w, complaint, http.StatusUnauthorized)
	return identity{}, false
}

// checkQuery keeps requests that carry a bearer where logs and histories show it. The server does not look there.
func (s *Server) checkQuery(r *http.Request) {
	if r.URL.RawQuery == "" {
		return
	}
	bearers := s.Bearers()
	for name, values := range r.URL.Query() {
		named := r.URL.Path == "/mcp" && (name == "access_token" || name == "authorization")
		if named || slices.ContainsFunc(values, func(v string) bool { return slices.Contains(bearers, v) }) {
			s.violation("%s %s: a bearer in the query", r.Method, r.URL.Path)
		}
	}
}
