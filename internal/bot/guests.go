package bot

import "time"

// Standing is what the operators decided about a person in the chat, beside the
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

// Guest is a person of whom the operators have something to decide, or decided.
type Guest struct {
	Person   int64
	Standing Standing
	Name     string    // first name when they asked: data, escaped on screen
	Since    time.Time // of this standing
	By       int64     // the admin who decided; 0 while waiting
	// Version is the journal's sequence number of the update that decided.
	Version uint64
}

// GuestBook keeps what was decided.
type GuestBook interface {
	// Guests returns everybody in the book, by ascending id. One who cannot be
	// read is Blocked, without a name: it may have been a block.
	Guests() ([]Guest, error)
	// SaveGuest replaces what is kept of a person. Unlisted removes it, and leaves
	// its version to Removed.
	SaveGuest(Guest) error
	// Removed is the highest version with which a person was removed.
	Removed() (version uint64, err error)
}

// Memory is all that is kept of people, in one view.
type Memory interface {
	// People returns everybody of whom anything is kept, by ascending id.
	People() ([]int64, error)
	// Forget erases what is kept of a person, in one commit: choices, updates that
	// wait to be answered, and their place in the book, unless that is a block or
	// place is set. Sessions are forgotten by ending them; see [session.Pool.Logout].
	Forget(person int64, place bool) error
}
