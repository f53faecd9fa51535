package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// explain turns an error into words, each with a next step. It is the only
// place that does. Whoever needs a login gets one right here, with the command
// they asked for to follow by itself; what went wrong then is that there is no
// link, if there is none.
func (b *Bot) explain(ctx context.Context, o order, err error, ref string) (Reply, error) {
	r := o.request
	var (
		doubt   *session.DoubtError
		usurped *session.UsurpedError
		ended   *session.EndedError
		crash   *panicError
	)
	if errors.As(err, &crash) { // also where the person no longer waits, and is told that
		b.Logger.Error("a handler panicked: a bug of ours; please report it with the stack. The person was told so", append([]any{"ref", ref, "command", r.Command}, crash.told...)...)
	}
	if m, ok := loginProblem(err); ok {
		return say(m), err
	}
	switch {
	case errors.As(err, &usurped): // told once, and to a person who cancelled, too
		return say(view.Usurped(usurped.Was, usurped.Now)), err
	case errors.Is(context.Cause(ctx), errCancelled):
		return cancelled(o), errCancelled
	case errors.Is(ctx.Err(), context.Canceled): // overtaken by /logout, or the bot stops
		return Reply{}, err
	case errors.Is(err, session.ErrBound):
		return b.askConfirm(r), err // else an event tells it
	case errors.Is(err, session.ErrLeft):
		return Reply{}, err // they logged out meanwhile, and are told that
	case errors.Is(err, session.ErrNoLogin):
		return b.offerLogin(ctx, o, err, "You are not logged in yet.", ref)
	case errors.As(err, &ended):
		return b.offerLogin(ctx, o, err, view.EndedBecause(ended.Why), ref)
	case errors.Is(err, session.ErrEnded):
		return b.offerLogin(ctx, o, err, view.EndedBecause(kite.EndUnsaid), ref)
	case errors.As(err, &doubt) && doubt.Over:
		return b.offerLogin(ctx, o, err, view.ProbablyOver(), ref)
	case kite.KindOf(err) == kite.KindNotServed:
		return b.offerLogin(ctx, o, err, view.Unreached(), ref)
	case errors.Is(err, session.ErrUnconfirmed):
		return b.askConfirm(r), err
	}
	p := problem(err)
	p.Ref = ref
	if p.Again != "" {
		p.Again = againData(r)
	}
	if p.Login != "" {
		p.Login = loginData(r)
	}
	m := p.Message()
	return Reply{Message: &m, InPlace: o.again}, err
}

// aboutLogin returns the first error that concerns the login rather than one
// answer: of several parts asked for side by side it spoils all. That the login was
// taken over comes before what the other parts found of its end.
func aboutLogin(errs ...error) error {
	if i := slices.IndexFunc(errs, isA[*session.UsurpedError]); i >= 0 {
		return errs[i]
	}
	for _, err := range errs {
		_, doubt := errors.AsType[*session.DoubtError](err)
		if doubt || errors.Is(err, session.ErrNoLogin) || errors.Is(err, session.ErrEnded) || errors.Is(err, session.ErrUnconfirmed) || errors.Is(err, session.ErrLeft) {
			return err
		}
	}
	return nil
}

// loginProblem finds the words for a login by OAuth that is not through although
// its address was sent.
func loginProblem(err error) (m view.Message, ok bool) {
	then := ""
	if code, ok := errors.AsType[*session.CodeError](err); ok {
		then = code.Then
	}
	queued, isQueued := errors.AsType[*session.QueuedError](err)
	crowded, isCrowded := errors.AsType[*session.CrowdedError](err)
	switch {
	case isQueued:
		return view.LoginQueued(queued.Until), true
	case isCrowded:
		return view.LoginCrowded(crowded.Until), true
	case errors.Is(err, session.ErrUnread):
		return view.LoginUnread(), true
	case errors.Is(err, session.ErrCodeRefused):
		return view.PasteRefused(then), true
	case errors.Is(err, session.ErrCodeLost):
		return view.PasteLost(then), true
	case errors.Is(err, session.ErrCodeUsed):
		return view.PasteTwice(), true
	case errors.Is(err, session.ErrOtherAttempt):
		return view.PasteOther(), true
	case errors.Is(err, session.ErrNoAttempt):
		return view.PasteUnasked(), true
	default:
		return view.Message{}, false
	}
}

