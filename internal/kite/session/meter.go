package session

import (
	"context"
	"errors"
	"slices"
	"sync"

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
	stepBound       = "bound"        // a link was finished
	stepChangedUser = "changed user" // the same, by another Kite user than last time
	stepRefused     = "refused"      // the Kite user is another person's
	stepUsurped     = "usurped"      // another Kite user answered on the session
	stepLinkDied    = "link died"    // nobody finished it
	stepEnded       = "ended"        // the server said that the login is over
	stepLoggedOut   = "logged out"   // its person did
)

// Steps lists the steps that a [Meter] is told.
func Steps() []string {
	return []string{stepLinkSent, stepBound, stepChangedUser, stepRefused, stepUsurped, stepLinkDied, stepEnded, stepLoggedOut}
}

// What the first question over a resumed session comes to.
const (
	resumeOK          = "ok"          // the server knows it, whatever it answered
	resumeEnded       = "ended"       // it does not
	resumeUnreachable = "unreachable" // no answer
)

// Resumes lists what a [Meter] is told of resumed sessions.
func Resumes() []string { return []string{resumeOK, resumeEnded, resumeUnreachable} }

// States lists the names of all states.
func States() []string { return slices.Clone(stateNames[:]) }

// Counts tells how many people in memory are in which state, by its name. Who is
// not in memory is in no state of which anybody knows: after a restart that is
// everybody with a login who has not asked for anything yet.
func (p *Pool) Counts() map[string]int {
	p.mu.Lock()
	people := make([]*person, 0, len(p.people))
	for _, pr := range p.people {
		people = append(people, pr)
	}
	p.mu.Unlock()
	counts := map[string]int{}
	for _, pr := range people {
		counts[pr.status().State.String()]++
	}
	return counts
}

// deaf is a Meter for nobody.
type deaf struct{}

func (deaf) LoginStep(string) {}
func (deaf) Resumed(string)   {}

// resumed is a connection over /mcp whose first answer is counted.
type resumed struct {
	Conn
	meter Meter
	first sync.Once
}

// resume speaks for a session without its stream.
func (p *Pool) resume(id ID) Conn { return &resumed{Conn: p.Dialer.Resume(id), meter: p.Meter} }

// Call implements [Conn].
func (r *resumed) Call(ctx context.Context, tool string, args map[string]any) (string, error) {
	text, err := r.Conn.Call(ctx, tool, args)
	if errors.Is(err, context.Canceled) {
		return text, err // it was given up: the next call tells
	}
	r.first.Do(func() { r.meter.Resumed(resumeOf(err)) })
	return text, err
}

func resumeOf(err error) string {
	switch kite.KindOf(err) {
	case kite.KindEnded:
		return resumeEnded
	case kite.KindUnreachable:
		return resumeUnreachable
	default:
		return resumeOK
	}
}
