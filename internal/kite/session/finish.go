package session

import (
	"context"
	"slices"
	"time"

	"kitebot/internal/kite"
)

// Finish asks Kite now whether one of the person's links is through, newest
// first, and binds it if so. ErrNoLogin: not yet, or no link is out.
func (p *Pool) Finish(ctx context.Context, who int64) (Status, error) {
	pr, done, err := p.hold(who)
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
	links, first := pr.watched(), error(nil)
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
	pr, done, err := p.hold(who)
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
	l := pr.line(link.Session)
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
			r.lapse(pr.pool.forgot, link.Held)
		}
	})
	if err != nil {
		pr.pool.Logger.Error("a dead link cannot be forgotten yet; trying on", "person", pr.id, "err", err)
		return known
	}
	if known {
		pr.pool.Meter.LoginStep(stepLinkDied)
		pr.tell(leaves, Event{Kind: EventLinkDead, Links: []Link{link}})
	}
	return known
}

// tell passes an event on, unless the person logged out since leaves was read:
// somebody who is gone is told nothing of what was before.
func (pr *person) tell(leaves int, e Event) {
	pr.telling.Lock()
	defer pr.telling.Unlock()
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
