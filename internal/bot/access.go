package bot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Access says who may use a bot. A nil list is empty.
type Access struct {
	Listed func(person int64) bool // ALLOWED_USERS
	Admin  func(person int64) bool // ADMIN_USERS
	Admins []int64                 // the same, to be written to
	Book   GuestBook               // what the admins decided in the chat
	// Nobody is set when both lists are empty. Somebody forgot to write them:
	// nobody is let in then, not even who was approved in the chat, and nobody is
	// forgotten for it either.
	Nobody bool
}

// mayUse is the rule. An admin always may, so that no operator can be locked
// out; a block beats the list, also one of everybody.
func mayUse(admin, listed bool, s Standing) bool {
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

// accessList is Access at work: the list in memory, written through to the store.
type accessList struct {
	Access
	err error // why the book could not be read

	writing sync.Mutex // held while the book changes
	mu      sync.RWMutex
	book    map[int64]Guest
	removed uint64 // the highest version of a removal; guarded by writing
}

// newAccessList reads the book. While that fails only admins are let in: a block that
// nobody can read is a block all the same.
func newAccessList(a Access) *accessList {
	nobody := func(int64) bool { return false }
	if a.Listed == nil {
		a.Listed = nobody
	}
	if a.Admin == nil {
		a.Admin = nobody
	}
	l := &accessList{Access: a, book: map[int64]Guest{}}
	guests, err := a.Book.Guests()
	if err == nil {
		l.removed, err = a.Book.Removed()
	}
	if err != nil {
		l.err = fmt.Errorf("read who was let in and who was blocked: %w", err)
		l.Listed = nobody
	}
	for _, g := range guests {
		l.book[g.Person] = g
	}
	return l
}

// guest returns what was decided about a person.
func (l *accessList) guest(person int64) Guest {
	l.mu.RLock()
	defer l.mu.RUnlock()
	g := l.book[person]
	g.Person = person
	return g
}

// allowed reports whether a person may use the bot at this moment.
func (l *accessList) allowed(person int64) bool {
	return l.letsIn(person, l.guest(person).Standing)
}

// letsIn reports whether a person with this standing may use the bot.
func (l *accessList) letsIn(person int64, s Standing) bool {
	return !l.Nobody && mayUse(l.Admin(person), l.Listed(person), s)
}

// blocked reports whether a person gets nothing at all, not even a refusal.
func (l *accessList) blocked(person int64) bool {
	return !l.Admin(person) && l.guest(person).Standing == Blocked
}

// ask puts a person on the waiting list, and reports whether it did. One who is in
// the book already is left as they are, without a write.
func (l *accessList) ask(person int64, name string, now time.Time) (asked bool, err error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.guest(person).Standing != Unlisted {
		return false, nil
	}
	waiting := l.waiting()
	for _, g := range waiting[:max(0, len(waiting)-maxWaiting+1)] {
		if err := l.save(Guest{Person: g.Person}); err != nil {
			return false, err
		}
	}
	err = l.save(Guest{Person: person, Standing: Waiting, Name: name, Since: now.UTC().Truncate(time.Second)})
	return err == nil, err
}

// waiting returns who waits, the oldest first.
func (l *accessList) waiting() []Guest {
	return slices.DeleteFunc(l.guests(), func(g Guest) bool { return g.Standing != Waiting })
}

// guests returns everybody in the book, the oldest decision first.
func (l *accessList) guests() []Guest {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.SortedFunc(maps.Values(l.book), func(a, b Guest) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Person, b.Person))
	})
}

// tidy takes those off the waiting list who are let in by now.
func (l *accessList) tidy() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	for _, g := range l.waiting() {
		if l.allowed(g.Person) {
			if err := l.save(Guest{Person: g.Person}); err != nil {
				return err
			}
		}
	}
	return nil
}

// verdict is what becomes of a decision.
type verdict int

const (
	carriedOut   verdict = iota
	repeated             // this very decision was carried out before
	outdated             // another one was made after it was asked for
	notConcerned         // it does not concern who stands where the person does
)

// decide makes an admin's decision hold, if accept says so of what held before,
// and if none that was asked for later holds already. Decisions are carried out
// once, in whatever order processes take them up.
// The name is the one that the person had when they asked.
func (l *accessList) decide(decision Guest, accept func(before Guest) bool) (before Guest, v verdict, err error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	before = l.guest(decision.Person)
	last := max(before.Version, l.removed)
	switch {
	case decision.Version != 0 && decision.Version < last:
		return before, outdated, nil
	case decision.Version != 0 && decision.Version == last:
		return before, repeated, nil
	case !accept(before):
		seen := before
		seen.Version = max(seen.Version, decision.Version)
		return before, notConcerned, l.save(seen) // it was the last word all the same
	}
	decision.Name = before.Name
	return before, carriedOut, l.save(decision)
}

// forget runs erase, which is [Memory.Forget], and removes a person from the book
// in memory where that does so on disk.
func (l *accessList) forget(person int64, place bool, erase func(person int64, place bool) error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := erase(person, place); err != nil {
		return err
	}
	if !place && l.guest(person).Standing != Blocked {
		l.removed = max(l.removed, l.guest(person).Version)
		l.put(Guest{Person: person})
	}
	return nil
}

// save changes the book: on disk first, then in memory, or neither.
func (l *accessList) save(g Guest) error {
	if err := l.Book.SaveGuest(g); err != nil {
		return fmt.Errorf("write down who may come in: %w", err)
	}
	if g.Standing == Unlisted {
		l.removed = max(l.removed, g.Version)
	}
	l.put(g)
	return nil
}

func (l *accessList) put(g Guest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.Standing == Unlisted {
		delete(l.book, g.Person)
		return
	}
	l.book[g.Person] = g
}
