package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// probe finds out whether a login still answers. It asks several times, since the
// server says the same for an ended login, a rate limit and an outage. Concurrent
// callers share one probe, so that parts of an answer that fail side by side do not
// multiply the calls.
func (pr *personState) probe(ctx context.Context, login Login) error {
	for {
		p, mine := pr.joinProbe(login.Session)
		if mine {
			return pr.runProbe(ctx, login, p)
		}
		select {
		case <-p.done:
			if p.conclusive {
				return p.err
			}
		case <-ctx.Done():
			return unreachable(ctx) // the caller that asks says what it saw
		}
	}
}

// probeSince is probe, until the login was asked after the given tick. What a probe of
// another caller finds may be older, and the account may have been replaced since.
func (pr *personState) probeSince(ctx context.Context, login Login, tick uint64) error {
	for {
		if err := pr.probe(ctx, login); err != nil {
			return err
		}
		pr.mu.Lock()
		young := pr.proof > tick
		pr.mu.Unlock()
		if young {
			return pr.isCurrent(login)
		}
	}
}

// joinProbe returns the probe that runs for a session, or a new one, which the caller
// has to run.
func (pr *personState) joinProbe(session ID) (p *probe, mine bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if p = pr.probing; p != nil && p.session == session {
		return p, false
	}
	p = &probe{session: session, done: make(chan struct{})}
	pr.probing = p
	return p, true
}

func (pr *personState) runProbe(ctx context.Context, login Login, p *probe) error {
	defer func() { // after a panic, too
		pr.mu.Lock()
		defer pr.mu.Unlock()
		if pr.probing == p {
			pr.probing = nil
		}
		close(p.done)
	}()
	err := pr.probeWithPauses(ctx, login)
	p.err, p.conclusive = err, ctx.Err() == nil
	return err
}

// probeWithPauses asks until the login answers, as often as there are pauses before the
// caller's deadline.
func (pr *personState) probeWithPauses(ctx context.Context, login Login) error {
	err := pr.askOnce(ctx, login)
	if pr.isOverdue(login) {
		return pr.orDoubt(login, err) // the clock and Kite agree: the person need not wait
	}
	for _, pause := range pr.pool.Timing.ProbePauses {
		if !inconclusive(err) {
			return err
		}
		if !sleep(ctx, pause, nil) {
			if errors.Is(ctx.Err(), context.Canceled) {
				return unreachable(ctx) // the caller gave up, which says nothing about the login
			}
			break
		}
		err = pr.verifyUser(ctx, login)
	}
	return pr.orDoubt(login, err)
}

// probeOnce is probe without retries.
func (pr *personState) probeOnce(ctx context.Context, login Login) error {
	return pr.orDoubt(login, pr.askOnce(ctx, login))
}

// askOnce asks the login once, and for the reason if it does not answer.
func (pr *personState) askOnce(ctx context.Context, login Login) error {
	err := pr.verifyUser(ctx, login)
	if inconclusive(err) {
		if over := pr.askReason(ctx, login, err); over != nil {
			return over
		}
	}
	return err
}

// orDoubt replaces an inconclusive error by a DoubtError.
func (pr *personState) orDoubt(login Login, err error) error {
	if !inconclusive(err) {
		return err
	}
	pr.markDoubtful(login)
	return &DoubtError{Over: pr.isOverdue(login), Err: err}
}

// isOverdue reports whether a login is over by the clock.
func (pr *personState) isOverdue(login Login) bool { return !pr.pool.Now().Before(login.Until()) }

// inconclusive reports whether an error leaves open whether the login is over.
func inconclusive(err error) bool {
	switch wire.KindOf(err) {
	case wire.KindFailed, wire.KindNoLogin, wire.KindDoubt, wire.KindMalformed:
		return true
	default:
		return false
	}
}

// askReason asks why a login by OAuth does not answer: one tool passes Kite's own
// reason on. nil: the login is not known to be over.
func (pr *personState) askReason(ctx context.Context, login Login, err error) error {
	if !login.Session.IsBearer() || wire.KindOf(err) != wire.KindFailed {
		return nil
	}
	if _, err := pr.callSession(ctx, login.Session, query.Alerts()); wire.KindOf(err) == wire.KindEnded {
		return pr.ended(login, wire.EndingOf(err))
	}
	return nil
}

// verifyUser asks the login's session once who is logged in, and acts on an answer.
func (pr *personState) verifyUser(ctx context.Context, login Login) error {
	sent, at := pr.tick(), pr.pool.Now()
	text, err := pr.callSession(ctx, login.Session, query.Profile())
	if wire.KindOf(err) == wire.KindDoubt && login.Resumable != No {
		// The server no longer serves the session over its stream. Over /mcp it says
		// whether the session has ended.
		text, err = pr.pool.Dialer.Resume(login.Credential, nil).Call(ctx, query.Profile())
	}
	if wire.KindOf(err) == wire.KindEnded {
		return pr.ended(login, wire.EndingOf(err))
	}
	if wire.KindOf(err) == wire.KindNotServed {
		return pr.notServed(login, err)
	}
	if err != nil {
		return err
	}
	profile, err := kite.DecodeProfile(text)
	if err != nil {
		return err
	}
	if profile.UserID != login.User.UserID {
		return pr.usurped(ctx, login, profile.Identity())
	}
	pr.recordProof(login, sent, at)
	if login.Resumable == Unknown {
		pr.startWatcher() // it asks; right after the login there was no answer
	}
	return pr.isCurrent(login)
}

