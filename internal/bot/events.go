package bot

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// Notify takes what happened to a person's login by itself. It returns at
// once; the person reads it from their mailbox, in order with their commands.
func (b *Bot) Notify(e session.Event) {
	b.mail.put(e.Person, job{run: func(jc jobContexts) { b.tell(jc, e) }})
}

// tell shows an event in the private chat, whose id is the person's own. People who
// may not use the bot at this moment get nothing.
func (b *Bot) tell(jc jobContexts, e session.Event) {
	ctx := jc.delivery
	to := privateChat(e.Person)
	if !b.mayReceive(to) {
		b.Logger.Info("event", "event", e.Kind.String(), "announced", false)
		return
	}
	var err error
	switch e.Kind {
	case session.EventLoggedIn:
		err = b.announceLogin(jc, e.Person)
	case session.EventLinkDead:
		err = b.deliver(ctx, to, 0, command.Reply{Also: command.ReplaceAll(e.Links, dialog.LinkDead())})
	case session.EventLoginFailed:
		m, _ := command.LoginFailure(e.Why)
		err = b.deliver(ctx, to, 0, command.Say(m))
	case session.EventRefused:
		err = b.deliver(ctx, to, 0, contestReply(dialog.LoginRefused(), e.Links))
	case session.EventContested:
		err = b.deliver(ctx, to, 0, contestReply(dialog.LoginContested(), e.Links))
	case session.EventEndingSoon:
		err = b.warnEndingSoon(ctx, e)
	case session.EventLoggedOut:
		err = b.deliver(ctx, to, 0, command.Say(b.loggedOut(e)))
	}
	if err != nil {
		b.Logger.Warn("an event was not announced",
			"effect", "the next start announces a finished login; other events are lost", "event", e.Kind.String(), "err", err)
		return
	}
	b.Logger.Info("event", "event", e.Kind.String())
}

// contestReply is a message of its own, since an edit makes no sound.
func contestReply(m view.Message, links []session.Link) command.Reply {
	reply := command.Say(m)
	reply.Also = command.ReplaceAll(links, dialog.LinkDead())
	return reply
}

// loggedOut says that a logout is through. It says of another login that it stays.
func (b *Bot) loggedOut(e session.Event) view.Message {
	if e.Status.User.IsZero() {
		return dialog.LoggedOut(kite.Identity{}, e.ByOAuth)
	}
	return dialog.EarlierEnded(command.LoginView(e.Status, b.Now()).LoggedIn(false))
}

// announceLogin takes the link away, says who is logged in and answers the
// command that the login interrupted. It looks at how things stand now, since
// a command that ran meanwhile may have left itself to be answered. Only when
// everything is shown, and the journal has that command, is the login marked as
// announced: else the next process announces it.
func (b *Bot) announceLogin(jc jobContexts, person int64) error {
	s, err := b.Accounts.Status(person)
	links := s.FinishedLinks
	if err != nil || s.User.IsZero() || len(links) == 0 { // logged out again, or announced already
		return err
	}
	if s.State == session.Unconfirmed {
		return b.replaceLinks(jc.delivery, person, links, dialog.AskOtherAccount(s.User, s.Last))
	}
	then := linkWithPending(links).Then
	m := command.LoginView(s, b.Now()).LoggedIn(then != "")
	if err := b.replaceLinks(jc.delivery, person, links, m); err != nil && !b.probablyDelivered(err) {
		return err
	}
	waited, err := b.journalPending(person, linkWithPending(links))
	if err != nil {
		return err
	}
	if err := b.Accounts.Announced(person); err != nil {
		return err
	}
	for _, u := range waited {
		inv, ok := b.route(u, true)
		if !ok {
			b.answered(u)
			continue
		}
		b.work(jc, inv)
	}
	return nil
}

// warnEndingSoon warns that a login will be over soon, unless the person does not want
// that, or the login is another one by now.
func (b *Bot) warnEndingSoon(ctx context.Context, e session.Event) error {
	s, err := b.Accounts.Status(e.Person)
	now := b.Now()
	same := s.User == e.Status.User && s.Since.Equal(e.Status.Since) && s.State != session.Unconfirmed
	if err != nil || s.User.IsZero() || !same || !now.Before(s.Until) || b.prefsOf(e.Person).NoWarning {
		return err
	}
	return b.deliver(ctx, privateChat(e.Person), 0, command.Say(dialog.EndingSoon{Until: s.Until, Now: now}.Message()))
}

// linkWithPending is the newest link for whose login a command waits; the zero link for none.
func linkWithPending(links []session.Link) session.Link {
	for _, l := range slices.Backward(links) {
		if l.Then != "" {
			return l
		}
	}
	return session.Link{}
}

// journalPending makes an update of the command that waits for a link's login, once for
// each link: from here on the journal has it. It is answered past the limits, since
// it was within them when it was sent.
func (b *Bot) journalPending(person int64, l session.Link) ([]Update, error) {
	if l.Then == "" {
		return nil, nil
	}
	id := fnv.New64a()
	fmt.Fprint(id, person, l.Ref)
	u := Update{ID: -int64(id.Sum64() >> 1), Chat: person, From: person, Private: true, Text: l.Then} // Telegram's are positive
	if !strings.HasPrefix(l.Then, "/") {                                                              // a button had been pressed
		u.Text, u.Data, u.Press = "", l.Then, "login"
	}
	b.takenEarly.mu.Lock()
	defer b.takenEarly.mu.Unlock()
	fresh, err := b.Journal.Take(b.ID, []Update{u})
	if !b.takenEarly.over {
		b.takenEarly.taken = append(b.takenEarly.taken, fresh...)
	}
	return fresh, err
}

// replaceLinks puts m in the place of the messages that carry a link. Where there
// is none any more, because the person deleted it, m is sent.
func (b *Bot) replaceLinks(ctx context.Context, person int64, links []session.Link, m view.Message) error {
	for _, l := range slices.Backward(links) {
		if l.Message == 0 {
			continue
		}
		return b.deliver(ctx, privateChat(person), l.Message, command.Reply{Message: &m, InPlace: true, Also: command.ReplaceAll(without(links, l), m)})
	}
	return b.deliver(ctx, privateChat(person), 0, command.Say(m))
}

func without(links []session.Link, one session.Link) []session.Link {
	return slices.DeleteFunc(slices.Clone(links), func(l session.Link) bool { return l.Ref == one.Ref })
}
