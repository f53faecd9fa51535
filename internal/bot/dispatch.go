package bot

import (
	"context"
	"time"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/panics"
)

// Dispatch takes one update and returns at once; the answer comes from the
// sender's mailbox. Every update that was dispatched is marked as answered in
// the end, unless the process stops first. A bug on the way costs that update.
func (b *Bot) Dispatch(u Update) { b.dispatch(u, false) }

// dispatch takes an update, or takes it up again: then an earlier process has let
// it in and acknowledged its press. It reports whether the update is in a mailbox.
func (b *Bot) dispatch(u Update, again bool) (queued bool) {
	if err := panics.Catch(func() { queued = b.enqueue(u, again) }); err != nil {
		b.logPanic(err)
		b.answered(u)
	}
	return queued
}

// enqueue puts what an update asks for where it is done.
func (b *Bot) enqueue(u Update, again bool) (queued bool) {
	if u.Blocked && u.Private { // no one reads an answer any more
		b.mail.interrupt(u.From, "")
	}
	inv, ok := b.route(u, again)
	switch {
	case !ok:
		b.answered(u)
		return false
	case inv.to.outside:
		b.answerUnauthorized(inv)
		return false
	case inv.cancels:
		b.cancel(u, inv.request.Command, again)
		b.answered(u)
		return false
	case inv.press && !again:
		b.acknowledge(u.Press, inv.ack)
	}
	j := b.jobOf(inv)
	if again {
		j = b.replayJob(inv)
	}
	if j.overtakes != "" {
		b.mail.interrupt(u.From, j.overtakes)
	}
	queued, tell := b.mail.put(u.From, j)
	if !queued {
		b.notQueued(inv, tell)
	}
	return queued
}

// jobOf is what performs an invocation in its person's mailbox.
func (b *Bot) jobOf(inv invocation) job {
	j := job{same: inv.same(), overtakes: inv.overtakes, run: func(jc jobContexts) { b.work(jc, inv) }}
	switch {
	case inv.overtakes != "": // never dropped, not even by another one
	case inv.paste:
		j.dropped = func() { b.background(func() { b.deleteUnread(inv); b.answered(inv.update) }) }
	default:
		j.dropped = func() { b.answered(inv.update) }
	}
	return j
}

// replayJob is jobOf for an update that an earlier process took: it waits for a permit.
func (b *Bot) replayJob(inv invocation) job {
	entry := inv.update.Entry
	inv = withoutRunning(inv, entry)
	j := b.jobOf(inv)
	j.same, j.replayed = "", true
	j.run = func(jc jobContexts) {
		defer b.pace.leave(entry)
		switch {
		case b.beginAttempt(jc.work, inv.update):
			b.work(jc, inv)
		case b.ctx.Err() == nil:
			b.answered(inv.update) // overtaken
		}
	}
	if dropped := j.dropped; dropped != nil {
		j.dropped = func() { b.pace.leave(entry); dropped() }
	}
	return j
}

// notQueued marks an invocation as answered that its mailbox did not take. tell: the
// person reads why.
func (b *Bot) notQueued(inv invocation, tell bool) {
	chat := inv.to.chat
	switch {
	case inv.paste:
		if !b.pastes.do(func() {
			defer b.answered(inv.update)
			b.deleteUnread(inv)
			b.replyPastMailbox(chat, dialog.PasteTooFast())
		}) {
			b.logNotDeleted(errTooMany, false)
			b.answered(inv.update)
		}
	case tell:
		b.background(func() { b.replyPastMailbox(chat, dialog.Busy()); b.answered(inv.update) })
	default:
		b.answered(inv.update)
	}
}

// deleteUnread deletes the message of an invocation that was not carried out.
func (b *Bot) deleteUnread(inv invocation) {
	ctx, cancel := context.WithTimeout(b.mail.ctx, removeTime)
	defer cancel()
	b.logNotDeleted(b.remove(ctx, inv.to, inv.request.Typed), false)
}

// cancel cancels a command of the person who pressed its button. What answers is
// the command.
func (b *Bot) cancel(u Update, command string, again bool) {
	ack := "That does not wait any more."
	if b.running.cancel(u.From, command) {
		ack = "Cancelling…"
		b.mail.allowRepeat(u.From)
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
			b.Logger.Warn("a button press was not acknowledged", "effect", "the button looks busy for a while; the answer comes all the same", "err", err)
		}
	})
}

// replyPastMailbox answers a person whose mailbox is full, past that mailbox.
func (b *Bot) replyPastMailbox(chat int64, m view.Message) {
	ctx, cancel := context.WithTimeout(b.mail.ctx, ackTime)
	defer cancel()
	if _, err := b.Messenger.Send(ctx, chat, m); err != nil {
		b.Logger.Warn("the notice of a full mailbox was not sent", "effect", "its person does not know that they send too fast", "err", err)
	}
}

// answerUnauthorized answers when a worker has time. A later process does not take
// the update up again. If its person was let in meanwhile, it is dispatched anew.
func (b *Bot) answerUnauthorized(inv invocation) {
	taken := b.unauthorized.do(func() {
		if !b.outside(inv.update) {
			b.Dispatch(inv.update)
			return
		}
		defer b.answered(inv.update)
		ctx, cancel := context.WithTimeout(b.mail.ctx, unauthorizedTime)
		defer cancel()
		b.perform(jobContexts{work: ctx, delivery: ctx}, inv)
	})
	if !taken {
		b.unauthorized.reset(inv.to.chat)
		b.answered(inv.update)
	}
}

// recountPause is the pause before an attempt is counted again that could not be.
const recountPause = 10 * time.Second

// beginAttempt waits until an update of an earlier process may run, and counts the
// attempt. It reports false when the bot stops first, or ctx ends because a command
// overtakes it.
func (b *Bot) beginAttempt(ctx context.Context, u Update) bool {
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
		b.Logger.Warn("an attempt at an update of the last run was not recorded",
			"effect", "the update waits, since it may have ended that run", "update", u.ID, "err", err)
		sleep(b.ctx, recountPause)
	}
	return false
}

// withoutRunning replaces what an update of an earlier process asks for, where that must
// not run again.
func withoutRunning(inv invocation, e Entry) invocation {
	var m view.Message
	switch {
	case e.Ran:
		m = dialog.CarriedOut(inv.request.Command, inv.look)
	case e.givenUp():
		m = dialog.GivenUp(inv.request.Command)
	default:
		return inv
	}
	reply := command.Say(m)
	if inv.paste {
		reply.Delete = inv.request.Typed
	}
	inv.run = func(context.Context, *command.Request) (command.Reply, error) { return reply, nil }
	inv.overtakes = ""
	return inv
}
