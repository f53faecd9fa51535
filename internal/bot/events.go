package bot

import (
	"context"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// Notify takes what happened to a person's login by itself. It returns at
// once; the person is told from their mailbox, in order with their commands.
func (b *Bot) Notify(e session.Event) {
	full := !b.mail.put(e.Person, job{
		run:     func(ctx context.Context) { b.tell(ctx, e) },
		dropped: func() {},
	})
	if full { // a flood of commands must not swallow the news of a login
		b.acks.Go(func() { b.tell(b.mail.ctx, e) })
	}
}

// tell shows an event. Account events happen in the private chat, whose id is
// the person's own.
func (b *Bot) tell(ctx context.Context, e session.Event) {
	var reply Reply
	switch e.Kind {
	case session.EventLoggedIn:
		b.tellLoggedIn(ctx, e)
		return
	case session.EventLinkDead:
		reply.Also = replaceAll(e.Links, view.LinkDead())
	case session.EventRefused:
		reply = onLinks(e.Links, view.Refused(e.Other))
	case session.EventContested:
		reply = say(view.Contested(e.Other))
	case session.EventLoggedOut:
		reply = say(view.LoggedOut(kite.Identity{}))
	}
	b.deliverEvent(ctx, e, reply)
}

// tellLoggedIn takes the link away, says who is logged in and then answers the
// command that the login interrupted.
func (b *Bot) tellLoggedIn(ctx context.Context, e session.Event) {
	if e.Status.State == session.Unconfirmed {
		b.deliverEvent(ctx, e, onLinks(e.Links, view.Changed(e.Status.User, e.Status.Last)))
		return
	}
	if e.Status.User.IsZero() {
		return // logged out again in the meantime
	}
	login := loginView(e.Status, b.Clock.Now())
	m := login.LoggedIn()
	if e.Then != "" {
		m.Buttons = nil // the answer follows
	}
	if !b.deliverEvent(ctx, e, onLinks(e.Links, m)) {
		return // told again by the next process
	}
	if err := b.Accounts.Announced(e.Person); err != nil {
		b.Logger.Error("an announced login is not remembered as such", "err", err)
	}
	if e.Then == "" {
		return
	}
	u := Update{Chat: e.Person, From: e.Person, Private: true, Text: e.Then}
	if o, ok := b.route(u); ok {
		b.perform(ctx, u.Chat, o)
	}
}

// onLinks replaces the newest link message by m and takes the buttons off the
// others. Where no message carries a link any more, m is sent.
func onLinks(links []session.Link, m view.Message) Reply {
	var r Reply
	for _, l := range links {
		if l.Message != 0 {
			r.Also = append(r.Also, Replacement{l.Message, m})
		}
	}
	if len(r.Also) == 0 {
		return say(m)
	}
	return r
}

func replaceAll(links []session.Link, m view.Message) []Replacement {
	var all []Replacement
	for _, l := range links {
		all = append(all, Replacement{l.Message, m})
	}
	return all
}

// deliverEvent reports whether the person was told.
func (b *Bot) deliverEvent(ctx context.Context, e session.Event, r Reply) bool {
	if err := b.deliver(ctx, e.Person, 0, r); err != nil {
		b.Logger.Warn("an event was not delivered", "event", int(e.Kind), "err", err)
		return false
	}
	b.Logger.Info("event", "event", e.Kind.String())
	return true
}
