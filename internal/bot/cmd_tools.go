package bot

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func toolsCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, _ time.Duration) (view.Message, error) {
		offers, err := r.Account.Tools(ctx)
		return view.Tools(view.ToolsView{Offers: offers, Page: page}), err
	})
	return show.command(Command{Name: "tools", Usage: "/tools", Summary: "what Kite’s server offers, in its own words"})
}

func toolCommand() Command {
	return Command{
		Name: "tool", Usage: "/tool NAME ARGS", Summary: "ask one of the reading tools as it is",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			tool, args, err := kite.ParseToolCall(r.Args)
			if refused, ok := errors.AsType[*kite.CallError](err); ok {
				return say(view.ToolRefused(refused)), nil
			}
			if err != nil {
				return Reply{}, err
			}
			if tool.Account && r.Prefs.Hide {
				return say(view.ToolHidden(tool.Name)), nil
			}
			text, at, err := r.Account.Tool(ctx, tool, args)
			if err != nil {
				return Reply{}, err
			}
			m, whole := view.ToolAnswer(view.ToolAnswerView{Tool: tool.Name, Text: text, AsOf: at})
			reply := say(m)
			if whole != nil {
				reply.More = []view.Message{*whole}
			}
			return reply, nil
		},
	}
}
