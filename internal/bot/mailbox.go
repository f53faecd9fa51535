package bot

import (
	"context"
	"slices"
	"sync"
	"time"
)

// mailboxes run each person's jobs one after the other and different people's
// side by side. A goroutine exists only while a person has something to do.
type mailboxes struct {
	limit    int       // waiting jobs per person
	panicked func(any) // told what a job panicked with

	ctx    context.Context // of the jobs; ends when patience at shutdown does
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	closing bool
	boxes   map[int64]*mailbox
}

type mailbox struct {
	waiting   []job
	full      bool               // a job was turned away since there was room
	interrupt context.CancelFunc // of the running job
}

// job is one thing to do. dropped is called instead of run when somebody's
// /logout overtakes it; a job without it is never dropped or interrupted, and
// never turned away from a full mailbox: the news of a login, or a /logout.
type job struct {
	run     func(context.Context)
	dropped func()
}

func (j job) must() bool { return j.dropped == nil }

func newMailboxes(limit int, panicked func(any)) *mailboxes {
	m := &mailboxes{limit: limit, panicked: panicked, boxes: map[int64]*mailbox{}}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// put queues a job; taken is false when the person's mailbox is full. tell says
// whether that is news: a flood must not be answered with one. While the bot
// shuts down jobs are accepted and left undone: the journal keeps them.
func (m *mailboxes) put(person int64, j job) (taken, tell bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing {
		return true, false
	}
	box := m.boxes[person]
	if box == nil {
		box = &mailbox{waiting: []job{j}}
		m.boxes[person] = box
		m.wg.Go(func() { m.work(person, box) })
		return true, false
	}
	if len(box.waiting) >= m.limit && !j.must() {
		tell, box.full = !box.full, true
		return false, tell
	}
	box.waiting = append(box.waiting, j)
	return true, false
}

// interrupt stops a person's running job and drops what waits behind it.
func (m *mailboxes) interrupt(person int64) {
	m.mu.Lock()
	var dropped []job
	if box := m.boxes[person]; box != nil {
		for _, j := range box.waiting {
			if !j.must() {
				dropped = append(dropped, j)
			}
		}
		box.waiting = slices.DeleteFunc(box.waiting, func(j job) bool { return !j.must() })
		if box.interrupt != nil {
			box.interrupt()
		}
	}
	m.mu.Unlock()
	for _, j := range dropped {
		j.dropped()
	}
}

// work runs one person's jobs until there are none.
func (m *mailboxes) work(person int64, box *mailbox) {
	for {
		m.mu.Lock()
		if len(box.waiting) == 0 || m.closing {
			delete(m.boxes, person)
			m.mu.Unlock()
			return
		}
		j := box.waiting[0]
		box.waiting, box.full = box.waiting[1:], false
		ctx, cancel := context.WithCancel(m.ctx)
		box.interrupt = cancel
		if j.must() {
			box.interrupt = nil
		}
		m.mu.Unlock()
		m.run(ctx, j)
		cancel()
	}
}

// run runs a job. One person's bug must not silence everybody.
func (m *mailboxes) run(ctx context.Context, j job) {
	defer func() {
		if bug := recover(); bug != nil {
			m.panicked(bug)
		}
	}()
	j.run(ctx)
}

// close lets running jobs finish for as long as patience lasts, then cancels
// them, and waits for all of them either way. What waits is left undone.
func (m *mailboxes) close(patience time.Duration) {
	m.mu.Lock()
	m.closing = true
	m.mu.Unlock()
	stop := time.AfterFunc(patience, m.cancel)
	m.wg.Wait()
	stop.Stop()
	m.cancel()
}
