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
	reply, err := pasted(ctx, r)
	stays := view.PasteStays()
	reply.Delete, reply.Undeleted = r.Typed, &stays
	return reply, err
}

func pasted(ctx context.Context, r *Request) (Reply, error) {
	state, code, ok := kite.ParseRedirect(r.Args)
	if !ok {
		return say(view.PasteIncomplete()), nil
	}
	s, err := r.Account.Authorized(ctx, state, code)
	switch {
	case err == nil:
		return Reply{}, nil
	case errors.Is(err, session.ErrNoAttempt) && !s.User.IsZero():
		return say(view.PasteUsed(s.User)), nil
	case errors.Is(err, session.ErrNoAttempt):
		return say(view.PasteUnasked()), nil
	case errors.Is(err, session.ErrOtherAttempt):
		return say(view.PasteOther()), nil
	case errors.Is(err, session.ErrCodeUsed):
		return say(view.PasteTwice()), nil
	case errors.Is(err, session.ErrCodeRefused):
		return say(view.PasteRefused()), nil
	case errors.Is(err, session.ErrCodeLost):
		return say(view.PasteLost()), nil
	case errors.Is(err, session.ErrNoLogin) && s.Link == nil: // turned away, and told why
		return Reply{}, nil
	case errors.Is(err, session.ErrNoLogin), kite.KindOf(err) != kite.KindUnknown:
		return say(view.PasteTaken()), nil
	default:
		return Reply{}, err
	}
}
