package kite

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// claims are what a bearer says; anybody can read them.
type claims struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Expires int64  `json:"exp"`
	Issued  int64  `json:"iat"`
	ID      string `json:"jti"`
	UserID  string `json:"kite_user_id"`
	Grant   string `json:"session_id"`
	Scope   string `json:"scope"`
}

// bearerSigner makes and checks bearers. Its secret comes from the operator's settings and outlives every process.
type bearerSigner struct {
	secret [32]byte
}

func newBearerSigner() bearerSigner {
	var b bearerSigner
	_, _ = rand.Read(b.secret[:]) // crypto/rand.Read never fails
	return b
}

func (b bearerSigner) mac(payload string) string {
	h := hmac.New(sha256.New, b.secret[:])
	h.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// sign returns the JWT of c.
func (b bearerSigner) sign(c claims) string {
	body, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Errorf("kite: claims that are no JSON: %w", err)) // the simulator's own fault
	}
	enc := base64.RawURLEncoding
	payload := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString(body)
	return payload + "." + b.mac(payload)
}

// verify returns the claims of a JWT that is genuine and not expired.
func (b bearerSigner) verify(token string, now time.Time) (c claims, ok bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 || !hmac.Equal([]byte(token[i+1:]), []byte(b.mac(token[:i]))) {
		return claims{}, false
	}
	_, body, _ := strings.Cut(token[:i], ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return claims{}, false
	}
	return c, now.Before(time.Unix(c.Expires, 0))
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

// identity is who sends a request to /mcp: whoever holds the bearer, or nobody in a Hybrid that was shown none.
type identity struct {
	claims
	known bool
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
