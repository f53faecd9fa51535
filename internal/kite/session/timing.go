package session

import (
	"cmp"
	"time"
)

// What the far end's clock does. Observed facts, not settings.
const (
	// ServerLife is how long the MCP server keeps a session, counted from its
	// first call and never extended, not by use and not by another login.
	ServerLife = 12 * time.Hour
	// LinkLife is how long a login link can be finished: 30 minutes, 5 more of
	// allowed clock skew, and one of ours so that the last second is not missed.
	LinkLife = 36 * time.Minute
	// LinkShownFor is how long people are told that a link works: what the
	// server promises, without the skew it allows.
	LinkShownFor = 30 * time.Minute
	// LinkYoung is how long a link is handed out again instead of a new one:
	// the person has five minutes left by the promise, ten by the server's clock.
	LinkYoung = 25 * time.Minute
	// AnnounceTime is how long delivering EventLoggedIn may take. After that it counts
	// as lost.
	AnnounceTime = 2 * time.Minute
	// WarnBefore is how long before a login is over, by the clock, its person is
	// warned.
	WarnBefore = 30 * time.Minute
	// MaxWait is how long a person waits for one answer of the pool. Shorter than
	// the minute that a command has, so that the command can still say why.
	MaxWait = 50 * time.Second
	// reuseCheckTime is how long a link that was given out before is asked whether it
	// is still good. A Kite that is silent for so long says nothing against it.
	reuseCheckTime = 2 * time.Second
	// endBeforeLinkTime is how long a logout that waits is tried before a link is made:
	// longer than Kite's own limit of seven seconds.
	endBeforeLinkTime = 10 * time.Second
	// linkGrace is how much longer a link is watched while Kite does not answer:
	// it may have been finished in time.
	linkGrace = 10 * time.Minute
	// AttemptLife is how long a login by OAuth can be finished: Kite's link is good
	// for 35 minutes from when the page is opened, and the code for ten more.
	AttemptLife = 45 * time.Minute
	// forgetGrace is when even a session that could not be ended is gone at the
	// server: one clean-up tick of half an hour after its end.
	forgetGrace = 30 * time.Minute
)

// cutOffHour is when Kite itself ends every login of the day before, about.
const cutOffHour = 6

// Timing holds the intervals and limits of a Pool. A zero field means its value in
// [DefaultTiming].
type Timing struct {
	// ProbePauses is waited between the questions that find out whether a silent
	// Kite has ended a login; the person is waiting too.
	ProbePauses []time.Duration
	// RetryFailed is how long after its login was found to answer a tool that failed is
	// asked once more: Kite's limits count by the second.
	RetryFailed time.Duration
	// EndRetry is the first wait before a logout is tried again; it doubles up
	// to EndRetryMax.
	EndRetry, EndRetryMax time.Duration
	// PollTimeout bounds one question of the link watcher.
	PollTimeout time.Duration
	// Idle is how long after its last question a login is parked, if it can be
	// resumed: its stream is closed, and the person no longer in memory. Found up
	// to a tenth later. Negative: never.
	Idle time.Duration
	// BackgroundRate is how many questions, and ends of sessions, that no person waits for Kite is asked in a second,
	// for all people together, and half of how many may come at once: Kite's limit
	// (10/s) is per API key and shared by all its users. What people ask is not held
	// back (ADR 0016).
	BackgroundRate int
	// MaxOpening is how many sessions may be opened at once, for all people together;
	// further ones wait.
	MaxOpening int
}

// DefaultTiming is what the bot ships with.
func DefaultTiming() Timing {
	return Timing{
		ProbePauses:    []time.Duration{time.Second, 2 * time.Second},
		RetryFailed:    time.Second,
		EndRetry:       5 * time.Second,
		EndRetryMax:    5 * time.Minute,
		PollTimeout:    20 * time.Second,
		Idle:           10 * time.Minute,
		BackgroundRate: 4,
		MaxOpening:     64,
	}
}

func (t Timing) orDefaults() Timing {
	d := DefaultTiming()
	if t.ProbePauses == nil {
		t.ProbePauses = d.ProbePauses
	}
	t.RetryFailed = cmp.Or(t.RetryFailed, d.RetryFailed)
	t.EndRetry = cmp.Or(t.EndRetry, d.EndRetry)
	t.EndRetryMax = cmp.Or(t.EndRetryMax, d.EndRetryMax)
	t.PollTimeout = cmp.Or(t.PollTimeout, d.PollTimeout)
	t.Idle = cmp.Or(t.Idle, d.Idle)
	t.BackgroundRate = cmp.Or(t.BackgroundRate, d.BackgroundRate)
	t.MaxOpening = cmp.Or(t.MaxOpening, d.MaxOpening)
	return t
}

// pollGap is the wait between two looks at a link of this age: quick while the
// person is likely typing, gentle afterwards.
func pollGap(age time.Duration) time.Duration {
	switch {
	case age < time.Minute:
		return 2 * time.Second
	case age < 5*time.Minute:
		return 5 * time.Second
	default:
		return 15 * time.Second
	}
}
