package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"kitebot/internal/bot"
	"kitebot/internal/stdlog"
)

// errJournal means that the journal could not store updates.
var errJournal = errors.New("store the updates")

// store stores updates in one commit and returns those not seen before.
func (c *Client) store(ctx context.Context, j bot.Journal, updates []bot.Update) (fresh []bot.Update, err error) {
	if len(updates) == 0 {
		return nil, nil
	}
	err = c.recoverPanic(ctx, "storing updates panicked: a bug of ours; please report it with the stack. The updates come again", func() (err error) {
		fresh, err = j.Take(c.id, updates)
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
		text: "updates cannot be stored, so none is taken from telegram until they can"}
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
			c.log.WarnContext(ctx, "an update cannot be read and is skipped: somebody may miss an answer", "type", updateType(raw))
		}
	}
	return updates, last
}

// errPanicked replaces a panic; the log has its stack.
var errPanicked = errors.New("a panic")

// dispatch passes an update to handle. A panic there costs this update: it counts
// as answered, since it would panic in the next process as well.
func (c *Client) dispatch(ctx context.Context, j bot.Journal, handle func(bot.Update), u bot.Update) {
	err := c.recoverPanic(ctx, "an update panicked: a bug of ours; please report it with the stack. Its person gets no answer, and others are served all the same", func() error {
		handle(u)
		return nil
	})
	if err != nil {
		j.Answered(c.id, u.ID)
	}
}

// recoverPanic turns a panic of f into errPanicked and a log line.
func (c *Client) recoverPanic(ctx context.Context, text string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, text, stdlog.Panic(p)...)
			err = errPanicked
		}
	}()
	return f()
}