// problem finds the words for a failure that leaves the login as it is.
func problem(err error) view.Problem {
	const again = "again"
	if _, ok := errors.AsType[*session.DoubtError](err); ok {
		return view.Problem{
			Headline: "Kite is not answering, or your login has ended.",
			Detail:   "Kite says the same in both cases. I keep your login; trying again or logging in anew does no harm.",
			Again:    again, Login: again,
		}
	}
	switch kite.KindOf(err) {
	case kite.KindUnreachable:
		return view.Problem{Headline: "Kite is not answering just now.", Detail: "Nothing is lost. Please try again in a minute.", Again: again}
	case kite.KindNotServed:
		return view.Problem{Headline: "I cannot find Kite’s server.", Detail: "Nothing is lost. This bot may be set up wrongly: if this lasts for some minutes, tell the person who runs it.", Again: again}
	case kite.KindLimited:
		return view.Problem{Headline: "Kite is getting too many requests just now.", Detail: "Nothing is lost. Please try again in a minute.", Again: again}
	case kite.KindTooBig:
		return view.Problem{Headline: "Kite’s answer is too long for me.", Detail: "I stopped reading it, and your login is as it was. Asking again would bring the same answer; /tool asks for a part of a list, for example: /tool get_holdings limit=50"}
	case kite.KindFailed, kite.KindNoLogin, kite.KindDoubt:
		return view.Problem{Headline: "Kite could not answer this.", Detail: "It gave no reason; often it is only busy for a moment. Nothing is lost.", Again: again}
	case kite.KindNoTool:
		return view.Problem{Headline: "Kite does not offer this at present.", Detail: "Its server no longer lists what this command needs."}
	case kite.KindMalformed:
		return view.Problem{Headline: "Kite sent an answer I cannot read.", Detail: "I show nothing rather than a wrong figure.", Again: again}
	case kite.KindNoLink:
		return view.Problem{Headline: "Kite sent a login link that I do not recognise.", Detail: "I cannot log you in until that is fixed. The operator of this bot has been told.", Again: again}
	case kite.KindBlocked:
		return view.Problem{Headline: "Something on the way to Kite turns this bot away.", Detail: "Your login is kept. The operator of this bot has been told; please try again later.", Again: again}
	case kite.KindUnfamiliar, kite.KindAuthorize:
		return view.Problem{Headline: "Kite’s server has changed in a way I do not know yet.", Detail: "I read nothing until that is fixed. The operator of this bot has been told.", Again: again}
	case kite.KindBadArgument:
		return view.Problem{Headline: "Kite does not accept that.", Detail: "/help shows how each command is typed."}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return view.Problem{Headline: "That took too long.", Detail: "I stopped waiting. Nothing is lost.", Again: again}
	}
	return view.Problem{
		Headline: "Something went wrong here.",
		Detail:   "That is my fault, not yours. If it happens again, send the reference to the person who runs this bot.", Again: again,
	}
}

// againData is what a Try again button carries.
func againData(r *Request) string {
	if r.Command == "" || r.data != "" {
		return r.data // a button is simply pressed again
	}
	data := r.Command + ":again"
	if r.Args != "" && len(data)+1+len(r.Args) <= maxButtonData {
		data += ":" + r.Args
	}
	return data
}

// loginData is what a Log in button carries: a new login, with what was asked
// to be answered after it.
func loginData(r *Request) string {
	const data = "login:new"
	then := r.Then()
	if r.Command == "" || r.Command == "login" || len(data)+1+len(then) > maxButtonData {
		return data
	}
	return data + ":" + then
}

// maxButtonData is Telegram's limit for callback data, in bytes.
const maxButtonData = 64

// offerLogin answers with a login link, and why it is needed. It returns the
// error that led here, or why there is no link.
func (b *Bot) offerLogin(ctx context.Context, o order, need error, why, ref string) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	then := ""
	if o.request.Command != "login" {
		then = o.request.Then()
	}
	reply, err := linkReply(ctx, o.request, why, then)
	if errors.Is(err, session.ErrBound) {
		return Reply{}, need // the event that tells it also runs the command
	}
	if m, ok := loginProblem(err); ok {
		return say(m), err
	}
	switch {
	case err == nil:
		return reply, need
	case errors.Is(context.Cause(ctx), errCancelled):
		return cancelled(o), errCancelled
	}
	p := problem(err)
	if !slices.Contains([]kite.Kind{kite.KindNoLink, kite.KindNotServed, kite.KindBlocked, kite.KindUnfamiliar, kite.KindAuthorize}, kite.KindOf(err)) {
		p.Headline = "You need to log in, but Kite is giving out no login links just now."
	}
	p.Ref, p.Again = ref, againData(o.request)
	m := p.Message()
	return Reply{Message: &m, InPlace: o.again}, fmt.Errorf("make a login link: %w", err)
}

// askConfirm asks whether another Kite user than last time is the person's.
func (b *Bot) askConfirm(r *Request) Reply {
	s, err := r.Account.Status()
	if err != nil || s.State != session.Unconfirmed {
		return Reply{}
	}
	return say(view.Changed(s.User, s.Last))
}
