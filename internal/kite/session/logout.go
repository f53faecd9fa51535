package session

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Logout ends every session of a person at the server and erases their record. The
// state is None afterwards, or LoggingOut if Kite has not confirmed: then it is retried
// until the server does, or has forgotten the sessions.
//
// It does not wait for running calls; they fail with ErrLoggedOut. After it returns, no
// earlier event is sent, only EventLoggedOut if the logout had to wait.
func (p *Pool) Logout(ctx context.Context, person int64) (was Record, now Status, err error) {
	return p.logout(ctx, person, false)
}

// Remove is Logout without EventLoggedOut, for a person who gets no more messages. The
// state is None even while sessions are retried.
func (p *Pool) Remove(ctx context.Context, person int64) (was Record, now Status, err error) {
	return p.logout(ctx, person, true)
}

func (p *Pool) logout(ctx context.Context, person int64, quiet bool) (was Record, now Status, err error) {
	pr, done, err := p.acquire(person)
	if err != nil {
		return Record{}, Status{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, MaxWait)
	defer cancel()
	err = pr.update(func(r *Record) {
		was = *r
		pr.logouts++
		ending := slices.Concat(r.Ending, r.Replaced)
		if r.Login != nil {
			ending = append(ending, r.Login.credential())
		}
		for _, l := range r.Links {
			if !l.Session.IsZero() && (r.Login == nil || r.Login.Session != l.Session) {
				ending = append(ending, l.Credential)
			}
		}
		held := len(ending) > 0
		*r = Record{Person: r.Person, Ending: ending, Leaving: held, Silent: held && quiet}
	})
	if err != nil {
		return Record{}, Status{}, fmt.Errorf("forget the login: %w", err)
	}
	if was.Login != nil {
		p.count(stepLoggedOut)
	}
	pr.endNow(ctx, true)
	return was, pr.status(), nil
}

// RetryLogout retries a logout that waits, but ends no session whose end could end the
// present login.
func (p *Pool) RetryLogout(ctx context.Context, person int64) (Status, error) {
	return p.retryEndings(ctx, person, false)
}

// EndEarlier ends all earlier sessions at the person's request, even if that could end
// the present login of the same Kite user.
func (p *Pool) EndEarlier(ctx context.Context, person int64) (Status, error) {
	return p.retryEndings(ctx, person, true)
}

func (p *Pool) retryEndings(ctx context.Context, person int64, all bool) (Status, error) {
	return p.serve(ctx, person, func(ctx context.Context, pr *personState) error { pr.endNow(ctx, all); return nil })
}

// endNow ends sessions while the person waits; the watcher retries the others. See
// endSessions for all.
func (pr *personState) endNow(ctx context.Context, all bool) {
	pr.endSessions(ctx, all)
	if len(pr.record().Ending) > 0 {
		pr.startWatcher()
	}
}

// endPending ends sessions within a time, and notifies the person when a logout that had
// to wait is done.
func (pr *personState) endPending(ctx context.Context, within time.Duration) {
	if len(pr.record().Ending) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	byOAuth := slices.ContainsFunc(pr.record().Ending, func(h Credential) bool { return h.Session.IsBearer() })
	if through, logouts := pr.endSessions(ctx, false); through {
		pr.notify(logouts, Event{Kind: EventLoggedOut, ByOAuth: byOAuth})
	}
}

// endSessions sends a DELETE for each session to be ended, concurrently, so that one
// delays no other. Without all it spares those that mustWait. It reports whether that
// completes a logout, of which the caller notifies the person.
func (pr *personState) endSessions(ctx context.Context, all bool) (through bool, logouts int) {
	if pr.ending.lock(ctx) != nil {
		return false, 0
	}
	defer pr.ending.unlock()
	rec := pr.record()
	ending := slices.DeleteFunc(slices.Clone(rec.Ending), func(h Credential) bool { return !all && rec.mustWait(h, pr.pool.forgottenByServer) })
	gone := make([]bool, len(ending))
	var wg sync.WaitGroup
	for i, h := range ending {
		wg.Go(func() {
			defer pr.pool.recoverPanic()
			gone[i] = pr.endSession(ctx, h)
		})
	}
	wg.Wait()
	err := pr.update(func(r *Record) {
		r.Ending = slices.DeleteFunc(r.Ending, func(h Credential) bool {
			i := slices.IndexFunc(ending, func(e Credential) bool { return e.Session == h.Session })
			return i >= 0 && gone[i]
		})
		over := r.Leaving && len(r.Ending) == 0
		through, logouts = over && !r.Silent, pr.logouts
		if over {
			r.Leaving, r.Silent = false, false
		}
	})
	if err != nil {
		through = false
		pr.pool.Logger.Error("an ended session was not removed from the record", "effect", "the bot tries again", "person", pr.id, "err", err)
	}
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.endTries++
	if len(pr.rec.Ending) == 0 {
		pr.endTries = 0
	}
	return through, logouts
}

// endSession reports whether a session is gone at the server, or given up.
func (pr *personState) endSession(ctx context.Context, h Credential) bool {
	err := pr.pool.Dialer.End(ctx, h)
	if err != nil && !pr.pool.forgottenByServer(h) {
		pr.pool.Logger.Warn("a session was not ended", "effect", "it stays open at Kite; the bot tries again", "person", pr.id, "err", err)
		return false
	}
	return true
}

// endBackoff is the back-off between attempts to end sessions; mu is held.
func (pr *personState) endBackoff() time.Duration {
	gap := pr.pool.Timing.EndRetry
	for range min(pr.endTries, 10) {
		gap *= 2
	}
	return min(gap, pr.pool.Timing.EndRetryMax)
}
