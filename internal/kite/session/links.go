package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// Link returns a login link for the person, with the command to run after the login
// ("" for none). A link younger than [LinkYoung] whose session still answers is returned
// again: its browser login may have begun, and a second `login` call would destroy it.
//
// The Status holds every link on the screen, so that the caller can remove the buttons
// of the older messages.
func (p *Pool) Link(ctx context.Context, person int64, then string) (Link, Status, error) {
	return p.link(ctx, person, then, false)
}

// Renew is Link, but begins a login by OAuth anew, since Kite does not report what
// became of the one before.
func (p *Pool) Renew(ctx context.Context, person int64, then string) (Link, Status, error) {
	return p.link(ctx, person, then, true)
}

func (p *Pool) link(ctx context.Context, person int64, then string, renew bool) (link Link, s Status, err error) {
	var dropped []Link
	s, err = p.serve(ctx, person, func(ctx context.Context, pr *personState) (err error) {
		if link, dropped, err = pr.makeLink(ctx, then, renew); err != nil {
			return err
		}
		pr.startWatcher()
		if rec := pr.record(); rec.link(link.Ref) >= 0 {
			link = rec.Links[rec.link(link.Ref)] // with the command that waits for it
		}
		return nil
	})
	if err != nil {
		return Link{}, Status{}, err
	}
	s.Links = slices.Concat(dropped, s.Links)
	return link, s, nil
}

// linkRequest is what a person asks a link for, and what was known of them at that
// moment.
type linkRequest struct {
	then    string // the command to run after the login; "" for none
	logouts int
	login   *Login
}

// makeLink reuses a link or makes one. It returns the links that were dropped for it.
func (pr *personState) makeLink(ctx context.Context, then string, renew bool) (link Link, dropped []Link, err error) {
	asked := linkRequest{then: then, logouts: pr.logoutCount(), login: pr.record().Login}
	if err := pr.linking.lock(ctx); err != nil {
		return Link{}, nil, err
	}
	defer pr.linking.unlock()

	pr.endPending(ctx, endBeforeLinkTime) // before a login of the same Kite user makes it wait

	link, young := pr.reusableLink()
	if young = young && !(renew && (link.Attempt != nil || link.Exchanged())); young {
		if young, err = pr.isUsable(ctx, link); err != nil {
			pr.keepCommand(link, then)
			return Link{}, nil, err
		}
	}
	if young {
		dropped, err = pr.issueLink(asked, link, true)
		if !errors.Is(err, errLinkGone) {
			return link, dropped, err
		}
	}
	link, conn, err := pr.newLink(ctx)
	if err != nil {
		return Link{}, nil, err
	}
	more, err := pr.issueLink(asked, link, false)
	switch {
	case err == nil && conn != nil:
		pr.adoptConn(conn)
	case conn != nil:
		conn.Close()
	}
	if err == nil {
		pr.pool.count(stepLinkSent)
	}
	return link, slices.Concat(dropped, more), err
}

// errLinkGone: the link to be reused was dropped meanwhile.
var errLinkGone = errors.New("the link is gone")

// issueLink saves a link with the command to run after the login, and returns the links
// that it replaces, or that a login of before made useless. If another link was finished
// meanwhile, that one gets the command, and issueLink fails with ErrBound. It fails with
// ErrLoggedOut after a logout.
//
// A link that is issued again is one of the record, and only its command changes, since
// its code may be being exchanged. It fails with errLinkGone if the link was dropped.
func (pr *personState) issueLink(asked linkRequest, link Link, again bool) (old []Link, err error) {
	var refused error
	err = pr.update(func(r *Record) {
		if pr.logouts != asked.logouts {
			refused = ErrLoggedOut
			return
		}
		if done := r.finished(); len(done) > 0 && pr.announcementPending(*r.Login, asked.login) {
			link, refused = done[len(done)-1], ErrBound
		} else if old = r.dropFinished(pr.pool.forgottenByServer); again { // a login whose announcement was lost prevents no link
			i := r.link(link.Ref)
			if i < 0 {
				refused = errLinkGone
				return
			}
			link = r.Links[i]
			refused = link.progress()
		}
		old = slices.Concat(old, r.dropAttempts(&link))
		link.Then = cmp.Or(asked.then, link.Then)
		if i := r.link(link.Ref); i >= 0 {
			r.Links[i] = link
			return
		}
		link.Seq, pr.linkMade[link.Ref] = r.nextSeq(), pr.pool.Now() // Issued is for people: it has no monotonic reading
		r.Links = append(r.Links, link)
	})
	if err != nil {
		return nil, fmt.Errorf("remember the login link: %w", err)
	}
	return old, refused
}

// announcementPending reports whether EventLoggedIn of a login is still being delivered:
// the login is new, or its event is. mu is held.
func (pr *personState) announcementPending(login Login, before *Login) bool {
	return before == nil || before.Session != login.Session || pr.announcing()
}

