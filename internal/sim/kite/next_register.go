package kite

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The documents that tell how to authorize.
const (
	wellKnownResource = "/.well-known/oauth-protected-resource"
	wellKnownServer   = "/.well-known/oauth-authorization-server"
)

// What a registration may hold at most.
const (
	maxRegistration = 16 << 10 // bytes
	maxRedirects    = 10
	maxRedirect     = 2048
	maxClientName   = 256
)

// serveMetadata answers the two documents.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpWellKnown, "", "")
	if f.blocks(ctx, w) {
		return
	}
	f.finish(ctx)
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

// randomHex returns so many random bytes in hexadecimal digits.
func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // crypto/rand.Read never fails
	return hex.EncodeToString(b)
}
