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
	// longestQueue is how long a code may wait for its turn at most.
	longestQueue = CodeLife - time.Minute
	// mostCodes is how many codes a person may bring within CodeLife: each takes a
	// turn from others.
	mostCodes = 3
)

// exchanges gives codes their turns, as the server takes them from one address.
type exchanges struct {
	limiter *rate.Limiter

	mu      sync.Mutex
	brought map[int64][]time.Time // when people's codes were brought, of the last CodeLife
}

func newExchanges() *exchanges {
	return &exchanges{limiter: rate.NewLimiter(rate.Every(exchangeGap), exchangeBurst), brought: map[int64][]time.Time{}}
}

// book gives a person's code its turn. The error is a *CrowdedError. cancelBooking
// undoes it, for a code that could not be written down.
func (x *exchanges) book(who int64, now time.Time) (due time.Time, cancelBooking func(), err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for person, times := range x.brought {
		x.brought[person] = slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= CodeLife })
		if len(x.brought[person]) == 0 {
			delete(x.brought, person)
		}
	}
	nothing := func() {}
	if mine := x.brought[who]; len(mine) >= mostCodes {
		return time.Time{}, nothing, &CrowdedError{Until: mine[0].Add(CodeLife)}
	}
	slot := x.limiter.ReserveN(now, 1)
	wait := slot.DelayFrom(now)
	if wait > longestQueue {
		slot.CancelAt(now)
		return time.Time{}, nothing, &CrowdedError{Until: now.Add(wait - longestQueue)}
	}
	x.brought[who] = append(x.brought[who], now)
	return now.Add(wait), func() { slot.CancelAt(now); x.forget(who) }, nil
}

// forget takes back the newest code of a person.
func (x *exchanges) forget(who int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if mine := x.brought[who]; len(mine) > 0 {
		x.brought[who] = mine[:len(mine)-1]
	}
}

// again gives a turn to a code that the server did not take for now: others took
// what we had counted on.
func (x *exchanges) again(now time.Time) time.Time {
	wait := x.limiter.ReserveN(now, 1).DelayFrom(now)
	return now.Add(max(wait, exchangeGap))
}
