package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kitebot/internal/panics"
)

// mailboxes run each person's jobs one after the other and different people's
// side by side. A goroutine exists only while a person has something to do.
type mailboxes struct {
	limit    int         // waiting jobs per person
	panicked func(error) // called with each panic

	ctx    context.Context // of the jobs; ends when patience at shutdown does
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	closing bool
	boxes   map[int64]*mailbox
}

type mailbox struct {
	waiting   []job
	running   string          // same of the job that is being worked on; "" once it is answered
	full      bool            // a job was turned away since there was room
	interrupt func(by string) // of the running job
}

// job is one thing to do. dropped is called instead of run when a job that overtakes
// is queued; a job without it is never dropped, and never turned away
// from a full mailbox: the announcement of a login, or a /logout.
type job struct {
	run     func(jobContexts)
	dropped func()
	// overtakes names a job that overtakes, "" for none: it goes ahead of what
	// waits, but for other such jobs. Of each name one may wait.
	overtakes       string
	same            string // what it is the repetition of; "" for what is done each time
	uninterruptible bool   // its work is never stopped, nor is that of a job that overtakes
	replayed        bool   // an earlier process took it: no full mailbox turns it away
}

// jobContexts are what ends a job, or its parts.
type jobContexts struct {
	work     context.Context // ends when the job is overtaken, unless its work must be done
	delivery context.Context // of the messages; its cause is errOvertaken when the job was overtaken

	answered func() // nil outside of a mailbox; see worked
}

// worked says that the answer is known: what is asked from now on is asked anew.
func (jc jobContexts) worked() {
	if jc.answered != nil {
		jc.answered()
	}
}

// errOvertaken says that the person does not wait for a job's answer any more.
var errOvertaken = errors.New("overtaken by another command")

func newMailboxes(limit int, panicked func(error)) *mailboxes {
	m := &mailboxes{limit: limit, panicked: panicked, boxes: map[int64]*mailbox{}}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// put queues a job. taken is false when what the person asked for last is the same
// and not answered yet, since one answer is enough, and when their mailbox is full.
// warn says whether to say so: a flood must not be answered with one. While the
// bot shuts down jobs are accepted and left undone: the journal keeps them.
func (m *mailboxes) put(person int64, j job) (taken, warn bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing {
		return true, false
	}
	box := m.boxes[person]
	if box == nil {
		box = &mailbox{waiting: []job{j}}
		m.boxes[person] = box
		panics.Spawn(&m.wg, m.panicked, func() { m.work(person, box) })
		return true, false
	}
	place := len(box.waiting)
	switch {
	case j.overtakes != "":
		if slices.ContainsFunc(box.waiting, func(w job) bool { return w.overtakes == j.overtakes }) {
			return false, false
		}
		if first := slices.IndexFunc(box.waiting, func(w job) bool { return w.overtakes == "" }); first >= 0 {
			place = first
		}
	case j.same != "" && j.same == box.last():
		return false, false
	case place >= m.limit && j.dropped != nil && !j.replayed:
		warn, box.full = !box.full, true
		return false, warn
	}
	box.waiting = slices.Insert(box.waiting, place, j)
	return true, false
}

// last is what was asked for last and is not answered; "" for nothing that counts.
func (box *mailbox) last() string {
	if n := len(box.waiting); n > 0 {
		return box.waiting[n-1].same
	}
	return box.running
}

// allowRepeat has what a person asks from now on be asked anew, though it were what is being
// worked on.
func (m *mailboxes) allowRepeat(person int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if box := m.boxes[person]; box != nil {
		box.running = ""
	}
}

// busy reports whether a person has something to do.
func (m *mailboxes) busy(person int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.boxes[person] != nil
}

// interrupt stops a person's running job and drops what waits behind it, for
// the job named; "" for none. The same job, queued before, is left to run.
func (m *mailboxes) interrupt(person int64, by string) {
	m.mu.Lock()
	var dropped []job
	if box := m.boxes[person]; box != nil {
		for _, j := range box.waiting {
			if j.dropped != nil {
				dropped = append(dropped, j)
			}
		}
		box.waiting = slices.DeleteFunc(box.waiting, func(j job) bool { return j.dropped != nil })
		if box.interrupt != nil {
			box.interrupt(by)
		}
		box.running = ""
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
		box.waiting, box.full, box.running = box.waiting[1:], false, j.same
		work, stop := context.WithCancel(m.ctx)
		delivery, cancelDelivery := context.WithCancelCause(m.ctx)
		box.interrupt = func(by string) {
			if by != "" && by == j.overtakes {
				return
			}
			cancelDelivery(errOvertaken)
			if !j.uninterruptible && j.overtakes == "" {
				stop()
			}
		}
		m.mu.Unlock()
		m.run(jobContexts{work: work, delivery: delivery, answered: func() { m.allowRepeat(person) }}, j)
		stop()
		cancelDelivery(nil)
	}
}

// run runs a job. A bug costs that job alone.
func (m *mailboxes) run(jc jobContexts, j job) {
	if err := panics.Catch(func() { j.run(jc) }); err != nil {
		m.panicked(err)
	}
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

// errCancelled says that a person has cancelled a command.
var errCancelled = fmt.Errorf("the person pressed Cancel: %w", context.Canceled)

// running are the commands that work now, by their person, who has one at a time.
type runningCommands struct {
	mu  sync.Mutex
	all map[int64]work
}

type work struct {
	command string
	stop    context.CancelCauseFunc
}

// begin returns the context of a command's work, and what ends it.
func (r *runningCommands) begin(ctx context.Context, person int64, command string) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[int64]work{}
	}
	r.all[person] = work{command, stop}
	return ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.all, person)
		stop(nil)
	}
}

// cancel stops a person's command. It reports whether that one is under way.
func (r *runningCommands) cancel(person int64, command string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, found := r.all[person]
	found = found && w.command == command
	if found {
		w.stop(errCancelled)
	}
	return found
}

// sleep waits, unless ctx ends first; it reports whether it has waited.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
