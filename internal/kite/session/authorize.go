package session

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"time"

	"kitebot/internal/kite"
)

// Why a code that somebody brought is not exchanged. Nothing was sent then.
var (
	// ErrNoAttempt: the person has no login by OAuth under way.
	ErrNoAttempt = errors.New("no login is waited for")
	// ErrOtherAttempt: the code belongs to another attempt than the person's
	// newest: an older one, or somebody else's.
	ErrOtherAttempt = errors.New("the code is of another login attempt")
	// ErrCodeUsed: another code was brought for this attempt already.
	ErrCodeUsed = errors.New("the code was used already")
)

// Why an attempt is over although its code was sent. It is never sent again.
var (
	// ErrCodeRefused: the server does not take the code: it is too old, say.
	ErrCodeRefused = errors.New("the code was refused")
	// ErrCodeLost: nobody knows what became of the code.
	ErrCodeLost = errors.New("the code was sent and not answered")
)

// QueuedError says that a code waits for its turn: the server takes few logins
// at a time from one address. It is exchanged without anybody asking.
type QueuedError struct{ Until time.Time }

func (e *QueuedError) Error() string { return "the login waits for its turn" }

// What the server exchanges at once, and then again and again (facts: five, then
// one in twelve seconds from one address).
const (
	exchangeBurst = 5
	exchangeGap   = 12 * time.Second
)

// Authorized takes the code that came of a person's attempt, and makes a login
// of it. The state has to be that of the person's newest attempt: it is what ties
// the code to the person, and a code that is sent with another attempt's verifier
// is lost.
//
// Errors: ErrNoAttempt, ErrOtherAttempt, ErrCodeUsed, *QueuedError,
// ErrCodeRefused, ErrCodeLost, ErrLeft, or those of [Pool.Finish], whose sense is
// that the login is made and cannot be read yet. nil: it is the person's login,
// and an event tells so.
func (p *Pool) Authorized(ctx context.Context, who int64, state, code string) (Status, error) {
	pr, done, err := p.hold(who)
	if err != nil {
		return Status{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, Longest)
	defer cancel()
	leaves := pr.left()
	link, err := pr.acceptCode(state, code)
	if err == nil {
		err = pr.try(ctx, link)
		pr.mind() // what is queued, or not answered yet
	}
	if pr.left() != leaves {
		err = ErrLeft
	}
	return pr.status(), err
}

// Callback is Authorized for a browser that came back by itself: the state says
// whose it is.
func (p *Pool) Callback(ctx context.Context, state, code string) (Status, error) {
	for _, pr := range p.inMemory() { // whoever has a link out is
		if _, ok := pr.record().attempt(state); ok {
			return p.Authorized(ctx, pr.id, state, code)
		}
	}
	return Status{}, ErrNoAttempt
}

// acceptCode writes a code down with its attempt, and when it may be sent.
func (pr *person) acceptCode(state, code string) (link Link, err error) {
	saved := pr.update(func(r *Record) {
		i, known := r.attempt(state)
		switch {
		case !known && !r.attempts():
			err = ErrNoAttempt
			return
		case !known:
			err = ErrOtherAttempt
			return
		}
		a := r.Links[i].Attempt
		switch {
		case a.Tried, a.Code != "" && a.Code != code:
			err = ErrCodeUsed
			return
		case a.Code == "":
			a.Code, a.Due = code, pr.pool.turn()
		}
		link = r.Links[i]
	})
	return link, errors.Join(err, saved)
}

// turn books the next moment at which a code may be sent.
func (p *Pool) turn() time.Time {
	now := p.Clock.Now()
	return now.Add(p.exchanges.ReserveN(now, 1).DelayFrom(now)).UTC()
}

// attempt finds the link whose attempt has a state.
func (r Record) attempt(state string) (index int, ok bool) {
	index = slices.IndexFunc(r.Links, func(l Link) bool {
		return l.Attempt != nil && subtle.ConstantTimeCompare([]byte(l.Attempt.State), []byte(state)) == 1
	})
	return index, index >= 0
}

// attempts reports whether any login by OAuth is under way.
func (r Record) attempts() bool {
	return slices.ContainsFunc(r.Links, func(l Link) bool { return l.Attempt != nil })
}

// newAttempt begins a login by OAuth.
func (pr *person) newAttempt(ctx context.Context) (Link, error) {
	attempt, url, err := pr.pool.Authorizer.Begin(ctx)
	if err != nil {
		return Link{}, err
	}
	return Link{Attempt: &attempt, Ref: newRef(), URL: url, Issued: pr.pool.Clock.Now().UTC()}, nil
}

// exchange carries an attempt on as far as it goes: ErrNoLogin while there is no
// code, *QueuedError while it is not its turn. With the bearer that a code was
// exchanged for, the link is one like any other: it is asked who logged in.
func (pr *person) exchange(ctx context.Context, ref string) error {
	select {
	case pr.exchanging <- struct{}{}:
		defer func() { <-pr.exchanging }()
	case <-ctx.Done():
		return &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)}
	}
	rec := pr.record()
	i := rec.link(ref)
	if i < 0 {
		return ErrNoLogin // it was given up meanwhile
	}
	link := rec.Links[i]
	a := link.Attempt
	switch now := pr.pool.Clock.Now(); {
	case a == nil:
		return pr.try(ctx, link) // by the one before us
	case a.Tried: // by a process that did not live to hear the answer
		pr.linkDied(link)
		return ErrCodeLost
	case a.Code == "" && pr.age(link) >= AttemptLife:
		pr.linkDied(link)
		return ErrEnded
	case a.Code == "":
		return ErrNoLogin
	case now.Before(a.Due):
		return &QueuedError{Until: a.Due}
	}
	return pr.send(ctx, link)
}

