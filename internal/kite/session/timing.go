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
	// NewsFor is how long delivering the event of a login may take. After that it
	// counts as lost.
	NewsFor = 2 * time.Minute
	// WarnBefore is how long before a login is over, by the clock, its person is
	// warned.
	WarnBefore = 30 * time.Minute
	// Longest is how long a person waits for one answer of the pool. Shorter than
	// the minute that a command has, so that the command can still say why.
	Longest = 50 * time.Second
	// glanceTime is how long a link that was given out before is asked whether it
	// is still good. A Kite that is silent for so long says nothing against it.
	glanceTime = 2 * time.Second
	// pendingTime is how long a logout that waits is tried before a link is made:
	// longer than Kite's own limit of seven seconds.
	pendingTime = 10 * time.Second
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

// Timing is how patient the pool is. Of what is zero [DefaultTiming] holds;
// tests and measurements shorten it.
type Timing struct {
	// Patience is waited between the questions that find out whether a silent
	// Kite has ended a login; the person is waiting too.
	Patience []time.Duration
	// Again is how long after its login was found to answer a tool that failed is
	// asked once more: Kite's limits count by the second.
	Again time.Duration
	// EndRetry is the first wait before a logout is tried again; it doubles up
	// to EndRetryMax.
	EndRetry, EndRetryMax time.Duration
	// Poll bounds one question of the link watcher.
	Poll time.Duration
	// Idle is how long after its last question a login is parked, if it can be
	// resumed: its stream is closed, and the person no longer in memory. Found up
	// to a tenth later. Negative: never.
	Idle time.Duration
	// Quiet is how many questions, and ends of sessions, that no person waits for Kite is asked in a second,
	// for all people together, and half of how many may come at once: Kite's limit
	// (10/s) is per API key and shared by all its users. What people ask is not held
	// back (ADR 0016).
	Quiet int
	// Opens is how many sessions may be opened at once, for all people together;
	// further ones wait.
	Opens int
}

// DefaultTiming is what the bot ships with.
func DefaultTiming() Timing {
	return Timing{
		Patience:    []time.Duration{time.Second, 2 * time.Second},
		Again:       time.Second,
		EndRetry:    5 * time.Second,
		EndRetryMax: 5 * time.Minute,
		Poll:        20 * time.Second,
		Idle:        10 * time.Minute,
		Quiet:       4,
		Opens:       64,
	}
}

func (t Timing) orDefaults() Timing {
	d := DefaultTiming()
	if t.Patience == nil {
		t.Patience = d.Patience
	}
	t.Again = cmp.Or(t.Again, d.Again)
	t.EndRetry = cmp.Or(t.EndRetry, d.EndRetry)
	t.EndRetryMax = cmp.Or(t.EndRetryMax, d.EndRetryMax)
	t.Poll = cmp.Or(t.Poll, d.Poll)
	t.Idle = cmp.Or(t.Idle, d.Idle)
	t.Quiet = cmp.Or(t.Quiet, d.Quiet)
	t.Opens = cmp.Or(t.Opens, d.Opens)
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
