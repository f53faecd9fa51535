package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kitebot/internal/bot/view"
)

const (
	// slowAfter is how long a command works before its person reads that Kite is slow.
	slowAfter = 8 * time.Second
	// slowTime is how long the answer waits for that message to be sent.
	slowTime = 5 * time.Second
)

// errCancelled says that a person has cancelled a command.
var errCancelled = fmt.Errorf("the person pressed Cancel: %w", context.Canceled)

// underWay are the commands that work now, by their person, who has one at a time.
type underWay struct {
	mu  sync.Mutex
	all map[int64]work
}

type work struct {
	command string
	stop    context.CancelCauseFunc
}

// begin returns the context of an order's work, and what ends it.
func (u *underWay) begin(ctx context.Context, o order) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	if o.to.outside || o.overtakes != "" { // an order that overtakes is never stopped
		return ctx, func() { stop(nil) }
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all == nil {
		u.all = map[int64]work{}
	}
	u.all[o.to.person] = work{o.request.Command, stop}
	return ctx, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.all, o.to.person)
		stop(nil)
	}
}

// cancel stops a person's command. It reports whether that one is under way.
func (u *underWay) cancel(person int64, command string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	w, found := u.all[person]
	found = found && w.command == command
	if found {
		w.stop(errCancelled)
	}
	return found
}

// sayIfSlow tells the person of a command that works for long that Kite is slow. The
// returned func ends that, and returns the message that tells it, 0 for none. The
// message says what holds at its time, so that it is true after a kill, too: the
// next process answers the command.
func (b *Bot) sayIfSlow(t turn, o order) (end func() (message int)) {
	if o.to.outside || o.to.chat != o.to.person {
		return func() int { return 0 }
	}
	ctx, stop := context.WithCancel(t.work)
	message := 0
	var running sync.WaitGroup
	spawn(&running, b.caught, func() {
		timer := b.Clock.NewTimer(slowAfter)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return
		case <-timer.Chan():
		}
		if !b.hears(o.to) {
			return
		}
		ctx, cancel := context.WithTimeout(t.delivery, slowTime) // not that of the work: what is sent must be known
		defer cancel()
		v := view.Slow{Command: o.request.Command, Now: b.Clock.Now()}
		if o.overtakes == "" {
			v.Cancel = o.request.Command + ":cancel"
		}
		sent, err := b.Messenger.Send(ctx, o.to.chat, v.Message())
		if err != nil {
			b.Logger.Warn("that Kite is slow was not told: the person waits without a word", "err", err)
			return
		}
		message = sent
	})
	return func() int { stop(); running.Wait(); return message }
}

// settle puts a reply in the place of the message that told that Kite is slow, if
// there is one. Where it cannot stand there that message goes. It returns the
// message that the reply replaces, where it does.
func (b *Bot) settle(ctx context.Context, o order, reply *Reply, slow int) (place int) {
	m := reply.Message
	switch {
	case slow == 0:
		return o.request.Pressed
	case m != nil && !reply.InPlace && !m.Protect && m.File == nil:
		reply.InPlace, reply.slow = true, slow
		return slow
	case reply.Delete == 0:
		reply.Delete = slow
		return o.request.Pressed
	default:
		b.noteStays(b.remove(ctx, o.to, slow), false)
		return o.request.Pressed
	}
}

// cancelled answers a command that was cancelled.
func cancelled(o order) Reply {
	look := ""
	if *o.request.acted {
		look = o.look
	}
	return say(view.Cancelled(o.request.Command, look))
}
