package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

// bindIfFinished asks a link's session who is logged in, and binds it. ErrNoLogin: no
// one is, yet.
func (pr *personState) bindIfFinished(ctx context.Context, link Link) error {
	if login := pr.record().Login; login != nil && login.Session == link.Session {
		return nil
	}
	l := pr.connection(link.Session)
	user, err := identity(ctx, l)
	switch kind := wire.KindOf(err); {
	case err == nil:
		return pr.bind(ctx, link, user)
	case kind == wire.KindEnded && !l.stream:
		if !pr.expireLink(link) {
			return ErrNoLogin // dropped meanwhile
		}
		return ErrEnded
	case link.Exchanged() && pr.linkAge(link) < link.life()+linkGrace:
		return ErrUnread
	case wire.Unanswered(err) && pr.linkAge(link) < link.life()+linkGrace:
		return err
	case pr.linkAge(link) >= link.life():
		pr.expireLink(link)
		return ErrEnded
	case kind == wire.KindMalformed:
		return err
	default:
		return ErrNoLogin
	}
}

// bind makes a finished link's session the person's login.
func (pr *personState) bind(ctx context.Context, link Link, user kite.Identity) error {
	err := pr.saveLogin(link, user)
	var owned *OwnedError
	if errors.As(err, &owned) {
		if pr.pool.freeKiteUser(ctx, owned.Person, user) {
			err = pr.saveLogin(link, user)
		}
		if errors.As(err, &owned) {
			return pr.contest(ctx, link, user, owned.Person)
		}
	}
	if err != nil {
		return fmt.Errorf("remember the login: %w", err)
	}
	if now := pr.record().Login; now == nil || now.Session != link.Session {
		return ErrNoLogin // dropped meanwhile
	}
	pr.announce(false)
	pr.startWatcher() // asks whether the session can be resumed
	return nil
}

// saveLogin saves the login, unless the link was dropped by a logout meanwhile.
func (pr *personState) saveLogin(link Link, user kite.Identity) error {
	now := pr.pool.Now().UTC()
	var bound *Login
	err := pr.update(func(r *Record) {
		if r.link(link.Ref) < 0 || r.Login != nil && r.Login.Session == link.Session {
			return
		}
		if r.Login != nil {
			r.retire(pr.pool.forgottenByServer, r.Login.credential())
		}
		r.Silent, r.Contested = false, false // a logout that waits is reported again, see mustWait
		seq := r.nextSeq()
		held := r.Links[r.link(link.Ref)].Credential // with the MCP session that it was asked on just now
		r.Login = &Login{
			Credential: held, User: user, Bound: now, LinkAt: pr.linkMadeAt(link), LinkSeq: seq, Used: now,
			Resumable: link.resumable(),
			Confirmed: r.Last.IsZero() || r.Last.UserID == user.UserID,
		}
		if r.Login.Confirmed {
			r.Last = user
		}
		r.Login.Warned = r.Login.late(now)
		bound = r.Login
	})
	if err != nil || bound == nil {
		return err
	}
	pr.pool.count(stepBound)
	if !bound.Confirmed {
		pr.pool.count(stepChangedUser)
	}
	return nil
}

// freeKiteUser asks the owner's session whether it is over, if it should be by the
// clock, and reports whether the Kite user is free.
func (p *Pool) freeKiteUser(ctx context.Context, owner int64, user kite.Identity) bool {
	pr, done, err := p.acquire(owner)
	if err != nil {
		return false
	}
	defer done()
	login := pr.record().Login
	if login == nil || login.User.UserID != user.UserID {
		return true
	}
	if p.Now().Before(login.Until()) {
		return false
	}
	return errors.Is(pr.probe(ctx, *login), ErrEnded)
}

