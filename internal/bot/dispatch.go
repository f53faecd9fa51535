package bot

import (
	"context"
	"time"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/panics"
)

// Dispatch takes one update and returns at once; the answer comes from the
// sender's mailbox. Every update that was dispatched is marked as answered in
// the end, unless the process stops first. A bug on the way costs that update.
func (b *Bot) Dispatch(u Update) { b.dispatch(u, false) }

// dispatch takes an update, or takes it up again: then an earlier process has let
// it in and acknowledged its press. It reports whether the update is in a mailbox.
func (b *Bot) dispatch(u Update, again bool) (queued bool) {
	if err := panics.Catch(func() { queued = b.place(u, again) }); err != nil {
		b.caught(err)
		b.answered(u)
	}
	return queued
}

// place puts what an update asks for where it is done.
func (b *Bot) place(u Update, again bool) (queued bool) {
	if u.Blocked && u.Private { // no one reads an answer any more
		b.mail.interrupt(u.From, "")
	}
	o, ok := b.route(u, again)
	switch {
	case !ok:
		b.answered(u)
		return false
	case o.to.outside:
		b.serveOutside(o)
		return false
	case o.cancels:
		b.cancel(u, o.request.Command, again)
		b.answered(u)
		return false
	case o.press && !again:
		b.acknowledge(u.Press, o.ack)
	}
	j := b.jobOf(o)
	if again {
		j = b.jobAgain(o)
	}
	if j.overtakes != "" {
		b.mail.interrupt(u.From, j.overtakes)
	}
	queued, tell := b.mail.put(u.From, j)
	if !queued {
		b.turnedAway(o, tell)
	}
	return queued
}

// jobOf is what performs an order in its person's mailbox.
func (b *Bot) jobOf(o order) job {
	j := job{same: o.same(), overtakes: o.overtakes, run: func(t turn) { b.work(t, o) }}
	switch {
	case o.overtakes != "": // never dropped, not even by another one
	case o.paste:
		j.dropped = func() { b.background(func() { b.removeUnread(o); b.answered(o.update) }) }
	default:
		j.dropped = func() { b.answered(o.update) }
	}
	return j
}

// jobAgain is jobOf for an update that an earlier process took: it waits for a permit.
func (b *Bot) jobAgain(o order) job {
	entry := o.update.Entry
	o = retold(o, entry)
	j := b.jobOf(o)
	j.same, j.replayed = "", true
	j.run = func(t turn) {
		defer b.pace.leave(entry)
		switch {
		case b.takeUp(t.work, o.update):
			b.work(t, o)
		case b.ctx.Err() == nil:
			b.answered(o.update) // overtaken
		}
	}
	if dropped := j.dropped; dropped != nil {
		j.dropped = func() { b.pace.leave(entry); dropped() }
	}
	return j
}

// turnedAway marks an order as answered that its mailbox did not take. tell: the
// person reads why.
func (b *Bot) turnedAway(o order, tell bool) {
	chat := o.to.chat
	switch {
	case o.paste:
		if !b.pastes.do(func() { defer b.answered(o.update); b.removeUnread(o); b.say(chat, view.PasteTooFast()) }) {
			b.noteStays(errTooMany, false)
			b.answered(o.update)
		}
	case tell:
		b.background(func() { b.say(chat, view.Busy()); b.answered(o.update) })
	default:
		b.answered(o.update)
	}
}

// removeUnread deletes the message of an order that was not carried out.
func (b *Bot) removeUnread(o order) {
	ctx, cancel := context.WithTimeout(b.mail.ctx, removeTime)
	defer cancel()
	b.noteStays(b.remove(ctx, o.to, o.request.Typed), false)
}

// cancel cancels a command of the person who pressed its button. What answers is
// the command.
func (b *Bot) cancel(u Update, command string, again bool) {
	ack := "That does not wait any more."
	if b.underWay.cancel(u.From, command) {
		ack = "Cancelling…"
		b.mail.anew(u.From)
	}
	if !again {
		b.acknowledge(u.Press, ack)
	}
}

// acknowledge ends a press's spinner at once, outside the mailbox. Where too many
// wait for that, the spinner ends by itself.
func (b *Bot) acknowledge(press, text string) {
	b.presses.do(func() {
		ctx, cancel := context.WithTimeout(b.mail.ctx, ackTime)
		defer cancel()
		if err := b.Presses.Acknowledge(ctx, press, text); err != nil {
			b.Logger.Warn("a button press was not acknowledged: it looks busy for a while, and is answered all the same", "err", err)
		}
	})
}

// say answers a person whose mailbox is full, past that mailbox.
func (b *Bot) say(chat int64, m view.Message) {
	ctx, cancel := context.WithTimeout(b.mail.ctx, ackTime)
	defer cancel()
	if _, err := b.Messenger.Send(ctx, chat, m); err != nil {
		b.Logger.Warn("a full mailbox was not announced: somebody sends faster than they can be answered, and does not know it", "err", err)
	}
}

// serveOutside answers an outsider when a worker has time. What it comes to is
// done with: a later process does not take it up again. Of a person who was let in
// meanwhile it is an update like any other.
func (b *Bot) serveOutside(o order) {
	taken := b.outsiders.do(func() {
		if !b.outside(o.update) {
			b.Dispatch(o.update)
			return
		}
		defer b.answered(o.update)
		ctx, cancel := context.WithTimeout(b.mail.ctx, outsiderTime)
		defer cancel()
		b.perform(turn{work: ctx, delivery: ctx}, o)
	})
	if !taken {
		b.outsiders.reset(o.to.chat)
		b.answered(o.update)
	}
}

// beginPause is the pause before an attempt is counted again that could not be.
const beginPause = 10 * time.Second

// takeUp waits until an update of an earlier process may run, and counts the
// attempt. It reports false when the bot stops first, or ctx ends because another
// order overtakes it.
func (b *Bot) takeUp(ctx context.Context, u Update) bool {
	select {
	case <-b.pace.enter(u.Entry):
	case <-ctx.Done():
	case <-b.ctx.Done():
	}
	for ctx.Err() == nil && b.ctx.Err() == nil {
		err := b.Journal.Begin(b.ID, u.ID)
		if err == nil {
			return true
		}
		b.Logger.Warn("an update of the last run cannot be counted: it waits, since it may have ended that run", "update", u.ID, "err", err)
		b.rest(beginPause)
	}
	return false
}

// retold replaces what an update of an earlier process asks for, where that must
// not run again.
func retold(o order, e Entry) order {
	var m view.Message
	switch {
	case e.Ran:
		m = view.CarriedOut(o.request.Command, o.look)
	case e.toBlame():
		m = view.GivenUp(o.request.Command)
	default:
		return o
	}
	reply := command.Say(m)
	if o.paste {
		reply.Delete = o.request.Typed
	}
	o.run = func(context.Context, *command.Request) (command.Reply, error) { return reply, nil }
	o.overtakes = ""
	return o
}
