package session

import (
	"errors"
	"time"

	"kitebot/internal/kite"
)

// UnknownLink says since when Kite's server answers with a login link that this
// bot does not know, and what was seen of it last. The zero Time: it does not,
// or was not asked yet.
type UnknownLink struct {
	Since time.Time
	Seen  string // host, path and the names of query keys; no value
}

// UnknownLink tells what became of the last login link.
func (p *Pool) UnknownLink() UnknownLink {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unknownLink
}

// noteLink notes whether a login link was found. Without one no login
// is possible: the operator has to hear of it at once.
func (p *Pool) noteLink(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.unknownLink = UnknownLink{}
		return
	}
	if p.unknownLink.Since.IsZero() {
		p.unknownLink.Since = p.Clock.Now()
	}
	if unknown, ok := errors.AsType[*kite.UnknownLinkError](err); ok {
		p.unknownLink.Seen = unknown.Error()
	}
	p.Meter.LoginStep(stepUnknownLink)
	p.Logger.Error("unknown login link: no login is possible", "seen", p.unknownLink.Seen,
		"action", "check KITE_LOGIN_HOSTS, and whether a newer version of the bot knows this link")
}
