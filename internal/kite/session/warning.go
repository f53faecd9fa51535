package session

import (
	"context"
	"errors"
	"time"
)

// warnLoop is the pool's one goroutine that warns people in time.
func (p *Pool) warnLoop(ctx context.Context) {
	for ctx.Err() == nil {
		people, gap := p.expiries.due(p.Now())
		for _, person := range people {
			if ctx.Err() != nil {
				return
			}
			p.expiries.remove(person)
			p.warn(person)
		}
		if len(people) > 0 {
			continue
		}
		sleep(ctx, gap, p.expiries.wake)
	}
}

// warn notifies a person that their login ends soon, if they used it today and it is not
// over yet. The record is marked first in any case, so that no person is warned twice.
func (p *Pool) warn(person int64) {
	defer p.recoverPanic()
	pr, done, err := p.acquire(person)
	if errors.Is(err, errClosed) {
		return
	}
	if err != nil {
		p.Logger.Error("the record for a warning cannot be read", "effect", "the bot tries again in a minute", "person", person, "err", err)
		p.expiries.put(person, expiry{at: p.Now().Add(warnRetry).Unix()})
		return
	}
	defer done()
	tell, logouts := false, 0
	err = pr.update(func(r *Record) {
		now := p.Now()
		if at, due := r.warnAt(); !due || now.Before(at) {
			return
		}
		r.Login.Warned = true
		tell, logouts = now.Before(r.Login.Until()) && r.Login.usedOn(now), pr.logouts
	})
	if err != nil {
		p.Logger.Error("a warning was not saved", "effect", "the bot tries again in a minute", "person", person, "err", err)
		p.expiries.put(person, expiry{at: p.Now().Add(warnRetry).Unix()})
		return
	}
	p.expiries.set(pr.record(), p.Now()) // a person who is due later gets a new entry
	if tell {
		pr.notify(logouts, Event{Kind: EventEndingSoon})
	}
}

// warnRetry is how soon a warning is tried again that could not be marked.
const warnRetry = time.Minute

// recordUse saves, once in an Indian day and in the background, that the person used
// their login.
func (pr *personState) recordUse() {
	pr.mu.Lock()
	login := pr.rec.Login
	first := login != nil && login.Confirmed && !login.usedOn(pr.pool.Now()) && !pr.savingUse
	pr.savingUse = pr.savingUse || first
	pr.mu.Unlock()
	if first {
		pr.pool.spawnFor(pr, pr.saveUse)
	}
}

func (pr *personState) saveUse(context.Context) {
	err := pr.update(func(r *Record) {
		pr.savingUse = false
		if now := pr.pool.Now().UTC(); r.Login != nil && !r.Login.usedOn(now) {
			r.Login.Used = now
		}
	})
	if err != nil {
		pr.pool.Logger.Error("the use of a login was not saved", "effect", "its person may get no warning before it ends", "person", pr.id, "err", err)
	}
}
