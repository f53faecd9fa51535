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

// probe finds out whether a login still answers, with patience: the server
// says the same for an ended login, a rate limit and an outage. One caller asks,
// and the others wait for its verdict: a Kite that limits us is asked no more
// often because the parts of an answer fail side by side.
func (pr *personState) probe(ctx context.Context, login Login) error {
	for {
		v, mine := pr.joinProbe(login.Session)
		if mine {
			return pr.probeAlone(ctx, login, v)
		}
		select {
		case <-v.done:
			if v.given {
				return v.err
			}
		case <-ctx.Done():
			return pr.contextEnded(ctx, login, unreachable(ctx))
		}
	}
}

// joinProbe returns the verdict that is awaited on a session, or begins one, which
// is then the caller's to find.
func (pr *personState) joinProbe(session ID) (v *probe, mine bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if v = pr.probing; v != nil && v.session == session {
		return v, false
	}
	v = &probe{session: session, done: make(chan struct{})}
	pr.probing = v
	return v, true
}

func (pr *personState) probeAlone(ctx context.Context, login Login, v *probe) error {
	defer func() { // after a panic, too
		pr.mu.Lock()
		defer pr.mu.Unlock()
		if pr.probing == v {
			pr.probing = nil
		}
		close(v.done)
	}()
	err := pr.probeWithPauses(ctx, login)
	v.err, v.given = err, ctx.Err() == nil
	return err
}

// probeWithPauses asks until the login answers, or patience ends.
func (pr *personState) probeWithPauses(ctx context.Context, login Login) error {
	err := pr.askOnce(ctx, login)
	if pr.isOverdue(login) {
		return pr.orDoubt(login, err) // the clock and Kite agree: do not keep the person waiting
	}
	for _, pause := range pr.pool.Timing.ProbePauses {
		if !inconclusive(err) {
			return err
		}
		if !sleep(ctx, pause, nil) {
			return pr.contextEnded(ctx, login, err)
		}
		err = pr.verifyUser(ctx, login)
	}
	return pr.orDoubt(login, err)
}

// probeOnce is confirm without patience: a silence is a doubt at once.
func (pr *personState) probeOnce(ctx context.Context, login Login) error {
	return pr.orDoubt(login, pr.askOnce(ctx, login))
}

// askOnce asks the login once. Of a silence it asks why, as far as Kite says that.
func (pr *personState) askOnce(ctx context.Context, login Login) error {
	err := pr.verifyUser(ctx, login)
	if inconclusive(err) {
		if over := pr.askReason(ctx, login, err); over != nil {
			return over
		}
	}
	return err
}

// orDoubt makes a doubt of a silence.
func (pr *personState) orDoubt(login Login, err error) error {
	if !inconclusive(err) {
		return err
	}
	pr.markDoubtful(login)
	return &DoubtError{Over: pr.isOverdue(login), Err: err}
}

// contextEnded is the error for a caller whose context ended. A deadline that passed
// means that Kite did not answer in time.
func (pr *personState) contextEnded(ctx context.Context, login Login, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		pr.markDoubtful(login)
		return &DoubtError{Over: pr.isOverdue(login), Err: err}
	}
	return unreachable(ctx)
}

// isOverdue reports whether a login is over by the clock.
func (pr *personState) isOverdue(login Login) bool { return !pr.pool.Now().Before(login.Until()) }

// inconclusive reports whether an error leaves open what became of the login.
func inconclusive(err error) bool {
	switch wire.KindOf(err) {
	case wire.KindFailed, wire.KindNoLogin, wire.KindDoubt, wire.KindMalformed:
		return true
	default:
		return false
	}
}

// askReason asks what Kite says of a login by OAuth that it does not answer. One
// question is answered with Kite's own reason, which shows whether Kite dropped the
// login or has a fault. nil: the login is not known to be over.
func (pr *personState) askReason(ctx context.Context, login Login, err error) error {
	if !login.Session.IsBearer() || wire.KindOf(err) != wire.KindFailed {
		return nil
	}
	if _, err := pr.callSession(ctx, login.Session, query.Alerts()); wire.KindOf(err) == wire.KindEnded {
		return pr.ended(login, wire.EndingOf(err))
	}
	return nil
}

