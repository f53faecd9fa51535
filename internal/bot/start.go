package bot

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/command"
)

// New makes a Bot. It reads who may use it, and does nothing else until
// Resume, Dispatch or Notify is called.
func New(o Options) *Bot {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.NewRef == nil {
		o.NewRef = func() string { return rand.Text()[:command.RefLength] }
	}
	if o.Unauthorized == nil {
		o.Unauthorized = o.Messenger
	}
	b := &Bot{Options: o, access: access.New(o.Access), limits: newLimits(o.Rate), notices: newLimits(noticeRate), pace: newPacer()}
	b.unread = map[Unread]*limits{NoText: newLimits(unreadRate), Edited: newLimits(unreadRate)}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.mail = newMailboxes(mailboxLimit, b.logPanic)
	b.presses = &workers{max: pressWorkers, queue: pressQueue, caught: b.logPanic}
	b.pastes = &workers{max: pressWorkers, queue: pressQueue, caught: b.logPanic}
	b.unauthorized = newUnauthorized(b.logPanic)
	b.accounts = account.Backend{Sessions: o.Accounts, Prefs: o.Prefs, Mismatches: o.Meter.HoldingMismatches}
	b.commands = command.All()
	b.public = slices.DeleteFunc(command.All(), func(c command.Command) bool { return c.Admin })
	return b
}

// Close lets what runs finish for a few seconds and returns when no goroutine
// of the bot is left. What was not answered stays in the journal.
func (b *Bot) Close() {
	b.stop()
	b.mail.close(shutdownTime)
	b.presses.close()
	b.pastes.close()
	b.unauthorized.close()
	b.tasks.Wait()
	if err := b.Journal.Stopped(b.ID); err != nil {
		b.Logger.Warn("the clean stop was not recorded", "effect", "each unanswered update counts as a failed attempt", "err", err)
	}
}
