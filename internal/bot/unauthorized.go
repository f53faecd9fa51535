package bot

import (
	"time"
)

// Outsiders are people who are not let in, and groups. A few workers serve them
// all, apart from the people who are let in, and what does not fit is dropped in
// silence.
const (
	unauthorizedWorkers = 4
	unauthorizedQueue   = 64
	unauthorizedTime    = 20 * time.Second // for each, until it is given up
	maxUnauthorized     = 1024             // chats that are remembered
)

// What one chat of outsiders is answered: that the bot is private, and the steps
// of /forget.
var (
	unauthorizedRate = Rate{N: 1, Per: time.Hour}
	forgetRate       = Rate{N: 6, Per: time.Hour}
)

// outsiders bounds what outsiders cause.
type unauthorized struct {
	workers
	answers, forgets *limits
	told             *limits // of whom operators were told; /forget does not reset it
}

func newUnauthorized(caught func(error)) *unauthorized {
	o := &unauthorized{
		workers: workers{most: unauthorizedWorkers, room: unauthorizedQueue, caught: caught},
		answers: newLimits(unauthorizedRate), forgets: newLimits(forgetRate), told: newLimits(unauthorizedRate),
	}
	o.answers.bound, o.forgets.bound, o.told.bound = maxUnauthorized, maxUnauthorized, maxUnauthorized
	return o
}

// reset lets a chat be answered again: its person was forgotten or decided about,
// or there was no time for the answer.
func (o *unauthorized) reset(chat int64) { o.answers.reset(chat) }
