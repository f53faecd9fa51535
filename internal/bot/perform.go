package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
	"kitebot/internal/panics"
)

// work performs an invocation. It marks the update as answered, also when
// a bug ends it on the way: else each start would run into it again.
func (b *Bot) work(jc jobContexts, inv invocation) {
	done := true
	defer func() {
		if done {
			b.answered(inv.update)
		}
	}()
	done = b.perform(jc, inv)
}

func (b *Bot) answered(u Update) {
	if u.ID != 0 {
		b.Journal.Answered(b.ID, u.ID)
	}
}

// perform runs an invocation and delivers its reply. It reports whether that
// is done with: not when a shutdown cut it short, or Telegram took nothing for
// long; then the next process answers. What changed something is done with once it
// has run, which the journal knows before the answer is delivered: a /logout of
// yesterday must not end today's login.
func (b *Bot) perform(jc jobContexts, inv invocation) (finished bool) {
	if !b.mayReceive(inv.to) {
		return true
	}
	start, ref := b.Now(), b.NewRef()
	done := func() {}
	if !inv.to.outside && inv.overtakes == "" { // an invocation that overtakes is never stopped
		jc.work, done = b.running.begin(jc.work, inv.to.person, inv.request.Command)
	}
	defer done()
	slow := b.sayWhenSlow(jc, inv)
	defer slow()
	reply, err := b.run(jc.work, inv)
	if err == nil {
		var release func()
		release, err = b.holdFiles(inv.request.Command, reply)
		defer release()
	}
	if err != nil {
		asked := reply
		reply, err = b.fail(jc.work, inv, err, ref)
		reply.Delete, reply.Undeleted = asked.Delete, asked.Undeleted
	}
	message := slow()
	done()
	b.pace.leave(inv.update.Entry)
	jc.worked()
	answered, acted := b.Now(), inv.request.Account.Changed()
	if acted && !inv.to.outside && !b.cutShort(err) {
		b.journalRan(inv.update)
	}
	place := b.placeReply(jc.delivery, inv, &reply, message)
	undelivered := b.deliver(jc.delivery, inv.to, place, reply)
	b.logCommand(jc.work, inv, commandRun{ref: ref, start: start, answered: answered, done: b.Now(), err: err, undelivered: undelivered, outside: inv.to.outside})
	return !b.cutShort(err) && (acted || !retryable(undelivered) || b.probablyDelivered(undelivered))
}

// cutShort reports whether a command may have failed because the bot stops.
func (b *Bot) cutShort(err error) bool { return err != nil && b.mail.ctx.Err() != nil }

// journalRan has the journal know that an update's command has run.
func (b *Bot) journalRan(u Update) {
	if u.ID == 0 {
		return
	}
	if err := b.Journal.Ran(b.ID, u.ID); err != nil {
		b.Logger.Error("the record that a command has run was not saved",
			"effect", "if the process is killed now, the command runs again", "update", u.ID, "err", err)
	}
}

// run calls the handler with a deadline, shows typing when it takes long, and
// turns a panic into an error.
func (b *Bot) run(ctx context.Context, inv invocation) (reply command.Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	stop := b.typing(ctx, inv.to)
	defer stop()
	panicked := panics.Catch(func() {
		inv.request.Prefs = b.prefsOf(inv.to.person)
		reply, err = inv.run(ctx, inv.request)
	})
	if err == nil && errors.Is(context.Cause(ctx), errCancelled) {
		err = errCancelled // the answer may lack what was not waited for
	}
	return reply, cmp.Or(panicked, err)
}

// fail answers a request that failed, with a next step. Where it needs a login, the
// answer is a link, and what was asked for follows by itself.
func (b *Bot) fail(ctx context.Context, inv invocation, err error, ref string) (command.Reply, error) {
	usurped, isUsurped := errors.AsType[*session.UsurpedError](err)
	if crash, ok := errors.AsType[*panics.Error](err); ok { // also where the person no longer waits, and reads that
		b.Logger.Error("a handler panicked", append([]any{"effect", "its person gets an error message", "ref", ref, "command", inv.request.Command}, crash.Log...)...)
	}
	if m, ok := command.LoginFailure(err); ok {
		return command.Say(m), err
	}
	why := command.WhyLogIn(err)
	switch {
	case isUsurped: // said once, and to a person who cancelled, too
		return command.Say(dialog.LoginTakenOver(usurped.Was, usurped.Now)), err
	case errors.Is(context.Cause(ctx), errCancelled):
		return cancelled(inv), errCancelled
	case errors.Is(ctx.Err(), context.Canceled): // overtaken by /logout, or the bot stops
		return command.Reply{}, err
	case errors.Is(err, session.ErrLoggedOut):
		return command.Reply{}, err // they logged out meanwhile, and read that
	case why != "" && !errors.Is(err, session.ErrBound):
		return b.offerLogin(ctx, inv, err, why, ref)
	case errors.Is(err, session.ErrBound), errors.Is(err, session.ErrUnconfirmed):
		return command.AskConfirm(inv.request), err // where there is nothing to ask, an event says it
	}
	m := command.Explain(inv.request, err, ref)
	return command.Reply{Message: &m, InPlace: inv.again}, err
}

// offerLogin answers with a login link. It returns the error that led here, or why
// there is no link.
func (b *Bot) offerLogin(ctx context.Context, inv invocation, need error, why, ref string) (command.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	reply, err := command.LoginLink(ctx, inv.request, why)
	m, explained := command.LoginFailure(err)
	switch {
	case err == nil:
		return reply, need
	case errors.Is(err, session.ErrBound):
		return command.Reply{}, need // the event that says it also runs the command
	case explained:
		return command.Say(m), err
	case errors.Is(context.Cause(ctx), errCancelled):
		return cancelled(inv), errCancelled
	}
	m = command.NoLink(inv.request, err, ref)
	return command.Reply{Message: &m, InPlace: inv.again}, fmt.Errorf("make a login link: %w", err)
}
