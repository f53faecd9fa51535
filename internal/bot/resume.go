package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"kitebot/internal/bot/view"
)

const (
	// mostAttempts is how many processes may end over an update. Where there is one
	// such update, the next process gives it up and says so. Where there were several, it is
	// not known which of them is to blame: each is tried once more, alone.
	mostAttempts = 2
	// mostResumed is how many updates of an earlier process run at a time.
	mostResumed = 4
	// beginPause is the pause before an attempt is counted again that could not be.
	beginPause = 10 * time.Second
)

// Resume takes up the work of an earlier process: it queues what that took but
// did not answer, and ends the logins of those who are no longer let in. It fails
// when the store cannot be read: a block must not be forgotten.
func (b *Bot) Resume() error {
	if b.access.err != nil {
		return b.access.err
	}
	if err := b.access.tidy(); err != nil {
		return err
	}
	left, err := b.left()
	if err != nil {
		return err
	}
	notLetIn, err := b.notLetIn()
	if err != nil {
		return err
	}
	b.resume(left)
	if len(notLetIn) > 0 {
		b.background(func() { b.partFromAll(notLetIn) })
	}
	return nil
}

// early are the updates that this process made of what waited for a login, before
// it has read what the last one left.
type early struct {
	mu    sync.Mutex
	taken []Update
	over  bool
}

// left is what an earlier process took but did not answer, the oldest first.
func (b *Bot) left() ([]Update, error) {
	b.early.mu.Lock()
	defer b.early.mu.Unlock()
	left, err := b.Journal.Unanswered(b.ID)
	left = slices.DeleteFunc(left, func(u Update) bool {
		return slices.ContainsFunc(b.early.taken, func(own Update) bool { return own.ID == u.ID })
	})
	b.early.taken, b.early.over = nil, true
	return left, err
}

// resume queues updates in each person's mailbox, where they come before newer
// ones. Each asks the pacer before it runs. The oldest of each person asks right
// here, so that the oldest of all run first; but not behind an event that may take
// long to tell, since a permit that waits lets no one run.
func (b *Bot) resume(left []Update) {
	heads := map[int64]bool{} // people whose oldest update was queued
	suspects := 0             // with those that are to blame: they may have ended the others' processes
	for _, u := range left {
		if u.Entry.suspect() || u.Entry.toBlame() {
			suspects++
		}
	}
	for _, u := range left {
		if u.Entry.suspect() && suspects == 1 {
			u.Entry.Attempts = mostAttempts + 1 // it is to blame
		}
		switch {
		case u.Entry.Attempts > mostAttempts+1:
			b.Logger.Error("an update is given up without a word: processes ended over it, also while its person was told so", "update", u.ID)
			b.answered(u)
			continue
		case b.outside(u):
			b.answered(u) // what outsiders sent is not taken up again
			continue
		case !heads[u.From]:
			heads[u.From] = true
			if !b.mail.busy(u.From) {
				b.pace.enter(u.Entry)
			}
		}
		if u.Entry.toBlame() {
			b.Logger.Error("an update is given up: processes ended over it, and its person is told to send it again", "update", u.ID)
		}
		if !b.dispatch(u, true) {
			b.pace.leave(u.Entry)
		}
	}
}

// suspect reports whether so many processes ended while the update was tried that
// the next may, too.
func (e Entry) suspect() bool { return e.Attempts == mostAttempts && !e.Ran }

// toBlame reports whether the update must not run again.
func (e Entry) toBlame() bool { return e.Attempts > mostAttempts && !e.Ran }

// retold replaces what an update of an earlier process asks for, where that must
// not run again.
func retold(o order, e Entry) order {
	var m view.Message
	switch {
	case e.Ran:
		m = view.CarriedOut(o.request.Command, o.look)
	case e.toBlame():
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
	case <-b.pace.enter(u.Entry):
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
// ask the one with the lowest sequence number first, and a suspect alone.
type pacer struct {
	mu    sync.Mutex
	used  int                // of mostResumed
	asked map[uint64]*permit // by sequence number
}

type permit struct {
	weight int // of mostResumed
	given  bool
	ready  chan struct{} // closed once it is given
}

func newPacer() *pacer { return &pacer{asked: map[uint64]*permit{}} }

// enter asks for a permit. What it returns is closed once the update may run.
func (p *pacer) enter(e Entry) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked[e.Sequence] == nil {
		it := &permit{weight: 1, ready: make(chan struct{})}
		if e.suspect() {
			it.weight = mostResumed
		}
		p.asked[e.Sequence] = it
		p.give()
	}
	return p.asked[e.Sequence].ready
}

// leave gives a permit back, or stops asking for it.
func (p *pacer) leave(e Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.asked[e.Sequence]
	if it == nil {
		return
	}
	delete(p.asked, e.Sequence)
	if it.given {
		p.used -= it.weight
	}
	p.give()
}

// give gives permits in order, while there is room for the next.
func (p *pacer) give() {
	for {
		var first uint64
		for sequence, it := range p.asked {
			if !it.given && (first == 0 || sequence < first) {
				first = sequence
			}
		}
		if first == 0 || p.used+p.asked[first].weight > mostResumed {
			return
		}
		it := p.asked[first]
		it.given = true
		p.used += it.weight
		close(it.ready)
	}
}
