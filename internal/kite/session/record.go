package session

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"kitebot/internal/kite"
)

// Record is everything that is remembered of one person's logins across
// restarts. The zero Record (but for Person) means: nothing is known.
type Record struct {
	Person  int64         // Telegram user id
	Login   *Login        // the session that answers; nil for none
	Links   []Link        // login links that were shown and may still be finished, oldest first
	Lapsing []Credential  // replaced sessions: never used again, ended only by /logout
	Ending  []Credential  // sessions to be ended at the server, tried until it says so
	Leaving bool          // the person logged out, and waits for the word that Ending is through
	Quiet   bool          // with Leaving: the person was removed and waits for no word
	Last    kite.Identity // the Kite user bound last: another one is named and asked about
	// Contested: a login ended since another person logged in as the same Kite user.
	// It is told until the next login.
	Contested bool
}

// Credential is the key of a login, with what is known of its life.
type Credential struct {
	Session ID
	Since   time.Time // its first call; the server forgets it 12 hours later, unless Ends says otherwise
	Ends    time.Time // when a bearer ends; zero for an MCP session
	MCP     ID        // the MCP session that a bearer was used on last; zero for none
	UserID  string    // of Lapsing and Ending, the Kite user who was logged in; "" for not known
}

// End is when the server has forgotten a login, whatever Kite does before.
func (h Credential) End() time.Time {
	if !h.Ends.IsZero() {
		return h.Ends
	}
	return h.Since.Add(ServerLife)
}

// credential is the login's key, and whose it was.
func (l Login) credential() Credential {
	h := l.Credential
	h.UserID = l.User.UserID
	return h
}

// waits reports whether a session of Ending has to wait, since its end could take
// the present login along: Kite may keep one token for both. The end of a bearer
// takes nothing along, and the end of a session that the server has forgotten
// neither.
func (r Record) waits(h Credential, forgot func(Credential) bool) bool {
	return r.Login != nil && h.UserID != "" && h.UserID == r.Login.User.UserID &&
		!h.Session.IsBearer() && !forgot(h)
}

// Login is a session that a Kite user finished a browser login on.
type Login struct {
	Credential
	User  kite.Identity
	Bound time.Time // when the login was noticed
	// LinkAt is when its link was made: until that is dead, a second browser login
	// could replace the account. In memory it is a moment of this process, see Pool.started.
	LinkAt    time.Time
	LinkSeq   int // links up to this one were made before the login; 0: not known, see finished
	Resumable Answer
	// Used is when the account was last asked for something by its person, kept
	// no finer than a day needs: the first use of each Indian day.
	Used time.Time
	// Warned: the person was told, once, that this login will be over soon.
	Warned bool
	// Confirmed is false while the person has not said that this other Kite
	// user than last time is theirs. Nothing of the account is shown before.
	Confirmed bool
}

// Link is a login link given to a person. Its Credential is the session that is logged
// in through it. That of a login by OAuth is zero until the code of its Attempt
// was exchanged; then Attempt is nil.
type Link struct {
	Credential
	Attempt *Attempt
	Ref     string    // names it in a button; says nothing about the session
	URL     kite.Link // opened by the person, never shown as text
	Seq     int       // the order in which a person's links were made; 0: of before they were numbered
	Issued  time.Time
	Message int    // the chat message that carries it; 0 while none does
	Then    string // the command to run once the login is through; "" for none
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
		if r.Login.LinkSeq == 0 { // written before links were numbered
			return l.Seq > 0 || l.Issued.After(r.Login.Bound)
		}
		return l.Seq > r.Login.LinkSeq
	})
}

// Answer is what is known of a yes-or-no question.
type Answer int

// The answers.
const (
	Unknown Answer = iota
	Yes
	No
)

