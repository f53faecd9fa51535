package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"kitebot/internal/kite/wire"
)

// Authorized logs a person in with the code of their newest attempt. The state ties
// the code to that attempt; sent with the verifier of another one, a code is lost.
//
// Errors: ErrNoAttempt, ErrOtherAttempt, ErrCodeUsed, *QueuedError,
// *CrowdedError, ErrCodeRefused, ErrCodeLost, ErrUnread, ErrLoggedOut, or ErrNoLogin
// when the Kite user is another person's. nil: the person is logged in, and
// EventLoggedIn follows.
func (p *Pool) Authorized(ctx context.Context, person int64, state, code string) (Status, error) {
	return p.serve(ctx, person, func(ctx context.Context, pr *personState) error {
		pr.authorizing.Add(1) // the watcher leaves the code to the caller
		defer pr.authorizing.Add(-1)
		link, err := pr.acceptCode(state, code)
		if err != nil {
			return err
		}
		defer pr.startWatcher() // what is queued, or not read yet
		return pr.tryLink(ctx, link)
	})
}

// Callback is Authorized for a browser that was redirected to us: the state says whose
// it is. A failure is an event as well, since a phone drops a page as soon as another
// app is opened.
func (p *Pool) Callback(ctx context.Context, state, code string) (Status, error) {
	for _, pr := range p.inMemory() { // people with a link out are in memory
		if _, ok := pr.record().attempt(state); ok {
			logouts := pr.logoutCount()
			s, err := p.Authorized(ctx, pr.id, state, code)
			if died, ok := errors.AsType[*CodeError](err); ok {
				pr.notify(logouts, Event{Kind: EventLoginFailed, Why: died})
			}
			return s, err
		}
	}
	return Status{}, ErrNoAttempt
}

// acceptCode saves a code with its attempt, and when it may be sent.
func (pr *personState) acceptCode(state, code string) (link Link, err error) {
	cancel := func() {}
	saved := pr.update(func(r *Record) {
		i, known := r.attempt(state)
		if !known {
			err = r.notAwaited()
			return
		}
		a, now := r.Links[i].Attempt, pr.pool.Now()
		switch {
		case a.Code != "" && a.Code != code:
			err = ErrCodeUsed
		case a.Code == "":
			var due time.Time
			if due, cancel, err = pr.pool.codes.reserve(pr.id, now); err == nil {
				a.Code, a.Received, a.Due = code, now, due // with their monotonic readings
			}
		}
		link = r.Links[i]
	})
	if saved != nil {
		cancel()
	}
	return link, errors.Join(err, saved)
}

// notAwaited is the error for a code whose state is unknown.
func (r Record) notAwaited() error {
	open := r.Links[len(r.finished()):]
	switch {
	case slices.ContainsFunc(open, func(l Link) bool { return l.Attempt != nil }):
		return ErrOtherAttempt
	case slices.ContainsFunc(open, Link.Exchanged):
		return ErrUnread
	default:
		return ErrNoAttempt
	}
}

// newAttempt begins a login by OAuth.
func (pr *personState) newAttempt(ctx context.Context) (Link, error) {
	attempt, url, err := pr.pool.Authorizer.Begin(ctx)
	if err != nil {
		return Link{}, err
	}
	return Link{Attempt: &attempt, Ref: newRef(), URL: url, Issued: pr.pool.Now().UTC()}, nil
}

// tryLink binds a link's login if its browser part is finished, and else fails with
// ErrNoLogin.
func (pr *personState) tryLink(ctx context.Context, link Link) error {
	if link.Attempt == nil {
		return pr.bindIfFinished(ctx, link)
	}
	return pr.runDetached(ctx, func(ctx context.Context) error { return pr.exchange(ctx, link.Ref) })
}

// runDetached runs do to its end even if the caller gives up, as for a /logout: an
// answer that is not read would leave a login at the server without a key.
func (pr *personState) runDetached(ctx context.Context, do func(context.Context) error) error {
	done := make(chan error, 1)
	pr.pool.spawnFor(pr, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, MaxWait-reuseCheckTime)
		defer cancel()
		defer close(done) // a bug in it costs this exchange
		done <- do(ctx)
	})
	select {
	case err, ok := <-done:
		if !ok {
			return &wire.Error{Kind: wire.KindUnreachable, Err: errors.New("the exchange panicked")}
		}
		return err
	case <-ctx.Done():
		return unreachable(ctx)
	}
}