// send exchanges the code of a link, once: that it is sent is on disk before.
func (pr *person) send(ctx context.Context, link Link) error {
	if err := pr.changeLink(link.Ref, func(l *Link) { l.Attempt.Tried = true }); err != nil {
		return err
	}
	held, err := pr.pool.Authorizer.Redeem(ctx, *link.Attempt)
	switch kind := kite.KindOf(err); {
	case err == nil:
		if err := pr.changeLink(link.Ref, func(l *Link) { l.Held, l.Attempt = held, nil }); err != nil {
			pr.discard(ctx, held)
			return err
		}
		link.Held, link.Attempt = held, nil
		return pr.try(ctx, link)
	case kind == kite.KindLimited:
		due := pr.pool.Clock.Now().Add(exchangeGap).UTC() // others took our turn: what we counted is not all
		if turn := pr.pool.turn(); turn.After(due) {
			due = turn
		}
		if err := pr.changeLink(link.Ref, func(l *Link) { l.Attempt.Tried, l.Attempt.Due = false, due }); err != nil {
			return err
		}
		return &QueuedError{Until: due}
	case kind == kite.KindFailed:
		pr.linkDied(link)
		return ErrCodeRefused
	default:
		pr.linkDied(link)
		return ErrCodeLost
	}
}

// discard ends a login that nobody wants any more: its person left, or began anew,
// while its code was under way.
func (pr *person) discard(ctx context.Context, held Held) {
	err := pr.update(func(r *Record) { r.Ending = append(r.Ending, held) })
	if err != nil {
		pr.pool.Logger.Error("a login that is not wanted any more cannot be written down: it is tried once to end it", "person", pr.id, "err", err)
		pr.end(ctx, held)
		return
	}
	pr.endNow(ctx)
}

// changeLink changes a link that is still there.
func (pr *person) changeLink(ref string, change func(*Link)) error {
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
	case !known: // the person left meanwhile
		return ErrNoLogin
	}
	return nil
}

// renewed remembers the MCP session that a bearer is used on, so that the next
// process need not make another one.
func (pr *person) renewed(bearer, mcp ID) {
	pr.pool.spawnFor(pr, func(context.Context) {
		err := pr.update(func(r *Record) {
			if r.Login != nil && r.Login.Session == bearer {
				r.Login.MCP = mcp
			}
			for i := range r.Links {
				if r.Links[i].Session == bearer {
					r.Links[i].MCP = mcp
				}
			}
		})
		if err != nil {
			pr.pool.Logger.Error("the session of a login is not remembered: the next process makes another one", "person", pr.id, "err", err)
		}
	})
}
