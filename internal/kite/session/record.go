package session

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// Record is what survives a restart of one person's logins. A Record with nothing but
// Person means that nothing is known.
type Record struct {
	Person   int64         // Telegram user id
	Login    *Login        // nil: not logged in
	Links    []Link        // login links on the screen that can still be finished, oldest first
	Replaced []Credential  // sessions that a newer login replaced: never used again, ended only by /logout
	Ending   []Credential  // sessions to end at the server, retried until it confirms
	Leaving  bool          // the person logged out and is notified when Ending is empty
	Silent   bool          // with Leaving: the person was removed and is not notified
	Last     kite.Identity // the last Kite user: the person has to confirm another one
	// Contested: a login ended because another person logged in as the same Kite user.
	// Reset by the next login.
	Contested bool
}

// Login is a session on which a Kite user finished a browser login.
type Login struct {
	Credential
	User  kite.Identity
	Bound time.Time // when the login was noticed
	// LinkAt is when its link was made. Until the link is dead, a second browser login
	// can replace the account. In memory it is a time of this process, see Pool.started.
	LinkAt    time.Time
	LinkSeq   int // links up to this one were made before the login
	Resumable Tristate
	// Used is the person's first use of the login on the last Indian day of use.
	Used time.Time
	// Warned: the person was warned that this login ends soon.
	Warned bool
	// Confirmed is false until the person confirms a Kite user other than the last.
	// Nothing of the account is shown before.
	Confirmed bool
}

// Link is a login link given to a person. Its Credential is the session that it logs
// in. A login by OAuth has an Attempt and no Credential until its code is exchanged,
// and then the reverse.
type Link struct {
	Credential
	Attempt *Attempt
	Ref     string    // names it in a button; says nothing about the session
	URL     kite.Link // opened by the person, never shown as text
	Seq     int       // the order in which a person's links were made
	Issued  time.Time
	Message int    // the chat message that carries it; 0 while none does
	Then    string // the command to run once the login is through; "" for none
}

// Tristate is the answer to a yes-or-no question.
type Tristate int

// The answers.
const (
	Unknown Tristate = iota
	Yes
	No
)

// Store keeps records. A Kite user belongs to one person at a time.
type Store interface {
	// Load returns a person's record, a zero one when there is none. It fails
	// with ErrRecordDamaged when the stored record cannot be trusted.
	Load(person int64) (Record, error)
	// Save replaces people's records in one commit. It fails with *OwnedError, and
	// changes nothing, when a login's Kite user is another person's.
	Save(...Record) error
	// Pending returns the people whose record is due (see [Record.Due]), in
	// ascending order of their ids.
	Pending() ([]Due, error)
}

// ErrRecordDamaged says that a stored record is not what was once written.
var ErrRecordDamaged = errors.New("the person's record is damaged")

// OwnedError says that a Kite user is bound to another person already.
type OwnedError struct{ Person int64 }

func (e *OwnedError) Error() string {
	return fmt.Sprintf("kite user is bound to another person (%d)", e.Person)
}

// Due says when the pool has to act for a person who did not ask.
type Due struct {
	Person int64
	At     time.Time // the zero Time: at the start of the process
}

// IsEmpty reports whether there is nothing to remember.
func (r Record) IsEmpty() bool {
	return r.Login == nil && len(r.Links)+len(r.Replaced)+len(r.Ending) == 0 && r.Last == kite.Identity{} && !r.Contested
}

// Due says when the pool has to act on a record: at once for links and endings,
// before the end of the login for a warning, else never.
func (r Record) Due() (Due, bool) {
	if len(r.Links)+len(r.Ending) > 0 {
		return Due{Person: r.Person}, true
	}
	at, due := r.warnAt()
	if !due {
		return Due{}, false
	}
	return Due{Person: r.Person, At: at}, true
}

// warnAt returns when to warn of the login's end, to the second; false for no login,
// or if the person was warned.
func (r Record) warnAt() (time.Time, bool) {
	if r.Login == nil || !r.Login.Confirmed || r.Login.Warned {
		return time.Time{}, false
	}
	return r.Login.Until().Add(-WarnBefore).Truncate(time.Second), true
}

