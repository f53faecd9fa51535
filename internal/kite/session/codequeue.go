package session

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The server exchanges five codes at once and then one in twelve seconds, for one
// address.
const (
	exchangeBurst = 5
	exchangeGap   = 12 * time.Second
	// CodeLife is how long a code is good.
	CodeLife = 10 * time.Minute
	// maxQueueTime is the longest wait in the queue.
	maxQueueTime = CodeLife - time.Minute
	// maxCodes is how many codes a person may send within CodeLife, since each takes a
	// place in the queue.
	maxCodes = 3
)

// codeQueue paces the exchange of codes as the server limits it for one address.
type codeQueue struct {
	limiter *rate.Limiter

	mu     sync.Mutex
	recent map[int64][]time.Time // when a person's codes of the last CodeLife came
}

func newCodeQueue() *codeQueue {
	return &codeQueue{limiter: rate.NewLimiter(rate.Every(exchangeGap), exchangeBurst), recent: map[int64][]time.Time{}}
}

// reserve gives a person's code its turn. The error is a *CrowdedError. cancel
// undoes it, for a code that could not be written down.
func (q *codeQueue) reserve(person int64, now time.Time) (due time.Time, cancel func(), err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for p, times := range q.recent {
		q.recent[p] = slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= CodeLife })
		if len(q.recent[p]) == 0 {
			delete(q.recent, p)
		}
	}
	nothing := func() {}
	if mine := q.recent[person]; len(mine) >= maxCodes {
		return time.Time{}, nothing, &CrowdedError{Until: mine[0].Add(CodeLife)}
	}
	slot := q.limiter.ReserveN(now, 1)
	wait := slot.DelayFrom(now)
	if wait > maxQueueTime {
		slot.CancelAt(now)
		return time.Time{}, nothing, &CrowdedError{Until: now.Add(wait - maxQueueTime)}
	}
	q.recent[person] = append(q.recent[person], now)
	return now.Add(wait), func() { slot.CancelAt(now); q.takeBack(person) }, nil
}

// takeBack takes back the newest code of a person.
func (q *codeQueue) takeBack(person int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if mine := q.recent[person]; len(mine) > 0 {
		q.recent[person] = mine[:len(mine)-1]
	}
}

// requeue gives a turn to a code that the server did not take for now: others took
// what we had counted on.
func (q *codeQueue) requeue(now time.Time) time.Time {
	wait := q.limiter.ReserveN(now, 1).DelayFrom(now)
	return now.Add(max(wait, exchangeGap))
}
