package command

import (
	"context"
	"slices"

	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

func logoutCommand() Command {
	return Command{
		Name: "logout", Usage: "/logout", Summary: "end the login at Kite and forget it", Shows: "status", Run: logout, Overtakes: true,
		Actions: map[string]Action{
			"ask":     {Run: func(context.Context, *Request) (Reply, error) { return inPlace(dialog.AskLogout()), nil }},
			"yes":     {Ack: "Logging out…", Run: logoutAsked, Overtakes: true},
			"no":      {Run: func(context.Context, *Request) (Reply, error) { return inPlace(dialog.NotLoggedOut()), nil }},
			"retry":   {Ack: "Asking Kite…", Run: logoutRetry, Overtakes: true},
			"earlier": {Ack: "Asking Kite…", Run: logoutEarlier},
		},
	}
}

// logoutEarlier ends a session of before although that may end the present login
// too, and says what became of both.
func logoutEarlier(ctx context.Context, r *Request) (Reply, error) {
	ended, err := r.Account.EndEarlier(ctx)
	if err != nil {
		return Reply{}, err
	}
	reply, err := status(ctx, r)
	if err != nil {
		return Reply{}, err
	}
	if !ended.Unended {
		*reply.Message = dialog.EarlierEnded(*reply.Message)
	}
	reply.InPlace = true
	return reply, nil
}

// logoutRetry tries again what a logout could not end. It touches no login made
// since: the button may be an old one.
func logoutRetry(ctx context.Context, r *Request) (Reply, error) {
	before, err := r.Account.Status()
	if err != nil {
		return Reply{}, err
	}
	s, err := r.Account.RetryLogout(ctx)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case s.State == session.LoggingOut:
		return inPlace(dialog.LoggingOut()), nil
	case !s.User.IsZero(): // logged in again since
		return inPlace(LoginView(s, r.Now).LoggedIn(false)), nil
	}
	return inPlace(dialog.LoggedOut(kite.Identity{}, before.ByOAuth)), nil
}

// logoutAsked logs out a person who was asked whether they want that.
func logoutAsked(ctx context.Context, r *Request) (Reply, error) {
	reply, err := logout(ctx, r)
	reply.InPlace = true
	return reply, err
}

// logout ends the login for real. Dispatch has already stopped what ran.
func logout(ctx context.Context, r *Request) (Reply, error) {
	was, s, err := r.Account.Logout(ctx)
	if err != nil {
		return Reply{}, err
	}
	var user kite.Identity
	if was.Login != nil && !was.Login.LinksAlive(r.Now) { // else another account may be behind it by now
		user = was.Login.User
	}
	reply := Say(dialog.LoggedOut(user, was.ByOAuth()))
	switch {
	case s.State == session.LoggingOut:
		reply = Say(dialog.LoggingOut())
	case was.Login == nil && len(was.Links) > 0 && len(was.Ending) == 0 && !slices.ContainsFunc(was.Links, session.Link.Exchanged):
		reply = Say(dialog.LinkCancelled())
	case was.Login == nil && len(was.Links) == 0 && len(was.Ending) == 0 && len(was.Replaced) == 0:
		reply = Say(dialog.NothingToLogOut())
	}
	reply.Also = ReplaceAll(was.Links, dialog.LinkDead())
	return reply, nil
}
