package session

import (
	"context"
	"fmt"
	"slices"

	"kitebot/internal/kite"
)

// Link returns a login link for the person, with the command to run once it is
// finished ("" for none). A link younger than [LinkYoung] whose session still
// answers is handed out again: its session may be half-way through a browser
// login, and a second `login` call would destroy it.
//
// The Status it returns holds every link that is still shown, so that the
// caller can take the buttons off the older messages.
func (p *Pool) Link(ctx context.Context, who int64, then string) (Link, Status, error) {
	pr, err := p.person(who)
	if err != nil {
		return Link{}, Status{}, err
	}
	done, err := pr.takeTurn(ctx)
	if err != nil {
		return Link{}, Status{}, err
	}
	defer done()

	link, ok := pr.youngLink(ctx)
	if !ok {
		if link, err = pr.newLink(ctx); err != nil {
			return Link{}, Status{}, err
		}
	}
	link.Then = then
	if err := pr.update(func(r *Record) { r.putLink(link) }); err != nil {
		return Link{}, Status{}, fmt.Errorf("remember the login link: %w", err)
	}
	pr.mind()
	return link, pr.status(), nil
}

// youngLink returns the newest link if it can be handed out again.
func (pr *person) youngLink(ctx context.Context) (Link, bool) {
	rec := pr.record()
	if len(rec.Links) == 0 {
		return Link{}, false
	}
	link := rec.Links[len(rec.Links)-1]
	if pr.pool.Clock.Since(link.Issued) >= LinkYoung || rec.Login != nil && rec.Login.Session == link.Session {
		return Link{}, false
	}
	// The server may have been restarted since, and its links with it.
	l := pr.line(link.Session)
	_, err := identity(ctx, l)
	return link, kite.KindOf(err) != kite.KindEnded || l.stream
}

// newLink opens a session and calls `login` on it, once.
func (pr *person) newLink(ctx context.Context) (Link, error) {
	conn, err := pr.pool.Dialer.Open(ctx)
	if err != nil {
		return Link{}, fmt.Errorf("open a session: %w", err)
	}
	called := pr.pool.Clock.Now().UTC()
	text, err := conn.Call(ctx, "login", nil)
	if err != nil {
		conn.Close()
		return Link{}, fmt.Errorf("ask for a login link: %w", err)
	}
	url, err := kite.ParseLink(text, pr.pool.LoginHosts)
	if err != nil {
		conn.Close()
		return Link{}, &kite.Error{Kind: kite.KindMalformed, Tool: "login", Err: err}
	}
	pr.keep(conn)
	return Link{Held: Held{Session: conn.ID(), Since: called}, Ref: newRef(), URL: url, Issued: called}, nil
}

// putLink adds a link, or replaces the one with the same name.
func (r *Record) putLink(link Link) {
	if i := r.link(link.Ref); i >= 0 {
		r.Links[i] = link
		return
	}
	r.Links = append(r.Links, link)
}

// link returns the index of a link by its name, -1 for none.
func (r Record) link(ref string) int {
	return slices.IndexFunc(r.Links, func(l Link) bool { return l.Ref == ref })
}

// Shown notes which chat message carries a link, so that its button can be
// taken away later, by another process too. Other links are no longer shown.
func (p *Pool) Shown(who int64, ref string, message int) error {
	pr, err := p.person(who)
	if err != nil {
		return err
	}
	return pr.update(func(r *Record) {
		for i := range r.Links {
			r.Links[i].Message = 0
			if r.Links[i].Ref == ref {
				r.Links[i].Message = message
			}
		}
	})
}

// Announced notes that the person was told about their login. Links that were
// out besides the finished one lapse: they are not ended, since a second login
// of the same Kite user may share its token.
func (p *Pool) Announced(who int64) error {
	pr, err := p.person(who)
	if err != nil {
		return err
	}
	return pr.update(func(r *Record) {
		done := r.finished()
		for _, l := range done {
			if l.Session != r.Login.Session {
				r.lapse(p.Clock.Now(), l.Held)
			}
		}
		r.Links = slices.Clone(r.Links[len(done):])
	})
}

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
	case kind == kite.KindEnded && !l.stream, pr.pool.Clock.Since(link.Issued) >= LinkLife:
		pr.linkDied(link)
		return ErrEnded
	case kind == kite.KindUnreachable, kind == kite.KindMalformed:
		return err
	default:
		return ErrNoLogin
	}
}

// linkDied forgets a link that can no longer be finished and says so.
func (pr *person) linkDied(link Link) {
	known := false
	err := pr.update(func(r *Record) {
		if i := r.link(link.Ref); i >= 0 {
			known, link = true, r.Links[i]
			r.Links = slices.Delete(r.Links, i, i+1)
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
