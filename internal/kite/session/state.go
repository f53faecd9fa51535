package session

import (
	"errors"
	"slices"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

// State is the state of a person's login. It is derived from the record, the open
// connection and the clock, and never stored: nothing can get out of step.
type State int

// The states (docs/ARCHITECTURE.md draws the arrows).
const (
	None        State = iota // nothing known; not logged in
	LinkSent                 // a login link is on the screen and watched
	Unconfirmed              // another Kite user than last time: nothing is shown until the person confirms
	LoggedIn                 // the account answers, the stream is open
	Parked                   // logged in, no stream: the next command resumes the session
	Doubtful                 // the account did not answer, or the clock says the login may be over
	LoggingOut               // /logout was asked, the server has not confirmed it yet
)

var stateNames = [...]string{"none", "link sent", "unconfirmed", "logged in", "parked", "doubtful", "logging out"}

func (s State) String() string { return stateNames[s] }

// States lists the names of all states.
func States() []string { return slices.Clone(stateNames[:]) }

// Status is what is known of a person's login.
type Status struct {
	State         State
	User          kite.Identity // zero: not logged in
	Last          kite.Identity // the Kite user bound before this login, zero when none
	Since         time.Time     // when the login was noticed
	Until         time.Time     // about when it ends
	Resumable     Tristate      // whether it survives a dropped stream
	Link          *Link         // the newest link that can still be finished; nil for none
	Links         []Link        // every link on the screen, oldest first
	FinishedLinks []Link        // those that the login made useless, until it is Announced
	Announcing    bool          // EventLoggedIn is being delivered: the caller need not tell the person
	ByOAuth       bool          // the login, or what is being logged out, was made by OAuth
	Unended       bool          // an earlier session is to be ended, and Kite has not confirmed it
	Contested     bool          // the login ended because another person logged in as the same Kite user
	EndWaits      bool          // an earlier session is ended only if the person wants it: see [Pool.EndEarlier]
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

// Event is a change of a person's login that they did not ask for.
type Event struct {
	Person int64
	Kind   EventKind
	Status Status // after the event
	Links  []Link // the links concerned, whose messages lose their buttons
	Then   string // the command to run now (EventLoggedIn)
	// ByOAuth: the login that was logged out was made by OAuth (EventLoggedOut).
	ByOAuth bool
	Why     *CodeError // EventLoginFailed
}

// EventKind names an Event.
type EventKind int

const (
	// EventLoggedIn: a link was finished. Sent again after a restart until
	// Pool.Announced is called.
	EventLoggedIn EventKind = iota + 1
	// EventLinkDead: a link can no longer be finished.
	EventLinkDead
	// EventRefused: the Kite user of this login is another person's, whose login
	// ends as well.
	EventRefused
	// EventContested: another person logged in as this person's Kite user. Both
	// logins end.
	EventContested
	// EventEndingSoon: the login, used today, ends within WarnBefore. Sent once.
	EventEndingSoon
	// EventLoggedOut: Kite confirmed a logout that had to wait.
	EventLoggedOut
	// EventLoginFailed: a login by OAuth failed in the background.
	EventLoginFailed
)

var eventNames = [...]string{"", "logged in", "link dead", "refused", "contested", "ending soon", "logged out", "login failed"}

func (k EventKind) String() string { return eventNames[k] }

// Why a person's account cannot be asked. Failures of the far end are
// *wire.Error instead.
var (
	// ErrNoLogin: the person is not logged in.
	ErrNoLogin = errors.New("not logged in")
	// ErrEnded: the server said that the login is over.
	ErrEnded = errors.New("login ended by the server")
	// ErrBound: the person has just logged in; EventLoggedIn follows.
	ErrBound = errors.New("login has just come through")
	// ErrLoggedOut: the person logged out, or was removed, during the call.
	ErrLoggedOut = errors.New("logged out meanwhile")
	// ErrUnconfirmed: the person has not confirmed the changed Kite user.
	ErrUnconfirmed = errors.New("changed kite user not confirmed")
)

// EndedError is ErrEnded with the reason that the server gives.
type EndedError struct{ Why wire.Ending }

func (e *EndedError) Error() string { return ErrEnded.Error() }

// Is makes it an ErrEnded.
func (e *EndedError) Is(target error) bool { return target == ErrEnded }

// DoubtError: the account does not answer. The server says the same whether Kite fails
// or the login is over.
type DoubtError struct {
	Over bool  // by the clock the login is over
	Err  error // what Kite answered last
}

func (e *DoubtError) Error() string {
	return "kite is not answering or the login has ended: " + e.Err.Error()
}

func (e *DoubtError) Unwrap() error { return e.Err }

// UsurpedError: another Kite user answered on the session, since a second browser
// login was finished through the same link. The session was ended, and nothing of the
// other account was shown.
type UsurpedError struct{ Was, Now kite.Identity }

func (e *UsurpedError) Error() string { return "another kite user answered on the session" }

// Why a code is not exchanged. Nothing was sent.
var (
	// ErrNoAttempt: the person has not begun a login by OAuth.
	ErrNoAttempt = errors.New("no login is waited for")
	// ErrOtherAttempt: the code belongs to an older attempt, or to another person's.
	ErrOtherAttempt = errors.New("the code is of another login attempt")
	// ErrCodeUsed: the attempt has another code already.
	ErrCodeUsed = errors.New("the code was used already")
	// ErrUnread: the code was exchanged, and Kite does not say yet who logged in. The
	// watcher keeps asking.
	ErrUnread = errors.New("the login is made and cannot be read yet")
)

// QueuedError: the code waits in the queue, since the server limits logins from one
// address. The watcher exchanges it.
type QueuedError struct{ Until time.Time }

func (e *QueuedError) Error() string { return "the login is queued" }

// CrowdedError: the code was not accepted, since the queue is longer than a code
// lives, or the person sent too many.
type CrowdedError struct{ Until time.Time }

func (e *CrowdedError) Error() string { return "too many logins are under way" }

// Why an attempt failed after its code was sent. A code is sent once.
var (
	// ErrCodeRefused: the server refused the code, for example as too old.
	ErrCodeRefused = errors.New("the code was refused")
	// ErrCodeLost: the exchange was not answered.
	ErrCodeLost = errors.New("the code was sent and not answered")
)

// CodeError: the exchange of a code failed. It is ErrCodeRefused or ErrCodeLost.
type CodeError struct {
	Why  error
	Then string // the command that waited for the login; "" for none
}

func (e *CodeError) Error() string { return e.Why.Error() }

func (e *CodeError) Unwrap() error { return e.Why }

// progress returns how far the exchange of a link's code is, as an error; nil if there
// is no code.
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
