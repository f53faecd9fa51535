package session

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What the server exchanges at once, and then again and again (facts: five, then
// one in twelve seconds from one address).
const (
	exchangeBurst = 5
	exchangeGap   = 12 * time.Second
	// CodeLife is how long a code is good.
	CodeLife = 10 * time.Minute
	// maxQueueTime is how long a code may wait for its turn at most.
	maxQueueTime = CodeLife - time.Minute
	// maxCodes is how many codes a person may bring within CodeLife: each takes a
	// turn from others.
	maxCodes = 3
)

// codeQueue gives codes their turns, as the server takes them from one address.
type codeQueue struct {
	limiter *rate.Limiter

	mu      sync.Mutex
	brought map[int64][]time.Time // when people's codes were brought, of the last CodeLife
}

func newCodeQueue() *codeQueue {
	return &codeQueue{limiter: rate.NewLimiter(rate.Every(exchangeGap), exchangeBurst), brought: map[int64][]time.Time{}}
}

// reserve gives a person's code its turn. The error is a *CrowdedError. cancelBooking
// undoes it, for a code that could not be written down.
func (x *codeQueue) reserve(person int64, now time.Time) (due time.Time, cancelBooking func(), err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for p, times := range x.brought {
		x.brought[p] = slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= CodeLife })
		if len(x.brought[p]) == 0 {
			delete(x.brought, p)
		}
	}
	nothing := func() {}
	if mine := x.brought[person]; len(mine) >= maxCodes {
		return time.Time{}, nothing, &CrowdedError{Until: mine[0].Add(CodeLife)}
	}
	slot := x.limiter.ReserveN(now, 1)
	wait := slot.DelayFrom(now)
	if wait > maxQueueTime {
		slot.CancelAt(now)
		return time.Time{}, nothing, &CrowdedError{Until: now.Add(wait - maxQueueTime)}
	}
	x.brought[person] = append(x.brought[person], now)
	return now.Add(wait), func() { slot.CancelAt(now); x.takeBack(person) }, nil
}

// takeBack takes back the newest code of a person.
func (x *codeQueue) takeBack(person int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if mine := x.brought[person]; len(mine) > 0 {
		x.brought[person] = mine[:len(mine)-1]
	}
}

// requeue gives a turn to a code that the server did not take for now: others took
// what we had counted on.
func (x *codeQueue) requeue(now time.Time) time.Time {
	wait := x.limiter.ReserveN(now, 1).DelayFrom(now)
	return now.Add(max(wait, exchangeGap))
}
