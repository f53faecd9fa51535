package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kitebot/internal/kite/wire"
)

// Start resumes what an earlier process left: links to watch, logins to announce,
// sessions to end. Records of people who are only to be warned are read when due.
func (p *Pool) Start() error {
	pending, err := p.Store.Pending()
	if err != nil {
		return fmt.Errorf("find pending logins: %w", err)
	}
	for _, due := range pending {
		if !due.At.IsZero() {
			p.expiries.put(due.Person, expiry{at: due.At.Unix()})
			continue
		}
		pr, done, err := p.acquire(due.Person)
		if err != nil {
			p.Logger.Error("a person was not loaded at the start",
				"effect", "the bot tries again when they write, and at the next start", "person", due.Person, "err", err)
			continue
		}
		p.expiries.set(pr.record(), p.Now())
		pr.startWatcher()
		done()
	}
	p.spawn(p.warnLoop)
	return nil
}

// watcher keeps the person in memory without counting as a user, so that the login can
// be parked meanwhile.
func (pr *personState) watcher(ctx context.Context) {
	defer pr.pool.watcherStopped(pr)
	for {
		pr.poll(ctx)
		gap, more := pr.nextPoll()
		if !more || !sleep(ctx, gap, pr.wake) {
			return
		}
	}
}

// poll does what is due now. A panic in it costs this poll, not the next ones.
func (pr *personState) poll(ctx context.Context) {
	defer pr.pool.recoverPanic()
	pr.announce(false)
	pr.pollLinks(ctx)
	if len(pr.record().Ending) > 0 && pr.pool.background.Wait(ctx) == nil {
		pr.endPending(ctx, pr.pool.Timing.PollTimeout)
	}
	pr.askResumable(ctx)
}

// nextPoll returns the wait for the next poll. With nothing left to do it clears
// watching under the same lock, so that startWatcher starts a new goroutine.
func (pr *personState) nextPoll() (gap time.Duration, more bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	gap = pr.pool.Timing.EndRetryMax
	for _, link := range pr.openLinks() {
		gap, more = min(gap, pr.linkPollGap(link)), true
	}
	if len(pr.rec.Ending) > 0 {
		gap, more = min(gap, pr.endBackoff()), true
	}
	if len(pr.wake) > 0 { // woken in the meantime
		gap, more = 0, true
	}
	pr.watching = more
	return gap, more
}

// linkPollGap is the pause before the next poll of a link; mu is held.
func (pr *personState) linkPollGap(link Link) time.Duration {
	a, age := link.Attempt, pr.linkAgeLocked(link)
	switch {
	case a == nil:
		return pollGap(age)
	case a.Code == "": // wait for it, or for its end
		return untilDue(AttemptLife-age, age)
	default:
		return untilDue(a.Due.Sub(pr.pool.Now()), age)
	}
}

// untilDue is the pause until something is due. If it is, it was just tried without
// success, as with a full disk, and the pause is that of a link.
func untilDue(left, age time.Duration) time.Duration {
	if left > 0 {
		return left
	}
	return pollGap(age)
}

// pollLinks asks every pending link's session once.
func (pr *personState) pollLinks(ctx context.Context) {
	pr.mu.Lock()
	links := pr.openLinks()
	pr.mu.Unlock()
	for _, link := range links {
		if a := link.Attempt; a != nil && (pr.authorizing.Load() > 0 || len(pr.exchanging) > 0 || a.Code == "" && pr.linkAge(link) < AttemptLife) {
			continue // a caller waits for it, or it has no code yet
		}
		if link.Attempt != nil { // an exchange has a deadline of its own
			pr.pollLink(ctx, link)
			continue
		}
		if pr.pool.background.Wait(ctx) != nil {
			return
		}
		pr.withPollTimeout(ctx, func(ctx context.Context) { pr.pollLink(ctx, link) })
	}
}

// pollLink asks one link's session, and notifies the person of a login that failed after
// they finished it.
func (pr *personState) pollLink(ctx context.Context, link Link) {
	logouts := pr.logoutCount()
	err := pr.tryLink(ctx, link)
	code, died := errors.AsType[*CodeError](err)
	_, queued := errors.AsType[*QueuedError](err)
	switch {
	case died:
		pr.notify(logouts, Event{Kind: EventLoginFailed, Why: code})
	case errors.Is(err, ErrEnded) && link.Exchanged():
		pr.notify(logouts, Event{Kind: EventLoginFailed, Why: &CodeError{Why: ErrCodeLost, Then: link.Then}})
	case err == nil, errors.Is(err, ErrNoLogin), errors.Is(err, ErrUnread), errors.Is(err, ErrEnded), queued:
	case wire.KindOf(err) != wire.KindUnknown:
		pr.pool.Logger.Debug("login link not polled", "person", pr.id, "err", err)
	default:
		pr.pool.Logger.Error("a finished login was not saved", "effect", "the bot tries again while its link lives", "person", pr.id, "err", err)
	}
}

// withPollTimeout bounds one call that no person waits for.
func (pr *personState) withPollTimeout(ctx context.Context, ask func(context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, pr.pool.Timing.PollTimeout)
	defer cancel()
	ask(ctx)
}

// askResumable finds out once whether the login survives a lost stream, by asking over
// /mcp with the same id who is logged in. A failure that says
// nothing is retried later.
func (pr *personState) askResumable(ctx context.Context) {
	login := pr.record().Login
	if login == nil || login.Resumable != Unknown || pr.pool.background.Wait(ctx) != nil {
		return
	}
	answer := Unknown
	pr.withPollTimeout(ctx, func(ctx context.Context) {
		conn := pr.pool.Dialer.Resume(login.Credential, nil)
		defer conn.Close()
		user, err := identity(ctx, conn)
		switch {
		case err == nil && user.UserID == login.User.UserID:
			answer = Yes
		case wire.KindOf(err) == wire.KindEnded && wire.EndingOf(err) != wire.EndSwitched,
			wire.KindOf(err) == wire.KindNotServed && pr.hasStream(login.Session): // the server answers, but not there
			answer = No
		}
	})
	if answer == Unknown {
		return
	}
	if _, err := pr.updateLogin(login.Session, func(r *Record) { r.Login.Resumable = answer }); err != nil {
		pr.pool.Logger.Error("whether a login can be resumed was not saved", "effect", "the bot asks again", "person", pr.id, "err", err)
	}
}
