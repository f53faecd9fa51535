package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kitebot/internal/bot/view"
)

// deliver shows a reply. It has its own deadline: an answer that took long to
// work out still has time to arrive, and while Telegram takes nothing, the
// person's mailbox waits with it. It fails with errUnwelcome as soon as the
// person may not be told any more, and with errOvertaken as soon as they gave an
// order that does not wait. ctx is that of a turn's talk. What is to be deleted
// goes first; that it stays keeps nothing back.
func (b *Bot) deliver(ctx context.Context, to audience, pressed int, r Reply) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	stays := b.remove(ctx, to, r.Delete)
	if err := b.tellAll(ctx, to, pressed, r); err != nil {
		b.noteStays(stays, false)
		return err
	}
	if later(stays) {
		stays = b.remove(ctx, to, r.Delete) // Telegram takes something again
	}
	ask := stays != nil && r.Undeleted != nil && b.mail.ctx.Err() == nil // else the next process deletes it
	b.noteStays(stays, ask)
	if !ask {
		return nil
	}
	return b.retryDelivery(ctx, to, func() error { _, err := b.messenger(to).Send(ctx, to.chat, *r.Undeleted); return err })
}

// tellAll shows what a reply says, but for what depends on a deletion.
func (b *Bot) tellAll(ctx context.Context, to audience, pressed int, r Reply) error {
	if r.Message != nil {
		var message int
		err := b.retryDelivery(ctx, to, func() (err error) {
			message, err = b.show(ctx, to, pressed, *r.Message, r.InPlace)
			return err
		})
		if err != nil {
			b.noteStays(b.remove(ctx, to, r.slow), false) // else it says that an answer is to come
			return err
		}
		if r.Sent != nil {
			if err := r.Sent(message); err != nil {
				return err
			}
		}
	}
	for _, m := range r.More {
		if err := b.retryDelivery(ctx, to, func() error { _, err := b.messenger(to).Send(ctx, to.chat, m); return err }); err != nil {
			return err
		}
	}
	for _, also := range r.Also {
		if err := b.retryDelivery(ctx, to, func() error { return b.replace(ctx, to, also) }); err != nil {
			return err
		}
	}
	return nil
}

// The pauses between attempts to deliver; the messenger has tried a few times
// by itself before each.
const (
	firstPause   = 2 * time.Second
	longestPause = 30 * time.Second
)

// mostDoubts bounds how often a message is sent again that may be there
// already. Each time the messenger has sent it twice.
const mostDoubts = 2

// retryDelivery tries until it works, can never work, would only show the same message
// over and over, or ctx ends.
func (b *Bot) retryDelivery(ctx context.Context, to audience, try func() error) error {
	doubts := 0
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if err := b.undeliverable(ctx, to); err != nil {
			return err
		}
		err := try()
		if causedBy(err, DeliveryDoubtful) {
			doubts++
		}
		if !later(err) || doubts == mostDoubts {
			return err
		}
		t := b.Clock.NewTimer(pause)
		select {
		case <-t.Chan():
		case <-ctx.Done():
			t.Stop()
			return cmp.Or(b.undeliverable(ctx, to), err) // the first is why it ended
		}
	}
}

// undeliverable returns why an audience may no longer be told anything, or waits for
// nothing any more; nil while it may.
func (b *Bot) undeliverable(ctx context.Context, to audience) error {
	switch {
	case !b.hears(to):
		return errUnwelcome
	case errors.Is(context.Cause(ctx), errOvertaken):
		return errOvertaken
	default:
		return nil
	}
}

// later reports whether a delivery failed in a way that may pass.
func later(err error) bool {
	return causedBy(err, DeliveryFailed) || causedBy(err, DeliveryDoubtful)
}

// likely reports whether a message has arrived by all odds: it was sent several
// times over, and nobody said anything. A later process does not send it again.
func (b *Bot) likely(err error) bool {
	return causedBy(err, DeliveryDoubtful) && b.mail.ctx.Err() == nil
}

func causedBy(err error, c DeliveryCause) bool {
	d, ok := errors.AsType[*DeliveryError](err)
	return ok && d.Cause == c
}

// show edits in place where that is wanted and possible, else sends.
func (b *Bot) show(ctx context.Context, to audience, pressed int, m view.Message, inPlace bool) (int, error) {
	if inPlace && pressed != 0 {
		err := b.messenger(to).Edit(ctx, to.chat, pressed, m)
		if err == nil || !gone(err) {
			return pressed, err
		}
	}
	return b.messenger(to).Send(ctx, to.chat, m)
}

// replace changes an earlier message; one that the person deleted is no loss.
func (b *Bot) replace(ctx context.Context, to audience, r Replacement) error {
	if err := b.messenger(to).Edit(ctx, to.chat, r.Message, r.View); err != nil && !gone(err) {
		return fmt.Errorf("edit message: %w", err)
	}
	return nil
}

// gone reports whether the message to edit does not exist (any more).
func gone(err error) bool { return causedBy(err, DeliveryNoMessage) }

// typing shows that an answer is on its way once it takes longer than a
// moment. It runs beside the work and never before it; the returned func ends
// it and waits until it is gone.
func (b *Bot) typing(ctx context.Context, to audience) (stop func()) {
	if to.outside {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	spawn(&running, b.caught, func() {
		wait := typingAfter
		for {
			t := b.Clock.NewTimer(wait)
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.Chan():
			}
			if !b.hears(to) || b.Presses.Typing(ctx, to.chat) != nil {
				return
			}
			wait = typingLasts
		}
	})
	return func() { cancel(); running.Wait() }
}
