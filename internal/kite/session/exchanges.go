package session

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// exchanges gives codes their turns, as the server takes them from one address.
type exchanges struct {
	turns *rate.Limiter

	mu      sync.Mutex
	brought map[int64][]time.Time // when people's codes were brought, of the last CodeLife
}

func newExchanges() *exchanges {
	return &exchanges{turns: rate.NewLimiter(rate.Every(exchangeGap), exchangeBurst), brought: map[int64][]time.Time{}}
}

// book gives a person's code its turn. The error is a *CrowdedError. giveBack
// undoes it, for a code that could not be written down.
func (x *exchanges) book(who int64, now time.Time) (due time.Time, giveBack func(), err error) {
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
	turn := x.turns.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > longestQueue {
		turn.CancelAt(now)
		return time.Time{}, nothing, &CrowdedError{Until: now.Add(wait - longestQueue)}
	}
	x.brought[who] = append(x.brought[who], now)
	return now.Add(wait), func() { turn.CancelAt(now); x.forget(who) }, nil
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
	wait := x.turns.ReserveN(now, 1).DelayFrom(now)
	return now.Add(max(wait, exchangeGap))
}
