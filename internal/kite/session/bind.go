package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kitebot/internal/kite"
)

// bind makes a finished link's session the person's login.
func (pr *person) bind(ctx context.Context, link Link, who kite.Identity) error {
	err := pr.adopt(link, who)
	var owned *OwnedError
	if errors.As(err, &owned) {
		if pr.pool.release(ctx, owned.Person, who) {
			err = pr.adopt(link, who)
		}
		if errors.As(err, &owned) {
			return pr.contest(ctx, link, who, owned.Person)
		}
	}
	if err != nil {
		return fmt.Errorf("remember the login: %w", err)
	}
	if now := pr.record().Login; now == nil || now.Session != link.Session {
		return ErrNoLogin // the link was given up, or refused, while it was asked
	}
	pr.announce()
	pr.mind() // asks whether the session can be resumed
	return nil
}

// adopt writes the login down. A link that is no longer the person's (they
// logged out meanwhile) changes nothing.
func (pr *person) adopt(link Link, who kite.Identity) error {
	now := pr.pool.Clock.Now().UTC()
	var bound *Login
	err := pr.update(func(r *Record) {
		if r.link(link.Ref) < 0 || r.Login != nil && r.Login.Session == link.Session {
			return
		}
		if r.Login != nil {
			r.lapse(pr.pool.forgot, r.Login.held())
		}
		r.Quiet, r.Contested = false, false // what still has to be ended is told again, see waits
		seq := r.nextSeq()
		held := r.Links[r.link(link.Ref)].Held // with the MCP session that it was asked on just now
		r.Login = &Login{
			Held: held, User: who, Bound: now, LinkAt: pr.madeAt(link), LinkSeq: seq, Used: now,
			Resumable: link.resumable(),
			Confirmed: r.Last.IsZero() || r.Last.UserID == who.UserID,
		}
		if r.Login.Confirmed {
			r.Last = who
		}
		r.Login.Warned = r.Login.late(now)
		bound = r.Login
	})
	if err != nil || bound == nil {
		return err
	}
	pr.pool.Meter.LoginStep(stepBound)
	if !bound.Confirmed {
		pr.pool.Meter.LoginStep(stepChangedUser)
	}
	return nil
}

// announce tells about a login whose links are still on the screen. It is
// told once per process, and again after a restart until Announced.
func (pr *person) announce() {
	pr.mu.Lock()
	links := pr.rec.finished()
	due, leaves := len(links) > 0 && pr.toldAt.IsZero(), pr.leaves
	if due {
		pr.toldAt = pr.pool.Clock.Now()
	}
	pr.mu.Unlock()
	if !due {
		return
	}
	e := Event{Kind: EventLoggedIn, Links: links}
	for _, l := range links {
		if l.Then != "" {
			e.Then = l.Then
		}
	}
	pr.tell(leaves, e)
}

// release asks the present owner's session whether it is over, when the clock
// says that it should be, and lets go of the Kite user if the server agrees.
func (p *Pool) release(ctx context.Context, owner int64, who kite.Identity) bool {
	pr, done, err := p.hold(owner)
	if err != nil {
		return false
	}
	defer done()
	login := pr.record().Login
	if login == nil || login.User.UserID != who.UserID {
		return true
	}
	if p.Clock.Now().Before(login.Until()) {
		return false
	}
	return errors.Is(pr.confirm(ctx, *login), ErrEnded)
}

// Confirm answers whether a changed Kite user is the person's. After a yes the
// login is announced again; a no ends it at the server. An answer about another login than the present one
// changes nothing and returns ErrNoLogin.
func (p *Pool) Confirm(ctx context.Context, who int64, userID string, yes bool) (Status, error) {
	pr, done, err := p.hold(who)
	if err != nil {
		return Status{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, Longest)
	defer cancel()
	asked, already := false, false
	err = pr.update(func(r *Record) {
		already = yes && r.Login != nil && r.Login.Confirmed && r.Login.User.UserID == userID
		asked = r.Login != nil && !r.Login.Confirmed && r.Login.User.UserID == userID
		switch {
		case asked && yes:
			r.Login.Confirmed, r.Last, r.Login.Used = true, r.Login.User, p.Clock.Now().UTC()
			r.Login.Warned = r.Login.late(r.Login.Used)
		case asked:
			r.Links = slices.DeleteFunc(r.Links, func(l Link) bool { return l.Session == r.Login.Session })
			r.Ending, r.Login = append(r.Ending, r.Login.held()), nil
		}
	})
	if err != nil {
		return Status{}, fmt.Errorf("remember the answer: %w", err)
	}
	switch {
	case already: // a second tap
		return pr.status(), nil
	case !asked:
		return pr.status(), ErrNoLogin
	}
	if !yes {
		pr.endNow(ctx, false)
		return pr.status(), nil
	}
	pr.mu.Lock()
	pr.toldAt = time.Time{}
	pr.mu.Unlock()
	pr.announce()
	return pr.status(), nil
}

// resumable says what is known of a login from the start: one by OAuth has no
// stream to lose, and no second browser can replace the account behind it.
func (l Link) resumable() Answer {
	if l.Session.IsBearer() {
		return Yes
	}
	return Unknown
}

// late reports whether a login begins so near to its end that the news of it is
// all the warning there has to be.
func (l Login) late(now time.Time) bool { return !now.Before(l.Until().Add(-WarnBefore)) }

// LinksAlive reports whether a second browser login could still replace the
// account behind a login.
func (l Login) LinksAlive(now time.Time) bool {
	return !l.Session.IsBearer() && now.Sub(l.LinkAt) < LinkLife
}
