package telegram

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"kitebot/internal/bot"
	"kitebot/internal/clock"
)

const (
	// maxAttempts bounds the attempts of a call that gets no answer. A 429 does not count.
	maxAttempts = 5
	// maxResends bounds how often a message is sent again whose result is unknown.
	maxResends = 1
)

// call is one Bot API call that may be retried.
type call struct {
	method string
	// idempotent: doing it twice is the same as once, as with an edit.
	idempotent bool
	do         func(ctx context.Context) error
	// plain replaces this call where Telegram refuses native tables; nil for none.
	plain *call
}

// inOrder makes a call in a chat, after the earlier calls there.
func (c *Client) inOrder(ctx context.Context, q *queue, chat int64, k call) error {
	leave, err := c.limits.enter(ctx, chat)
	if err != nil {
		return deliveryError(fmt.Errorf("%s: wait for the messages before it: %w", k.method, err))
	}
	defer leave()
	err = c.retry(ctx, q, chat, k)
	switch {
	case k.plain == nil:
	case tablesRefused(err):
		err = c.sendAsText(ctx, q, chat, *k.plain, err)
	case err == nil, isKind(err, unchanged):
		c.tables.accepted()
	}
	f, ok := errors.AsType[*apiError](err)
	if ok && f.kind == refused {
		c.log.ErrorContext(ctx, "telegram refuses a message of ours: its person does not get it; a bug, please report it", "error", f)
	}
	if ok && f.kind == lost && f.code == 0 && !k.idempotent { // a gateway's error page would be an answer
		return &bot.DeliveryError{Cause: bot.DeliveryDoubtful, Err: err}
	}
	return deliveryError(err)
}

// retry makes a call until it is done or another attempt is useless:
//
//   - a 429 is waited out, as often as it comes, until ctx ends; [rateLimiter.block] says
//     what else waits for it;
//   - a call that was not sent is made again a few times;
//   - a call whose result is unknown is made again a few times if it is
//     idempotent, else once: a message may then appear twice, but none is missing.
func (c *Client) retry(ctx context.Context, q *queue, chat int64, k call) error {
	back := backoff{}
	for doubts := 0; ; {
		f, err := c.attempt(ctx, q, chat, k)
		switch {
		case err != nil:
			return fmt.Errorf("%s: wait for telegram: %w", k.method, err)
		case f == nil:
			return nil
		}
		switch f.kind {
		case rateLimited:
			continue
		case unsent:
		case lost:
			if doubts++; doubts > maxResends && !k.idempotent {
				return f
			}
		default:
			return f
		}
		if back.attempts+1 >= maxAttempts || ctx.Err() != nil {
			return f
		}
		if err := wait(ctx, c.clock, back.next()); err != nil {
			return f
		}
	}
}

// attempt makes a call once, when it may go out. An error is ctx's, before that.
func (c *Client) attempt(ctx context.Context, q *queue, chat int64, k call) (f *apiError, err error) {
	done, err := c.limits.pass(ctx, q, chat)
	if err != nil {
		return nil, err
	}
	passed := false
	defer func() { done(passed) }()
	if err := k.do(ctx); err != nil {
		f = apiErrorOf(k.method, err)
	}
	switch {
	case f == nil:
		passed = true
	case f.kind == rateLimited:
		c.obey429(ctx, q, chat, f)
	default:
		passed = f.kind != lost && f.kind != unsent // these say nothing about a limit
	}
	return f, nil
}

// longRetryAfter is the least retry_after that an operator should know of.
const longRetryAfter = time.Minute

// obey429 blocks what a 429 is about. The log does not name the chat.
func (c *Client) obey429(ctx context.Context, q *queue, chat int64, f *apiError) {
	switch all := c.limits.block(q, chat, f.retryAfter); {
	case all:
		c.log.WarnContext(ctx, "telegram wants silence, every message waits", "method", f.method, "for", f.retryAfter)
	case f.retryAfter >= longRetryAfter:
		c.log.WarnContext(ctx, "telegram wants a long silence in one place, messages there wait", "method", f.method, "for", f.retryAfter)
	}
}

// deliveryError converts an error to a *bot.DeliveryError.
func deliveryError(err error) error {
	if err == nil {
		return nil
	}
	cause := bot.DeliveryFailed
	if f, ok := errors.AsType[*apiError](err); ok {
		switch f.kind {
		case gone:
			cause = bot.DeliveryGone
		case missing:
			cause = bot.DeliveryNoMessage
		case refused, undeletable, unreadable: // the last was shown: to send it again would only double it
			cause = bot.DeliveryRefused
		}
	}
	return &bot.DeliveryError{Cause: cause, Err: err}
}

// isKind says that err is an apiError of that kind.
func isKind(err error, k kind) bool {
	f, ok := errors.AsType[*apiError](err)
	return ok && f.kind == k
}

const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// backoff is exponential with full jitter: each wait is drawn from the whole of a
// span that doubles from 100 ms to 5 s.
type backoff struct{ attempts int }

// next draws the wait before the next attempt; it is never zero.
func (b *backoff) next() time.Duration {
	span := min(firstBackoff<<min(b.attempts, 6), lastBackoff)
	b.attempts++
	return 1 + rand.N(span)
}

// after is next, or what Telegram asked for with a 429.
func (b *backoff) after(f *apiError) time.Duration {
	if f.kind == rateLimited {
		return f.retryAfter
	}
	return b.next()
}

// wait returns nil after d, or ctx's error.
func wait(ctx context.Context, c clock.Clock, d time.Duration) error {
	timer := c.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
