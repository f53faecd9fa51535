package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/kite/wire"
	"kitebot/internal/panics"
)

// errNotAllowed says that the recipient may not get this (any more).
var errNotAllowed = errors.New("the person may not use the bot")

// recipient is for whom a message is: the chat where it appears, and the person
// because of whom it does.
type recipient struct {
	chat, person int64
	anyone       bool // for unauthorized people too, but never for the blocked
	outside      bool // unauthorized: by [Options.Unauthorized]
}

// privateChat is the private chat of a person, for what they get as a user of the bot.
func privateChat(person int64) recipient { return recipient{chat: person, person: person} }

// mayReceive reports whether a recipient may get messages at this moment.
func (b *Bot) mayReceive(to recipient) bool {
	if to.anyone {
		return !b.access.IsBlocked(to.person)
	}
	return b.access.Allowed(to.person)
}

// deliver shows a reply. It has its own deadline: an answer that took long to
// work out still has time to arrive, and while Telegram takes nothing, the
// person's mailbox waits with it. It fails with errNotAllowed as soon as the
// person may not use the bot any more, and with errOvertaken as soon as they sent a
// command that does not wait. ctx is a job's delivery context. What is to be deleted
// goes first; the rest is shown even where that fails.
func (b *Bot) deliver(ctx context.Context, to recipient, pressed int, r command.Reply) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	stays := b.remove(ctx, to, r.Delete)
	if err := b.deliverMessages(ctx, to, pressed, r); err != nil {
		b.logNotDeleted(stays, false)
		return err
	}
	if retryable(stays) {
		stays = b.remove(ctx, to, r.Delete) // Telegram takes something again
	}
	ask := stays != nil && r.Undeleted != nil && b.mail.ctx.Err() == nil // else the next process deletes it
	b.logNotDeleted(stays, ask)
	if !ask {
		return nil
	}
	return b.retryDelivery(ctx, to, func() error { _, err := b.messenger(to).Send(ctx, to.chat, *r.Undeleted); return err })
}

