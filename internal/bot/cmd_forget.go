package bot

import (
	"context"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite/session"
)

func forgetCommand() Command {
	return Command{
		Name: "forget", Usage: "/forget", Summary: "erase everything I know about you", Strangers: true, Shows: "start",
		Run: func(context.Context, *Request) (Reply, error) { return say(view.AskForget()), nil },
		Actions: map[string]Action{
			"yes": {Ack: "Forgetting…", Run: forget, Overtakes: true},
			"no":  {Run: func(context.Context, *Request) (Reply, error) { return inPlace(view.KeptAll()), nil }},
		},
	}
}

// forget erases the asker. Dispatch has already stopped what ran.
func forget(ctx context.Context, r *Request) (Reply, error) {
	*r.acted = true
	person := r.Account.person
	e, err := r.bot.erase(ctx, person, r.bot.Accounts.Logout, false)
	if err != nil {
		return Reply{}, err
	}
	r.Prefs = Prefs{}
	v := view.ForgottenView{
		Link: len(e.was.Links) > 0 && e.was.Login == nil, LastLogin: e.was.Login == nil && !e.was.Last.IsZero(),
		Ending:   e.now.State == session.LoggingOut,
		Settings: e.prefs.Hide || e.prefs.Native || e.prefs.NoWarning || e.prefs.NoNotices, Watched: len(e.prefs.Watch), Picked: len(e.prefs.Picks),
		Approved: e.guest.Standing == Approved, Waiting: e.guest.Standing == Waiting,
		StillIn: r.bot.access.allowed(person),
	}
	if e.was.Login != nil {
		v.User = e.was.Login.User.UserID
	}
	reply := inPlace(view.Forgotten(v))
	reply.Also = replaceAll(e.was.Links, view.LinkDead())
	return reply, nil
}
