package command

import (
	"context"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
)

func forgetCommand() Command {
	return Command{
		Name: "forget", Usage: "/forget", Summary: "erase everything I know about you", Public: true, Shows: "start",
		Run: func(context.Context, *Request) (Reply, error) { return Say(dialog.AskForget()), nil },
		Actions: map[string]Action{
			"yes": {Ack: "Forgetting…", Run: forget, Overtakes: true},
			"no":  {Run: func(context.Context, *Request) (Reply, error) { return inPlace(dialog.NothingErased()), nil }},
		},
	}
}

// forget erases the asker. Dispatch has already stopped what ran.
func forget(ctx context.Context, r *Request) (Reply, error) {
	f, err := r.Forget(ctx)
	if err != nil {
		return Reply{}, err
	}
	r.Prefs = account.Prefs{}
	was, prefs := f.Record, f.Prefs
	v := dialog.ForgottenView{
		Link: len(was.Links) > 0 && was.Login == nil, LastLogin: was.Login == nil && !was.Last.IsZero(),
		Ending:   f.Status.State == session.LoggingOut,
		Settings: changedSetting(prefs) || prefs.NoNotices, Watched: len(prefs.Watch), Picked: len(prefs.Picks),
		Approved: f.Standing == access.Approved, Waiting: f.Standing == access.Waiting,
		StillIn: f.Allowed,
	}
	if was.Login != nil {
		v.User = was.Login.User.UserID
	}
	reply := inPlace(dialog.Forgotten(v))
	reply.Also = ReplaceAll(was.Links, dialog.LinkDead())
	return reply, nil
}
