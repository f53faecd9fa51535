package command

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/query"
)

func toolsCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, _ time.Duration) (view.Message, error) {
		offers, err := r.Account.Tools(ctx, browsing)
		return dialog.Tools(dialog.ToolsView{Offers: offers, Page: page}), err
	})
	return show.command(Command{Name: "tools", Usage: "/tools", Summary: "the read-only tools of Kite’s server"})
}

func toolCommand() Command {
	return Command{
		Name: "tool", Usage: "/tool NAME ARGS", Summary: "call a read-only Kite tool",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			q, err := query.Parse(r.Args)
			if refused, ok := errors.AsType[*query.ParseError](err); ok {
				return Say(dialog.ToolRefused(refused)), nil
			}
			if err != nil {
				return Reply{}, err
			}
			if q.Tool().Account && r.Prefs.Hide {
				return Say(dialog.ToolHidden(q.Name())), nil
			}
			text, at, err := r.Account.Ask(ctx, q, fresh)
			if err != nil {
				return Reply{}, err
			}
			m, whole := dialog.ToolAnswer(dialog.ToolAnswerView{Tool: q.Name(), Text: text, AsOf: at})
			reply := Say(m)
			if whole != nil {
				reply.More = []view.Message{*whole}
			}
			return reply, nil
		},
	}
}