// recordProof notes that the login's session named the right user when it was asked at a
// tick and a time. A newer login is left alone.
func (pr *personState) recordProof(login Login, sent uint64, at time.Time) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if now := pr.rec.Login; now != nil && now.Session == login.Session {
		pr.proof, pr.proofAt, pr.doubted = sent, at, false
	}
}

// errReplaced is ErrNoLogin for one session: the person has another one by now.
var errReplaced = fmt.Errorf("%w on this session", ErrNoLogin)

// isCurrent fails if the login was replaced or ended while Kite was asked.
func (pr *personState) isCurrent(login Login) error {
	now := pr.record().Login
	switch {
	case now == nil:
		return ErrNoLogin
	case now.Session != login.Session:
		return errReplaced
	}
	return nil
}

// callSession calls over a session, and once more if the answer was lost. A call on a
// stream that ended does not count: over /mcp there are two attempts.
func (pr *personState) callSession(ctx context.Context, id ID, q query.Query) (string, error) {
	l := pr.connection(id)
	text, err := l.Call(ctx, q)
	if !wire.Unanswered(err) || ctx.Err() != nil {
		return text, l.orUnreachable(err)
	}
	if l.stream && l.lost() {
		l = pr.connection(id)
		if text, err = l.Call(ctx, q); !wire.Unanswered(err) || ctx.Err() != nil {
			return text, l.orUnreachable(err)
		}
	}
	if !l.stream {
		l = pr.connection(id)
		text, err = l.Call(ctx, q)
		return text, l.orUnreachable(err)
	}
	if login := pr.record().Login; login != nil && login.Session == id && login.Resumable == No {
		return "", err // /mcp does not know the session
	}
	// The stream is open, and the call was not answered. If /mcp knows the session, it
	// is used from now on, since the next call on that stream would wait as long. If
	// not, that proves nothing: the server may resume no streams.
	resumed := pr.resume(pr.record().credential(id))
	text, again := resumed.Call(ctx, q)
	if wire.KindOf(again) == wire.KindEnded || wire.Unanswered(again) {
		return "", err
	}
	pr.adoptConn(resumed)
	return text, again
}

// tick counts the person's questions and answers: a proof is valid for answers received
// before it was asked for.
func (pr *personState) tick() uint64 {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.lastTick++
	return pr.lastTick
}

// notServed handles a server without /mcp. Only a login that depended on its stream is
// lost by that; its session is kept as Replaced, so that /logout still ends it.
func (pr *personState) notServed(login Login, err error) error {
	if login.Resumable != No || pr.hasStream(login.Session) {
		return err
	}
	_, err = pr.updateLogin(login.Session, func(r *Record) { r.retire(pr.pool.forgottenByServer, r.Login.credential()) })
	if err != nil {
		return fmt.Errorf("keep the session of a lost login: %w", err)
	}
	return pr.ended(login, wire.EndUnknown)
}

// ended removes a login that the server has ended.
func (pr *personState) ended(login Login, why wire.Ending) error {
	current, err := pr.updateLogin(login.Session, func(r *Record) { r.Login = nil })
	if err != nil {
		return fmt.Errorf("forget the ended login: %w", err)
	}
	if current {
		pr.pool.count(stepEnded)
	}
	pr.startWatcher() // its link, if it is on the screen, is dead
	return &EndedError{Why: why}
}

// usurped ends a session on which another Kite user answered.
func (pr *personState) usurped(ctx context.Context, login Login, user kite.Identity) error {
	var dead []Link
	logouts := 0
	current, err := pr.updateLogin(login.Session, func(r *Record) {
		logouts = pr.logouts
		usurped := login.Credential
		usurped.UserID = user.UserID
		r.Login, r.Ending = nil, append(r.Ending, usurped)
		if i := slices.IndexFunc(r.Links, func(l Link) bool { return l.Session == login.Session }); i >= 0 {
			dead = []Link{r.Links[i]} // not announced yet: it can no longer be finished
			r.Links = slices.Delete(r.Links, i, i+1)
		}
	})
	if err != nil {
		return fmt.Errorf("end the usurped login: %w", err)
	}
	if current {
		pr.pool.count(stepUsurped)
	}
	if dead != nil {
		pr.notify(logouts, Event{Kind: EventLinkDead, Links: dead})
	}
	pr.endNow(ctx, false)
	return &UsurpedError{Was: login.User, Now: user}
}
