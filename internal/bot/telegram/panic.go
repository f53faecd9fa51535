package telegram

import (
	"context"
	"errors"

	"kitebot/internal/bot"
	"kitebot/internal/stdlog"
)

// errPanicked is a bug of ours that was met; the log has its stack.
var errPanicked = errors.New("a panic")

// dispatch gives an update to handle. A bug met there costs this update: it counts
// as answered, since the next process would meet the bug again.
func (c *Client) dispatch(ctx context.Context, j bot.Journal, handle func(bot.Update), u bot.Update) {
	err := c.recoverPanic(ctx, "an update panicked: a bug of ours; please report it with the stack. Its person gets no answer, and others are served all the same", func() error {
		handle(u)
		return nil
	})
	if err != nil {
		j.Answered(c.id, u.ID)
	}
}

// recoverPanic turns a panic of f into errPanicked and a line in the log.
func (c *Client) recoverPanic(ctx context.Context, text string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.ErrorContext(ctx, text, stdlog.Panic(p)...)
			err = errPanicked
		}
	}()
	return f()
}
