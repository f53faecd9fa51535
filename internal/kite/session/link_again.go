package session

import (
	"context"
	"errors"
	"slices"

	"kitebot/internal/kite"
)

// youngLink returns the newest link if it is young enough to be handed out again.
// How old one of an earlier process is, is not known.
func (pr *person) youngLink() (Link, bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	open := pr.watched()
	if len(open) == 0 {
		return Link{}, false
	}
	link := open[len(open)-1]
	at, here := pr.made[link.Ref]
	brought := link.Exchanged() || link.Attempt != nil && link.Attempt.Code != ""
	shown := pr.pool.Clock.Now().Round(0).Sub(at.Round(0)) // by the wall: what is measured stands still while the host sleeps
	return link, brought || here && pr.pool.Clock.Since(at) < LinkYoung && shown < LinkYoung
}

// dropAttempts lets go of the logins by OAuth that another link takes the place
// of, and leaves it the command that waited for them: of one person, one is
// under way. One that is made and was not read is ended.
func (r *Record) dropAttempts(next *Link) (dropped []Link) {
	older := func(l Link) bool { return (l.Attempt != nil || l.Exchanged()) && l.Ref != next.Ref }
	for _, l := range r.Links {
		if !older(l) {
			continue
		}
		dropped = append(dropped, l)
		if next.Then == "" {
			next.Then = l.Then
		}
		if l.Exchanged() {
			r.Ending = append(r.Ending, l.Held)
		}
	}
	r.Links = slices.DeleteFunc(r.Links, older)
	return dropped
}

// leaveBehind leaves a command to a link that cannot be given out again, since its
// login is being made.
func (pr *person) leaveBehind(link Link, then string) {
	if then == "" {
		return
	}
	err := pr.update(func(r *Record) {
		if i := r.link(link.Ref); i >= 0 {
			r.Links[i].Then = then
		}
	})
	if err != nil {
		pr.pool.Logger.Error("the command that waits for a login is not written down: it has to be sent again", "person", pr.id, "err", err)
	}
}

// stillGood asks the link's session whether it is still there: the server may
// have been restarted since, and its links with it. A link that turns out to be
// finished is bound.
func (pr *person) stillGood(ctx context.Context, link Link) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, glanceTime)
	defer cancel()
	if link.Attempt != nil {
		return pr.stillAuthorizes(ctx, link)
	}
	switch err := pr.try(ctx, link); {
	case errors.Is(err, ErrUnread):
		return false, err
	case err == nil, errors.Is(err, ErrNoLogin):
		// A finished one is noticed by giveOut; a refused one is gone.
		return pr.record().link(link.Ref) >= 0, nil
	case errors.Is(err, ErrEnded):
		return false, nil
	case kite.KindOf(err) != kite.KindUnknown:
		return true, nil // Kite is silent: the link may well be good
	default:
		return false, err
	}
}

// stillAuthorizes finds out whether a login by OAuth that is under way can be
// finished: not when the server gives out login links again. One whose code waits
// for its turn is no link any more.
func (pr *person) stillAuthorizes(ctx context.Context, link Link) (bool, error) {
	if err := link.underWay(); err != nil {
		return false, err
	}
	conn, err := pr.pool.open(ctx)
	if err == nil {
		conn.Close()
	}
	return err != nil, nil // a server that does not answer says nothing of it
}

// underWay says how far a login by OAuth is whose person did their part; nil: they
// have not, or it is no such login.
func (l Link) underWay() error {
	switch a := l.Attempt; {
	case l.Exchanged():
		return ErrUnread
	case a == nil || a.Code == "":
		return nil
	case a.Tried: // it is being exchanged just now
		return &QueuedError{}
	default:
		return &QueuedError{Until: a.Due}
	}
}
