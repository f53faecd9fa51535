package session

import (
	"cmp"
	"time"
)

// Times of the far end, and limits derived from them. They are facts, not settings.
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
	// LinkYoung is how long a link is returned again instead of a new one: the person
	// then has at least five minutes left.
	LinkYoung = 25 * time.Minute
	// AnnounceTime is how long delivering EventLoggedIn may take. After that it counts
	// as lost.
	AnnounceTime = 2 * time.Minute
	// WarnBefore is how long before the end of a login its person is warned.
	WarnBefore = 30 * time.Minute
	// MaxWait is the longest wait for an answer of the pool: less than the minute of a
	// command, so that the command can still say why it failed.
	MaxWait = 50 * time.Second
	// reuseCheckTime bounds the question whether a link can be reused. A link of a Kite
	// that does not answer in time is.
	reuseCheckTime = 2 * time.Second
	// endBeforeLinkTime bounds the attempt to complete a logout before a link is made:
	// longer than Kite's own limit of seven seconds.
	endBeforeLinkTime = 10 * time.Second
	// linkGrace is how much longer a link is watched while Kite does not answer, since
	// it may have been finished in time.
	linkGrace = 10 * time.Minute
	// AttemptLife is how long a login by OAuth can be finished: Kite's link is valid for
	// 35 minutes after the page is opened, and the code for ten more.
	AttemptLife = 45 * time.Minute
	// forgetGrace is how long after its end a session is gone at the server in any case:
	// its clean-up runs every half hour.
	forgetGrace = 30 * time.Minute
)

// cutOffHour is about when Kite ends every login of the day before.
const cutOffHour = 6

// Timing holds the intervals and limits of a Pool. A zero field means its value in
// [DefaultTiming].
type Timing struct {
	// ProbePauses are the pauses between the questions of a probe. The person waits.
	ProbePauses []time.Duration
	// RetryFailed is the pause before a failed tool is called again, if the login answers:
	// Kite's limits count by the second.
	RetryFailed time.Duration
	// EndRetry is the first pause before a logout is retried. It doubles up to EndRetryMax.
	EndRetry, EndRetryMax time.Duration
	// PollTimeout bounds one question of the link watcher.
	PollTimeout time.Duration
	// Idle is how long after its last use a login is parked, if it can be resumed: its
	// stream is closed, and the person is removed from memory, up to a tenth of Idle
	// later. Negative: never.
	Idle time.Duration
	// BackgroundRate limits the calls a second that no person waits for, of all people
	// together, with bursts of twice as many. Kite's limit (10/s) is per API key and
	// shared by all its users. Calls for people are not limited (ADR 0016).
	BackgroundRate int
	// MaxOpening is how many sessions are opened at once, of all people together.
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

// pollGap is the pause between two polls of a link of this age: short while the person
// is probably typing.
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
