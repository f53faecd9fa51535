package bot

import "time"

// Unauthorized are people who may not use the bot, and groups. A few workers serve
// them all, apart from users, and what does not fit is dropped in silence.
const (
	unauthorizedWorkers = 4
	unauthorizedQueue   = 64
	unauthorizedTime    = 20 * time.Second // for each, until it is given up
	maxUnauthorized     = 1024             // chats that are remembered
)

// What one such chat is answered: that the bot is private, and the steps of /forget.
var (
	unauthorizedRate = Rate{N: 1, Per: time.Hour}
	forgetRate       = Rate{N: 6, Per: time.Hour}
)

// unauthorized bounds the work for them.
type unauthorized struct {
	workers
	answers, forgets *limits
	notified         *limits // of whom operators were notified; /forget does not reset it
}

func newUnauthorized(caught func(error)) *unauthorized {
	o := &unauthorized{
		workers: workers{max: unauthorizedWorkers, queue: unauthorizedQueue, caught: caught},
		answers: newLimits(unauthorizedRate), forgets: newLimits(forgetRate), notified: newLimits(unauthorizedRate),
	}
	o.answers.bound, o.forgets.bound, o.notified.bound = maxUnauthorized, maxUnauthorized, maxUnauthorized
	return o
}

// reset lets a chat be answered again: its person was forgotten or decided about,
// or there was no time for the answer.
func (o *unauthorized) reset(chat int64) { o.answers.reset(chat) }
