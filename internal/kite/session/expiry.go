package session

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"
)

// almanac says whose login is over soon. A person in it costs a few dozen bytes
// and no goroutine; their record is read when their moment has come. It holds
// everybody with a confirmed login, until the clock says that it is over.
type almanac struct {
	mu    sync.Mutex
	at    map[int64]moment // person → when their entry is due
	queue entries          // the same, soonest first; what at does not say is void
	wake  chan struct{}    // capacity one: somebody is due sooner than was known
}

// moment is when an entry is due, in one word since there are many: the Unix
// second, and in the lowest bit whether it is the end of a login that was warned
// of, with which the entry goes and nothing is to be done.
type moment int64

func momentOf(t time.Time, over bool) moment {
	m := moment(t.Unix() << 1)
	if over {
		m |= 1
	}
	return m
}

func (m moment) time() time.Time { return time.Unix(int64(m>>1), 0) }
func (m moment) over() bool      { return m&1 == 1 }

// entry is a person in the almanac.
type entry struct {
	person int64
	at     moment
}

// entries is a [heap.Interface], the soonest first.
type entries []entry

func (e entries) Len() int           { return len(e) }
func (e entries) Less(i, j int) bool { return e[i].at < e[j].at }
func (e entries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)        { *e = append(*e, x.(entry)) }
func (e *entries) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newAlmanac() *almanac {
	return &almanac{at: map[int64]moment{}, wake: make(chan struct{}, 1)}
}

// set makes the almanac say what a record says.
func (a *almanac) set(r Record, now time.Time) {
	if at, due := r.warnAt(); due {
		a.add(Due{Person: r.Person, At: at})
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Login == nil || !r.Login.Confirmed || !now.Before(r.Login.Until()) {
		delete(a.at, r.Person)
		return
	}
	a.put(entry{person: r.Person, at: momentOf(r.Login.Until(), true)})
}

// add notes when a person is to be looked at, in the place of what was noted.
func (a *almanac) add(d Due) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(entry{person: d.Person, at: momentOf(d.At, false)})
}

// put replaces a person's entry; mu is held.
func (a *almanac) put(next entry) {
	if at, ok := a.at[next.person]; ok && at == next.at {
		return
	}
	a.at[next.person] = next.at
	heap.Push(&a.queue, next)
	if a.queue[0] == next {
		select {
		case a.wake <- struct{}{}:
		default: // it has been woken already
		}
	}
}

// restTime is how long nobody looks into an almanac with nothing in it.
const restTime = time.Hour

// next takes a person out who is due, or says how long there is none.
func (a *almanac) next(now time.Time) (person int64, gap time.Duration, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) > 0 {
		first := a.queue[0]
		if at, ok := a.at[first.person]; ok && at == first.at {
			if gap = first.at.time().Sub(now); gap > 0 {
				return 0, gap, false
			}
			delete(a.at, first.person)
			if heap.Pop(&a.queue); !first.at.over() {
				return first.person, 0, true
			}
			continue
		}
		heap.Pop(&a.queue)
	}
	return 0, restTime, false
}

// size is how many people are in it.
func (a *almanac) size() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.at)
}

// has reports whether a person is in it.
func (a *almanac) has(person int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.at[person]
	return ok
}

// keepAlmanac is the pool's one goroutine that warns people in time.
func (p *Pool) keepAlmanac(ctx context.Context) {
	for ctx.Err() == nil {
		person, gap, due := p.almanac.next(p.Clock.Now())
		if due {
			p.warn(person)
			continue
		}
		t := p.Clock.NewTimer(gap)
		select {
		case <-t.Chan():
		case <-p.almanac.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// warn tells a person that their login will be over soon, if they used it today
// and it is not over yet. It is marked before it is told, and marked also when
// there is nothing to tell: nobody is warned twice.
func (p *Pool) warn(who int64) {
	defer p.recoverPanic()
	pr, done, err := p.acquire(who)
	if errors.Is(err, errClosed) {
		return
	}
	if err != nil {
		p.Logger.Error("whether a person is to be warned is not known; trying again in a minute", "person", who, "err", err)
		p.almanac.add(Due{Person: who, At: p.Clock.Now().Add(warnRetry)})
		return
	}
	defer done()
	tell, leaves := false, 0
	err = pr.update(func(r *Record) {
		now := p.Clock.Now()
		if at, due := r.warnAt(); !due || now.Before(at) {
			return
		}
		r.Login.Warned = true
		tell, leaves = now.Before(r.Login.Until()) && r.Login.usedOn(now), pr.leaves
	})
	if err != nil {
		p.Logger.Error("a person is not warned, since it could not be marked; trying again in a minute", "person", who, "err", err)
		p.almanac.add(Due{Person: who, At: p.Clock.Now().Add(warnRetry)})
		return
	}
	p.almanac.set(pr.record(), p.Clock.Now()) // who is due later than the list said stays in it
	if tell {
		pr.notify(leaves, Event{Kind: EventEndingSoon})
	}
}

// warnRetry is how soon a warning is tried again that could not be marked.
const warnRetry = time.Minute

// recordUse writes down that the person used their login, once in an Indian day
// and beside the answer: it neither waits for that nor fails with it.
func (pr *person) recordUse() {
	pr.mu.Lock()
	login := pr.rec.Login
	first := login != nil && login.Confirmed && !login.usedOn(pr.pool.Clock.Now()) && !pr.noting
	pr.noting = pr.noting || first
	pr.mu.Unlock()
	if first {
		pr.pool.spawnFor(pr, pr.saveUse)
	}
}

func (pr *person) saveUse(context.Context) {
	err := pr.update(func(r *Record) {
		pr.noting = false
		if now := pr.pool.Clock.Now().UTC(); r.Login != nil && !r.Login.usedOn(now) {
			r.Login.Used = now
		}
	})
	if err != nil {
		pr.pool.Logger.Error("the use of a login is not noted: the person may not be warned before it ends", "person", pr.id, "err", err)
	}
}
