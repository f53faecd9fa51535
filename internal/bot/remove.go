package bot

import (
	"context"
	"errors"
)

// errNotPrivate: outside of a private chat the bot deletes nothing.
var errNotPrivate = errors.New("the chat is not private")

// errTooMany: a person sends more than is deleted meanwhile.
var errTooMany = errors.New("too many wait to be deleted")

// remove deletes a message of a private chat; 0 is none. It runs beside the
// mailbox: an order that overtakes waits for no deletion, and ends none.
func (b *Bot) remove(ctx context.Context, to audience, message int) error {
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

// removeUnread deletes the message of an order that was not carried out.
func (b *Bot) removeUnread(o order) {
	ctx, cancel := context.WithTimeout(b.mail.ctx, removeTime)
	defer cancel()
	b.noteStays(b.remove(ctx, o.to, o.request.Typed), false)
}

// noteStays says that a message was not deleted, and whether its person is asked
// to do it. A deletion that a later order overtook goes on by itself.
func (b *Bot) noteStays(stays error, asked bool) {
	switch {
	case stays == nil, errors.Is(stays, errOvertaken):
	case asked:
		b.Logger.Warn("a message was not deleted: its person is asked to delete it themselves", "err", stays)
	default:
		b.Logger.Warn("a message was not deleted: it stays in the chat until its person deletes it", "err", stays)
	}
}
