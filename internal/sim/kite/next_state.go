package kite

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"time"
)

// What lives how long in Next.
const (
	authGrantLife   = 24 * time.Hour // from the callback
	bearerLife      = 24 * time.Hour // from /token
	earlyBearerLife = 6 * time.Hour
	codeLife        = 10 * time.Minute
	idleLife        = 24 * time.Hour // of an MCP session that is not used
)

// nextState is what the server of Next keeps in memory, and so loses when its process ends. Only the secret that signs
// bearers is not among it: a bearer outlives the grant that it stands for. Clients that register are not among it
// either, since they are never looked up.
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

// redirectWith returns where the browser goes: the client's address with the code and its state, in the order of their
// names among whatever the address asked for itself. A state of the address gives way, a fragment is lost.
func (p *pendingLogin) redirectWith(code string) string {
	u, err := url.Parse(p.redirectURI)
	if err != nil {
		panic("kite: a redirect URI that was accepted is none") // mayRedirect parsed it
	}
	q := u.Query()
	q.Set("code", code)
	if p.state != "" {
		q.Set("state", p.state)
	}
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u.String()
}

// authCode is a code on its way from the browser to /token. It works once, and a wrong try is a try.
type authCode struct {
	pendingLogin
	userID  string
	grant   string
	expires time.Time
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

// authGrant is what a bearer stands for: one login of one person. Two logins of a person are two grants.
type authGrant struct {
	id        string
	login     *login // nil before the person has logged in, which only happens in a Hybrid
	userID    string
	createdAt time.Time
	expiresAt time.Time
}

// nextSession is an MCP session: not who the user is, only what was negotiated. It belongs to the person whose bearer
// began it, and any bearer of that person may go on with it.
type nextSession struct {
	id        string
	userID    string // "" in a Hybrid that was shown no bearer
	bearer    string // the id of the bearer that began it
	createdAt time.Time
	lastUse   time.Time
	lost      bool // its id never reached the client
}

func newNextState(now time.Time) nextState {
	return nextState{
		booted: now, pending: map[string]*pendingLogin{}, codes: map[string]*authCode{}, grants: map[string]*authGrant{},
		sessions: map[string]*nextSession{}, limits: newLimits(),
	}
}

// sweep forgets what the clean-up ticks up to now have found expired, and MCP sessions that were not used for too long.
func (n *nextState) sweep(now time.Time) {
	last := n.booted.Add(now.Sub(n.booted) / cleanupEvery * cleanupEvery)
	for id, g := range n.grants {
		if last.After(g.expiresAt) {
			delete(n.grants, id)
		}
	}
	for id, e := range n.sessions {
		if now.Sub(e.lastUse) >= idleLife {
			delete(n.sessions, id)
		}
	}
}

// How often one address may ask.
const (
	registerMost, registerSpan = 10, time.Hour
	callbackMost, callbackSpan = 30, time.Minute
	bucketSize, bucketDrip     = 5, 12 * time.Second // of /authorize and /token together
)

// limits count requests per address on the server's clock.
type limits struct {
	register map[string][]time.Time
	callback map[string][]time.Time
	buckets  map[string]*bucket
}

// bucket holds the requests that an address may still send at once.
type bucket struct {
	left float64
	at   time.Time
}

func newLimits() limits {
	return limits{register: map[string][]time.Time{}, callback: map[string][]time.Time{}, buckets: map[string]*bucket{}}
}
