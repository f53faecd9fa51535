package bot

import (
	"cmp"
	"context"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func portfolioCommand() Command {
	return Command{Name: "portfolio", Usage: "/portfolio", Summary: "the whole account at one glance", Run: portfolio}
}

// portfolio asks for the parts side by side. One that fails is missing in the
// reply; only when all do, or the login is in doubt, is it an error.
func portfolio(ctx context.Context, r *Request) (Reply, error) {
	var (
		o         kite.Overview
		errs      [3]error
		times     [3]time.Time
		holdings  []kite.Holding
		positions kite.Positions
		funds     kite.Margins
	)
	panicked := parallel(
		func() { holdings, times[0], errs[0] = r.Account.Holdings(ctx, fresh) },
		func() { positions, times[1], errs[1] = r.Account.Positions(ctx, fresh) },
		func() { funds, times[2], errs[2] = r.Account.Margins(ctx, fresh) },
	)
	if err := cmp.Or(panicked, aboutLogin(errs[:]...)); err != nil {
		return Reply{}, err
	}
	if errs[0] != nil && errs[1] != nil && errs[2] != nil {
		return Reply{}, errs[0]
	}
	if errs[0] == nil {
		total := kite.Total(holdings)
		o.Holdings = &total
	}
	if errs[1] == nil {
		book := kite.TotalPositions(positions)
		o.Positions = &book
	}
	if errs[2] == nil {
		o.Funds = &funds
	}
	return say(view.Portfolio(view.PortfolioView{Overview: o, AsOf: oldest(times), Hide: r.Prefs.Hide})), nil
}

// oldest is the time that holds for all parts that there are.
func oldest(times [3]time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
