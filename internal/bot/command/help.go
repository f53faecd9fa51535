package command

import (
	"context"

	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
)

func helpCommand() Command {
	return Command{
		Name: "help", Usage: "/help", Summary: "what I can do",
		Run: func(_ context.Context, r *Request) (Reply, error) {
			var lines []dialog.CommandLine
			for _, c := range r.Commands {
				if !c.Hidden || c.Admin {
					lines = append(lines, dialog.CommandLine{Usage: c.Usage, Summary: c.Summary})
				}
			}
			return Say(dialog.Help(lines)), nil
		},
	}
}

func startCommand() Command {
	return Command{Name: "start", Usage: "/start", Summary: "begin here", Hidden: true, Run: start}
}

// start greets. It does not ask Kite: opening a chat must not wait.
func start(_ context.Context, r *Request) (Reply, error) {
	s, err := r.Account.Status()
	if err != nil {
		return Reply{}, err
	}
	loggedIn := s.State == session.LoggedIn || s.State == session.Parked
	return Say(dialog.Welcome(r.Name, loggedIn)), nil
}