// Store keeps records. The record's user is unique: one Kite user belongs to
// one person at a time.
type Store interface {
	// Load returns a person's record, a zero one when there is none. It fails
	// with ErrRecordDamaged when what is stored cannot be believed.
	Load(person int64) (Record, error)
	// Save replaces people's records in one commit. It fails with *OwnedError, and
	// changes nothing, when a login's Kite user is another person's.
	Save(...Record) error
	// Pending returns the people whose record is due (see [Record.Due]), in
	// ascending order of their ids.
	Pending() ([]Due, error)
}

// ByOAuth reports whether any login that is held was made by OAuth.
func (r Record) ByOAuth() bool {
	bearer := func(h Credential) bool { return h.Session.IsBearer() }
	return r.Login != nil && bearer(r.Login.Credential) || slices.ContainsFunc(r.Links, Link.Exchanged) ||
		slices.ContainsFunc(r.Ending, bearer) || slices.ContainsFunc(r.Lapsing, bearer)
}

// Due is when a person is to be looked after without having asked.
type Due struct {
	Person int64
	At     time.Time // the zero Time: from the start of the process
}

// Due says when a record has to be looked at by itself: at once while it has
// links or endings, before the login is over if its person is yet to be warned
// of that, else not at all.
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

// warnAt says when the login's person is to be warned of its end, to the second;
// false when there is nothing to warn of, or they were.
func (r Record) warnAt() (time.Time, bool) {
	if r.Login == nil || !r.Login.Confirmed || r.Login.Warned {
		return time.Time{}, false
	}
	return r.Login.Until().Add(-WarnBefore).Truncate(time.Second), true
}

// ErrRecordDamaged says that a stored record is not what was once written.
var ErrRecordDamaged = errors.New("the person's record is damaged")

// OwnedError says that a Kite user is bound to another person already.
type OwnedError struct{ Person int64 }

func (e *OwnedError) Error() string {
	return fmt.Sprintf("kite user is bound to another person (%d)", e.Person)
}

// update changes the record: on disk first, then in memory, or neither. change
// is called once, with mu held.
func (pr *person) update(change func(*Record)) error {
	return update(func(r []*Record) { change(r[0]) }, pr)
}

// update changes the records of several people in one commit. change is called
// once, with the mu of each held.
func update(change func([]*Record), people ...*person) error {
	inOrder := slices.SortedFunc(slices.Values(people), func(a, b *person) int { return cmp.Compare(a.id, b.id) })
	for _, pr := range inOrder {
		pr.writing <- struct{}{}
		defer func() { <-pr.writing }()
	}
	next, changed := draft(change, people, inOrder)
	if !changed {
		return nil
	}
	if err := people[0].pool.Store.Save(next...); err != nil {
		return err
	}
	for i, pr := range people {
		pr.setRecord(next[i])
	}
	return nil
}

// setRecord puts a record that was written down into memory.
func (pr *person) setRecord(next Record) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if l := next.Login; l == nil || pr.rec.Login == nil || l.Session != pr.rec.Login.Session {
		for key := range pr.answers {
			pr.drop(key) // what was known of the login before is not known of this one
		}
		pr.doubted, pr.announcedAt, pr.proof, pr.used = false, time.Time{}, 0, pr.pool.Clock.Now()
		if l != nil {
			pr.pool.linkAt.Store(pr.id, l.LinkAt)
		}
	}
	pr.rec = next
	maps.DeleteFunc(pr.made, func(ref string, _ time.Time) bool { return next.link(ref) < 0 })
	pr.closeUnusedConns()
	pr.pool.expiries.set(next, pr.pool.Clock.Now())
}

// draft returns what the records of people will be, and whether that is anything
// new. inOrder are the same people, as their locks are taken.
func draft(change func([]*Record), people, inOrder []*person) (next []Record, changed bool) {
	for _, pr := range inOrder {
		pr.mu.Lock()
		defer pr.mu.Unlock()
	}
	next = make([]Record, len(people))
	refs := make([]*Record, len(people))
	for i, pr := range people {
		next[i] = pr.rec.clone()
		refs[i] = &next[i]
	}
	change(refs)
	for i, pr := range people {
		changed = changed || !reflect.DeepEqual(pr.rec, next[i])
	}
	return next, changed
}
