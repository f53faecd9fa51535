package bot

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how much one person may ask: N commands in a time, all of which may
// come at once. The zero Rate is no limit.
type Rate struct {
	N   int
	Per time.Duration
}

// limits keeps one token bucket per person who asked lately.
type limits struct {
	rate Rate
	mu   sync.Mutex
	by   map[int64]*allowance
	most int // in by, before it is looked through again
	// bound is how many people are remembered; the next is allowed nothing until one
	// is forgotten. 0 for no bound.
	bound int
}

type allowance struct {
	bucket *rate.Limiter
	warned time.Time // when the person was last warned
}

func newLimits(r Rate) *limits { return &limits{rate: r, by: map[int64]*allowance{}, most: sweepAbove} }

// allow takes one of a person's tokens. When there is none, warn says whether
// it is time to say so: once per Per, since a flood must not be answered with one.
func (l *limits) allow(person int64, now time.Time) (ok, warn bool) {
	if l.rate.N == 0 {
		return true, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.by[person]
	if a == nil {
		l.sweep(now)
		if l.bound > 0 && len(l.by) >= l.bound {
			return false, false
		}
		every := rate.Every(l.rate.Per / time.Duration(l.rate.N))
		a = &allowance{bucket: rate.NewLimiter(every, l.rate.N)}
		l.by[person] = a
	}
	if a.bucket.AllowN(now, 1) {
		return true, false
	}
	if now.Sub(a.warned) < l.rate.Per {
		return false, false
	}
	a.warned = now
	return false, true
}

// reset lets a person ask as one who never did.
func (l *limits) reset(person int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.by, person)
}

// sweepAbove is how many buckets are kept before the full ones are dropped.
const sweepAbove = 1000

// sweep forgets people whose bucket is full again: they are as good as new. It
// comes once there are twice as many as it left, so that a rush of people does
// not pay for a walk each.
func (l *limits) sweep(now time.Time) {
	if len(l.by) < l.most {
		return
	}
	defer func() {
		l.most = max(sweepAbove, 2*len(l.by))
		if l.bound > 0 {
			l.most = min(l.most, l.bound)
		}
	}()
	for person, a := range l.by {
		if a.bucket.TokensAt(now) >= float64(l.rate.N) {
			delete(l.by, person)
		}
	}
}
