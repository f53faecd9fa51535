package bot

import (
	"context"
	"fmt"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/command"
	"kitebot/internal/kite/session"
)

// logoutFunc is [session.Pool.Logout], or Remove: after which no event follows.
type logoutFunc func(ctx context.Context, person int64) (session.Record, session.Status, error)

// wasEmpty reports whether nothing was known of a person but their standing.
func wasEmpty(f command.Forgotten) bool {
	r := f.Record
	return r.Login == nil && len(r.Links)+len(r.Replaced)+len(r.Ending) == 0 && r.Last.IsZero() && f.Prefs.IsZero()
}

// erase ends a person's sessions at Kite, in the one way of the pool or the
// other, and forgets the person. It is harmless for a person of whom nothing is
// known. Where keep is set, the person's standing stays.
func (b *Bot) erase(ctx context.Context, person int64, end logoutFunc, keep bool) (f command.Forgotten, err error) {
	f.Standing = b.access.Record(person).Standing
	if f.Prefs, err = b.Prefs.LoadPrefs(person); err != nil {
		f.Prefs = account.Prefs{Hide: true} // something is there, and cannot be read
	}
	if f.Record, f.Status, err = end(ctx, person); err != nil {
		return f, fmt.Errorf("end the login: %w", err)
	}
	if !(wasEmpty(f) && f.Standing != access.Unlisted && keep) { // else the standing is all, and it stays
		if err := b.access.Forget(person, keep, b.Memory.Forget); err != nil {
			return f, fmt.Errorf("forget the person: %w", err)
		}
		b.unauthorized.reset(person)
	}
	f.Allowed = b.access.Allowed(person)
	return f, nil
}

// removePerson removes a person who may no longer use the bot: what runs is
// stopped, what waits is dropped, what is being sent is broken off, and their
// login is ended. It returns at once. The rest happens in the person's own
// mailbox, so that nothing which runs now leaves anything behind.
func (b *Bot) removePerson(person int64) {
	b.mail.interrupt(person, "")
	b.mail.put(person, job{uninterruptible: true, run: func(jc jobContexts) { b.forgetRemoved(jc.work, person) }})
}

// forgetRemoved is the end of removePerson, also where the person was let in again
// meanwhile: they begin anew. It reports whether there was anything to forget.
func (b *Bot) forgetRemoved(ctx context.Context, person int64) bool {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	f, err := b.erase(ctx, person, b.Accounts.Remove, true)
	if err != nil {
		b.Logger.Error("the data of a removed person was not erased", "effect", "the next start tries again", "person", person, "err", err)
		return false
	}
	return !wasEmpty(f) || f.Standing == access.Unlisted
}

// removalPause is the pause between two removals at the start: Kite's limit is shared
// with all its users.
const removalPause = 250 * time.Millisecond

// notAllowed returns the people of whom something is kept although they may not use
// the bot: their name was taken off a list between two runs, or a run ended
// before it had removed them.
func (b *Bot) notAllowed() ([]int64, error) {
	if b.access.Unclaimed {
		b.Logger.Warn("ALLOWED_USERS and ADMIN_USERS are both empty", "effect", "no one may use the bot; stored data is kept", "action", "set one of them")
		return nil, nil
	}
	people, err := b.Memory.People()
	if err != nil {
		return nil, fmt.Errorf("list who is known: %w", err)
	}
	var notAllowed []int64
	for _, person := range people {
		if !b.access.Allowed(person) {
			notAllowed = append(notAllowed, person)
		}
	}
	return notAllowed, nil
}

// forgetAllRemoved removes people one after the other, with pauses. What is
// left when the bot stops is done by the next start.
func (b *Bot) forgetAllRemoved(people []int64) {
	gone := 0
	for _, person := range people {
		if !sleep(b.ctx, removalPause) {
			return
		}
		if b.access.Allowed(person) { // let in meanwhile
			continue
		}
		done := make(chan bool, 1)
		b.mail.put(person, job{uninterruptible: true, run: func(jc jobContexts) {
			defer close(done)
			done <- b.forgetRemoved(jc.work, person)
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

// prefsOf loads a person's preferences. Where they cannot be read it is not known
// whether amounts are to be hidden: then they are.
func (b *Bot) prefsOf(person int64) account.Prefs {
	p, err := b.Prefs.LoadPrefs(person)
	if err != nil {
		b.Logger.Error("a person's preferences cannot be read", "effect", "their amounts are hidden", "person", person, "err", err)
		return account.Prefs{Hide: true}
	}
	return p
}
