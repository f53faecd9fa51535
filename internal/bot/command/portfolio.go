package command

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/panics"
)

func portfolioCommand() Command {
	return Command{Name: "portfolio", Usage: "/portfolio", Summary: "what the account is worth, and how it is doing today", Run: portfolio}
}

// portfolio asks for the parts at the same time. One that fails is missing in the
// reply; only when all do, or the login is in doubt, is it an error.
func portfolio(ctx context.Context, r *Request) (Reply, error) {
	var (
		v     = statement.OverviewView{Options: statement.Options{Hide: r.Prefs.Hide}}
		o     = &v.Overview
		errs  [len(v.Why)]error
		times [len(v.Why)]time.Time
	)
	panicked := panics.Parallel(
		func() { o.Holdings, times[0], errs[0] = summaryOf(ctx, r.Account.Holdings, kite.TotalHoldings) },
		func() {
			o.MutualFunds, times[1], errs[1] = summaryOf(ctx, r.Account.MutualFunds, kite.TotalMutualFunds)
		},
		func() {
			o.Funds, times[2], errs[2] = summaryOf(ctx, r.Account.Margins, func(m kite.Margins) kite.Margins { return m })
		},
		func() { o.Positions, times[3], errs[3] = summaryOf(ctx, r.Account.Positions, kite.TotalPositions) },
	)
	if err := cmp.Or(panicked, session.LoginError(errs[:]...)); err != nil {
		return Reply{}, err
	}
	if !slices.Contains(errs[:], nil) {
		return Reply{}, errs[0]
	}
	for i, err := range errs {
		switch {
		case err != nil:
			v.Why[i] = Problem(err).Headline
		case v.AsOf.IsZero() || times[i].Before(v.AsOf):
			v.AsOf = times[i] // the oldest one holds for all
		}
	}
	return Say(statement.Overview(v)), nil
}

// summaryOf asks for one part of the account and works out what it comes to; nil
// when that fails.
func summaryOf[T, S any](ctx context.Context, ask func(context.Context, time.Duration) (T, time.Time, error), total func(T) S) (*S, time.Time, error) {
	answer, at, err := ask(ctx, fresh)
	if err != nil {
		return nil, at, err
	}
	s := total(answer)
	return &s, at, nil
}