// ByOAuth reports whether any login of the record was made by OAuth.
func (r Record) ByOAuth() bool {
	bearer := func(h Credential) bool { return h.Session.IsBearer() }
	return r.Login != nil && bearer(r.Login.Credential) || slices.ContainsFunc(r.Links, Link.Exchanged) ||
		slices.ContainsFunc(r.Ending, bearer) || slices.ContainsFunc(r.Replaced, bearer)
}

// clone copies a record so that changing it leaves the original alone.
func (r Record) clone() Record {
	if r.Login != nil {
		login := *r.Login
		r.Login = &login
	}
	r.Links = slices.Clone(r.Links)
	for i, l := range r.Links {
		if l.Attempt != nil {
			attempt := *l.Attempt
			r.Links[i].Attempt = &attempt
		}
	}
	r.Replaced = slices.Clone(r.Replaced)
	r.Ending = slices.Clone(r.Ending)
	return r
}

// credential returns the Credential of a session: that of the login, or of a link.
func (r Record) credential(id ID) Credential {
	if r.Login != nil && r.Login.Session == id {
		return r.Login.Credential
	}
	for _, l := range r.Links {
		if l.Session == id {
			return l.Credential
		}
	}
	return Credential{Session: id}
}

// uses reports whether the session is that of the login or of a link.
func (r Record) uses(id ID) bool {
	return r.Login != nil && r.Login.Session == id ||
		slices.ContainsFunc(r.Links, func(l Link) bool { return l.Session == id })
}

// mustWait reports whether a session of Ending has to wait, since its end could end the
// present login too: Kite may keep one token for both. That is not so for a bearer, nor
// for a session that the server has forgotten.
func (r Record) mustWait(h Credential, forgot func(Credential) bool) bool {
	return r.Login != nil && h.UserID != "" && h.UserID == r.Login.User.UserID &&
		!h.Session.IsBearer() && !forgot(h)
}

// nextSeq is the number of a link that is made after all others.
func (r Record) nextSeq() int {
	last := 0
	if r.Login != nil {
		last = r.Login.LinkSeq
	}
	for _, l := range r.Links {
		last = max(last, l.Seq)
	}
	return last + 1
}

// finished returns the links that the login made pointless: the one it came
// through and those given out before. None, once they are Announced.
func (r Record) finished() []Link {
	if r.Login == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.Links), func(l Link) bool {
		return l.Seq > r.Login.LinkSeq
	})
}

// dropFinished drops and returns the links that the login made useless. Their sessions
// are not ended but retired, since a second login of the same Kite user may share a token.
func (r *Record) dropFinished(forgot func(Credential) bool) []Link {
	finished := r.finished()
	for _, l := range finished {
		if l.Session != r.Login.Session {
			r.retire(forgot, l.Credential)
		}
	}
	r.Links = slices.Clone(r.Links[len(finished):])
	return finished
}

// link returns the index of a link by its name, -1 for none.
func (r Record) link(ref string) int {
	return slices.IndexFunc(r.Links, func(l Link) bool { return l.Ref == ref })
}

// attempt finds the link whose attempt has a state.
func (r Record) attempt(state string) (index int, ok bool) {
	index = slices.IndexFunc(r.Links, func(l Link) bool {
		return l.Attempt != nil && subtle.ConstantTimeCompare([]byte(l.Attempt.State), []byte(state)) == 1
	})
	return index, index >= 0
}

// dropAttempts drops and returns the logins by OAuth that a new link replaces, and leaves
// their command to it: a person has one at a time. One that was exchanged is ended.
func (r *Record) dropAttempts(next *Link) (dropped []Link) {
	older := func(l Link) bool { return (l.Attempt != nil || l.Exchanged()) && l.Ref != next.Ref }
	for _, l := range r.Links {
		if !older(l) {
			continue
		}
		dropped = append(dropped, l)
		if next.Then == "" {
			next.Then = l.Then
		}
		if l.Exchanged() {
			r.Ending = append(r.Ending, l.Credential)
		}
	}
	r.Links = slices.DeleteFunc(r.Links, older)
	return dropped
}

