package telegram

import (
	"context"
	"errors"
	"fmt"

	"kitebot/internal/bot"
)

const (
	// mostTries bounds attempts that fail on the way, a 429 aside.
	mostTries = 5
	// mostDoubles bounds how often a message of unknown fate is sent again.
	mostDoubles = 1
)

// call is one Bot API call that may have to be made again.
type call struct {
	method string
	// repeatable: doing it twice is the same as once, as with an edit.
	repeatable bool
	do         func(ctx context.Context, chat int64) error
}

// post makes a call in a chat, in order with the others there. A group that
// became a supergroup is followed to its new id, once.
func (c *Client) post(ctx context.Context, chat int64, k call) error {
	leave, err := c.gate.enter(ctx, chat)
	if err != nil {
		return deliveryError(fmt.Errorf("%s: wait for the messages before it: %w", k.method, err))
	}
	defer leave()
	err = c.persist(ctx, chat, k)
	if f, ok := errors.AsType[*fault](err); ok && f.kind == moved {
		err = c.persist(ctx, f.movedTo, k)
	}
	if f, ok := errors.AsType[*fault](err); ok && f.kind == refused {
		c.log.ErrorContext(ctx, "telegram refuses a message of ours", "error", f)
	}
	return deliveryError(err)
}

// persist makes a call until it is done or trying on is useless:
//
//   - a 429 is waited out, as often as it comes, until ctx ends;
//   - a call that never left is made again a few times;
//   - a call whose fate is unknown is made again a few times if that is
//     harmless, else once: a message may then appear twice, but none is missing.
func (c *Client) persist(ctx context.Context, chat int64, k call) error {
	back := backoff{}
	for doubts := 0; ; {
		if err := c.gate.pass(ctx, chat); err != nil {
			return fmt.Errorf("%s: wait for telegram: %w", k.method, err)
		}
		err := k.do(ctx, chat)
		if err == nil {
			return nil
		}
		f := faultOf(k.method, err)
		switch f.kind {
		case flooded:
			c.gate.shut(chat, f.retryAfter)
			continue
		case unsent:
		case lost:
			if doubts++; doubts > mostDoubles && !k.repeatable {
				return f
			}
		default:
			return f
		}
		if back.attempts+1 >= mostTries || ctx.Err() != nil {
			return f
		}
		if err := wait(ctx, c.clock, back.next()); err != nil {
			return f
		}
	}
}

// deliveryError gives an error the bot's own cause.
func deliveryError(err error) error {
	if err == nil {
		return nil
	}
	cause := bot.DeliveryFailed
	if f, ok := errors.AsType[*fault](err); ok {
		switch f.kind {
		case gone:
			cause = bot.DeliveryGone
		case missing:
			cause = bot.DeliveryNoMessage
		case refused:
			cause = bot.DeliveryRefused
		}
	}
	return &bot.DeliveryError{Cause: cause, Err: err}
}

// isKind says that err is a fault of that kind.
func isKind(err error, k kind) bool {
	f, ok := errors.AsType[*fault](err)
	return ok && f.kind == k
}
