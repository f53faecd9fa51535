package ops

import (
	"fmt"
	"sync"
	"time"
)

// What it takes until a far end counts as silent, and how long it does. Nobody
// asks it just to find out: its limits are shared with the people's own calls.
const (
	silentCalls = 3
	silentFor   = time.Minute
	// silenceKept is how long a silence is believed after the last call: when
	// nobody asks any more, nobody knows, and nobody is woken up for it.
	silenceKept = 15 * time.Minute
)

// Streak judges a far end by whether it answers the calls that are made to it
// anyway. Safe for concurrent use.
type Streak struct {
	now func() time.Time

	mu     sync.Mutex
	silent int       // calls in a row without an answer
	since  time.Time // when the first of them was given up
	last   time.Time // when the last of them was
}

// NewStreak makes a Streak of a far end that was not asked yet.
func NewStreak(now func() time.Time) *Streak { return &Streak{now: now} }

// Heard notes whether a call was answered, be it by a refusal.
func (s *Streak) Heard(answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		s.silent = 0
		return
	}
	s.last = s.now()
	if s.silent++; s.silent == 1 {
		s.since = s.last
	}
}

// Up reports whether the last call was answered; yes before the first.
func (s *Streak) Up() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.silent == 0
}

// Trouble returns nil while the far end answers, or is not known not to. Only
// several calls over some time make a silence.
func (s *Streak) Trouble() *Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.silent < silentCalls || s.last.Sub(s.since) < silentFor || now.Sub(s.last) > silenceKept {
		return nil
	}
	minutes := int(now.Sub(s.since).Minutes())
	return &Trouble{Since: s.since, Detail: fmt.Sprintf("no answer for %d min, %d calls", minutes, s.silent)}
}
