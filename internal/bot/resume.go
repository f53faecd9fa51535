package bot

import (
	"context"
	"sync"
	"time"

	"kitebot/internal/bot/view"
)

const (
	// mostAttempts is how many processes may end over an update. The next one says
	// sorry for it, and if that ends too, the one after that is silent.
	mostAttempts = 2
	// mostResumed is how many updates of an earlier process run at a time.
	mostResumed = 4
	// beginPause is the pause before an attempt is counted again that could not be.
	beginPause = 10 * time.Second
)

// Resume takes up the work of an earlier process: it queues what that took but
// did not answer, and parts from those who are no longer let in. It fails
// when the store cannot be read: a block must not be forgotten.
func (b *Bot) Resume() error {
	if b.door.err != nil {
		return b.door.err
	}
	if err := b.door.tidy(); err != nil {
		return err
	}
	left, err := b.Journal.Unanswered(b.ID)
	if err != nil {
		return err
	}
	strangers, err := b.strangers()
	if err != nil {
		return err
	}
	b.resume(left)
	if len(strangers) > 0 {
		b.background(func() { b.partFromAll(strangers) })
	}
	return nil
}

// resume queues updates in each person's mailbox, where they come before newer
// ones. Each asks the pacer before it runs. The oldest of each person asks right
// here, so that the oldest of all run first.
func (b *Bot) resume(left []Update) {
	heads := map[int64]bool{} // people whose oldest update was queued
	for _, u := range left {
		switch {
		case u.Entry.Attempts > mostAttempts:
			b.Logger.Error("an update is given up without a word: processes ended over it, also while its person was told so", "update", u.ID)
			b.answered(u)
			continue
		case b.outside(u):
			b.answered(u) // what outsiders sent is not taken up again
			continue
		case !heads[u.From]:
			heads[u.From] = true
			b.pace.enter(u.Entry.Sequence)
		}
		if u.Entry.Attempts >= mostAttempts && !u.Entry.Ran {
			b.Logger.Error("an update is given up: two processes ended over it, and its person is told to send it again", "update", u.ID)
		}
		if !b.dispatch(u, true) {
			b.pace.leave(u.Entry.Sequence)
		}
	}
}

// retold replaces what an update of an earlier process asks for, where that must
// not run again.
func retold(o order, e Entry) order {
	var m view.Message
	switch {
	case e.Ran:
		m = view.CarriedOut(o.request.Command, o.look)
	case e.Attempts >= mostAttempts:
		m = view.GivenUp(o.request.Command)
	default:
		return o
	}
	reply := say(m)
	if o.paste {
		reply.Delete = o.request.Typed
	}
	o.run = func(context.Context, *Request) (Reply, error) { return reply, nil }
	o.overtakes = ""
	return o
}

// takeUp waits until an update of an earlier process may run, and counts the
// attempt. It reports false when the bot stops first, or ctx ends because another
// order overtakes it.
func (b *Bot) takeUp(ctx context.Context, u Update) bool {
	select {
	case <-b.pace.enter(u.Entry.Sequence):
	case <-ctx.Done():
	case <-b.ctx.Done():
	}
	for ctx.Err() == nil && b.ctx.Err() == nil {
		err := b.Journal.Begin(b.ID, u.ID)
		if err == nil {
			return true
		}
		b.Logger.Warn("an update of the last run cannot be counted: it waits, since it may have ended that run", "update", u.ID, "err", err)
		b.rest(beginPause)
	}
	return false
}

// pacer lets a few updates of an earlier process run at a time, of those that
// ask the one with the lowest sequence number first.
type pacer struct {
	mu      sync.Mutex
	running int
	asked   map[uint64]*permit // by sequence number
}

type permit struct {
	given bool
	ready chan struct{} // closed once it is given
}

func newPacer() *pacer { return &pacer{asked: map[uint64]*permit{}} }

// enter asks for a permit. What it returns is closed once the update may run.
func (p *pacer) enter(sequence uint64) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked[sequence] == nil {
		p.asked[sequence] = &permit{ready: make(chan struct{})}
		p.give()
	}
	return p.asked[sequence].ready
}

// leave gives a permit back, or stops asking for it.
func (p *pacer) leave(sequence uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.asked[sequence]
	if it == nil {
		return
	}
	delete(p.asked, sequence)
	if it.given {
		p.running--
	}
	p.give()
}

func (p *pacer) give() {
	for p.running < mostResumed {
		var first uint64
		for sequence, it := range p.asked {
			if !it.given && (first == 0 || sequence < first) {
				first = sequence
			}
		}
		if first == 0 {
			return
		}
		p.asked[first].given = true
		p.running++
		close(p.asked[first].ready)
	}
}
