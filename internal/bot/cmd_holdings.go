package bot

import (
	"context"
	"strconv"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func holdingsCommand() Command {
	return Command{
		Name: "holdings", Usage: "/holdings", Summary: "your holdings, their value and the day’s change",
		Run: holdings,
		Actions: map[string]Action{
			"page":    {Run: holdingsPage},
			"refresh": {Ack: "Refreshing…", Run: holdingsPage},
		},
	}
}

func holdings(ctx context.Context, r *Request) (Reply, error) {
	m, err := holdingsMessage(ctx, r)
	return say(m), err
}

// holdingsPage shows the page that the button names, with fresh figures.
func holdingsPage(ctx context.Context, r *Request) (Reply, error) {
	m, err := holdingsMessage(ctx, r)
	return inPlace(m), err
}

func holdingsMessage(ctx context.Context, r *Request) (view.Message, error) {
	all, err := r.Account.Holdings(ctx)
	if err != nil {
		return view.Message{}, err
	}
	page, err := strconv.Atoi(r.Args)
	if err != nil {
		page = 1 // typed without one, or a button of somebody's making
	}
	return view.Holdings(view.HoldingsView{Portfolio: kite.Total(all), Page: page, AsOf: r.Now}), nil
}
