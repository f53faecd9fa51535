package bot

import (
	"context"
	"errors"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// loginPaste takes the address at which a login by OAuth ended, as the person
// sent it. That the login is through is told by the event, like any other. The
// message itself goes: what is in it is a key for some minutes.
func loginPaste(ctx context.Context, r *Request) (Reply, error) {
	text := r.Args
	r.Args = "" // no button carries it
	reply, err := pasted(ctx, r, text)
	stays := view.PasteStays()
	reply.Delete, reply.Undeleted = r.Typed, &stays
	return reply, err
}

// loginPasteTooFast takes such a message out of the chat of somebody who sends too
// much at once, and does nothing else with it.
func loginPasteTooFast(tell bool) Handler {
	return func(_ context.Context, r *Request) (Reply, error) {
		reply := Reply{Delete: r.Typed}
		if tell {
			m := view.PasteTooFast()
			reply.Message = &m
		}
		return reply, nil
	}
}

func pasted(ctx context.Context, r *Request, text string) (Reply, error) {
	state, code, ok := kite.ParseRedirect(text)
	switch {
	case !ok && kite.IsOnTheWay(text):
		return say(view.PasteNotLast()), nil
	case !ok:
		return say(view.PasteIncomplete()), nil
	}
	s, err := r.Account.Authorized(ctx, state, code)
	switch {
	case errors.Is(err, session.ErrNoAttempt) && s.State == session.Unconfirmed:
		return Reply{}, session.ErrUnconfirmed
	case errors.Is(err, session.ErrNoAttempt) && !s.User.IsZero():
		return say(view.PasteUsed(s.User)), nil
	case errors.Is(err, session.ErrNoLogin): // turned away, and told why
		return Reply{}, nil
	case errors.Is(err, session.ErrEnded): // as soon as it was made
		return Reply{}, session.ErrCodeLost
	default:
		return Reply{}, err
	}
}
