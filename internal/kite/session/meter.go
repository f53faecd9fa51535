package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"kitebot/internal/kite"
)

// Meter counts what happens to logins. Its methods must not block.
type Meter interface {
	LoginStep(step string)  // one of [Steps]
	Resumed(outcome string) // what the first question over a resumed session came to: one of [Resumes]
}

// The steps of a login.
const (
	stepLinkSent    = "link sent"    // a new link was made and given out
	stepUnknownLink = "unknown link" // Kite answered with a link that we do not know
	stepBound       = "bound"        // a link was finished
	stepChangedUser = "changed user" // the same, by another Kite user than last time
	stepRefused     = "refused"      // the Kite user is another person's
	stepUsurped     = "usurped"      // another Kite user answered on the session
	stepLinkDied    = "link died"    // it was not finished in time
	stepCodeRefused = "code refused" // the server did not take the code of a login by OAuth
	stepCodeLost    = "code lost"    // it is not known what became of it
	stepEnded       = "ended"        // the server said that the login is over
	stepLoggedOut   = "logged out"   // its person did
)

// Steps lists the steps that a [Meter] counts.
func Steps() []string {
	return []string{stepLinkSent, stepUnknownLink, stepBound, stepChangedUser, stepRefused, stepUsurped, stepLinkDied, stepCodeRefused, stepCodeLost, stepEnded, stepLoggedOut}
}

// What the first question over a resumed session comes to.
const (
	resumeOK          = "ok"          // the server knows it, whatever it answered
	resumeEnded       = "ended"       // it does not
	resumeUnreachable = "unreachable" // no answer
)

// Resumes lists the outcomes of resumed sessions that a [Meter] counts.
func Resumes() []string { return []string{resumeOK, resumeEnded, resumeUnreachable} }

// States lists the names of all states.
func States() []string { return slices.Clone(stateNames[:]) }

// Counts returns the number of people in each state, by its name. A person who is
// not in memory has no stream: with a confirmed login they count as parked until
// the clock says it is over, else not at all. After a restart, a login whose person
// was warned already is not counted until it is used.
func (p *Pool) Counts() map[string]int {
	people, counts := p.inMemory(), map[string]int{}
	outside := p.expiries.size()
	for _, pr := range people {
		counts[pr.status().State.String()]++
		if p.expiries.has(pr.id) {
			outside--
		}
	}
	if outside > 0 {
		counts[Parked.String()] += outside
	}
	return counts
}

// noopMeter counts nothing.
type noopMeter struct{}

func (noopMeter) LoginStep(string) {}
func (noopMeter) Resumed(string)   {}

// resumed is a connection over /mcp whose first answer is counted.
type resumed struct {
	Conn
	meter Meter
	first sync.Once
}

// resume speaks for a login without its stream.
func (pr *person) resume(h Credential) Conn {
	var renewed func(ID)
	if h.Session.IsBearer() {
		renewed = func(mcp ID) { pr.renewed(h.Session, mcp) }
	}
	return &resumed{Conn: pr.pool.Dialer.Resume(h, renewed), meter: pr.pool.Meter}
}

// Call implements [Conn].
func (r *resumed) Call(ctx context.Context, q kite.Query) (string, error) {
	text, err := r.Conn.Call(ctx, q)
	if errors.Is(err, context.Canceled) {
		return text, err // the caller gave up: the next call is counted
	}
	r.first.Do(func() { r.meter.Resumed(resumeOf(err)) })
	return text, err
}

func resumeOf(err error) string {
	switch {
	case kite.KindOf(err) == kite.KindEnded:
		return resumeEnded
	case kite.Unanswered(err):
		return resumeUnreachable
	default:
		return resumeOK
	}
}

// UnknownLink says since when Kite's server answers with a login link that this
// bot does not know, and what was seen of it last. The zero Time: it does not,
// or was not asked yet.
type UnknownLink struct {
	Since time.Time
	Seen  string // host, path and the names of query keys; no value
}

// UnknownLink reports whether the last login link was known.
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
