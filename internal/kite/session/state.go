package session

import (
	"errors"
	"slices"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

// State is where a person stands. It is derived from the record, the open
// connection and the clock, never stored: there is nothing to get out of step.
type State int

// The states (docs/ARCHITECTURE.md draws the arrows).
const (
	None        State = iota // nothing known; /login leaves it
	LinkSent                 // a login link is out and watched
	Unconfirmed              // another Kite user than last time: asked, nothing shown
	LoggedIn                 // the account answers, the stream is open
	Parked                   // logged in, no stream: the next command resumes the session
	Doubtful                 // the account did not answer, or the clock says the login may be over
	LoggingOut               // /logout was asked, the server has not confirmed it yet
)

var stateNames = [...]string{"none", "link sent", "unconfirmed", "logged in", "parked", "doubtful", "logging out"}

func (s State) String() string { return stateNames[s] }

// States lists the names of all states.
func States() []string { return slices.Clone(stateNames[:]) }

// Status is what is known of a person's login, for showing.
type Status struct {
	State         State
	User          kite.Identity // the login's; zero without one
	Last          kite.Identity // the Kite user bound before this login, zero when none
	Since         time.Time     // when the login was noticed
	Until         time.Time     // about when it will be over
	Resumable     Tristate      // whether it survives a dropped stream
	Link          *Link         // the newest link that can still be finished
	Links         []Link        // every link that is still shown, oldest first
	FinishedLinks []Link        // those that the login has made pointless, until it is Announced
	Announcing    bool          // Untold, and its event is being delivered
	ByOAuth       bool          // the login, or what is being logged out, was made by OAuth
	Unended       bool          // a session of before is to be ended, and Kite has not confirmed it
	Contested     bool          // there was a login, and another person's as the same Kite user: both ended
	EndWaits      bool          // the same, and it waits for the person's word: see [Pool.EndEarlier]
}

// status derives the state. stream says whether the login's stream is open,
// doubted whether the account failed to answer when last asked, alive whether the
// newest link can still be finished, as far as is known.
func (r Record) status(now time.Time, stream, doubted, alive bool) Status {
	s := Status{Last: r.Last, Links: r.Links, FinishedLinks: r.finished(), ByOAuth: r.ByOAuth()}
	s.Contested = r.Contested
	s.Unended = len(r.Ending) > 0 && !r.Silent
	if n := len(r.Links); n > len(s.FinishedLinks) && (alive || r.Links[n-1].progress() != nil) {
		s.Link = &r.Links[n-1]
	}
	if r.Login == nil {
		switch {
		case s.Link != nil:
			s.State = LinkSent
		case r.Leaving && !r.Silent:
			s.State = LoggingOut
		}
		return s
	}
	s.User, s.Since, s.Until, s.Resumable = r.Login.User, r.Login.Bound, r.Login.Until(), r.Login.Resumable
	switch {
	case !r.Login.Confirmed:
		s.State = Unconfirmed
	case doubted || !now.Before(s.Until):
		s.State = Doubtful
	case stream:
		s.State = LoggedIn
	default:
		s.State = Parked
	}
	return s
}

// Event is something that happened to a person's login by itself.
type Event struct {
	Person int64
	Kind   EventKind
	Status Status // as it is now
	Links  []Link // the links concerned: their messages lose their buttons
	Then   string // the command to run now (EventLoggedIn)
	// ByOAuth says how the login was made that is logged out (EventLoggedOut).
	ByOAuth bool
	Why     *CodeError // what a login came to (EventLoginFailed)
}

// EventKind names an Event.
type EventKind int

const (
	// EventLoggedIn: a link was finished. Told again after a restart until
	// Pool.Announced is called.
	EventLoggedIn EventKind = iota + 1
	// EventLinkDead: a link can no longer be finished.
	EventLinkDead
	// EventRefused: the Kite user of this login was another person's, whose login
	// is ended as well.
	EventRefused
	// EventContested: another person logged in as this person's Kite user: both
	// logins are ended.
	EventContested
	// EventEndingSoon: the login, used today, will be over within WarnBefore.
	// Told once for a login.
	EventEndingSoon
	// EventLoggedOut: a logout that had to wait is through.
	EventLoggedOut
	// EventLoginFailed: a login by OAuth came to nothing in the background.
	EventLoginFailed
)

var eventNames = [...]string{"", "logged in", "link dead", "refused", "contested", "ending soon", "logged out", "login failed"}

func (k EventKind) String() string { return eventNames[k] }

// Why a person's account cannot be asked. Failures of the far end are
// *wire.Error instead.
var (
	// ErrNoLogin: there is no login: offer one.
	ErrNoLogin = errors.New("not logged in")
	// ErrEnded: the server said that the login is over: offer a new one.
	ErrEnded = errors.New("login ended by the server")
	// ErrBound: the login came through just now; EventLoggedIn follows.
	ErrBound = errors.New("login has just come through")
	// ErrLoggedOut: the person logged out, or was removed, during the call: there is
	// nothing to say.
	ErrLoggedOut = errors.New("logged out meanwhile")
	// ErrUnconfirmed: the person has not said yet that this Kite user is theirs.
	ErrUnconfirmed = errors.New("changed kite user not confirmed")
)

// EndedError is ErrEnded with the reason that the server gives.
type EndedError struct{ Why wire.Ending }

func (e *EndedError) Error() string { return ErrEnded.Error() }

// Is makes it an ErrEnded.
func (e *EndedError) Is(target error) bool { return target == ErrEnded }

// DoubtError says that the account does not answer, and that it is not known
// whether Kite fails or the login is over (the server says the same for both).
type DoubtError struct {
	Over bool  // the clock says that the login is over by now
	Err  error // what Kite answered last
}

func (e *DoubtError) Error() string {
	return "kite is not answering or the login has ended: " + e.Err.Error()
}

func (e *DoubtError) Unwrap() error { return e.Err }

// UsurpedError says that another Kite user answered on a person's session than
// the one they logged in as: a second login was finished through the same
// link. The session was ended before anything of it was shown.
type UsurpedError struct{ Was, Now kite.Identity }

func (e *UsurpedError) Error() string { return "another kite user answered on the session" }

// Why a code that was brought is not exchanged. Nothing was sent then.
var (
	// ErrNoAttempt: the person has no login by OAuth under way.
	ErrNoAttempt = errors.New("no login is waited for")
	// ErrOtherAttempt: the code belongs to another attempt than the person's
	// newest: an older one, or another person's.
	ErrOtherAttempt = errors.New("the code is of another login attempt")
	// ErrCodeUsed: another code was brought for this attempt already.
	ErrCodeUsed = errors.New("the code was used already")
	// ErrUnread: the code was exchanged. The login is made, and Kite does not say
	// yet whose it is: it is asked on.
	ErrUnread = errors.New("the login is made and cannot be read yet")
)

// QueuedError says that a code waits for its turn: the server takes few logins
// at a time from one address. The watcher exchanges it.
type QueuedError struct{ Until time.Time }

func (e *QueuedError) Error() string { return "the login waits for its turn" }

// CrowdedError says that a code was not taken, since its turn would come too late
// for it, or its person brought too many.
type CrowdedError struct{ Until time.Time }

func (e *CrowdedError) Error() string { return "too many logins are under way" }

// Why an attempt is over although its code was sent. It is never sent again.
var (
	// ErrCodeRefused: the server does not take the code: it is too old, say.
	ErrCodeRefused = errors.New("the code was refused")
	// ErrCodeLost: it is not known what became of the code.
	ErrCodeLost = errors.New("the code was sent and not answered")
)

// CodeError says that a login by OAuth came to nothing although its code was
// brought. It is ErrCodeRefused or ErrCodeLost.
type CodeError struct {
	Why  error
	Then string // the command that waited for the login; "" for none
}

func (e *CodeError) Error() string { return e.Why.Error() }

func (e *CodeError) Unwrap() error { return e.Why }

// progress says how far a login by OAuth is whose person did their part; nil: they
// have not, or it is no such login.
func (l Link) progress() error {
	switch a := l.Attempt; {
	case l.Exchanged():
		return ErrUnread
	case a == nil || a.Code == "":
		return nil
	case a.Sent: // it is being exchanged just now
		return &QueuedError{}
	default:
		return &QueuedError{Until: a.Due}
	}
}

// LoginError returns the first error that concerns the login rather than one answer:
// of several parts asked for at once it spoils all. That the login was taken over
// comes before what the other parts found of its end.
func LoginError(errs ...error) error {
	for _, err := range errs {
		if _, usurped := errors.AsType[*UsurpedError](err); usurped {
			return err
		}
	}
	for _, err := range errs {
		_, doubt := errors.AsType[*DoubtError](err)
		if doubt || errors.Is(err, ErrNoLogin) || errors.Is(err, ErrEnded) || errors.Is(err, ErrUnconfirmed) || errors.Is(err, ErrLoggedOut) {
			return err
		}
	}
	return nil
}
