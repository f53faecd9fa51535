package session

import (
	"context"
	"errors"

	"kitebot/internal/kite"
)

// verdict is what one caller found out about a login that did not answer, shared
// with the callers that wait for it.
type verdict struct {
	session ID
	done    chan struct{}
	err     error // once done is closed
	given   bool  // else the caller gave up, and the next one has to find out
}

// confirm finds out whether a login still answers, with patience: the server
// says the same for an ended login, a rate limit and an outage. One caller asks,
// and the others wait for its verdict: a Kite that limits us is asked no more
// often because the parts of an answer fail side by side.
func (pr *person) confirm(ctx context.Context, login Login) error {
	for {
		v, mine := pr.verdictOn(login.Session)
		if mine {
			return pr.decide(ctx, login, v)
		}
		select {
		case <-v.done:
			if v.given {
				return v.err
			}
		case <-ctx.Done():
			return pr.gaveUp(ctx, login, &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)})
		}
	}
}

// verdictOn returns the verdict that is awaited on a session, or begins one, which
// is then the caller's to find.
func (pr *person) verdictOn(session ID) (v *verdict, mine bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if v = pr.verdict; v != nil && v.session == session {
		return v, false
	}
	v = &verdict{session: session, done: make(chan struct{})}
	pr.verdict = v
	return v, true
}

func (pr *person) decide(ctx context.Context, login Login, v *verdict) error {
	defer func() { // after a panic, too
		pr.mu.Lock()
		defer pr.mu.Unlock()
		if pr.verdict == v {
			pr.verdict = nil
		}
		close(v.done)
	}()
	err := pr.askPatiently(ctx, login)
	v.err, v.given = err, ctx.Err() == nil
	return err
}

// askPatiently asks until the login answers, or patience ends.
func (pr *person) askPatiently(ctx context.Context, login Login) error {
	err := pr.askOnce(ctx, login)
	if pr.over(login) {
		return pr.orDoubt(login, err) // the clock and Kite agree: do not keep the person waiting
	}
	for _, pause := range pr.pool.Timing.Patience {
		if !inconclusive(err) {
			return err
		}
		if !pr.wait(ctx, pause) {
			return pr.gaveUp(ctx, login, err)
		}
		err = pr.question(ctx, login)
	}
	return pr.orDoubt(login, err)
}

// glance is confirm without patience: a silence is a doubt at once.
func (pr *person) glance(ctx context.Context, login Login) error {
	return pr.orDoubt(login, pr.askOnce(ctx, login))
}

// askOnce asks the login once. Of a silence it asks why, as far as Kite says that.
func (pr *person) askOnce(ctx context.Context, login Login) error {
	err := pr.question(ctx, login)
	if inconclusive(err) {
		if over := pr.askWhy(ctx, login, err); over != nil {
			return over
		}
	}
	return err
}

// orDoubt makes a doubt of a silence.
func (pr *person) orDoubt(login Login, err error) error {
	if !inconclusive(err) {
		return err
	}
	pr.doubt(login)
	return &DoubtError{Over: pr.over(login), Err: err}
}

// gaveUp is the error for a caller whose context ended. A deadline that passed
// means that Kite did not answer in time.
func (pr *person) gaveUp(ctx context.Context, login Login, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		pr.doubt(login)
		return &DoubtError{Over: pr.over(login), Err: err}
	}
	return &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)}
}

// over reports whether a login is over by the clock.
func (pr *person) over(login Login) bool { return !pr.pool.Clock.Now().Before(login.Until()) }

// inconclusive reports whether an error leaves open what became of the login.
func inconclusive(err error) bool {
	switch kite.KindOf(err) {
	case kite.KindFailed, kite.KindNoLogin, kite.KindDoubt, kite.KindMalformed:
		return true
	default:
		return false
	}
}

// askWhy asks what Kite says of a login by OAuth that it does not answer. One
// question is answered with Kite's own reason, which shows whether Kite dropped the
// login or has a fault. nil: the login is not known to be over.
func (pr *person) askWhy(ctx context.Context, login Login, err error) error {
	if !login.Session.IsBearer() || kite.KindOf(err) != kite.KindFailed {
		return nil
	}
	if _, err := pr.ask(ctx, login.Session, kite.AskAlerts()); kite.KindOf(err) == kite.KindEnded {
		return pr.ended(login, kite.EndingOf(err))
	}
	return nil
}
