package session

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/kite"
)

// Call asks the person's account one thing, over that person's session.
//
// It is asked again where an answer may merely have been lost. When the account
// does not answer, Call finds out what that means for the login (judge). And
// no answer is handed out before its owner is proved (prove).
//
// Errors: ErrNoLogin, ErrEnded, ErrUnconfirmed, ErrLeft, *DoubtError,
// *UsurpedError, or *kite.Error when the login is fine and only this call failed.
// It returns after [Longest] at the latest.
func (p *Pool) Call(ctx context.Context, who int64, q kite.Query) (string, error) {
	pr, done, err := p.hold(who)
	if err != nil {
		return "", err
	}
	defer done()
	pr.noteUse()
	text, _, err := pr.call(ctx, q)
	return text, err
}

// call is Call, and says which session answered.
func (pr *person) call(ctx context.Context, q kite.Query) (string, ID, error) {
	if !q.Reads() {
		return "", ID{}, &kite.Error{Kind: kite.KindNoTool, Tool: q.Name(), Err: errors.New("does not only read: never asked here")}
	}
	ctx, cancel := context.WithTimeout(ctx, Longest)
	defer cancel()
	for leaves := pr.left(); ; {
		login := pr.record().Login
		switch {
		case login == nil:
			return "", ID{}, ErrNoLogin
		case !login.Confirmed:
			return "", ID{}, ErrUnconfirmed
		}
		text, err := pr.callOn(ctx, login, q)
		switch {
		case pr.left() != leaves:
			return "", ID{}, ErrLeft
		case errors.Is(err, errReplaced) && ctx.Err() == nil:
			continue // a new login came through meanwhile
		}
		return text, login.Session, err
	}
}

func (pr *person) callOn(ctx context.Context, login *Login, q kite.Query) (string, error) {
	text, err := pr.ask(ctx, login.Session, q)
	if err != nil {
		failed := kite.KindOf(err) == kite.KindFailed
		if err = pr.judge(ctx, *login, err); err != nil {
			return "", err
		}
		// The login is fine: the tool alone stumbled. Once more, then it is the tool.
		// Kite may have been asked too much in that moment: what failed waits for another.
		if failed && !pr.wait(ctx, pr.pool.Timing.Again) {
			return "", &kite.Error{Kind: kite.KindUnreachable, Tool: q.Name(), Err: context.Cause(ctx)}
		}
		text, err = pr.ask(ctx, login.Session, q)
		if kite.KindOf(err) == kite.KindEnded {
			return "", pr.ended(*login, kite.EndingOf(err))
		}
		if err != nil {
			return "", err
		}
	}
	if err := pr.prove(ctx, *login, pr.tick(), hollow(text)); err != nil {
		return "", err
	}
	return text, nil
}

// ask asks something on a session, and once more when the answer was lost. A
// call on a stream that ended does not count: over /mcp it has both tries.
func (pr *person) ask(ctx context.Context, id ID, q kite.Query) (string, error) {
	l := pr.line(id)
	text, err := l.Call(ctx, q)
	if !kite.Unanswered(err) || ctx.Err() != nil {
		return text, l.own(err)
	}
	if l.stream && l.lost() {
		l = pr.line(id)
		if text, err = l.Call(ctx, q); !kite.Unanswered(err) || ctx.Err() != nil {
			return text, l.own(err)
		}
	}
	if !l.stream {
		l = pr.line(id)
		text, err = l.Call(ctx, q)
		return text, l.own(err)
	}
	if login := pr.record().Login; login != nil && login.Session == id && login.Resumable == No {
		return "", err // there is no other way
	}
	// The stream stands but the call did not get through. That /mcp does not know
	// the session proves nothing then: this server may not resume streams at all.
	// If it does know it, it is the way to go from now on: a stream that swallows
	// one call would let the next one wait as long.
	resumed := pr.resume(pr.record().held(id))
	text, again := resumed.Call(ctx, q)
	if kite.KindOf(again) == kite.KindEnded || kite.Unanswered(again) {
		return "", err
	}
	pr.keep(resumed)
	return text, again
}

// own weakens "session ended" to a silence while the stream stands: only a
// session without one is ended by that word.
func (l *line) own(err error) error {
	if kite.KindOf(err) == kite.KindEnded && l.stream {
		return &kite.Error{Kind: kite.KindUnreachable, Err: err}
	}
	return err
}

// tick returns the next moment of the person's own order of events: a proof
// holds for the answers received before it was asked for.
func (pr *person) tick() uint64 {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.ticks++
	return pr.ticks
}

// wait pauses for d; false when ctx ended first.
func (pr *person) wait(ctx context.Context, d time.Duration) bool {
	t := pr.pool.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
		return true
	case <-ctx.Done():
		return false
	}
}
