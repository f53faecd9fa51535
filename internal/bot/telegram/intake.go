package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/stdlog"
)

const (
	// maxBatch is the largest batch Telegram gives.
	maxBatch = 100
	// logAgainAfter is how often a failure that needs an operator is logged.
	logAgainAfter = time.Minute
	// conflictGrace is how long there must be no conflict before it is over: while a
	// second process polls, some of our polls succeed as well.
	conflictGrace = time.Minute
	// webhookBackoff is the least time between two changes of the webhook at Telegram:
	// two programs must not take the updates from each other many times a second.
	webhookBackoff = 10 * time.Minute
	// stopOther is what an operator should do about a second process with the bot's token.
	stopOther = "stop the other process that runs with this token"
)

// intake is one run of [Client.Poll] or [Client.Webhook].
type intake struct {
	*Client
	journal      bot.Journal
	handle       func(bot.Update)
	failures     failureLog
	retryDelay   backoff
	lastConflict time.Time // when another consumer last took the updates
	backoffUntil time.Time // the webhook is not changed before
}

func (c *Client) newIntake(j bot.Journal, handle func(bot.Update)) intake {
	return intake{Client: c, journal: j, handle: handle, failures: failureLog{log: c.log}}
}

// loop steps until ctx ends or Telegram does not know the token any more, with a
// pause after each step that succeeds. describe says what a failed step means, and
// how long to wait after it; recovered is logged after the last failure.
func (in *intake) loop(ctx context.Context, pause time.Duration, recovered string, step func(context.Context) error, describe func(error) (report, time.Duration)) error {
	for ctx.Err() == nil {
		next, err := pause, in.confirmUnauthorized(ctx, step(ctx))
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrUnauthorized):
			return fmt.Errorf("take updates in: %w", err)
		case err != nil:
			var r report
			r, next = describe(err)
			in.failures.report(ctx, r)
		default:
			in.succeeded(ctx, recovered)
		}
		if next > 0 {
			_ = wait(ctx, next) // the loop checks ctx
		}
	}
	return nil
}

// succeeded notes a successful step. A conflict is over only some time later.
func (in *intake) succeeded(ctx context.Context, recovered string) {
	in.retryDelay = backoff{}
	if in.conflict.Load() && in.now().Sub(in.lastConflict) < conflictGrace {
		return
	}
	in.conflict.Store(false)
	in.failures.recovered(ctx, recovered)
}

// conflicted notes that another consumer took the updates, and reports whether the
// webhook may be changed back.
func (in *intake) conflicted() (mayChange bool) {
	in.conflict.Store(true)
	in.lastConflict = in.now()
	return !in.lastConflict.Before(in.backoffUntil)
}

// errJournal means that the journal could not store updates.
var errJournal = errors.New("store the updates")

// store stores updates in one commit and returns those not seen before.
func (in *intake) store(ctx context.Context, updates []bot.Update) (fresh []bot.Update, err error) {
	if len(updates) == 0 {
		return nil, nil
	}
	err = in.recoverPanic(ctx, "store updates", "the updates come again", func() (err error) {
		fresh, err = in.journal.Take(in.id, updates)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJournal, err)
	}
	return fresh, nil
}

// storeFailure reports updates that could not be stored.
func storeFailure(err error) report {
	return report{kind: "journal", level: slog.LevelError, every: logAgainAfter, err: err,
		text: "updates cannot be stored", effect: "none is taken from telegram until they can", action: "look at the disk of STORE_PATH"}
}

// parseBatch parses a batch and returns the last id in it, 0 if there is none. An
// update that cannot be read is skipped and confirmed with the others.
func (c *Client) parseBatch(ctx context.Context, batch []json.RawMessage) (updates []bot.Update, last int64) {
	for _, raw := range batch {
		u, ok := parse(raw)
		if u.ID > 0 {
			last = u.ID
		}
		if ok {
			updates = append(updates, u)
			continue
		}
		if _, err := decode(raw); err != nil || u.ID <= 0 {
			c.log.WarnContext(ctx, "an update cannot be read", "effect", "it is skipped; its person may miss an answer", "type", updateType(raw))
		}
	}
	return updates, last
}

// errPanicked replaces a panic; the log has its stack.
var errPanicked = errors.New("a panic")

// dispatch passes an update to handle. A panic there costs this update: it counts
// as answered, since it would panic in the next process as well.
func (in *intake) dispatch(ctx context.Context, u bot.Update) {
	err := in.recoverPanic(ctx, "handle an update", "its person gets no answer", func() error {
		in.handle(u)
		return nil
	})
	if err != nil {
		in.journal.Answered(in.id, u.ID)
	}
}

// recoverPanic turns a panic of f, a part of taking updates in, into errPanicked and a
// log line.
func (c *Client) recoverPanic(ctx context.Context, part, effect string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, "taking updates in panicked", stdlog.Panic(p, "part", part, "effect", effect)...)
			err = errPanicked
		}
	}()
	return f()
}
