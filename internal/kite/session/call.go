package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// Call asks the person's account one thing, over that person's session.
//
// It asks again where an answer may have been lost (callSession). When the account does
// not answer, it finds out what that means for the login (interpret). It returns no
// answer before the account is known to be the login's (requireProof).
//
// Errors: ErrNoLogin, ErrEnded, ErrUnconfirmed, ErrLoggedOut, *DoubtError,
// *UsurpedError, or *wire.Error when the login is fine and only this call failed.
// It returns after [MaxWait] at the latest.
func (p *Pool) Call(ctx context.Context, person int64, q query.Query) (string, error) {
	pr, done, err := p.acquire(person)
	if err != nil {
		return "", err
	}
	defer done()
	pr.recordUse()
	text, _, err := pr.call(ctx, q)
	return text, err
}

// Fetch is Call with a cache: it returns an answer to the same login that is at most
// maxAge old, and when Kite gave it.
func (p *Pool) Fetch(ctx context.Context, person int64, q query.Query, maxAge time.Duration) (string, time.Time, error) {
	pr, done, err := p.acquire(person)
	if err != nil {
		return "", time.Time{}, err
	}
	defer done()
	key := q.Key()
	pr.recordUse()
	if k, ok := pr.cached(key, maxAge); ok {
		return k.text, k.at, nil
	}
	text, session, err := pr.call(ctx, q)
	if err != nil {
		return "", time.Time{}, err
	}
	return text, pr.cacheAnswer(key, text, session), nil
}

// Discard drops the kept answer to a question, since the caller cannot read it.
func (p *Pool) Discard(person int64, q query.Query) {
	pr, done, err := p.acquire(person)
	if err != nil {
		return
	}
	defer done()
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.cache.drop(q.Key())
}

// cached finds an answer of the present login.
func (pr *personState) cached(key string, maxAge time.Duration) (cachedAnswer, bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	a, ok := pr.cache.answers[key]
	login := pr.rec.Login
	ok = ok && login != nil && login.Confirmed && login.Session == a.session && pr.pool.since(a.at) <= maxAge
	return a, ok
}

// cacheAnswer keeps a session's answer for a minute or two and returns its time. No
// answer outlives its login: cached compares, and setRecord drops them. An empty one is
// not kept: it may be a fault that has passed, and its proof would grow old with it.
func (pr *personState) cacheAnswer(key, text string, session ID) time.Time {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	now := pr.pool.Now()
	if pr.rec.Login != nil && pr.rec.Login.Session == session && !isEmpty(text) {
		pr.cache.put(key, cachedAnswer{session: session, text: text, at: now})
	}
	return now
}

// call is Call, and says which session answered.
func (pr *personState) call(ctx context.Context, q query.Query) (string, ID, error) {
	if !q.Reads() {
		return "", ID{}, &wire.Error{Kind: wire.KindNoTool, Tool: q.Name(), Err: errors.New("does not only read: never asked here")}
	}
	ctx, cancel := context.WithTimeout(ctx, MaxWait)
	defer cancel()
	for logouts := pr.logoutCount(); ; {
		login := pr.record().Login
		switch {
		case login == nil:
			return "", ID{}, ErrNoLogin
		case !login.Confirmed:
			return "", ID{}, ErrUnconfirmed
		}
		text, err := pr.callOn(ctx, login, q)
		switch {
		case pr.logoutCount() != logouts:
			return "", ID{}, ErrLoggedOut
		case errors.Is(err, errReplaced) && ctx.Err() == nil:
			continue // a new login came through meanwhile
		}
		return text, login.Session, err
	}
}

func (pr *personState) callOn(ctx context.Context, login *Login, q query.Query) (string, error) {
	text, err := pr.callSession(ctx, login.Session, q)
	if err != nil {
		failed := wire.KindOf(err) == wire.KindFailed
		if err = pr.interpret(ctx, *login, err); err != nil {
			return "", err
		}
		// The login is fine: the tool alone stumbled. Once more, then it is the tool.
		// Kite may have been asked too much in that moment: what failed waits for another.
		if failed && !sleep(ctx, pr.pool.Timing.RetryFailed, nil) {
			return "", &wire.Error{Kind: wire.KindUnreachable, Tool: q.Name(), Err: context.Cause(ctx)}
		}
		text, err = pr.callSession(ctx, login.Session, q)
		if wire.KindOf(err) == wire.KindEnded {
			return "", pr.ended(*login, wire.EndingOf(err))
		}
		if err != nil {
			return "", err
		}
	}
	if err := pr.requireProof(ctx, *login, pr.tick(), isEmpty(text)); err != nil {
		return "", err
	}
	return text, nil
}

// interpret says what a failed call means. nil: the login is fine, and the tool can be
// called again.
func (pr *personState) interpret(ctx context.Context, login Login, err error) error {
	switch wire.KindOf(err) {
	case wire.KindEnded:
		return pr.ended(login, wire.EndingOf(err))
	case wire.KindNotServed:
		return pr.notServed(login, err)
	case wire.KindFailed, wire.KindNoLogin, wire.KindDoubt, wire.KindUnknown:
		return pr.probeSince(ctx, login, pr.tick())
	case wire.KindMalformed:
		return nil // garbled on its way: says nothing about the login
	default:
		return err
	}
}

// requireProof makes sure that an answer received at the given tick is of the login's
// account. While a link of the session can still be finished, a second browser login
// silently replaces the account, so the proof has to be younger than the answer.
// Afterwards one proof for each connection is enough. An empty answer always needs a
// younger proof.
func (pr *personState) requireProof(ctx context.Context, login Login, answered uint64, empty bool) error {
	if pr.isProved(login, answered, empty) {
		return pr.isCurrent(login)
	}
	return pr.probeSince(ctx, login, answered)
}

func (pr *personState) isProved(login Login, answered uint64, empty bool) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.proof > answered || !empty && pr.proof > 0 && !login.LinksAlive(pr.proofAt)
}

// isEmpty reports whether an answer is empty, as for an account without orders. The
// server makes the same of a Kite that answers null to everything; a profile shows
// which it is.
func isEmpty(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text == "[]" || text == "null"
}

// Check asks the login now whether it still answers. The error says why the
// account cannot be asked; the Status is true either way.
func (p *Pool) Check(ctx context.Context, person int64) (Status, error) {
	return p.check(ctx, person, (*personState).probe)
}

// Glance is Check without patience: the login is asked once, and one that does not
// answer is a *DoubtError at once.
func (p *Pool) Glance(ctx context.Context, person int64) (Status, error) {
	return p.check(ctx, person, (*personState).probeOnce)
}

func (p *Pool) check(ctx context.Context, person int64, ask func(*personState, context.Context, Login) error) (Status, error) {
	return p.serve(ctx, person, func(ctx context.Context, pr *personState) error {
		login := pr.record().Login
		if login == nil {
			return ErrNoLogin
		}
		err := ask(pr, ctx, *login)
		if err == nil && !login.Confirmed {
			return ErrUnconfirmed
		}
		return err
	})
}
