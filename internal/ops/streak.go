package ops

import (
	"fmt"
	"sync"
	"time"
)

// What it takes until a problem of a far end is more than a hiccup, and how long
// it is believed. It is never asked just to find out: its limits are shared with
// the people's own calls.
const (
	lastingCalls = 3
	lastingFor   = time.Minute
	// problemKept is how long a problem is believed after the last call. Without recent
	// calls the state is unknown.
	problemKept = 10 * time.Minute
)

// What a call can show of a far end, besides that it is well ("") and why there
// was no answer.
const (
	erring  = "errors"  // it answers that it failed
	unclear = "unclear" // it answers, and does so whether or not what is behind it is well
)

// Streak judges a far end by the calls that are made to it anyway. It is the one
// source of what is said of that. Safe for concurrent use.
type Streak struct {
	now     func() time.Time
	changed func(Outage) // called twice for each outage; it must neither block nor ask the Streak

	mu    sync.Mutex
	asked time.Time // the last call that said something; zero for none
	calls int       // in a row that went wrong
	since time.Time // when the first of them had
	cause string    // of the last of them
	out   bool      // changed was called: they last
}

// Outage is a time in which a far end was of no use.
type Outage struct {
	Since time.Time
	Cause string        // of the call that made it one
	Lasts time.Duration // until the first call that went well; zero while it goes on
}

// NewStreak makes a Streak of a far end that was not asked yet.
func NewStreak(now func() time.Time) *Streak { return &Streak{now: now, changed: func(Outage) {}} }

// Tell has changed called when an outage begins, and when it is over.
func (s *Streak) Tell(changed func(Outage)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = changed
}

// Heard notes what a call showed: "" that all is well, erring, unclear, or else why
// there was no answer.
func (s *Streak) Heard(problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case problem == unclear && s.cause == erring: // it said nothing of that
	case problem == "", problem == unclear:
		if s.out {
			s.changed(Outage{Since: s.since, Lasts: now.Sub(s.since)})
		}
		s.asked, s.calls, s.cause, s.out = now, 0, "", false
	default:
		if s.calls == 0 || !s.out && now.Sub(s.asked) > problemKept { // what went wrong long ago is another problem
			s.since, s.calls = now, 0
		}
		s.asked, s.cause = now, problem
		s.calls++
		if !s.out && s.lasts() {
			s.out = true
			s.changed(Outage{Since: s.since, Cause: problem})
		}
	}
}

// lasts reports whether what goes wrong is more than a hiccup.
func (s *Streak) lasts() bool {
	return s.calls >= lastingCalls && s.asked.Sub(s.since) >= lastingFor
}

// Check is how the far end is: nil for well, a *[Problem] from the first call that
// goes wrong to the first that does not, and a *[Note] where that is not known.
func (s *Streak) Check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.asked.IsZero():
		return &Note{Detail: "not asked yet", Unknown: true}
	case s.calls == 0:
		return nil
	case s.now().Sub(s.asked) > problemKept:
		return &Note{Detail: "not asked since it last failed", Unknown: true}
	default:
		return s.problem()
	}
}

// Lasting returns nil while the far end answers, or is not known not to. Only
// several calls over some time make a silence.
func (s *Streak) Lasting() *Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lasts() || s.now().Sub(s.asked) > problemKept {
		return nil
	}
	return s.problem()
}

func (s *Streak) problem() *Problem {
	what := "no answer (" + s.cause + ")"
	if s.cause == erring {
		what = "it answers with errors"
	}
	calls := "1 call"
	if s.calls > 1 {
		calls = fmt.Sprintf("%d calls in a row", s.calls)
	}
	return &Problem{Since: s.since, Detail: what + ", " + calls}
}