// contest handles a login whose Kite user is another person's already. Either of them
// may have been tricked into finishing the other one's link, so both logins end, in one
// commit, with all sessions of theirs that may be logged in as that Kite user. Both are
// notified, and neither learns of the other. The Kite user is the next one's who logs in
// by a newer link. It returns ErrNoLogin.
func (pr *personState) contest(ctx context.Context, link Link, user kite.Identity, owner int64) error {
	other, done, err := pr.pool.acquire(owner)
	if err != nil {
		return fmt.Errorf("find the other login of the kite user: %w", err)
	}
	defer done()
	var refused, contested Event
	known, logouts, otherLogouts := false, 0, 0
	err = update(func(r []*Record) {
		i := r[0].link(link.Ref)
		if known = i >= 0; !known { // dropped meanwhile
			return
		}
		logouts, otherLogouts = pr.logouts, other.logouts
		r[0].Links[i].UserID = user.UserID
		refused = Event{Kind: EventRefused, Links: r[0].giveUpUser(user.UserID)}
		if l := r[1].Login; l != nil && l.User.UserID == user.UserID { // else their record is damaged, or they logged out
			contested = Event{Kind: EventContested, Links: r[1].giveUpUser(user.UserID)}
		}
	}, pr, other)
	if err != nil {
		return fmt.Errorf("end both logins of a kite user: %w", err)
	}
	if !known {
		return ErrNoLogin
	}
	pr.pool.count(stepRefused)
	pr.notify(logouts, refused)
	if contested.Kind != 0 {
		other.notify(otherLogouts, contested)
		pr.pool.spawnFor(other, func(ctx context.Context) { // now, since the watcher may be busy
			other.endPending(ctx, pr.pool.Timing.PollTimeout)
			other.startWatcher()
		})
	}
	pr.endNow(ctx, false)
	return ErrNoLogin
}

// expireLink drops a link that can no longer be finished, notifies its person, and
// reports whether it was still theirs. If it was finished while Kite did not answer, a
// /logout still ends its session.
func (pr *personState) expireLink(link Link) (known bool) {
	logouts := 0
	err := pr.update(func(r *Record) {
		if i := r.link(link.Ref); i >= 0 {
			known, logouts, link = true, pr.logouts, r.Links[i]
			r.Links = slices.Delete(r.Links, i, i+1)
			r.retire(pr.pool.forgottenByServer, link.Credential)
		}
	})
	if err != nil {
		pr.pool.Logger.Error("a dead link was not removed", "effect", "the bot tries again", "person", pr.id, "err", err)
		return known
	}
	if known {
		pr.pool.count(stepLinkDied)
		pr.notify(logouts, Event{Kind: EventLinkDead, Links: []Link{link}})
	}
	return known
}

// Confirm says whether a changed Kite user is the person's. After a yes the login is
// announced again; a no ends it at the server. It fails with ErrNoLogin if the login is
// another one by now.
func (p *Pool) Confirm(ctx context.Context, person int64, userID string, yes bool) (Status, error) {
	return p.serve(ctx, person, func(ctx context.Context, pr *personState) error {
		asked, already := false, false
		err := pr.update(func(r *Record) {
			already = yes && r.Login != nil && r.Login.Confirmed && r.Login.User.UserID == userID
			if asked = r.Login != nil && !r.Login.Confirmed && r.Login.User.UserID == userID; !asked {
				return
			}
			if yes {
				r.Login.Confirmed, r.Last, r.Login.Used = true, r.Login.User, p.Now().UTC()
				r.Login.Warned = r.Login.late(r.Login.Used)
				return
			}
			r.Links = slices.DeleteFunc(r.Links, func(l Link) bool { return l.Session == r.Login.Session })
			r.Ending, r.Login = append(r.Ending, r.Login.credential()), nil
		})
		switch {
		case err != nil:
			return fmt.Errorf("remember the answer: %w", err)
		case already: // a second tap
		case !asked:
			return ErrNoLogin
		case yes:
			pr.announce(true)
		default:
			pr.endNow(ctx, false)
		}
		return nil
	})
}
