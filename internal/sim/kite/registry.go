package kite

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// sessionPrefix marks the ids of sessions born on /mcp; those born on /sse are bare UUIDs.
const sessionPrefix = "kitemcp-"

// checkSessionID accepts a UUID with or without the prefix of /mcp.
func checkSessionID(id string) error {
	bare := strings.TrimPrefix(id, sessionPrefix)
	if len(bare) != 36 {
		return fmt.Errorf("invalid session ID format: invalid UUID length: %d", len(bare))
	}
	for i, c := range bare {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return errors.New("invalid session ID format: invalid UUID format")
		}
	}
	return nil
}

const (
	sessionLife  = 12 * time.Hour   // from the birth of a session, never extended
	cleanupEvery = 30 * time.Minute // sessions that are over are forgotten at these ticks only
	linkLife     = 35 * time.Minute // 30 minutes of validity and 5 of allowed clock skew
	upstreamWait = 7 * time.Second  // what the server gives Kite before it calls a request failed
	pingPeriod   = 10 * time.Second
)

// session is what the registry keeps per MCP session, whichever transport it was born on.
type session struct {
	id         string
	createdAt  time.Time
	expiresAt  time.Time
	terminated bool
	login      *login    // nil until the first tool call that touches the registry
	lastLink   time.Time // when login last handed out a link; zero if never
}

// login is the Kite side of a session: an access token, empty until the browser is done. It is its own object, as at
// the real server, because the login tool replaces it: a login that finishes in the old object is lost.
type login struct {
	token string
}

// sessionState is what the registry says about a session id.
type sessionState int

const (
	unknown sessionState = iota
	ended                // terminated or past its 12 hours, not yet forgotten
	alive
)

var (
	errSessionUnknown = errors.New("session ID not found")
	errTerminated     = errors.New("cannot update terminated session")
)

// registry holds the sessions of both transports. Its methods expect Server.mu to be held.
type registry struct {
	sessions map[string]*session
	booted   time.Time // clean-up ticks are counted from here
	broker   *broker
}

func newRegistry(now time.Time, b *broker) registry {
	return registry{sessions: map[string]*session{}, booted: now, broker: b}
}

// sweep does what the clean-up ticks up to now have done: sessions that were over at the last tick are forgotten. Kite
// logs out only if no request had found the session over before the tick did.
func (g *registry) sweep(now time.Time) {
	ticks := now.Sub(g.booted) / cleanupEvery
	last := g.booted.Add(ticks * cleanupEvery)
	for id, s := range g.sessions {
		if !last.After(s.expiresAt) {
			continue
		}
		if !s.terminated {
			g.logout(s)
		}
		delete(g.sessions, id)
	}
}

// logout revokes the access token of s at Kite, if it has one.
func (g *registry) logout(s *session) {
	if s.login != nil {
		g.broker.revoke(s.login.token)
	}
}

// create makes a session that is alive for 12 hours from now.
func (g *registry) create(id string, now time.Time) *session {
	s := &session{id: id, createdAt: now, expiresAt: now.Add(sessionLife)}
	g.sessions[id] = s
	return s
}

// validate is the check that /mcp and /callback make. An expired session that it finds counts as terminated from then
// on.
func (g *registry) validate(id string, now time.Time) (*session, sessionState) {
	s, ok := g.sessions[id]
	if !ok || checkSessionID(id) != nil {
		return nil, unknown
	}
	if now.After(s.expiresAt) {
		s.terminated = true
	}
	if s.terminated {
		return s, ended
	}
	return s, alive
}

// touch is the check that every tool but search_instruments makes: an id that the registry does not know becomes a
// session of its own. fresh reports that this call made the login object, which the tools take for "not logged in". It
// returns nil when the session is over.
func (g *registry) touch(id string, now time.Time) (s *session, fresh bool) {
	s, v := g.validate(id, now)
	switch v {
	case ended:
		return nil, false
	case unknown:
		if checkSessionID(id) != nil {
			return nil, false
		}
		s = g.create(id, now)
	}
	if s.login == nil {
		s.login = &login{}
		return s, true
	}
	return s, false
}

// clear is how the login tool starts over: Kite logs out, then the login object is dropped.
func (g *registry) clear(id string) error {
	s, ok := g.sessions[id]
	if !ok {
		return errSessionUnknown
	}
	g.logout(s)
	if s.terminated {
		return errTerminated
	}
	s.login = nil
	return nil
}

// find returns the session that DELETE is about, over or not.
func (g *registry) find(id string) (*session, error) {
	if err := checkSessionID(id); err != nil {
		return nil, err
	}
	s, ok := g.sessions[id]
	if !ok {
		return nil, errSessionUnknown
	}
	return s, nil
}