// giveUpUser drops all that is, or may be, logged in as a Kite user, and returns the
// dropped links.
func (r *Record) giveUpUser(userID string) (dead []Link) {
	var ending []Credential
	if r.Login != nil && r.Login.User.UserID == userID {
		ending, r.Login = append(ending, r.Login.credential()), nil
	}
	kept := len(r.finished())
	dead = slices.Clone(r.Links[kept:])
	r.Links = r.Links[:kept]
	for _, l := range dead {
		ending = append(ending, l.Credential)
	}
	for _, h := range r.Replaced {
		if h.UserID == userID || h.UserID == "" {
			ending = append(ending, h)
		}
	}
	r.Replaced = slices.DeleteFunc(r.Replaced, func(h Credential) bool { return h.UserID == userID || h.UserID == "" })
	for _, h := range ending {
		known := slices.ContainsFunc(r.Ending, func(e Credential) bool { return e.Session == h.Session })
		if !known && !h.Session.IsZero() {
			r.Ending = append(r.Ending, h)
		}
	}
	r.Contested = r.Login == nil // else another login stays
	return dead
}

// retire adds replaced sessions: they are not used again, and only /logout ends them. It
// drops those that the server has forgotten, and the oldest of more than maxReplaced.
func (r *Record) retire(forgotten func(Credential) bool, session Credential) {
	r.Replaced = slices.DeleteFunc(r.Replaced, forgotten)
	if !session.Session.IsZero() { // an attempt has no session
		r.Replaced = append(r.Replaced, session)
	}
	r.Replaced = r.Replaced[max(0, len(r.Replaced)-maxReplaced):]
}

// maxReplaced is how many replaced sessions of a person are remembered.
const maxReplaced = 10

// credential is the login's key, and whose it was.
func (l Login) credential() Credential {
	h := l.Credential
	h.UserID = l.User.UserID
	return h
}

// Until estimates when a login will be over: at the end of its session or bearer,
// or at Kite's morning cut-off, whichever comes first. It is an
// estimate for people to read; only the server ends a login.
func (l Login) Until() time.Time {
	life := l.End()
	bound := l.Bound.In(market.IST())
	cut := time.Date(bound.Year(), bound.Month(), bound.Day(), cutOffHour, 0, 0, 0, market.IST())
	if !cut.After(bound) {
		cut = cut.AddDate(0, 0, 1)
	}
	if cut.Before(life) {
		return cut.UTC()
	}
	return life.UTC()
}

// late reports whether a login begins so near to its end that it is not warned of.
func (l Login) late(now time.Time) bool { return !now.Before(l.Until().Add(-WarnBefore)) }

// LinksAlive reports whether a second browser login could still replace the
// account behind a login.
func (l Login) LinksAlive(now time.Time) bool {
	return !l.Session.IsBearer() && now.Sub(l.LinkAt) < LinkLife
}

// usedOn reports whether the account was asked for something, or logged in to,
// on the Indian day of a moment.
func (l Login) usedOn(moment time.Time) bool {
	return sameDay(l.Used, moment) || sameDay(l.Bound, moment)
}

func sameDay(a, b time.Time) bool {
	y1, m1, d1 := a.In(market.IST()).Date()
	y2, m2, d2 := b.In(market.IST()).Date()
	return y1 == y2 && m1 == m2 && d1 == d2
}

// Exchanged reports whether the link's code was exchanged: a login is made of it,
// and only who logged in is not known yet.
func (l Link) Exchanged() bool { return l.Attempt == nil && l.Session.IsBearer() }

// life is how long a link can be finished. One whose code was exchanged is
// finished, and only waits for Kite to say by whom.
func (l Link) life() time.Duration {
	if l.Attempt != nil || l.Session.IsBearer() {
		return AttemptLife
	}
	return LinkLife
}

// resumable is what is known of a new login: one by OAuth depends on no stream.
func (l Link) resumable() Tristate {
	if l.Session.IsBearer() {
		return Yes
	}
	return Unknown
}

// newRef names a link in a button: random, short, and unrelated to its session.
func newRef() string { return rand.Text()[:10] }
