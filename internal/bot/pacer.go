package bot

import "sync"

const (
	// maxAttempts is how many processes may end over an update. Where there is one
	// such update, the next process gives it up and says so. Where there were several, it is
	// not known which of them is to blame: each is tried once more, alone.
	maxAttempts = 2
	// maxResumed is how many updates of an earlier process run at a time.
	maxResumed = 4
)

// suspect reports whether so many processes ended while the update was tried that
// the next may, too.
func (e Entry) suspect() bool { return e.Attempts == maxAttempts && !e.Ran }

// givenUp reports whether the update must not run again.
func (e Entry) givenUp() bool { return e.Attempts > maxAttempts && !e.Ran }

// pacer lets a few updates of an earlier process run at a time, of those that
// ask the one with the lowest sequence number first, and a suspect alone.
type pacer struct {
	mu    sync.Mutex
	used  int                // of maxResumed
	asked map[uint64]*permit // by sequence number
}

type permit struct {
	weight int // of maxResumed
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
			it.weight = maxResumed
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
		if first == 0 || p.used+p.asked[first].weight > maxResumed {
			return
		}
		it := p.asked[first]
		it.given = true
		p.used += it.weight
		close(it.ready)
	}
}

// takenEarly are the updates that this process made of what waited for a login, before
// it has read what the last one left.
type takenEarly struct {
	mu    sync.Mutex
	taken []Update
	over  bool
}
