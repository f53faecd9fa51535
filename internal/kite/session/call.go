package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kitebot/internal/kite"
)

// Call asks the person's account: one read tool, over that person's session.
//
// It is asked again where an answer may merely have been lost. When the account
// does not answer, Call finds out what that means for the login (judge). And
// no answer is handed out before its owner is proved (prove).
//
// Errors: ErrNoLogin, ErrEnded, ErrUnconfirmed, *DoubtError, *UsurpedError, or
// *kite.Error when the login is fine and only this call failed.
func (p *Pool) Call(ctx context.Context, who int64, tool string, args map[string]any) (string, error) {
	pr, err := p.person(who)
	if err != nil {
		return "", err
	}
	text, _, err := pr.call(ctx, tool, args)
	return text, err
}

// call is Call, and says which session answered.
func (pr *person) call(ctx context.Context, tool string, args map[string]any) (string, ID, error) {
	if tool != ListTools && kite.StandingOf(tool) != kite.ToolReads {
		return "", ID{}, &kite.Error{Kind: kite.KindNoTool, Tool: tool, Err: errors.New("not a tool that only reads: never called")}
	}
	for {
		login := pr.record().Login
		switch {
		case login == nil:
			return "", ID{}, ErrNoLogin
		case !login.Confirmed:
			return "", ID{}, ErrUnconfirmed
		}
		text, err := pr.callOn(ctx, login, tool, args)
		if errors.Is(err, errReplaced) && ctx.Err() == nil {
			continue // a new login came through meanwhile
		}
		return text, login.Session, err
	}
}

func (pr *person) callOn(ctx context.Context, login *Login, tool string, args map[string]any) (string, error) {
	text, err := pr.ask(ctx, login.Session, tool, args)
	if err != nil {
		if err = pr.judge(ctx, *login, err); err != nil {
			return "", err
		}
		// The login is fine: the tool alone stumbled. Once more, then it is the tool.
		if text, err = pr.ask(ctx, login.Session, tool, args); err != nil {
			return "", err
		}
	}
	if err := pr.prove(ctx, *login, pr.tick()); err != nil {
		return "", err
	}
	return text, nil
}

// ask calls a read tool on a session, and once more when the answer was lost:
// over /mcp where the stream failed, else over the same way.
func (pr *person) ask(ctx context.Context, id ID, tool string, args map[string]any) (string, error) {
	l := pr.line(id)
	text, err := l.Call(ctx, tool, args)
	if kite.KindOf(err) != kite.KindUnreachable || ctx.Err() != nil {
		return text, l.own(err)
	}
	if !l.stream || l.lost() {
		l = pr.line(id)
		text, err = l.Call(ctx, tool, args)
		return text, l.own(err)
	}
	// The stream stands but the call did not get through. What /mcp says of the
	// session then proves nothing: this server may not resume streams at all.
	if text, again := pr.pool.Dialer.Resume(id).Call(ctx, tool, args); again == nil {
		return text, nil
	}
	return "", err
}

// own weakens "session ended" to a silence while the stream stands: only a
// session without one is ended by that word.
func (l *line) own(err error) error {
	if kite.KindOf(err) == kite.KindEnded && l.stream {
		return &kite.Error{Kind: kite.KindUnreachable, Err: err}
	}
	return err
}

// judge says what a failed call means. nil: the login is fine, the tool may be
// asked again.
func (pr *person) judge(ctx context.Context, login Login, err error) error {
	switch kite.KindOf(err) {
	case kite.KindEnded:
		return pr.ended(login)
	case kite.KindFailed, kite.KindNoLogin, kite.KindDoubt, kite.KindUnknown:
		return pr.confirm(ctx, login)
	default:
		return err
	}
}

// confirm finds out whether a login still answers, with patience: the server
// says the same for an ended login, a rate limit and an outage.
func (pr *person) confirm(ctx context.Context, login Login) error {
	over := !pr.pool.Clock.Now().Before(login.Until())
	patience := pr.pool.Timing.Patience
	if over {
		patience = nil // the clock and Kite agree: do not keep the person waiting
	}
	for try := 0; ; try++ {
		err := pr.question(ctx, login)
		if !silent(err) {
			return err
		}
		if try == len(patience) {
			pr.doubt(true)
			return &DoubtError{Over: over, Err: err}
		}
		if !pr.wait(ctx, patience[try]) {
			return &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)}
		}
	}
}

// prove makes sure that an answer received at the given tick is the login's
// own before anybody sees it. While a link of the session can still be
// finished, a second browser login silently replaces the account behind it, so
// the proof must be younger than the answer; afterwards one proof for each
// connection is enough.
func (pr *person) prove(ctx context.Context, login Login, answered uint64) error {
	if pr.proved(login, answered) {
		return pr.still(login)
	}
	select {
	case pr.proving <- struct{}{}:
		defer func() { <-pr.proving }()
	case <-ctx.Done():
		return &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)}
	}
	if pr.proved(login, answered) { // by the one before us
		return pr.still(login)
	}
	err := pr.question(ctx, login)
	if silent(err) {
		return pr.confirm(ctx, login)
	}
	return err
}

func (pr *person) proved(login Login, answered uint64) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.proof > answered || pr.proof > 0 && !login.linksAlive(pr.pool.Clock.Now())
}

// silent reports whether an error leaves open what became of the login.
func silent(err error) bool {
	switch kite.KindOf(err) {
	case kite.KindFailed, kite.KindNoLogin, kite.KindDoubt, kite.KindMalformed:
		return true
	default:
		return false
	}
}

// question asks the login's session once who it is, and draws the conclusions
// that need no patience.
func (pr *person) question(ctx context.Context, login Login) error {
	sent := pr.tick()
	text, err := pr.ask(ctx, login.Session, "get_profile", nil)
	if kite.KindOf(err) == kite.KindDoubt && login.Resumable != No {
		// The server no longer opens the session over its stream. Over /mcp it
		// says in so many words whether that is the end.
		text, err = pr.pool.Dialer.Resume(login.Session).Call(ctx, "get_profile", nil)
	}
	if kite.KindOf(err) == kite.KindEnded {
		return pr.ended(login)
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
	pr.mu.Lock()
	pr.proof, pr.doubted = sent, false
	pr.mu.Unlock()
	if login.Resumable == Unknown {
		pr.mind() // asks; it could not be told right after the login
	}
	return pr.still(login)
}

// errReplaced is ErrNoLogin for this session: the person has another one by now.
var errReplaced = fmt.Errorf("%w on this session", ErrNoLogin)

// still makes sure that the login was not replaced or ended while Kite was asked.
func (pr *person) still(login Login) error {
	now := pr.record().Login
	switch {
	case now == nil:
		return ErrNoLogin
	case now.Session != login.Session:
		return errReplaced
	}
	return nil
}

// ended draws the conclusion from the server's word.
func (pr *person) ended(login Login) error {
	err := pr.update(func(r *Record) {
		if r.Login != nil && r.Login.Session == login.Session {
			r.Login = nil
		}
	})
	if err != nil {
		return fmt.Errorf("forget the ended login: %w", err)
	}
	return ErrEnded
}

// usurped ends a session on which another Kite user answered.
func (pr *person) usurped(ctx context.Context, login Login, who kite.Identity) error {
	err := pr.update(func(r *Record) {
		if r.Login != nil && r.Login.Session == login.Session {
			r.Login, r.Ending = nil, append(r.Ending, login.Held)
		}
	})
	if err != nil {
		return fmt.Errorf("end the usurped login: %w", err)
	}
	pr.endNow(ctx)
	return &UsurpedError{Was: login.User, Now: who}
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
