package command

import (
	"context"
	"errors"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func loginCommand() Command {
	return Command{
		Name: "login", Usage: "/login", Summary: "log in to Kite", Shows: "status",
		Run: login,
		Actions: map[string]Action{
			"done":    {Ack: "Asking Kite…", Run: loginDone},
			"new":     {Run: loginNew},
			"restart": {Run: loginRestart},
			"use":     {Run: loginUse},
			"drop":    {Run: loginDrop},
		},
	}
}

// glanceTime is how long /login waits for Kite to confirm the present login: a person
// who types it wants a link, and one too many does no harm.
const glanceTime = 2 * time.Second

// login answers who is logged in, or makes a link. It destroys nothing: a
// login that still answers stays, and one that does not is kept until another is
// made.
func login(ctx context.Context, r *Request) (Reply, error) {
	look, cancel := context.WithTimeout(ctx, glanceTime)
	defer cancel()
	s, err := r.Account.Glance(look)
	_, usurped := errors.AsType[*session.UsurpedError](err)
	doubt, _ := errors.AsType[*session.DoubtError](err)
	switch {
	case err == nil:
		return Say(LoginView(s, r.Now).Already()), nil
	case errors.Is(err, session.ErrNoLogin), errors.Is(err, session.ErrEnded):
		return linkReply(ctx, r, r.Account.Link, "", "")
	case usurped, errors.Is(err, session.ErrUnconfirmed), errors.Is(err, session.ErrLoggedOut), ctx.Err() != nil:
		return Reply{}, err
	case doubt != nil && doubt.Over:
		return linkReply(ctx, r, r.Account.Link, dialog.ProbablyOver(), "")
	default:
		return linkReply(ctx, r, r.Account.Link, "Your login does not answer just now. I keep it until you have another one.", "")
	}
}

// loginNew makes a link although the old login may still be good: the
// person saw that it does not answer. The old one is kept until the new is bound.
// The button carries what that login is for, if anything.
func loginNew(ctx context.Context, r *Request) (Reply, error) {
	return linkReply(ctx, r, r.Account.Link, "", r.Args)
}

// loginRestart begins a login by OAuth anew, since Kite does not report a cancelled
// one. The button may carry what the login is for.
func loginRestart(ctx context.Context, r *Request) (Reply, error) {
	return linkReply(ctx, r, r.Account.Renew, "", r.Args)
}

// LoginLink is the message with a login link for a request that needs a login, and
// why. What was asked for follows by itself after the login.
func LoginLink(ctx context.Context, r *Request, why string) (Reply, error) {
	then := ""
	if r.Command != "login" {
		then = r.Then()
	}
	return linkReply(ctx, r, r.Account.Link, why, then)
}

// AskConfirm asks whether another Kite user than last time is the person's, where
// that is still open.
func AskConfirm(r *Request) Reply {
	s, err := r.Account.Status()
	if err != nil || s.State != session.Unconfirmed {
		return Reply{}
	}
	return Say(dialog.AskOtherAccount(s.User, s.Last))
}

// makesLink is [account.Account.Link] or Renew.
type makesLink func(ctx context.Context, then string) (session.Link, session.Status, error)

// linkReply is the message with a login link. Older messages lose theirs.
func linkReply(ctx context.Context, r *Request, makeLink makesLink, why, then string) (Reply, error) {
	link, s, err := makeLink(ctx, then)
	if err != nil {
		return Reply{}, err
	}
	if s.Contested {
		why = dialog.AfterContest()
	}
	reply := Say(linkView(link, s, why).Message())
	reply.Also = ReplaceAll(s.Links, dialog.LinkMoved())
	reply.Sent = func(message int) error { return r.Account.Shown(link.Ref, message) }
	return reply, nil
}

// loginDone asks Kite whether the browser part is through. Success is announced by
// the event, as for a login that the bot noticed by itself.
func loginDone(ctx context.Context, r *Request) (Reply, error) {
	s, err := r.Account.Finish(ctx)
	switch {
	case err != nil && !expected(err):
		return Reply{}, err
	case s.State == session.Unconfirmed && s.Link == nil && !s.Announcing:
		return Reply{}, session.ErrUnconfirmed
	case s.Link != nil && s.Link.Ref == r.Args:
		return linkStands(r, s, wire.Unanswered(err)), nil
	case s.Link == nil && !s.User.IsZero() && s.Announcing:
		return Reply{}, nil
	case s.Link == nil && !s.User.IsZero(): // an old button: say where things stand, and take it away
		return inPlace(LoginView(s, r.Now).LoggedIn(false)), nil
	default:
		return inPlace(oldLink(s, r.Args)), nil
	}
}

// linkStands says on the message of the newest link that Kite does not show the
// login yet, or does not answer. The link appears where it was shown, which is
// protected, or as a message of its own: an edit cannot protect the message of a
// forged button.
func linkStands(r *Request, s session.Status, silent bool) Reply {
	link := *s.Link
	v := linkView(link, s, "")
	v.Checked, v.Silent = r.Now, silent
	reply := inPlace(v.Message())
	reply.Sent = func(message int) error { return r.Account.Shown(link.Ref, message) }
	if link.Message != r.Pressed {
		reply.InPlace, reply.Also = false, ReplaceAll([]session.Link{link}, dialog.LinkMoved())
	}
	return reply
}

// expected reports whether Finish failed in a way that the link's message shows.
func expected(err error) bool {
	return errors.Is(err, session.ErrNoLogin) || errors.Is(err, session.ErrEnded) || wire.KindOf(err) != wire.KindUnknown
}

// oldLink replaces a message whose Done button names another link than the newest.
func oldLink(s session.Status, ref string) view.Message {
	for _, l := range s.Links {
		if l.Ref == ref {
			return dialog.LinkMoved()
		}
	}
	return dialog.LinkDead()
}

// loginUse says that a changed Kite user is the person's own.
func loginUse(ctx context.Context, r *Request) (Reply, error) {
	s, err := r.Account.Confirm(ctx, r.Args, true)
	if errors.Is(err, session.ErrNoLogin) {
		return inPlace(dialog.OldButton()), nil
	}
	if err != nil || len(s.FinishedLinks) > 0 { // with links on the screen the event announces it
		return Reply{}, err
	}
	return inPlace(LoginView(s, r.Now).LoggedIn(false)), nil
}

// loginDrop rejects a changed Kite user.
func loginDrop(ctx context.Context, r *Request) (Reply, error) {
	before, err := r.Account.Status()
	if err != nil {
		return Reply{}, err
	}
	_, err = r.Account.Confirm(ctx, r.Args, false)
	if errors.Is(err, session.ErrNoLogin) {
		return inPlace(dialog.OldButton()), nil
	}
	if err != nil {
		return Reply{}, err
	}
	return inPlace(dialog.OtherAccountDropped(kite.Identity{UserID: r.Args}, before.ByOAuth)), nil
}

func linkView(l session.Link, s session.Status, why string) dialog.LoginLink {
	v := dialog.LoginLink{
		URL: l.URL, Ref: l.Ref, Until: l.Issued.Add(session.LinkShownFor), Why: why, Then: waitingCommandName(l.Then), First: s.Last.IsZero(),
	}
	if l.Attempt != nil {
		v.Restart, v.Paste = true, l.Attempt.Paste
	}
	return v
}

// waitingCommandName is the command that waits, as a person would name it.
func waitingCommandName(then string) string {
	name, _, pressed := strings.Cut(then, ":")
	if pressed && !strings.HasPrefix(then, "/") {
		return "/" + name
	}
	return then
}

// LoginView is a login as views show it.
func LoginView(s session.Status, now time.Time) dialog.Login {
	return dialog.Login{User: s.User, Since: s.Since, Until: s.Until, Now: now, OneConnection: s.Resumable == session.No, Unended: s.Unended, EndWaits: s.EndWaits}
}

// LoginPaste takes the address at which a login by OAuth ended, as the person
// sent it. That the login is through is announced by the event, like any other. The
// message itself goes: what is in it is a key for some minutes.
func LoginPaste(ctx context.Context, r *Request) (Reply, error) {
	text := r.Args
	r.Args = "" // no button carries it
	reply, err := pasted(ctx, r, text)
	stays := dialog.PasteStays()
	reply.Delete, reply.Undeleted = r.Typed, &stays
	return reply, err
}

// LoginPasteTooFast takes such a message out of the chat of a person who sends too
// much at once, and does nothing else with it.
func LoginPasteTooFast(warn bool) Handler {
	return func(_ context.Context, r *Request) (Reply, error) {
		reply := Reply{Delete: r.Typed}
		if warn {
			m := dialog.PasteTooFast()
			reply.Message = &m
		}
		return reply, nil
	}
}

func pasted(ctx context.Context, r *Request, text string) (Reply, error) {
	state, code, ok := kite.ParseRedirect(text)
	if !ok {
		s, err := r.Account.Status()
		return Say(pasteUnread(s, text)), err
	}
	s, err := r.Account.Authorized(ctx, state, code)
	switch {
	case errors.Is(err, session.ErrNoAttempt) && s.State == session.Unconfirmed:
		return Reply{}, session.ErrUnconfirmed
	case errors.Is(err, session.ErrNoAttempt) && !s.User.IsZero() && s.State != session.Doubtful:
		return Say(dialog.PasteUsed(s.User)), nil
	case errors.Is(err, session.ErrNoLogin): // refused, and an event says why
		return Reply{}, nil
	case errors.Is(err, session.ErrEnded): // as soon as it was made
		return Reply{}, session.ErrCodeLost
	default:
		return Reply{}, err
	}
}

// pasteUnread answers an address that holds no code. It never asks to go on with
// what may be the login link of another person.
func pasteUnread(s session.Status, text string) view.Message {
	awaited := s.Link != nil && s.Link.Attempt != nil && s.Link.Attempt.Paste && s.Link.Attempt.Code == ""
	switch {
	case !awaited, kite.IsLoginPage(text) && !strings.Contains(text, s.Link.Attempt.State):
		return dialog.PasteStrange()
	case kite.IsEarlierLoginPage(text):
		return dialog.PasteNotLast()
	default:
		return dialog.PasteIncomplete()
	}
}

// ReplaceAll replaces every message that still carries one of the links.
func ReplaceAll(links []session.Link, m view.Message) []Replacement {
	var all []Replacement
	for _, l := range links {
		if l.Message != 0 {
			all = append(all, Replacement{l.Message, m})
		}
	}
	return all
}
