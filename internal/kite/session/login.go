package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kitebot/internal/kite"
)

// Finish asks Kite now whether one of the person's links is through, newest
// first, and binds it if so. ErrNoLogin: not yet, or no link is out.
func (p *Pool) Finish(ctx context.Context, who int64) (Status, error) {
	pr, done, err := p.acquire(who)
	if err != nil {
		return Status{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, Longest)
	defer cancel()
	leaves := pr.left()
	err = pr.finish(ctx)
	if pr.left() != leaves {
		err = ErrLeft
	}
	return pr.status(), err
}

func (pr *person) finish(ctx context.Context) error {
	pr.mu.Lock()
	links, first := pr.openLinks(), error(nil)
	pr.mu.Unlock()
	for _, link := range slices.Backward(links) {
		err := pr.try(ctx, link)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil && pr.status().User.IsZero() {
		return ErrNoLogin
	}
	return first
}

// Check asks the login now whether it still answers. The error says why the
// account cannot be asked; the Status is true either way.
func (p *Pool) Check(ctx context.Context, who int64) (Status, error) {
	return p.check(ctx, who, (*person).confirm)
}

// Glance is Check without patience: the login is asked once, and one that does not
// answer is a *DoubtError at once.
func (p *Pool) Glance(ctx context.Context, who int64) (Status, error) {
	return p.check(ctx, who, (*person).glance)
}

func (p *Pool) check(ctx context.Context, who int64, ask func(*person, context.Context, Login) error) (Status, error) {
	pr, done, err := p.acquire(who)
	if err != nil {
		return Status{}, err
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, Longest)
	defer cancel()
	leaves, login := pr.left(), pr.record().Login
	if login == nil {
		return pr.status(), ErrNoLogin
	}
	err = ask(pr, ctx, *login)
	switch {
	case pr.left() != leaves:
		err = ErrLeft
	case err == nil && !login.Confirmed:
		err = ErrUnconfirmed
	}
	return pr.status(), err
}

// try asks one link's session whether its browser login is through, and binds
// it if so. ErrNoLogin: not yet.
func (pr *person) try(ctx context.Context, link Link) error {
	if link.Attempt != nil {
		return pr.outlive(ctx, func(ctx context.Context) error { return pr.exchange(ctx, link.Ref) })
	}
	if login := pr.record().Login; login != nil && login.Session == link.Session {
		return nil
	}
	l := pr.conn(link.Session)
	who, err := identity(ctx, l)
	switch kind := kite.KindOf(err); {
	case err == nil:
		return pr.bind(ctx, link, who)
	case kind == kite.KindEnded && !l.stream:
		if !pr.linkDied(link) {
			return ErrNoLogin // it was refused, or given up, while it was asked
		}
		return ErrEnded
	case link.Exchanged() && pr.age(link) < link.life()+linkGrace:
		return ErrUnread
	case kite.Unanswered(err) && pr.age(link) < link.life()+linkGrace:
		return err
	case pr.age(link) >= link.life():
		pr.linkDied(link)
		return ErrEnded
	case kind == kite.KindMalformed:
		return err
	default:
		return ErrNoLogin
	}
}

// life is how long a link can be finished. One whose code was exchanged is
// finished, and only waits for Kite to say by whom.
func (l Link) life() time.Duration {
	if l.Attempt != nil || l.Session.IsBearer() {
		return AttemptLife
	}
	return LinkLife
}

// linkDied lets go of a link that can no longer be finished and says so. Its
// session lapses: should it have been finished in a silence of Kite's, a
// /logout still ends it. It reports whether it was the person's still.
func (pr *person) linkDied(link Link) (known bool) {
	leaves := 0
	err := pr.update(func(r *Record) {
		if i := r.link(link.Ref); i >= 0 {
			known, leaves, link = true, pr.leaves, r.Links[i]
			r.Links = slices.Delete(r.Links, i, i+1)
			r.lapse(pr.pool.forgot, link.Credential)
		}
	})
	if err != nil {
		pr.pool.Logger.Error("a dead link cannot be forgotten yet; trying on", "person", pr.id, "err", err)
		return known
	}
	if known {
		pr.pool.Meter.LoginStep(stepLinkDied)
		pr.notify(leaves, Event{Kind: EventLinkDead, Links: []Link{link}})
	}
	return known
}

// notify passes an event on, unless the person logged out since leaves was read:
// events of the time before a logout are dropped.
func (pr *person) notify(leaves int, e Event) {
	pr.notifying.Lock()
	defer pr.notifying.Unlock()
	if pr.left() != leaves {
		return
	}
	e.Person = pr.id
	e.Status = pr.status()
	pr.pool.Notify(e)
}

// left returns how often the person logged out in this process.
func (pr *person) left() int {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.leaves
}

// bind makes a finished link's session the person's login.
func (pr *person) bind(ctx context.Context, link Link, who kite.Identity) error {
	err := pr.adopt(link, who)
	var owned *OwnedError
	if errors.As(err, &owned) {
		if pr.pool.releaseKiteUser(ctx, owned.Person, who) {
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
	pr.startWatcher() // asks whether the session can be resumed
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
			r.lapse(pr.pool.forgot, r.Login.credential())
		}
		r.Quiet, r.Contested = false, false // a logout that waits is reported again, see waits
		seq := r.nextSeq()
		held := r.Links[r.link(link.Ref)].Credential // with the MCP session that it was asked on just now
		r.Login = &Login{
			Credential: held, User: who, Bound: now, LinkAt: pr.madeAt(link), LinkSeq: seq, Used: now,
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

// announce sends EventLoggedIn for a login whose links are still on the screen:
// once per process, and again after a restart until Announced.
func (pr *person) announce() {
	pr.mu.Lock()
	links := pr.rec.finished()
	due, leaves := len(links) > 0 && pr.announcedAt.IsZero(), pr.leaves
	if due {
		pr.announcedAt = pr.pool.Clock.Now()
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
	pr.notify(leaves, e)
}

// releaseKiteUser asks the present owner's session whether it is over, when the clock
// says that it should be, and lets go of the Kite user if the server agrees.
func (p *Pool) releaseKiteUser(ctx context.Context, owner int64, who kite.Identity) bool {
	pr, done, err := p.acquire(owner)
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
	pr, done, err := p.acquire(who)
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
			r.Ending, r.Login = append(r.Ending, r.Login.credential()), nil
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
	pr.announcedAt = time.Time{}
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
