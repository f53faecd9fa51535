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
	pr, err := p.person(who)
	if err != nil {
		return Status{}, err
	}
	pr.mu.Lock()
	links, first := pr.watched(), error(nil)
	pr.mu.Unlock()
	for _, link := range slices.Backward(links) {
		if err = pr.try(ctx, link); err == nil {
			return pr.status(), nil
		}
		if first == nil {
			first = err
		}
	}
	if s := pr.status(); first != nil || !s.User.IsZero() {
		return s, first
	}
	return pr.status(), ErrNoLogin
}

// Check asks the login now whether it still answers. The error says why the
// account cannot be asked; the Status is true either way.
func (p *Pool) Check(ctx context.Context, who int64) (Status, error) {
	pr, err := p.person(who)
	if err != nil {
		return Status{}, err
	}
	login := pr.record().Login
	if login == nil {
		return pr.status(), ErrNoLogin
	}
	err = pr.confirm(ctx, *login)
	if err == nil && !login.Confirmed {
		err = ErrUnconfirmed
	}
	return pr.status(), err
}

// try asks one link's session whether its browser login is through, and binds
// it if so. ErrNoLogin: not yet.
func (pr *person) try(ctx context.Context, link Link) error {
	if login := pr.record().Login; login != nil && login.Session == link.Session {
		return nil
	}
	l := pr.line(link.Session)
	who, err := identity(ctx, l)
	switch kind := kite.KindOf(err); {
	case err == nil:
		return pr.bind(ctx, link, who)
	case kind == kite.KindEnded && !l.stream:
		pr.linkDied(link)
		return ErrEnded
	case kind == kite.KindUnreachable && pr.age(link) < LinkLife+linkGrace:
		return err
	case pr.age(link) >= LinkLife:
		pr.linkDied(link)
		return ErrEnded
	case kind == kite.KindMalformed:
		return err
	default:
		return ErrNoLogin
	}
}

func (pr *person) age(link Link) time.Duration { return pr.pool.Clock.Since(link.Issued) }

// linkDied lets go of a link that can no longer be finished and says so. Its
// session lapses: should it have been finished in a silence of Kite's, a
// /logout still ends it.
func (pr *person) linkDied(link Link) {
	known := false
	err := pr.update(func(r *Record) {
		if i := r.link(link.Ref); i >= 0 {
			known, link = true, r.Links[i]
			r.Links = slices.Delete(r.Links, i, i+1)
			r.lapse(pr.pool.Clock.Now(), link.Held)
		}
	})
	if err != nil {
		pr.pool.Logger.Error("a dead link cannot be forgotten", "person", pr.id, "err", err)
		return
	}
	if known {
		pr.tell(Event{Kind: EventLinkDead, Links: []Link{link}})
	}
}

func (pr *person) tell(e Event) {
	e.Person = pr.id
	e.Status = pr.status()
	pr.pool.Notify(e)
}
