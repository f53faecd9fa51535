package bot

import (
	"context"
	"fmt"

	"kitebot/internal/bot/view"
)

// Dispatch takes one update and returns at once; the answer comes from the
// sender's mailbox. Every update that was dispatched is marked as answered in
// the end, unless the process stops first.
func (b *Bot) Dispatch(u Update) { b.dispatch(u, false) }

// dispatch takes an update, or takes it up again: then an earlier process has let
// it in and acknowledged its press.
func (b *Bot) dispatch(u Update, again bool) {
	answered := func() {
		if u.ID != 0 {
			b.Journal.Answered(b.ID, u.ID)
		}
	}
	if u.Blocked && u.Private { // nobody is there to be answered any more
		b.mail.interrupt(u.From, "")
	}
	order, ok := b.route(u, again)
	if u.Press != "" && !again {
		b.acknowledge(u.Press, order.ack)
	}
	if !ok {
		answered()
		return
	}
	dropped := answered
	if order.paste {
		dropped = func() { b.beside.Go(func() { b.removeUnread(order); answered() }) }
	}
	j := job{dropped: dropped, overtakes: order.overtakes, promised: again, run: func(t turn) {
		if b.perform(t, order) {
			answered()
		}
	}}
	if order.overtakes != "" {
		b.mail.interrupt(u.From, order.overtakes)
		j.dropped = nil // not even by another one
	}
	switch taken, tell := b.mail.put(u.From, j); {
	case taken:
	case order.paste:
		b.beside.Go(func() { b.removeUnread(order); b.say(u.Chat, view.PasteTooFast()); answered() })
	case tell:
		b.beside.Go(func() { b.say(u.Chat, view.Busy()); answered() })
	default:
		answered()
	}
}

// acknowledge ends a press's spinner at once, outside the mailbox.
func (b *Bot) acknowledge(press, text string) {
	b.beside.Go(func() {
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
// long; then the next process answers. What acts is done with once it has run: a
// /logout of yesterday must not end today's login.
func (b *Bot) perform(t turn, o order) (done bool) {
	if !b.hears(o.to) {
		return true
	}
	start, ref := b.Clock.Now(), b.NewRef()
	reply, err := b.run(t.work, o)
	if err != nil {
		asked := reply
		reply, err = b.explain(t.work, o, err, ref)
		reply.Delete, reply.Undeleted = asked.Delete, asked.Undeleted
	}
	answered := b.Clock.Now()
	undelivered := b.deliver(t.talk, o.to, o.request.Pressed, reply)
	b.note(t.work, o, deed{ref: ref, start: start, answered: answered, done: b.Clock.Now(), err: err, undelivered: undelivered})
	cutShort := err != nil && b.mail.ctx.Err() != nil
	return !cutShort && (o.acts || !later(undelivered) || b.likely(undelivered))
}

// run calls the handler with a deadline, shows typing when it takes long, and
// turns a panic into an error: one person's bug must not silence everybody.
func (b *Bot) run(ctx context.Context, o order) (reply Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	stop := b.typing(ctx, o.to)
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: fmt.Sprint(p), stack: stack()}
		}
	}()
	o.request.Prefs = b.prefsOf(o.request.Account.person)
	return o.run(ctx, o.request)
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
