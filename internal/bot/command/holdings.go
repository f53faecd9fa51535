package command

import (
	"context"
	"slices"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

func holdingsCommand() Command {
	page := func(ctx context.Context, r *Request) (Reply, error) { return holdings(ctx, r, browsing, inPlace) }
	return withFilterWords(Command{
		Name: "holdings", Usage: "/holdings", Summary: "your holdings, their value and day’s P&L",
		Run: func(ctx context.Context, r *Request) (Reply, error) { return holdings(ctx, r, fresh, Say) },
		Actions: map[string]Action{
			"page":    {Run: page},
			"cards":   {Run: page}, // older messages have it
			"refresh": {Ack: "Refreshing…", Run: func(ctx context.Context, r *Request) (Reply, error) { return holdings(ctx, r, fresh, inPlace) }},
			"card":    {Run: holdingCard},
			"csv": csvAction((*account.Account).Holdings, func(all []kite.Holding, opt statement.Options) view.Message {
				return statement.HoldingsCSV(kite.TotalHoldings(all), opt)
			}),
		},
	})
}

// holdings shows the page and the order that a button names; the first page by
// value when the command was typed. A single one that fits what was typed is its card.
func holdings(ctx context.Context, r *Request, maxAge time.Duration, as func(view.Message) Reply) (Reply, error) {
	all, at, err := r.Account.Holdings(ctx, maxAge)
	if err != nil {
		return Reply{}, err
	}
	fit, none := applyFilter(r, all)
	if none != nil {
		return as(*none), nil
	}
	place := statement.ParsePlace(r.Args)
	if len(fit) == 1 && r.filter != "" && r.Typed != 0 {
		r.filter = "" // Back is to all of them
		ref := kite.HoldingRef(all, slices.Index(all, fit[0]))
		return as(cardOf(r, fit[0], all, ref, place, at)), nil
	}
	return as(r.only(statement.Holdings(kite.TotalHoldings(fit), place.Sort, r.options(place.Page, at)), len(fit), len(all))), nil
}

func holdingCard(ctx context.Context, r *Request) (Reply, error) {
	ref, back := statement.ParseCardArg(r.Args)
	all, at, err := r.Account.Holdings(ctx, glance)
	if err != nil {
		return Reply{}, err
	}
	place := statement.ParsePlace(back)
	h, ok := kite.HoldingByRef(all, ref)
	if !ok {
		return inPlace(statement.NoSuchHolding(place, at)), nil
	}
	return inPlace(cardOf(r, h, all, ref, place, at)), nil
}

func cardOf(r *Request, h kite.Holding, all []kite.Holding, ref string, place statement.Place, at time.Time) view.Message {
	return statement.HoldingCard(h, kite.TotalHoldings(all), ref, place, r.options(1, at))
}
