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

// door is Access at work: the book in memory, written through to the store.
type door struct {
	Access
	err error // why the book could not be read

	writing sync.Mutex // held while the book changes
	mu      sync.RWMutex
	book    map[int64]Guest
	removed uint64 // the highest version of a removal; guarded by writing
}

// newDoor reads the book. While that fails only admins are let in: a block that
// nobody can read is a block all the same.
func newDoor(a Access) *door {
	nobody := func(int64) bool { return false }
	if a.Listed == nil {
		a.Listed = nobody
	}
	if a.Admin == nil {
		a.Admin = nobody
	}
	d := &door{Access: a, book: map[int64]Guest{}}
	guests, err := a.Book.Guests()
	if err == nil {
		d.removed, err = a.Book.Removed()
	}
	if err != nil {
		d.err = fmt.Errorf("read who was let in and who was blocked: %w", err)
		d.Listed = nobody
	}
	for _, g := range guests {
		d.book[g.Person] = g
	}
	return d
}

// guest returns what was decided about a person.
func (d *door) guest(person int64) Guest {
	d.mu.RLock()
	defer d.mu.RUnlock()
	g := d.book[person]
	g.Person = person
	return g
}

// allowed reports whether a person may use the bot at this moment.
func (d *door) allowed(person int64) bool {
	return d.letsIn(person, d.guest(person).Standing)
}

// letsIn reports whether a person with this standing may use the bot.
func (d *door) letsIn(person int64, s Standing) bool {
	return !d.Nobody && mayUse(d.Admin(person), d.Listed(person), s)
}

// blocked reports whether a person gets nothing at all, not even a refusal.
func (d *door) blocked(person int64) bool {
	return !d.Admin(person) && d.guest(person).Standing == Blocked
}

// ask puts a person on the waiting list, and reports whether it did. One who is in
// the book already is left as they are, without a write.
func (d *door) ask(person int64, name string, now time.Time) (asked bool, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.guest(person).Standing != Unlisted {
		return false, nil
	}
	waiting := d.waiting()
	for _, g := range waiting[:max(0, len(waiting)-maxWaiting+1)] {
		if err := d.save(Guest{Person: g.Person}); err != nil {
			return false, err
		}
	}
	err = d.save(Guest{Person: person, Standing: Waiting, Name: name, Since: now.UTC().Truncate(time.Second)})
	return err == nil, err
}

// waiting returns who waits, the oldest first.
func (d *door) waiting() []Guest {
	return slices.DeleteFunc(d.guests(), func(g Guest) bool { return g.Standing != Waiting })
}

// guests returns everybody in the book, the oldest decision first.
func (d *door) guests() []Guest {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.SortedFunc(maps.Values(d.book), func(a, b Guest) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Person, b.Person))
	})
}

// tidy takes those off the waiting list who are let in by now.
func (d *door) tidy() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	for _, g := range d.waiting() {
		if d.allowed(g.Person) {
			if err := d.save(Guest{Person: g.Person}); err != nil {
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
func (d *door) decide(decision Guest, accept func(before Guest) bool) (before Guest, v verdict, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	before = d.guest(decision.Person)
	last := max(before.Version, d.removed)
	switch {
	case decision.Version != 0 && decision.Version < last:
		return before, outdated, nil
	case decision.Version != 0 && decision.Version == last:
		return before, repeated, nil
	case !accept(before):
		seen := before
		seen.Version = max(seen.Version, decision.Version)
		return before, notConcerned, d.save(seen) // it was the last word all the same
	}
	decision.Name = before.Name
	return before, carriedOut, d.save(decision)
}

// forget runs erase, which is [Memory.Forget], and removes a person from the book
// in memory where that does so on disk.
func (d *door) forget(person int64, place bool, erase func(person int64, place bool) error) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := erase(person, place); err != nil {
		return err
	}
	if !place && d.guest(person).Standing != Blocked {
		d.removed = max(d.removed, d.guest(person).Version)
		d.put(Guest{Person: person})
	}
	return nil
}

// save changes the book: on disk first, then in memory, or neither.
func (d *door) save(g Guest) error {
	if err := d.Book.SaveGuest(g); err != nil {
		return fmt.Errorf("write down who may come in: %w", err)
	}
	if g.Standing == Unlisted {
		d.removed = max(d.removed, g.Version)
	}
	d.put(g)
	return nil
}

func (d *door) put(g Guest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g.Standing == Unlisted {
		delete(d.book, g.Person)
		return
	}
	d.book[g.Person] = g
}
