package bot

import (
	"context"
	"time"

	"kitebot/internal/bot/view"
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

// outside reports whether an update comes from a group or a person who is not let in.
func (b *Bot) outside(u Update) bool { return !u.Private || !b.access.allowed(u.From) }

// routeOutside decides what an outsider is answered. false: nothing.
func (b *Bot) routeOutside(u Update, name, args string) (order, bool) {
	open := u.Private && b.forStrangers(u, name)
	limits := b.outsiders.answers
	if open {
		limits = b.outsiders.forgets
	}
	if ok, _ := limits.allow(u.Chat, b.Clock.Now()); !ok {
		return order{}, false
	}
	var o order
	switch {
	case !u.Private:
		o = b.answerOnce(u, view.GroupOnly(b.Username))
	case !open:
		o = b.turnAway(u)
	case u.Press != "":
		o = b.routePress(u)
	default:
		o = b.orderOf(u, b.commands[name], args)
	}
	o.to.outside, o.overtakes = true, ""
	return o, true
}

// serveOutside answers an outsider when a worker has time. What it comes to is
// done with: a later process does not take it up again. Of a person who was let in
// meanwhile it is an update like any other.
func (b *Bot) serveOutside(u Update, o order, answered func()) {
	taken := b.outsiders.do(func() {
		if !b.outside(u) {
			b.Dispatch(u)
			return
		}
		defer answered()
		ctx, cancel := context.WithTimeout(b.mail.ctx, outsiderTime)
		defer cancel()
		b.perform(turn{work: ctx, delivery: ctx}, o)
	})
	if !taken {
		b.outsiders.reset(o.to.chat)
		answered()
	}
}

// messenger is what shows messages to an audience.
func (b *Bot) messenger(to audience) Messenger {
	if to.outside {
		return b.Outsiders
	}
	return b.Messenger
}
