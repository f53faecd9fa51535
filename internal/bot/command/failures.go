package command

import (
	"context"
	"errors"
	"slices"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// Explain words a failure that leaves the login as it is, with a next step. It and
// [LoginFailure] are the only places that word errors.
func Explain(r *Request, err error, ref string) view.Message {
	p := Problem(err)
	p.Ref = ref
	if p.Again != "" {
		p.Again = againData(r)
	}
	if p.Login != "" {
		p.Login = loginData(r)
	}
	return p.Message()
}

// NoLink words why there is no link for a request that needs a login.
func NoLink(r *Request, err error, ref string) view.Message {
	p := Problem(err)
	if !slices.Contains([]wire.Kind{wire.KindNoLink, wire.KindNotServed, wire.KindBlocked, wire.KindUnknownServer, wire.KindAuthorize}, wire.KindOf(err)) {
		p.Headline = "You need to log in, but Kite is giving out no login links just now."
	}
	p.Ref, p.Again = ref, againData(r)
	return p.Message()
}

// WhyLogIn words why an error asks for a new login; "" where it does not.
func WhyLogIn(err error) string {
	ended, isEnded := errors.AsType[*session.EndedError](err)
	doubt, isDoubt := errors.AsType[*session.DoubtError](err)
	switch {
	case errors.Is(err, session.ErrNoLogin):
		return "You are not logged in yet."
	case isEnded:
		return dialog.EndedBecause(ended.Why)
	case errors.Is(err, session.ErrEnded):
		return dialog.EndedBecause(wire.EndUnknown)
	case isDoubt && doubt.Over:
		return dialog.ProbablyOver()
	case wire.KindOf(err) == wire.KindNotServed:
		return dialog.LoginUnreachable()
	default:
		return ""
	}
}

// LoginFailure finds the words for a login by OAuth that is not through although
// its address was sent.
func LoginFailure(err error) (m view.Message, ok bool) {
	then := ""
	if code, ok := errors.AsType[*session.CodeError](err); ok {
		then = code.Then
	}
	queued, isQueued := errors.AsType[*session.QueuedError](err)
	crowded, isCrowded := errors.AsType[*session.CrowdedError](err)
	switch {
	case isQueued:
		return dialog.LoginQueued(queued.Until), true
	case isCrowded:
		return dialog.LoginCrowded(crowded.Until), true
	case errors.Is(err, session.ErrUnread):
		return dialog.LoginUnread(), true
	case errors.Is(err, session.ErrCodeRefused):
		return dialog.PasteRefused(then), true
	case errors.Is(err, session.ErrCodeLost):
		return dialog.PasteLost(then), true
	case errors.Is(err, session.ErrCodeUsed):
		return dialog.PasteTwice(), true
	case errors.Is(err, session.ErrOtherAttempt):
		return dialog.PasteOther(), true
	case errors.Is(err, session.ErrNoAttempt):
		return dialog.PasteUnasked(), true
	default:
		return view.Message{}, false
	}
}

// Problem finds the words for a failure that leaves the login as it is.
func Problem(err error) dialog.Problem {
	const again = "again"
	if _, ok := errors.AsType[*session.DoubtError](err); ok {
		return dialog.Problem{
			Headline: "Kite is not answering, or your login has ended.",
			Detail:   "Kite says the same in both cases. I keep your login; trying again or logging in anew does no harm.",
			Again:    again, Login: again,
		}
	}
	switch wire.KindOf(err) {
	case wire.KindUnreachable:
		return dialog.Problem{Headline: "Kite is not answering just now.", Detail: "Nothing is lost. Please try again in a minute.", Again: again}
	case wire.KindNotServed:
		return dialog.Problem{Headline: "I cannot find Kite’s server.", Detail: "Nothing is lost. This bot may be set up wrongly: if this lasts for some minutes, tell the person who runs it.", Again: again}
	case wire.KindLimited:
		return dialog.Problem{Headline: "Kite is getting too many requests just now.", Detail: "Nothing is lost. Please try again in a minute.", Again: again}
	case wire.KindTooBig:
		return dialog.Problem{Headline: "Kite’s answer is too long for me.", Detail: "I stopped reading it, and your login is as it was. Asking again would bring the same answer; /tool asks for a part of a list, for example: /tool get_holdings limit=50"}
	case wire.KindFailed, wire.KindNoLogin, wire.KindDoubt:
		return dialog.Problem{Headline: "Kite could not answer this.", Detail: "It gave no reason; often it is only busy for a moment. Nothing is lost.", Again: again}
	case wire.KindNoTool:
		return dialog.Problem{Headline: "Kite does not offer this at present.", Detail: "Its server no longer lists what this command needs."}
	case wire.KindMalformed:
		return dialog.Problem{Headline: "Kite sent an answer I cannot read.", Detail: "I show nothing rather than a wrong figure.", Again: again}
	case wire.KindNoLink:
		return dialog.Problem{Headline: "Kite sent a login link that I do not recognise.", Detail: "I cannot log you in until that is fixed. The operator of this bot has been told.", Again: again}
	case wire.KindBlocked:
		return dialog.Problem{Headline: "Something on the way to Kite turns this bot away.", Detail: "Your login is kept. The operator of this bot has been told; please try again later.", Again: again}
	case wire.KindUnknownServer, wire.KindAuthorize:
		return dialog.Problem{Headline: "Kite’s server has changed in a way I do not know yet.", Detail: "I read nothing until that is fixed. The operator of this bot has been told.", Again: again}
	case wire.KindBadArgument:
		return dialog.Problem{Headline: "Kite does not accept that.", Detail: "/help shows how each command is typed."}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return dialog.Problem{Headline: "That took too long.", Detail: "I stopped waiting. Nothing is lost.", Again: again}
	}
	return dialog.Problem{
		Headline: "Something went wrong here.",
		Detail:   "That is my fault, not yours. If it happens again, send the reference to the person who runs this bot.", Again: again,
	}
}

// againData is what a Try again button carries.
func againData(r *Request) string {
	if r.Command == "" || r.Data != "" {
		return r.Data // a button is simply pressed again
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
