package bot

import (
	"sync"

	"kitebot/internal/panics"
)

// workers run jobs that may be left out: a few at a time, and a bounded number
// waits. A goroutine exists only while there is something to do.
type workers struct {
	max, queue int // jobs that run, and that wait
	caught     func(error)

	mu      sync.Mutex
	running int
	waiting []func()
	closed  bool
	wg      sync.WaitGroup
}

// do runs a job soon. It reports false, and drops the job, when there is no room.
func (w *workers) do(job func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return false
	case w.running < w.max:
		w.running++
		panics.Spawn(&w.wg, w.caught, func() { w.work(job) })
		return true
	case len(w.waiting) < w.queue:
		w.waiting = append(w.waiting, job)
		return true
	default:
		return false
	}
}

// work runs a job and then what waits, until there is nothing more.
func (w *workers) work(job func()) {
	for job != nil {
		if err := panics.Catch(job); err != nil {
			w.caught(err)
		}
		job = w.next()
	}
}

func (w *workers) next() (job func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) == 0 || w.closed {
		w.running--
		return nil
	}
	job, w.waiting = w.waiting[0], w.waiting[1:]
	return job
}

// close drops what waits and returns when nothing runs any more.
func (w *workers) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.wg.Wait()
}