// newLink opens a session and calls `login` on it, once; or begins a login by
// OAuth, if that is what the server wants.
func (pr *personState) newLink(ctx context.Context) (Link, Conn, error) {
	conn, err := pr.pool.open(ctx)
	if wire.KindOf(err) == wire.KindAuthorize && pr.pool.Authorizer != nil {
		link, err := pr.newAttempt(ctx)
		if err != nil {
			return Link{}, nil, fmt.Errorf("begin a login by oauth: %w", err)
		}
		return link, nil, nil
	}
	if err != nil {
		return Link{}, nil, fmt.Errorf("open a session: %w", err)
	}
	called := pr.pool.Now() // with its monotonic reading, see forgottenByServer
	text, err := conn.Call(ctx, query.Login())
	if err != nil {
		conn.Close()
		return Link{}, nil, fmt.Errorf("ask for a login link: %w", err)
	}
	url, err := kite.ParseLink(text, conn.ID().Reveal(), pr.pool.LoginHosts)
	pr.pool.recordLinkCheck(err)
	if err != nil {
		conn.Close()
		return Link{}, nil, err
	}
	return Link{Credential: Credential{Session: conn.ID(), Since: called}, Ref: newRef(), URL: url, Issued: called.UTC()}, conn, nil
}

// UnknownLink reports whether the last login link was known.
func (p *Pool) UnknownLink() UnknownLink {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unknownLink
}

// recordLinkCheck notes whether a login link was found. Without one no login
// is possible, and the operator has to know at once.
func (p *Pool) recordLinkCheck(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.unknownLink = UnknownLink{}
		return
	}
	if p.unknownLink.Since.IsZero() {
		p.unknownLink.Since = p.Now()
	}
	if unknown, ok := errors.AsType[*kite.UnknownLinkError](err); ok {
		p.unknownLink.Seen = unknown.Error()
	}
	p.count(stepUnknownLink)
	p.Logger.Error("kite's server gave an unknown login link", "effect", "no login is possible", "seen", p.unknownLink.Seen,
		"action", "check KITE_LOGIN_HOSTS, and whether a newer version of the bot knows this link")
}

// reusableLink returns the newest link if it is young enough to be handed out again.
// How old one of an earlier process is, is not known.
func (pr *personState) reusableLink() (Link, bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	open := pr.openLinks()
	if len(open) == 0 {
		return Link{}, false
	}
	link := open[len(open)-1]
	at, here := pr.linkMade[link.Ref]
	brought := link.Exchanged() || link.Attempt != nil && link.Attempt.Code != ""
	shown := pr.pool.Now().Round(0).Sub(at.Round(0)) // by the wall clock: monotonic time stops while the host sleeps
	return link, brought || here && pr.pool.since(at) < LinkYoung && shown < LinkYoung
}

// keepCommand leaves a command with a link whose login is being made.
func (pr *personState) keepCommand(link Link, then string) {
	if then == "" {
		return
	}
	err := pr.update(func(r *Record) {
		if i := r.link(link.Ref); i >= 0 {
			r.Links[i].Then = then
		}
	})
	if err != nil {
		pr.pool.Logger.Error("a waiting command was not saved", "effect", "its person has to send it again", "person", pr.id, "err", err)
	}
}

// isUsable asks the link's session whether it is still there: the server may
// have been restarted since, and its links with it. A link that turns out to be
// finished is bound.
func (pr *personState) isUsable(ctx context.Context, link Link) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, reuseCheckTime)
	defer cancel()
	if link.Attempt != nil {
		return pr.attemptIsUsable(ctx, link)
	}
	switch err := pr.tryLink(ctx, link); {
	case errors.Is(err, ErrUnread):
		return false, err
	case err == nil, errors.Is(err, ErrNoLogin):
		// A finished one is noticed by issueLink; a refused one is gone.
		return pr.record().link(link.Ref) >= 0, nil
	case errors.Is(err, ErrEnded):
		return false, nil
	case wire.KindOf(err) != wire.KindUnknown:
		return true, nil // Kite is silent: the link may well be good
	default:
		return false, err
	}
}

// attemptIsUsable finds out whether a login by OAuth that is under way can be
// finished: not when the server gives out login links again. One whose code waits
// in the queue cannot be reused.
func (pr *personState) attemptIsUsable(ctx context.Context, link Link) (bool, error) {
	if err := link.progress(); err != nil {
		return false, err
	}
	conn, err := pr.pool.open(ctx)
	if err == nil {
		conn.Close()
	}
	return err != nil, nil // a server that does not answer says nothing of it
}

// Finish asks Kite now whether one of the person's links is finished, newest first, and
// binds it. ErrNoLogin: none is, or there is none.
func (p *Pool) Finish(ctx context.Context, person int64) (Status, error) {
	return p.serve(ctx, person, func(ctx context.Context, pr *personState) error { return pr.finish(ctx) })
}

func (pr *personState) finish(ctx context.Context) error {
	pr.mu.Lock()
	links, first := pr.openLinks(), error(nil)
	pr.mu.Unlock()
	for _, link := range slices.Backward(links) {
		err := pr.tryLink(ctx, link)
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

// Shown notes which chat message carries a link, so that its button can be
// taken away later, by another process too. Other links are no longer shown.
func (p *Pool) Shown(person int64, ref string, message int) error {
	return p.update(person, func(r *Record) {
		for i := range r.Links {
			r.Links[i].Message = 0
			if r.Links[i].Ref == ref {
				r.Links[i].Message = message
			}
		}
	})
}

// Announced notes that the person knows of their login. Its link and the older ones are
// dropped.
func (p *Pool) Announced(person int64) error {
	return p.update(person, func(r *Record) { r.dropFinished(p.forgottenByServer) })
}
