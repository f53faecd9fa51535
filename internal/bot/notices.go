package bot

import (
	"errors"
	"time"

	"kitebot/internal/bot/view"
)

// Outage is a time in which Kite was of no use to people.
type Outage struct {
	Since time.Time
	Cause string        // why, in a word or two
	Lasts time.Duration // until it was over; zero while it goes on
}

// notice is what operators are told without having asked.
type notice int64

const (
	aboutKite notice = iota
	aboutPeople
)

// noticeRate bounds the notices of one kind, whatever comes and goes.
var noticeRate = Rate{N: 4, Per: time.Hour}

// Outage tells the operators that Kite is away, or that it is back if they were told
// that it was away. It returns at once, and is not for two goroutines at a time.
func (b *Bot) Outage(o Outage) {
	if o.Lasts == 0 {
		b.awayTold = b.notify(aboutKite, view.KiteAway(o.Since, b.Clock.Now(), o.Cause), view.KiteFlaps())
		return
	}
	if b.awayTold {
		b.tellOperators(view.KiteBack(o.Since, o.Lasts))
	}
}

// notify tells the operators, unless there were many notices of this kind lately:
// of those they are told once that they are told no more.
func (b *Bot) notify(about notice, m, tooMany view.Message) (told bool) {
	ok, tell := b.notices.allow(int64(about), b.Clock.Now())
	switch {
	case ok:
		b.tellOperators(m)
	case tell:
		b.tellOperators(tooMany)
	}
	return ok
}

// tellOperators queues a message to each operator who wants such.
func (b *Bot) tellOperators(m view.Message) {
	for _, admin := range b.Access.Admins {
		b.mail.put(admin, job{run: func(t turn) {
			if b.prefsOf(admin).NoNotices {
				return
			}
			err := b.deliver(t.delivery, privateChat(admin), 0, say(m))
			if err != nil && !errors.Is(err, errOvertaken) {
				b.Logger.Warn("an operator was not told of something: it is not told again, and /admin shows how things are", "err", err)
			}
		}})
	}
}
