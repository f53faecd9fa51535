package bot

import (
	"context"
	"sync"
	"time"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/panics"
)

// slowTime is how long the answer waits for the message that Kite is slow to be sent.
const slowTime = 5 * time.Second

// sayWhenSlow has the person of a command that works for long read that Kite is slow.
// The returned func ends that, and returns the message that says it, 0 for none. The
// message says what holds at its time, so that it is true after a kill, too: the
// next process answers the command.
func (b *Bot) sayWhenSlow(jc jobContexts, inv invocation) (end func() (message int)) {
	if inv.to.outside || inv.to.chat != inv.to.person {
		return func() int { return 0 }
	}
	ctx, stop := context.WithCancel(jc.work)
	message := 0
	var running sync.WaitGroup
	panics.Spawn(&running, b.logPanic, func() {
		if !sleep(ctx, command.SlowAfter) || !b.mayReceive(inv.to) {
			return
		}
		ctx, cancel := context.WithTimeout(jc.delivery, slowTime) // not that of the work: what is sent must be known
		defer cancel()
		v := dialog.Slow{Command: inv.request.Command, Now: b.Now()}
		if inv.overtakes == "" {
			v.Cancel = inv.request.Command + ":cancel"
		}
		sent, err := b.Messenger.Send(ctx, inv.to.chat, v.Message())
		if err != nil {
			b.Logger.Warn("the notice that kite is slow was not sent", "effect", "the person waits without it", "err", err)
			return
		}
		message = sent
	})
	return func() int { stop(); running.Wait(); return message }
}

// placeReply puts a reply in the place of the message that says that Kite is slow, if
// there is one. Where it cannot stand there that message goes. It returns the
// message that the reply replaces, where it does.
func (b *Bot) placeReply(ctx context.Context, inv invocation, reply *command.Reply, slow int) (place int) {
	m := reply.Message
	switch {
	case slow == 0:
		return inv.request.Pressed
	case m != nil && !reply.InPlace && !m.Protect && m.File == nil:
		reply.InPlace, reply.Placeholder = true, slow
		return slow
	case reply.Delete == 0:
		reply.Delete = slow
		return inv.request.Pressed
	default:
		b.logNotDeleted(b.remove(ctx, inv.to, slow), false)
		return inv.request.Pressed
	}
}

// cancelled answers a command that was cancelled.
func cancelled(inv invocation) command.Reply {
	look := ""
	if inv.request.Account.Changed() {
		look = inv.look
	}
	return command.Say(dialog.Cancelled(inv.request.Command, look))
}
