package command

import (
	"context"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

func mutualFundsCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := r.Account.MutualFunds(ctx, maxAge)
		fit, none := narrow(r, all)
		if none != nil {
			return *none, err
		}
		return r.only(statement.MutualFunds(kite.TotalMutualFunds(fit), r.options(page, at)), len(fit), len(all)), err
	})
	return filtered(show.command(Command{
		Name: "mf", Usage: "/mf", Summary: "mutual funds, and what they gained",
		Actions: map[string]Action{"card": {Run: fundCard}, "csv": wholeFile(func(ctx context.Context, r *Request) (view.Message, error) {
			f, at, err := r.Account.MutualFunds(ctx, browsing)
			return statement.MutualFundsCSV(kite.TotalMutualFunds(f), r.options(1, at)), err
		})},
	}))
}

// fundCard opens one mutual fund.
func fundCard(ctx context.Context, r *Request) (Reply, error) {
	ref, page := statement.ParseCardPage(r.Args)
	all, at, err := r.Account.MutualFunds(ctx, glance)
	if err != nil {
		return Reply{}, err
	}
	totals := kite.TotalMutualFunds(all)
	f, ok := kite.FundByRef(totals.Funds, ref)
	if !ok {
		return inPlace(statement.NoSuchFund(page, at)), nil
	}
	return inPlace(statement.FundCard(f, totals, ref, r.options(page, at))), nil
}

func fundsCommand() Command {
	return Command{
		Name: "funds", Usage: "/funds", Summary: "available margin and cash: equity and commodity",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			m, at, err := r.Account.Margins(ctx, fresh)
			return Say(statement.Funds(m, r.options(1, at))), err
		},
	}
}

func profileCommand() Command {
	return Command{
		Name: "profile", Usage: "/profile", Summary: "whose account this is",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			p, at, err := r.Account.Profile(ctx, fresh)
			return Say(statement.Profile(p, r.options(1, at))), err
		},
	}
}
