package command

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func statusCommand() Command {
	return Command{Name: "status", Usage: "/status", Summary: "who is logged in, and until when", Run: status}
}

// statusTimeout is how long /status waits for Kite: that it is silent is an answer, too.
// It comes before the word that Kite is slow.
const statusTimeout = SlowAfter - time.Second

// status asks Kite about the login before it answers.
func status(ctx context.Context, r *Request) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	s, err := r.Account.Check(ctx)
	_, doubtful := errors.AsType[*session.DoubtError](err)
	switch {
	case err == nil:
		return Say(LoginView(s, r.Now).Status(false)), nil
	case doubtful, wire.Unanswered(err):
		return Say(LoginView(s, r.Now).Status(true)), nil
	case errors.Is(err, session.ErrNoLogin):
		return Say(statusWithout(s, r)), nil
	default:
		return Reply{}, err
	}
}

func statusWithout(s session.Status, r *Request) view.Message {
	switch {
	case s.Link != nil && s.Link.Exchanged():
		return dialog.LoginUnread()
	case s.Link != nil && s.Link.Attempt != nil && (s.Link.Attempt.Sent || s.Link.Attempt.Code != "" && !r.Now.Before(s.Link.Attempt.Due)):
		return dialog.LoginQueued(time.Time{})
	case s.Link != nil && s.Link.Attempt != nil && s.Link.Attempt.Code != "":
		return dialog.LoginQueued(s.Link.Attempt.Due)
	case s.State == session.LinkSent:
		return dialog.StatusLink(s.Link.Issued.Add(session.LinkShownFor), r.Now, s.Unended)
	case s.State == session.LoggingOut:
		return dialog.LoggingOut()
	case s.Contested:
		return dialog.StatusContested()
	default:
		return dialog.StatusNone()
	}
}
