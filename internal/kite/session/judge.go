package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kitebot/internal/kite"
)

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
// own before anybody sees it. While a link of the session can still be
// finished, a second browser login silently replaces the account behind it, so
// the proof must be younger than the answer; afterwards one proof for each
// connection is enough, if it was asked for when the link was dead. A hollow
// answer is believed only with a younger proof.
func (pr *person) prove(ctx context.Context, login Login, answered uint64, hollow bool) error {
	if pr.proved(login, answered, hollow) {
		return pr.still(login)
	}
	select {
	case pr.proving <- struct{}{}:
		defer func() { <-pr.proving }()
	case <-ctx.Done():
		return &kite.Error{Kind: kite.KindUnreachable, Err: context.Cause(ctx)}
	}
	if pr.proved(login, answered, hollow) { // by the one before us
		return pr.still(login)
	}
	for {
		if err := pr.question(ctx, login); !silent(err) {
			return err
		}
		// What another caller found may be older than the answer.
		if err := pr.confirm(ctx, login); err != nil || pr.proved(login, answered, hollow) {
			return err
		}
	}
}

func (pr *person) proved(login Login, answered uint64, hollow bool) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.proof > answered || !hollow && pr.proof > 0 && !login.LinksAlive(pr.proofAt)
}

// hollow reports whether an answer holds nothing. That is what an account
// without orders says, and what the server makes of a Kite that answers null to
// everything: who is logged in tells them apart, since a null has no name.
func hollow(text string) bool {
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
		text, err = pr.pool.Dialer.Resume(login.Held, nil).Call(ctx, kite.AskProfile())
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
		pr.mind() // asks; it could not be told right after the login
	}
	return pr.still(login)
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

// notServed is what it means that there is no server where sessions are resumed:
// nothing, but for a login that lived on its stream alone. That one cannot be asked
// anything any more; it lapses, so that /logout still tries to end it.
func (pr *person) notServed(login Login, err error) error {
	if login.Resumable != No || pr.streams(login.Session) {
		return err
	}
	err = pr.update(func(r *Record) {
		if r.Login != nil && r.Login.Session == login.Session {
			r.lapse(pr.pool.forgot, r.Login.held())
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
	pr.mind() // its link, if it is still shown, is dead
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
		held := login.Held
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
		pr.tell(leaves, Event{Kind: EventLinkDead, Links: dead})
	}
	pr.endNow(ctx, false)
	return &UsurpedError{Was: login.User, Now: who}
}
