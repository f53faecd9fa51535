package deploy_test

import (
	"sync"
	"time"
)

// talk is people asking one thing after the other.
type talk struct {
	w      *system
	people []*phone
	stop   chan struct{}
	wg     sync.WaitGroup

	mu    sync.Mutex
	total int
	worst time.Duration
	moved chan struct{} // closed and made anew with each answer
}

func (w *system) talk() *talk {
	k := newTalk(w, w.people)
	k.begin()
	return k
}

func newTalk(w *system, people []*phone) *talk {
	return &talk{w: w, people: people, moved: make(chan struct{})}
}

// begin lets all people ask, at the start and after an end.
func (k *talk) begin() {
	k.stop = make(chan struct{})
	for _, p := range k.people {
		k.wg.Go(func() { k.ask(p) })
	}
}

// questions are asked in turn; each answer holds what stands beside it.
var questions = [][2]string{
	{"/holdings", "₹"}, {"/funds", "Available margin"}, {"/profile", "ZZ"}, {"/allocation", "Allocation"},
}

func (k *talk) ask(p *phone) {
	for n := 0; ; n++ {
		select {
		case <-k.stop:
			return
		default:
		}
		began := time.Now()
		q := questions[(n+int(p.ID))%len(questions)]
		p.asked++
		if _, err := p.try(q[0], q[1]); err != nil {
			p.t.Errorf("%s: %v", p.FirstName, err)
			return
		}
		k.mu.Lock()
		k.total++
		k.worst = max(k.worst, time.Since(began))
		close(k.moved)
		k.moved = make(chan struct{})
		k.mu.Unlock()
	}
}

// until waits until that many more questions for each person were answered.
func (k *talk) until(each int) {
	k.w.t.Helper()
	late := time.After(patience)
	for want := k.questions() + each*len(k.people); k.questions() < want; {
		k.mu.Lock()
		moved := k.moved
		k.mu.Unlock()
		select {
		case <-moved:
		case <-late:
			k.w.t.Fatalf("%d of %d answers after %v", k.questions(), want, patience)
		}
	}
}

func (k *talk) end() {
	close(k.stop)
	k.wg.Wait()
}

func (k *talk) questions() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.total
}

func (k *talk) longest() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.worst
}
