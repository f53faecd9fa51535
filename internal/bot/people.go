package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kitebot/internal/kite/session"
)

// errUnwelcome says that nobody may be told this (any more).
var errUnwelcome = errors.New("the person may not use the bot")

// audience is for whom a message is: the chat where it appears, and the person
// because of whom it does.
type audience struct {
	chat, person int64
	anyone       bool // for people who are not let in too, but never for the blocked
	outside      bool // by the outsiders' own way
}

// himself is the private chat of a person, for what is told to them because
// they use the bot.
func privateChat(person int64) audience { return audience{chat: person, person: person} }

// hears reports whether something may be told at this moment.
func (b *Bot) hears(to audience) bool {
	if to.anyone {
		return !b.access.blocked(to.person)
	}
	return b.access.allowed(to.person)
}

// erased is what was known of somebody who was forgotten.
type erased struct {
	was   session.Record
	now   session.Status // unconfirmed by Kite: LoggingOut
	prefs Prefs
	guest Guest
}

// endSessions is [session.Pool.Logout], or Remove: which tells nobody afterwards.
type endSessions func(ctx context.Context, person int64) (session.Record, session.Status, error)

// nothing reports whether nothing was known but a place in the book.
func (e erased) nothing() bool {
	r := e.was
	return r.Login == nil && len(r.Links)+len(r.Lapsing)+len(r.Ending) == 0 && r.Last.IsZero() && e.prefs.IsZero()
}

// erase ends a person's sessions at Kite, in the one way of the pool or the
// other, and forgets the person. It is harmless for somebody of whom nothing is
// known. Where place is set, the person's place in the book stays.
func (b *Bot) erase(ctx context.Context, person int64, end endSessions, place bool) (e erased, err error) {
	e.guest = b.access.guest(person)
	if e.prefs, err = b.Prefs.LoadPrefs(person); err != nil {
		e.prefs = Prefs{Hide: true} // something is there, and cannot be read
	}
	if e.was, e.now, err = end(ctx, person); err != nil {
		return e, fmt.Errorf("end the login: %w", err)
	}
	if e.nothing() && e.guest.Standing != Unlisted && place {
		return e, nil // a place in the book is all, and it stays
	}
	if err := b.access.forget(person, place, b.Memory.Forget); err != nil {
		return e, fmt.Errorf("forget the person: %w", err)
	}
	b.outsiders.reset(person)
	return e, nil
}

// dismiss parts from somebody who may no longer use the bot: what runs is
// stopped, what waits is dropped, what is being sent is broken off, and their
// login is ended. It returns at once. The rest happens in the person's own
// mailbox, so that nothing which runs now leaves anything behind.
func (b *Bot) dismiss(person int64) {
	b.mail.interrupt(person, "")
	b.mail.put(person, job{uninterruptible: true, run: func(t turn) { b.partFrom(t.work, person) }})
}

// partFrom is the end of dismiss, also where the person was let in again
// meanwhile: they begin anew. It reports whether there was anything to forget.
func (b *Bot) partFrom(ctx context.Context, person int64) bool {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	e, err := b.erase(ctx, person, b.Accounts.Remove, true)
	if err != nil {
		b.Logger.Error("somebody who may no longer use the bot is not forgotten; the next start tries again", "person", person, "err", err)
		return false
	}
	return !e.nothing() || e.guest.Standing == Unlisted
}

// dismissGap is the pause between two people who are parted from at the start:
// Kite's limit is shared with everybody.
const dismissGap = 250 * time.Millisecond

// notLetIn returns the people of whom something is kept although they may not use
// the bot: their name was taken off a list between two runs, or a run ended
// before it had parted from them.
func (b *Bot) notLetIn() ([]int64, error) {
	if b.Access.Nobody {
		b.Logger.Warn("nobody may use this bot: ALLOWED_USERS and ADMIN_USERS are both empty; what is kept of people stays")
		return nil, nil
	}
	people, err := b.Memory.People()
	if err != nil {
		return nil, fmt.Errorf("list who is known: %w", err)
	}
	var notLetIn []int64
	for _, person := range people {
		if !b.access.allowed(person) {
			notLetIn = append(notLetIn, person)
		}
	}
	return notLetIn, nil
}

// partFromAll parts from people one after the other, without a hurry. What is
// left when the bot stops is done by the next start.
func (b *Bot) partFromAll(people []int64) {
	gone := 0
	for _, person := range people {
		if !b.rest(dismissGap) {
			return
		}
		if b.access.allowed(person) { // let in meanwhile
			continue
		}
		done := make(chan bool, 1)
		b.mail.put(person, job{uninterruptible: true, run: func(t turn) {
			defer close(done)
			done <- b.partFrom(t.work, person)
		}})
		select {
		case was := <-done:
			if was {
				gone++
			}
		case <-b.ctx.Done():
			return
		}
	}
	if gone > 0 {
		b.Logger.Info("people who may no longer use the bot were logged out and forgotten", "people", gone)
	}
}

// rest waits, unless the bot closes.
func (b *Bot) rest(d time.Duration) bool {
	t := b.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
		return true
	case <-b.ctx.Done():
		return false
	}
}
