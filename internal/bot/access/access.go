// Package access says who may use the bot: the lists of the settings, and what the
// operators decided in the chat.
package access

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Standing is what the operators decided about a person in the chat, besides the
// lists of the settings.
type Standing int

// The standings. A block beats the list of the allowed; an admin cannot be
// blocked.
const (
	Unlisted Standing = iota // nothing was decided, and nothing is kept
	Waiting                  // asked to be let in
	Approved
	Blocked
)

func (s Standing) String() string {
	return [...]string{Unlisted: "unlisted", Waiting: "waiting", Approved: "approved", Blocked: "blocked"}[s]
}

// Record is what the operators have to decide about a person, or decided.
type Record struct {
	Person   int64
	Standing Standing
	Name     string    // first name when they asked: data, escaped on screen
	Since    time.Time // of this standing
	By       int64     // the admin who decided; 0 while waiting
	// Version is the journal's sequence number of the update that decided.
	Version uint64
}

// Store keeps what was decided.
type Store interface {
	// AccessRecords returns all records, by ascending id. One that cannot be
	// read is Blocked, without a name: it may have been a block.
	AccessRecords() ([]Record, error)
	// SaveAccess replaces a person's record. Unlisted removes it, and leaves
	// its version to AccessRemoved.
	SaveAccess(Record) error
	// AccessRemoved is the highest version with which a record was removed.
	AccessRemoved() (version uint64, err error)
}

// Policy is what the settings say of it. A nil func lists no one.
type Policy struct {
	Listed func(person int64) bool // ALLOWED_USERS
	Admin  func(person int64) bool // ADMIN_USERS
	Admins []int64                 // the same, to be written to
	Store  Store                   // what the admins decided in the chat
	// Unclaimed is set when both lists are empty, which is taken for an oversight: no
	// one is let in then, not even those approved in the chat, and no one is
	// forgotten for it either.
	Unclaimed bool
}

// MayUse is the rule. An admin always may, so that no operator can be locked
// out; a block beats the list, also a list of everyone.
func MayUse(admin, listed bool, s Standing) bool {
	switch {
	case admin:
		return true
	case s == Blocked:
		return false
	default:
		return listed || s == Approved
	}
}

// maxWaiting is how many people may wait to be let in. The oldest make room.
const maxWaiting = 100

// List is a Policy at work: the records in memory, written through to the store.
type List struct {
	Policy
	Err error // why the records could not be read

	writing sync.Mutex // held while a record changes
	mu      sync.RWMutex
	records map[int64]Record
	removed uint64 // the highest version of a removal; guarded by writing
}

// New reads the records. While that fails only admins are let in: a block that
// cannot be read is a block all the same.
func New(p Policy) *List {
	none := func(int64) bool { return false }
	if p.Listed == nil {
		p.Listed = none
	}
	if p.Admin == nil {
		p.Admin = none
	}
	l := &List{Policy: p, records: map[int64]Record{}}
	records, err := p.Store.AccessRecords()
	if err == nil {
		l.removed, err = p.Store.AccessRemoved()
	}
	if err != nil {
		l.Err = fmt.Errorf("read who was let in and who was blocked: %w", err)
		l.Listed = none
	}
	for _, r := range records {
		l.records[r.Person] = r
	}
	return l
}

// Record returns what was decided about a person.
func (l *List) Record(person int64) Record {
	l.mu.RLock()
	defer l.mu.RUnlock()
	r := l.records[person]
	r.Person = person
	return r
}

// Allowed reports whether a person may use the bot at this moment.
func (l *List) Allowed(person int64) bool {
	return l.LetsIn(person, l.Record(person).Standing)
}

// LetsIn reports whether a person who had this standing could use the bot.
func (l *List) LetsIn(person int64, s Standing) bool {
	return !l.Unclaimed && MayUse(l.Admin(person), l.Listed(person), s)
}

// IsBlocked reports whether a person gets nothing at all, not even a refusal.
func (l *List) IsBlocked(person int64) bool {
	return !l.Admin(person) && l.Record(person).Standing == Blocked
}

// RequestAccess puts a person on the waiting list, and reports whether it did. One
// who has a record is left as they are, without a write.
func (l *List) RequestAccess(person int64, name string, now time.Time) (asked bool, err error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.Record(person).Standing != Unlisted {
		return false, nil
	}
	waiting := l.Waiting()
	for _, r := range waiting[:max(0, len(waiting)-maxWaiting+1)] {
		if err := l.save(Record{Person: r.Person}); err != nil {
			return false, err
		}
	}
	err = l.save(Record{Person: person, Standing: Waiting, Name: name, Since: now.UTC().Truncate(time.Second)})
	return err == nil, err
}

// Waiting returns the records of those who wait, the oldest first.
func (l *List) Waiting() []Record {
	return slices.DeleteFunc(l.Records(), func(r Record) bool { return r.Standing != Waiting })
}

// Records returns all records, the oldest decision first.
func (l *List) Records() []Record {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.SortedFunc(maps.Values(l.records), func(a, b Record) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Person, b.Person))
	})
}

// Tidy takes those off the waiting list who are let in by now.
func (l *List) Tidy() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	for _, r := range l.Waiting() {
		if l.Allowed(r.Person) {
			if err := l.save(Record{Person: r.Person}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Outcome is what becomes of a decision.
type Outcome int

// The outcomes.
const (
	CarriedOut    Outcome = iota
	Repeated              // this very decision was carried out before
	Outdated              // another one was made after it was asked for
	NotApplicable         // it is not for people with the standing that the person has
	IsAdmin               // nothing is decided about operators
)

// Decide makes an admin's decision hold, if it is for people who stand where the
// person does, and if none that was asked for later holds already. Decisions are
// carried out once, in whatever order processes take them up. The name stays the
// one that the person had when they asked.
func (l *List) Decide(decision Record, from []Standing) (before Record, o Outcome, err error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	before = l.Record(decision.Person)
	last := max(before.Version, l.removed)
	switch {
	case decision.Version != 0 && decision.Version < last:
		return before, Outdated, nil
	case decision.Version != 0 && decision.Version == last:
		return before, Repeated, nil
	case !slices.Contains(from, before.Standing):
		seen := before
		seen.Version = max(seen.Version, decision.Version)
		return before, NotApplicable, l.save(seen) // it was the last word all the same
	}
	decision.Name = before.Name
	return before, CarriedOut, l.save(decision)
}

// Forget runs erase, which removes what the store has of a person, and removes the
// record here where erase does so on disk: not where keep is set, and never a block.
func (l *List) Forget(person int64, keep bool, erase func(person int64, keep bool) error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := erase(person, keep); err != nil {
		return err
	}
	if !keep && l.Record(person).Standing != Blocked {
		l.removed = max(l.removed, l.Record(person).Version)
		l.put(Record{Person: person})
	}
	return nil
}

// save changes a record: on disk first, then in memory, or neither.
func (l *List) save(r Record) error {
	if err := l.Store.SaveAccess(r); err != nil {
		return fmt.Errorf("save who may use the bot: %w", err)
	}
	if r.Standing == Unlisted {
		l.removed = max(l.removed, r.Version)
	}
	l.put(r)
	return nil
}

func (l *List) put(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Standing == Unlisted {
		delete(l.records, r.Person)
		return
	}
	l.records[r.Person] = r
}
