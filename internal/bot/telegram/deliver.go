package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"

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
	// plain is made instead where Telegram does not take this call; nil for none.
	plain *call
}

// post makes a call in a chat, in order with the others there.
func (c *Client) post(ctx context.Context, chat int64, k call) error {
	leave, err := c.gate.enter(ctx, chat)
	if err != nil {
		return deliveryError(fmt.Errorf("%s: wait for the messages before it: %w", k.method, err))
	}
	defer leave()
	err = c.follow(ctx, chat, k)
	if k.plain != nil && declined(err) {
		err = c.plainly(ctx, chat, *k.plain, err)
	}
	if f, ok := errors.AsType[*fault](err); ok && f.kind == refused {
		c.log.ErrorContext(ctx, "telegram refuses a message of ours", "error", f)
	}
	return deliveryError(err)
}

// follow makes a call, and once more where a group that became a supergroup is
// now.
func (c *Client) follow(ctx context.Context, chat int64, k call) error {
	err := c.persist(ctx, chat, k)
	if f, ok := errors.AsType[*fault](err); ok && f.kind == moved {
		err = c.persist(ctx, f.movedTo, k)
	}
	return err
}

// plainly makes the call that stands in for a declined one. If this one works,
// the kind of message was the trouble, and none of that kind is tried again for
// as long as the process lives: a server too old for it would decline them all,
// and everybody would wait for two answers.
func (c *Client) plainly(ctx context.Context, chat int64, k call, reason error) error {
	err := c.follow(ctx, chat, k)
	if worked := err == nil || isKind(err, unchanged); worked && !c.plainOnly.Swap(true) {
		c.log.WarnContext(ctx, "telegram takes no native tables here, they go as text from now on", "error", reason)
	}
	return err
}

// declined says that Telegram refuses what was asked for and not just now: the
// request is wrong to it, people may not be sent that, or, with a code that else
// stands for a bad token, its server does not know the method.
func declined(err error) bool {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return false
	}
	switch f.kind {
	case refused:
		return true
	case gone:
		return f.code == http.StatusBadRequest
	case unauthorized:
		return f.code == http.StatusNotFound
	}
	return false
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
