package command

import (
	"context"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

func positionsCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		p, at, err := r.Account.Positions(ctx, maxAge)
		all := len(p.Net)
		fit, none := applyFilter(r, p.Net)
		if none != nil {
			return *none, err
		}
		p.Net = fit
		return r.only(statement.Positions(kite.TotalPositions(p), r.options(page, at)), len(fit), all), err
	})
	return withFilterWords(show.command(Command{
		Name: "positions", Usage: "/positions", Summary: "open and closed positions of today",
		Actions: map[string]Action{"card": {Run: positionCard}, "csv": csvAction((*account.Account).Positions, func(p kite.Positions, opt statement.Options) view.Message {
			return statement.PositionsCSV(kite.TotalPositions(p), opt)
		})},
	}))
}

// positionCard opens one position.
func positionCard(ctx context.Context, r *Request) (Reply, error) {
	ref, page := statement.ParseCardPage(r.Args)
	all, at, err := r.Account.Positions(ctx, glance)
	if err != nil {
		return Reply{}, err
	}
	p, ok := kite.TotalPositions(all).ByRef(ref)
	if !ok {
		return inPlace(statement.NoSuchPosition(page, at)), nil
	}
	return inPlace(statement.PositionCard(p, r.options(page, at))), nil
}
