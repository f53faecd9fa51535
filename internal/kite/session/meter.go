package session

import "time"

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

// UnknownLink says since when Kite's server answers with a login link that this
// bot does not know, and what was seen of it last. The zero Time: it does not,
// or was not asked yet.
type UnknownLink struct {
	Since time.Time
	Seen  string // host, path and the names of query keys; no value
}
