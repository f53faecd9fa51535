package bot

import (
	"time"
)

// Outsiders are people who are not let in, and groups. A few workers serve them
// all, apart from the people who are let in, and what does not fit is dropped in
// silence.
const (
	outsiderWorkers = 4
	outsiderRoom    = 64
	outsiderTime    = 20 * time.Second // for each, until it is given up
	mostOutsiders   = 1024             // chats that are remembered
)

// What one chat of outsiders is answered: that the bot is private, and the steps
// of /forget.
var (
	outsiderRate = Rate{N: 1, Per: time.Hour}
	forgetRate   = Rate{N: 6, Per: time.Hour}
)

// outsiders bounds what outsiders cause.
type outsiders struct {
	workers
	answers, forgets *limits
	told             *limits // of whom operators were told; /forget does not reset it
}

func newOutsiders(caught func(error)) *outsiders {
	o := &outsiders{
		workers: workers{most: outsiderWorkers, room: outsiderRoom, caught: caught},
		answers: newLimits(outsiderRate), forgets: newLimits(forgetRate), told: newLimits(outsiderRate),
	}
	o.answers.bound, o.forgets.bound, o.told.bound = mostOutsiders, mostOutsiders, mostOutsiders
	return o
}

// reset lets a chat be answered again: its person was forgotten or decided about,
// or there was no time for the answer.
func (o *outsiders) reset(chat int64) { o.answers.reset(chat) }
