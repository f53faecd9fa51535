package kite

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// newUUID returns a random version 4 UUID in its usual form.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}

func formatUUID(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// randomHex returns so many random bytes in hexadecimal digits.
func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // crypto/rand.Read never fails
	return hex.EncodeToString(b)
}

// linkSigner makes and checks the signed session ids that travel through the browser. Its key lives and dies with the
// process.
type linkSigner struct {
	key [32]byte
}

func newLinkSigner() linkSigner {
	var l linkSigner
	_, _ = rand.Read(l.key[:]) // crypto/rand.Read never fails
	return l
}

func (l linkSigner) mac(payload string) []byte {
	h := hmac.New(sha256.New, l.key[:])
	h.Write([]byte(payload))
	return h.Sum(nil)
}

// sign returns "<session id>|<unix seconds>.<signature>"; two made in the same second are identical.
func (l linkSigner) sign(sessionID string, now time.Time) string {
	payload := fmt.Sprintf("%s|%d", sessionID, now.Unix())
	return payload + "." + base64.URLEncoding.EncodeToString(l.mac(payload))
}

// verify returns the session id of a signed one that is genuine and not older than 35 minutes.
func (l linkSigner) verify(signed string, now time.Time) (sessionID string, ok bool) {
	payload, sig, found := strings.Cut(signed, ".")
	given, err := base64.URLEncoding.DecodeString(sig)
	if !found || err != nil || !hmac.Equal(given, l.mac(payload)) {
		return "", false
	}
	sessionID, unix, _ := strings.Cut(payload, "|")
	seconds, err := strconv.ParseInt(unix, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)) > linkLife {
		return "", false
	}
	return sessionID, true
}

// loginPath is where Kite's login page lives, on kite.zerodha.com in real life.
const loginPath = "/connect/login"

// apiKey is the key under which the hosted server is known to Kite.
const apiKey = "kitemcp"

// loginURL returns the link that the login tool hands out.
func loginURL(base, signed string) string {
	return base + loginPath + "?api_key=" + apiKey + "&v=3&redirect_params=" + url.QueryEscape("session_id="+signed)
}

// authorizePath is the page that today's login links lead to.
const authorizePath = "/authorize"

// authorizeURL returns the login link that the login tool hands out today. Its only parameter is the signed session id.
func authorizeURL(base, signed string) string {
	return base + authorizePath + "?session_id=" + url.QueryEscape(signed)
}

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
