package main

import (
	"sync"
	"time"

	"kitebot/internal/clock"
)

// fastClock is the real clock with another time of day, which can be moved on
// and made to run faster. Its timers are the real ones.
//
// It serves two ends. A login link can be finished for 36 minutes, and as long
// asks each command who is logged in besides; that is not what a day is like.
// And an answer that is younger than three seconds is given again, so that Kite
// would not be asked at all by few people who ask all the time.
type fastClock struct {
	clock.Clock
	mu    sync.Mutex
	since time.Time // the real moment at which it showed
	shown time.Time
	speed float64
}

func newFastClock(shown time.Time) *fastClock {
	return &fastClock{Clock: clock.Real(), since: time.Now(), shown: shown, speed: 1}
}

// Now is the moment that the clock shows.
func (c *fastClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *fastClock) now() time.Time {
	return c.shown.Add(time.Duration(c.speed * float64(time.Since(c.since))))
}

// Since is how long ago a moment was.
func (c *fastClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until is how long it is to a moment.
func (c *fastClock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// move moves the clock on and sets its speed.
func (c *fastClock) move(by time.Duration, speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.since, c.speed = c.now().Add(by), time.Now(), speed
}
