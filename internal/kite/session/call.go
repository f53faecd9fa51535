package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	pr, done, err := p.acquire(who)
	if err != nil {
		return "", err
	}
	defer done()
	pr.recordUse()
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
	if err := pr.prove(ctx, *login, pr.tick(), isEmpty(text)); err != nil {
		return "", err
	}
	return text, nil
}

// ask asks something on a session, and once more when the answer was lost. A
// call on a stream that ended does not count: over /mcp it has both tries.
func (pr *person) ask(ctx context.Context, id ID, q kite.Query) (string, error) {
	l := pr.conn(id)
	text, err := l.Call(ctx, q)
	if !kite.Unanswered(err) || ctx.Err() != nil {
		return text, l.orUnreachable(err)
	}
	if l.stream && l.lost() {
		l = pr.conn(id)
		if text, err = l.Call(ctx, q); !kite.Unanswered(err) || ctx.Err() != nil {
			return text, l.orUnreachable(err)
		}
	}
	if !l.stream {
		l = pr.conn(id)
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
	if kite.KindOf(again) == kite.KindEnded || kite.Unanswered(again) {
		return "", err
	}
	pr.adoptConn(resumed)
	return text, again
}

// orUnreachable weakens "session ended" to a silence while the stream stands: only a
// session without one is ended by that word.
func (l *trackedConn) orUnreachable(err error) error {
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

// judge says what a failed call means. nil: the login is fine, the tool may be
// asked again.
func (pr *person) judge(ctx context.Context, login Login, err error) error {
	switch kite.KindOf(err) {
	case kite.KindEnded:
		return pr.ended(login, kite.EndingOf(err))
	case kite.KindNotServed:
		return pr.notServed(login, err)
	case kite.KindFailed, kite.KindNoLogin, kite.KindDoubt, kite.KindUnknown:
		return pr.confirm(ctx, login)
	case kite.KindMalformed:
		return nil // garbled on its way: says nothing about the login
	default:
		return err
	}
}

// prove makes sure that an answer received at the given tick is the login's
// own before the caller sees it. While a link of the session can still be
// finished, a second browser login silently replaces the account behind it, so
// the proof must be younger than the answer; afterwards one proof for each
// connection is enough, if it was asked for when the link was dead. An empty
// answer is believed only with a younger proof.
func (pr *person) prove(ctx context.Context, login Login, answered uint64, empty bool) error {
	if pr.proved(login, answered, empty) {
		return pr.stillCurrent(login)
	}
	select {
	case pr.proving <- struct{}{}:
		defer func() { <-pr.proving }()
	case <-ctx.Done():
		return &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)}
	}
	if pr.proved(login, answered, empty) { // by the one before us
		return pr.stillCurrent(login)
	}
	for {
		if err := pr.question(ctx, login); !inconclusive(err) {
			return err
		}
		// What another caller found may be older than the answer.
		if err := pr.confirm(ctx, login); err != nil || pr.proved(login, answered, empty) {
			return err
		}
	}
}

func (pr *person) proved(login Login, answered uint64, empty bool) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.proof > answered || !empty && pr.proof > 0 && !login.LinksAlive(pr.proofAt)
}

// isEmpty reports whether an answer holds nothing. That is what an account
// without orders says, and what the server makes of a Kite that answers null to
// everything. A profile tells them apart, since a null has no name.
func isEmpty(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text == "[]" || text == "null"
}

// question asks the login's session once who it is, and draws the conclusions
// that need no patience.
func (pr *person) question(ctx context.Context, login Login) error {
	sent, at := pr.tick(), pr.pool.Clock.Now()
	text, err := pr.ask(ctx, login.Session, kite.AskProfile())
	if kite.KindOf(err) == kite.KindDoubt && login.Resumable != No {
		// The server no longer opens the session over its stream. Over /mcp it
		// says in so many words whether that is the end.
		text, err = pr.pool.Dialer.Resume(login.Credential, nil).Call(ctx, kite.AskProfile())
	}
	if kite.KindOf(err) == kite.KindEnded {
		return pr.ended(login, kite.EndingOf(err))
	}
	if kite.KindOf(err) == kite.KindNotServed {
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
	pr.trust(login, sent, at)
	if login.Resumable == Unknown {
		pr.startWatcher() // asks; it could not be told right after the login
	}
	return pr.stillCurrent(login)
}

// trust notes that the login named its user when it was asked at a tick, which
// was at a moment. It says nothing of a login that came after it.
func (pr *person) trust(login Login, sent uint64, at time.Time) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if now := pr.rec.Login; now != nil && now.Session == login.Session {
		pr.proof, pr.proofAt, pr.doubted = sent, at, false
	}
}

// errReplaced is ErrNoLogin for this session: the person has another one by now.
var errReplaced = fmt.Errorf("%w on this session", ErrNoLogin)

// stillCurrent makes sure that the login was not replaced or ended while Kite was asked.
func (pr *person) stillCurrent(login Login) error {
	now := pr.record().Login
	switch {
	case now == nil:
		return ErrNoLogin
	case now.Session != login.Session:
		return errReplaced
	}
	return nil
}

// notServed is what it means that there is no server where sessions are resumed:
// nothing, but for a login that lived on its stream alone. That one cannot be asked
// anything any more; it lapses, so that /logout still tries to end it.
func (pr *person) notServed(login Login, err error) error {
	if login.Resumable != No || pr.streams(login.Session) {
		return err
	}
	err = pr.update(func(r *Record) {
		if r.Login != nil && r.Login.Session == login.Session {
			r.lapse(pr.pool.forgot, r.Login.credential())
		}
	})
	if err != nil {
		return fmt.Errorf("keep the session of a lost login: %w", err)
	}
	return pr.ended(login, kite.EndUnsaid)
}

// ended draws the conclusion from the server's word.
func (pr *person) ended(login Login, why kite.Ending) error {
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
		pr.pool.Meter.LoginStep(stepEnded)
	}
	pr.startWatcher() // its link, if it is still shown, is dead
	return &EndedError{Why: why}
}

// usurped ends a session on which another Kite user answered.
func (pr *person) usurped(ctx context.Context, login Login, who kite.Identity) error {
	var dead []Link
	was, leaves := false, 0
	err := pr.update(func(r *Record) {
		if r.Login == nil || r.Login.Session != login.Session {
			return
		}
		was, leaves = true, pr.leaves
		held := login.Credential
		held.UserID = who.UserID
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
		pr.pool.Meter.LoginStep(stepUsurped)
	}
	if dead != nil {
		pr.notify(leaves, Event{Kind: EventLinkDead, Links: dead})
	}
	pr.endNow(ctx, false)
	return &UsurpedError{Was: login.User, Now: who}
}
