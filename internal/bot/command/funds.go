package command

import (
	"context"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

func mutualFundsCommand() Command {
	return list(Command{
		Name: "mf", Usage: "/mf", Summary: "mutual funds, and what they gained",
		Actions: map[string]Action{"card": {Run: fundCard}},
	}, (*account.Account).MutualFunds, withTotals(statement.MutualFunds), withTotals(statement.MutualFundsCSV))
}

// withTotals shows funds by their totals.
func withTotals(show func(kite.FundTotals, statement.Options) view.Message) func([]kite.MutualFund, statement.Options) view.Message {
	return func(funds []kite.MutualFund, opt statement.Options) view.Message {
		return show(kite.TotalMutualFunds(funds), opt)
	}
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
	c := Command{Name: "funds", Usage: "/funds", Summary: "available margin and cash: equity and commodity"}
	return single(c, (*account.Account).Margins, statement.Funds)
}

func profileCommand() Command {
	c := Command{Name: "profile", Usage: "/profile", Summary: "whose account this is"}
	return single(c, (*account.Account).Profile, statement.Profile)
}