// exchange carries an attempt on as far as possible. It fails with ErrNoLogin while
// there is no code, and with *QueuedError while the code waits. With the bearer that
// the code is exchanged for, the link is like any other: it is asked who logged in.
func (pr *personState) exchange(ctx context.Context, ref string) error {
	if err := pr.exchanging.lock(ctx); err != nil {
		return err
	}
	defer pr.exchanging.unlock()
	rec := pr.record()
	i := rec.link(ref)
	if i < 0 {
		return ErrNoLogin // dropped meanwhile
	}
	link := rec.Links[i]
	a, now := link.Attempt, pr.pool.Now()
	switch {
	case a == nil:
		return pr.bindIfFinished(ctx, link) // another caller exchanged it
	case a.Sent: // by a process that ended before the answer
		return pr.failAttempt(link, ErrCodeLost, nil)
	case a.Code == "" && pr.linkAge(link) >= AttemptLife:
		pr.expireLink(link)
		return ErrEnded
	case a.Code == "":
		return ErrNoLogin
	case now.Sub(a.Received) >= CodeLife:
		return pr.failAttempt(link, ErrCodeRefused, errors.New("it waited longer than it lives"))
	case now.Before(a.Due) && a.Due.Sub(now) <= CodeLife: // else the clock was set back
		return &QueuedError{Until: a.Due}
	}
	return pr.redeem(ctx, link)
}

// redeem exchanges the code of a link, once: Sent is on disk before.
func (pr *personState) redeem(ctx context.Context, link Link) error {
	if err := pr.changeLink(link.Ref, func(l *Link) { l.Attempt.Sent = true }); err != nil {
		return err
	}
	held, err := pr.pool.Authorizer.Redeem(ctx, *link.Attempt)
	switch kind := wire.KindOf(err); {
	case err != nil && pr.pool.ctx.Err() != nil:
		return err // the pool closes: the next process reports the code as lost
	case err == nil:
		if err := pr.changeLink(link.Ref, func(l *Link) { l.Credential, l.Attempt = held, nil }); err != nil {
			pr.endUnwanted(ctx, held)
			return err
		}
		link.Credential, link.Attempt = held, nil
		return pr.bindIfFinished(ctx, link)
	case kind == wire.KindLimited:
		due := pr.pool.codes.requeue(pr.pool.Now())
		if err := pr.changeLink(link.Ref, func(l *Link) { l.Attempt.Sent, l.Attempt.Due = false, due }); err != nil {
			return err
		}
		return &QueuedError{Until: due}
	case kind == wire.KindFailed:
		return pr.failAttempt(link, ErrCodeRefused, err)
	default:
		return pr.failAttempt(link, ErrCodeLost, err)
	}
}

// failAttempt drops an attempt whose code is useless.
func (pr *personState) failAttempt(link Link, why, cause error) error {
	step := stepCodeLost
	if errors.Is(why, ErrCodeRefused) {
		step = stepCodeRefused
	}
	pr.pool.count(step)
	pr.pool.Logger.Warn("a login by oauth failed", "effect", "its person is asked to start again", "person", pr.id, "why", why, "err", cause)
	pr.expireLink(link)
	return &CodeError{Why: why, Then: link.Then}
}

// endUnwanted ends a login whose person logged out, or began again, while its code was
// being exchanged.
func (pr *personState) endUnwanted(ctx context.Context, held Credential) {
	err := pr.update(func(r *Record) { r.Ending = append(r.Ending, held) })
	if err != nil {
		pr.pool.Logger.Error("an unwanted login was not saved", "effect", "it is ended once, without a retry", "person", pr.id, "err", err)
		pr.endSession(ctx, held)
		return
	}
	pr.endNow(ctx, false)
}

// changeLink changes a link that still has its attempt.
func (pr *personState) changeLink(ref string, change func(*Link)) error {
	known := false
	err := pr.update(func(r *Record) {
		if i := r.link(ref); i >= 0 && (r.Links[i].Attempt != nil) {
			known = true
			change(&r.Links[i])
		}
	})
	switch {
	case err != nil:
		return err
	case !known: // the person logged out meanwhile
		return ErrNoLogin
	}
	return nil
}
