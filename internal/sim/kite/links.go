package kite

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// loginPath is where Kite's login page lives, on kite.zerodha.com in real life.
const loginPath = "/connect/login"

// apiKey is the key under which the hosted server is known to Kite.
const apiKey = "kitemcp"

// linkSigner makes and checks the signed session ids that travel through the browser. Its key lives and dies with
// the process.
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

// loginURL returns the link that the login tool hands out.
func loginURL(base, signed string) string {
	return base + loginPath + "?api_key=" + apiKey + "&v=3&redirect_params=" + url.QueryEscape("session_id="+signed)
}
