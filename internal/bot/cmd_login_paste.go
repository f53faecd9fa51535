package bot

import (
	"context"
	"errors"
	"strings"

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

// loginPasteTooFast takes such a message out of the chat of a person who sends too
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
	if !ok {
		s, err := r.Account.Status()
		return say(pasteUnread(s, text)), err
	}
	s, err := r.Account.Authorized(ctx, state, code)
	switch {
	case errors.Is(err, session.ErrNoAttempt) && s.State == session.Unconfirmed:
		return Reply{}, session.ErrUnconfirmed
	case errors.Is(err, session.ErrNoAttempt) && !s.User.IsZero() && s.State != session.Doubtful:
		return say(view.PasteUsed(s.User)), nil
	case errors.Is(err, session.ErrNoLogin): // turned away, and told why
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
		return view.PasteStrange()
	case kite.IsOnTheWay(text):
		return view.PasteNotLast()
	default:
		return view.PasteIncomplete()
	}
}