// verifyUser asks the login's session once who it is, and draws the conclusions
// that need no patience.
func (pr *personState) verifyUser(ctx context.Context, login Login) error {
	sent, at := pr.tick(), pr.pool.Now()
	text, err := pr.callSession(ctx, login.Session, query.Profile())
	if wire.KindOf(err) == wire.KindDoubt && login.Resumable != No {
		// The server no longer opens the session over its stream. Over /mcp it
		// says in so many words whether that is the end.
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
		pr.startWatcher() // asks; it could not be told right after the login
	}
	return pr.isCurrent(login)
}

// recordProof notes that the login named its user when it was asked at a tick, which
// was at a moment. It says nothing of a login that came after it.
func (pr *personState) recordProof(login Login, sent uint64, at time.Time) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if now := pr.rec.Login; now != nil && now.Session == login.Session {
		pr.proof, pr.proofAt, pr.doubted = sent, at, false
	}
}

// errReplaced is ErrNoLogin for this session: the person has another one by now.
var errReplaced = fmt.Errorf("%w on this session", ErrNoLogin)

// isCurrent makes sure that the login was not replaced or ended while Kite was asked.
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

// callSession asks something on a session, and once more when the answer was lost. A
// call on a stream that ended does not count: over /mcp it has both tries.
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
		return "", err // there is no other way
	}
	// The stream stands but the call did not get through. That /mcp does not know
	// the session proves nothing then: this server may not resume streams at all.
	// If it does know it, it is the way to go from now on: a stream that swallows
	// one call would let the next one wait as long.
	resumed := pr.resume(pr.record().credential(id))
	text, again := resumed.Call(ctx, q)
	if wire.KindOf(again) == wire.KindEnded || wire.Unanswered(again) {
		return "", err
	}
	pr.adoptConn(resumed)
	return text, again
}

// tick returns the next moment of the person's own order of events: a proof
// holds for the answers received before it was asked for.
func (pr *personState) tick() uint64 {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.lastTick++
	return pr.lastTick
}

// notServed is what it means that there is no server where sessions are resumed:
// nothing, but for a login that lived on its stream alone. That one cannot be asked
// anything any more; it lapses, so that /logout still tries to end it.
func (pr *personState) notServed(login Login, err error) error {
	if login.Resumable != No || pr.hasStream(login.Session) {
		return err
	}
	err = pr.update(func(r *Record) {
		if r.Login != nil && r.Login.Session == login.Session {
			r.retire(pr.pool.forgottenByServer, r.Login.credential())
		}
	})
	if err != nil {
		return fmt.Errorf("keep the session of a lost login: %w", err)
	}
	return pr.ended(login, wire.EndUnsaid)
}

// ended draws the conclusion from the server's word.
func (pr *personState) ended(login Login, why wire.Ending) error {
	was := false
	err := pr.update(func(r *Record) {
		if was = r.Login != nil && r.Login.Session == login.Session; was {
			r.Login = nil
		}
	})
	if err != nil {
		return fmt.Errorf("forget the ended login: %w", err)
	}
	if was {
		pr.pool.count(stepEnded)
	}
	pr.startWatcher() // its link, if it is still shown, is dead
	return &EndedError{Why: why}
}

// usurped ends a session on which another Kite user answered.
func (pr *personState) usurped(ctx context.Context, login Login, user kite.Identity) error {
	var dead []Link
	was, leaves := false, 0
	err := pr.update(func(r *Record) {
		if r.Login == nil || r.Login.Session != login.Session {
			return
		}
		was, leaves = true, pr.logouts
		held := login.Credential
		held.UserID = user.UserID
		r.Login, r.Ending = nil, append(r.Ending, held)
		if i := slices.IndexFunc(r.Links, func(l Link) bool { return l.Session == login.Session }); i >= 0 {
			dead = []Link{r.Links[i]} // not announced yet: it must not be taken for one that may be finished
			r.Links = slices.Delete(r.Links, i, i+1)
		}
	})
	if err != nil {
		return fmt.Errorf("end the usurped login: %w", err)
	}
	if was {
		pr.pool.count(stepUsurped)
	}
	if dead != nil {
		pr.notify(leaves, Event{Kind: EventLinkDead, Links: dead})
	}
	pr.endNow(ctx, false)
	return &UsurpedError{Was: login.User, Now: user}
}