// deliverMessages shows what a reply says, but for what depends on a deletion.
func (b *Bot) deliverMessages(ctx context.Context, to recipient, pressed int, r command.Reply) error {
	if r.Message != nil {
		var message int
		err := b.retryDelivery(ctx, to, func() (err error) {
			message, err = b.show(ctx, to, pressed, *r.Message, r.InPlace)
			return err
		})
		if err != nil {
			b.logNotDeleted(b.remove(ctx, to, r.Placeholder), false) // else it says that an answer is to come
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

// maxDoubtful bounds how often a message is sent again that may be there
// already. Each time the messenger has sent it twice.
const maxDoubtful = 2

// retryDelivery tries until it works, can never work, would only show the same message
// over and over, or ctx ends.
func (b *Bot) retryDelivery(ctx context.Context, to recipient, try func() error) error {
	doubts := 0
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if err := b.undeliverable(ctx, to); err != nil {
			return err
		}
		err := try()
		if causedBy(err, DeliveryDoubtful) {
			doubts++
		}
		if !retryable(err) || doubts == maxDoubtful {
			return err
		}
		if !sleep(ctx, pause) {
			return cmp.Or(b.undeliverable(ctx, to), err) // the first is why it ended
		}
	}
}

// undeliverable returns why a recipient may not get anything any more, or does not
// wait for it; nil while it may.
func (b *Bot) undeliverable(ctx context.Context, to recipient) error {
	switch {
	case !b.mayReceive(to):
		return errNotAllowed
	case errors.Is(context.Cause(ctx), errOvertaken):
		return errOvertaken
	default:
		return nil
	}
}

// probablyDelivered reports whether a message has arrived by all odds: it was sent several
// times over, without an answer. A later process does not send it again.
func (b *Bot) probablyDelivered(err error) bool {
	return causedBy(err, DeliveryDoubtful) && b.mail.ctx.Err() == nil
}

// show edits in place where that is wanted and possible, else sends.
func (b *Bot) show(ctx context.Context, to recipient, pressed int, m view.Message, inPlace bool) (int, error) {
	if inPlace && pressed != 0 {
		err := b.messenger(to).Edit(ctx, to.chat, pressed, m)
		if err == nil || !messageGone(err) {
			return pressed, err
		}
	}
	return b.messenger(to).Send(ctx, to.chat, m)
}

// replace changes an earlier message; one that the person deleted is no loss.
func (b *Bot) replace(ctx context.Context, to recipient, r command.Replacement) error {
	if err := b.messenger(to).Edit(ctx, to.chat, r.Message, r.View); err != nil && !messageGone(err) {
		return fmt.Errorf("edit message: %w", err)
	}
	return nil
}

// typing shows that an answer is on its way once it takes longer than a
// moment. It runs concurrently with the work; the returned func ends
// it and waits until it is gone.
func (b *Bot) typing(ctx context.Context, to recipient) (stop func()) {
	if to.outside {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	panics.Spawn(&running, b.logPanic, func() {
		for pause := typingAfter; sleep(ctx, pause); pause = typingLasts {
			if !b.mayReceive(to) || b.Presses.Typing(ctx, to.chat) != nil {
				return
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// messenger is what shows messages to a recipient.
func (b *Bot) messenger(to recipient) Messenger {
	if to.outside {
		return b.Unauthorized
	}
	return b.Messenger
}

// errNotPrivate: outside of a private chat the bot deletes nothing.
var errNotPrivate = errors.New("the chat is not private")

// errTooMany: a person sends more than is deleted meanwhile.
var errTooMany = errors.New("too many wait to be deleted")

// remove deletes a message of a private chat; 0 is none. It runs outside the
// mailbox: a command that overtakes waits for no deletion, and ends none.
func (b *Bot) remove(ctx context.Context, to recipient, message int) error {
	switch {
	case message == 0:
		return nil
	case to.chat != to.person:
		return errNotPrivate
	}
	done := make(chan error, 1)
	b.background(func() {
		ctx, cancel := context.WithTimeout(b.mail.ctx, removeTime)
		defer cancel()
		done <- b.Messenger.Delete(ctx, to.chat, message)
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// logNotDeleted says that a message was not deleted, and whether its person is asked
// to do it. A deletion that was overtaken goes on by itself.
func (b *Bot) logNotDeleted(stays error, asked bool) {
	switch {
	case stays == nil, errors.Is(stays, errOvertaken):
	case asked:
		b.Logger.Warn("a message was not deleted", "effect", "its person is asked to delete it", "err", stays)
	default:
		b.Logger.Warn("a message was not deleted", "effect", "it stays in the chat until its person deletes it", "err", stays)
	}
}

// Files that are on their way stay in memory for as long as Telegram takes to
// accept them, which may be all of deliveryTime.
const (
	// smallFiles is how many bytes of files a reply may have that are not counted.
	smallFiles = 256 << 10
	// maxFiles bounds the other files of all people together, in bytes. One that
	// has more by itself goes when no other is on its way.
	maxFiles = 12 << 20
)

// holdFiles counts the files of a reply until release is called. It fails with
// [wire.KindLimited] when there is no room for them: their person asks again,
// since what waited would need the room.
func (b *Bot) holdFiles(command string, r command.Reply) (release func(), err error) {
	size := int64(0)
	for _, m := range r.More {
		size += fileSize(m.File)
	}
	if r.Message != nil {
		size += fileSize(r.Message.File)
	}
	if size <= smallFiles {
		return func() {}, nil
	}
	size = min(size, maxFiles)
	release = func() { b.files.Add(-size) }
	if b.files.Add(size) > maxFiles {
		release()
		return func() {}, &wire.Error{Kind: wire.KindLimited, Tool: command}
	}
	return release, nil
}

func fileSize(f *view.File) int64 {
	if f == nil {
		return 0
	}
	return int64(len(f.Data))
}
