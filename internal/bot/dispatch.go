package bot

import (
	"cmp"
	"context"
	"errors"

	"kitebot/internal/bot/view"
)

// Dispatch takes one update and returns at once; the answer comes from the
// sender's mailbox. Every update that was dispatched is marked as answered in
// the end, unless the process stops first. A bug on the way costs that update.
func (b *Bot) Dispatch(u Update) { b.dispatch(u, false) }

// dispatch takes an update, or takes it up again: then an earlier process has let
// it in and acknowledged its press. It reports whether the update is in a mailbox.
func (b *Bot) dispatch(u Update, again bool) (queued bool) {
	if err := protect(func() { queued = b.place(u, again) }); err != nil {
		b.caught(err)
		b.answered(u)
	}
	return queued
}

func (b *Bot) answered(u Update) {
	if u.ID != 0 {
		b.Journal.Answered(b.ID, u.ID)
	}
}

func (b *Bot) place(u Update, again bool) (queued bool) {
	answered := func() { b.answered(u) }
	if u.Blocked && u.Private { // no one reads an answer any more
		b.mail.interrupt(u.From, "")
	}
	order, ok := b.route(u, again)
	switch {
	case !ok:
		answered()
		return false
	case order.to.outside:
		b.serveOutside(u, order, answered)
		return false
	case order.cancels:
		b.cancel(u, order.request.Command, again)
		answered()
		return false
	case order.press && !again:
		b.acknowledge(u.Press, order.ack)
	}
	order.update = u
	j := job{dropped: answered, replayed: again, same: order.same(), run: func(t turn) { b.work(t, order) }}
	if again {
		order, j.same = retold(order, u.Entry), ""
		j.run = func(t turn) {
			defer b.pace.leave(u.Entry)
			switch {
			case b.takeUp(t.work, u):
				b.work(t, order)
			case b.ctx.Err() == nil:
				answered() // overtaken
			}
		}
	}
	if order.paste {
		j.dropped = func() { b.background(func() { b.removeUnread(order); answered() }) }
	}
	if dropped := j.dropped; again {
		j.dropped = func() { b.pace.leave(u.Entry); dropped() }
	}
	if order.overtakes != "" {
		b.mail.interrupt(u.From, order.overtakes)
		j.overtakes, j.dropped = order.overtakes, nil // not even by another one
	}
	queued, tell := b.mail.put(u.From, j)
	switch {
	case queued:
	case order.paste:
		if !b.pastes.do(func() { defer answered(); b.removeUnread(order); b.say(u.Chat, view.PasteTooFast()) }) {
			b.noteStays(errTooMany, false)
			answered()
		}
	case tell:
		b.background(func() { b.say(u.Chat, view.Busy()); answered() })
	default:
		answered()
	}
	return queued
}

// work performs an order in its turn. It marks the update as answered, also when
// a bug ends it on the way: else each start would run into it again.
func (b *Bot) work(t turn, o order) {
	done := true
	defer func() {
		if done {
			b.answered(o.update)
		}
	}()
	done = b.perform(t, o)
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

// perform runs an order and delivers what it comes to. It reports whether that
// is done with: not when a shutdown cut it short, or Telegram took nothing for
// long; then the next process answers. What changed something is done with once it
// has run, which the journal knows before the answer is delivered: a /logout of
// yesterday must not end today's login.
func (b *Bot) perform(t turn, o order) (finished bool) {
	if !b.hears(o.to) {
		return true
	}
	start, ref := b.Clock.Now(), b.NewRef()
	var done func()
	t.work, done = b.underWay.begin(t.work, o)
	defer done()
	slow := b.sayIfSlow(t, o)
	defer slow()
	reply, err := b.run(t.work, o)
	if err == nil {
		var release func()
		release, err = b.holdFiles(o.request.Command, reply)
		defer release()
	}
	if err != nil {
		asked := reply
		reply, err = b.explain(t.work, o, err, ref)
		reply.Delete, reply.Undeleted = asked.Delete, asked.Undeleted
	}
	message := slow()
	done()
	b.pace.leave(o.update.Entry)
	t.worked()
	answered, acted := b.Clock.Now(), *o.request.acted
	if acted && !b.cutShort(err) {
		b.noteRan(o.update)
	}
	place := b.settle(t.delivery, o, &reply, message)
	undelivered := b.deliver(t.delivery, o.to, place, reply)
	b.note(t.work, o, commandRun{ref: ref, start: start, answered: answered, done: b.Clock.Now(), err: err, undelivered: undelivered, outside: o.to.outside})
	return !b.cutShort(err) && (acted || !later(undelivered) || b.likely(undelivered))
}

// cutShort reports whether a command may have failed because the bot stops.
func (b *Bot) cutShort(err error) bool { return err != nil && b.mail.ctx.Err() != nil }

// noteRan has the journal know that an update's command has run.
func (b *Bot) noteRan(u Update) {
	if u.ID == 0 {
		return
	}
	if err := b.Journal.Ran(b.ID, u.ID); err != nil {
		b.Logger.Error("it is not on disk that a command has run: after a kill in the next moments it runs again", "update", u.ID, "err", err)
	}
}

// run calls the handler with a deadline, shows typing when it takes long, and
// turns a panic into an error: one person's bug must not silence everybody.
func (b *Bot) run(ctx context.Context, o order) (reply Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	stop := b.typing(ctx, o.to)
	defer stop()
	panicked := protect(func() {
		o.request.Prefs = b.prefsOf(o.request.Account.person)
		reply, err = o.run(ctx, o.request)
	})
	if err == nil && errors.Is(context.Cause(ctx), errCancelled) {
		err = errCancelled // the answer may lack what was not waited for
	}
	return reply, cmp.Or(panicked, err)
}

// prefsOf loads a person's preferences. Where they cannot be read nobody knows
// whether amounts were to be hidden: then they are.
func (b *Bot) prefsOf(person int64) Prefs {
	p, err := b.Prefs.LoadPrefs(person)
	if err != nil {
		b.Logger.Error("a person's preferences cannot be read; amounts are hidden", "person", person, "err", err)
		return Prefs{Hide: true}
	}
	return p
}
