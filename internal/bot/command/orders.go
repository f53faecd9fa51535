package command

import (
	"cmp"
	"context"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/panics"
)

func ordersCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := r.Account.Orders(ctx, maxAge)
		fit, none := narrow(r, all)
		if none != nil {
			return *none, err
		}
		return r.only(statement.Orders(fit, r.options(page, at)), len(fit), len(all)), err
	})
	return filtered(show.command(Command{
		Name: "orders", Usage: "/orders", Summary: "today’s orders, the open ones first",
		Actions: map[string]Action{
			"card": {Run: orderCard},
			"csv": wholeFile(func(ctx context.Context, r *Request) (view.Message, error) {
				o, at, err := r.Account.Orders(ctx, browsing)
				return statement.OrdersCSV(o, r.options(1, at)), err
			}),
		},
	}))
}

// orderCard opens one order with its history and trades, which are asked for
// at the same time; either may be missing.
func orderCard(ctx context.Context, r *Request) (Reply, error) {
	ref, page := statement.ParseCardPage(r.Args)
	orders, at, err := r.Account.Orders(ctx, glance)
	if err != nil {
		return Reply{}, err
	}
	order, ok := kite.OrderByRef(orders, ref)
	if !ok {
		return inPlace(statement.NoSuchOrder(page, at)), nil
	}
	v := statement.OrderCardView{Order: order, Ref: ref, Options: r.options(page, at)}
	var noHistory, noTrades error
	panicked := panics.Parallel(
		func() { v.History, _, noHistory = r.Account.OrderHistory(ctx, order.ID, glance) },
		func() { v.Trades, _, noTrades = r.Account.OrderTrades(ctx, order.ID, glance) },
	)
	v.NoHistory, v.NoTrades = noHistory != nil, noTrades != nil
	if err := cmp.Or(panicked, session.LoginError(noHistory, noTrades)); err != nil {
		return Reply{}, err
	}
	return inPlace(statement.OrderCard(v)), nil
}

func tradesCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := r.Account.Trades(ctx, maxAge)
		fit, none := narrow(r, all)
		if none != nil {
			return *none, err
		}
		return r.only(statement.Trades(fit, r.options(page, at)), len(fit), len(all)), err
	})
	return filtered(show.command(Command{
		Name: "trades", Usage: "/trades", Summary: "today’s trades",
		Actions: map[string]Action{"csv": wholeFile(func(ctx context.Context, r *Request) (view.Message, error) {
			t, at, err := r.Account.Trades(ctx, browsing)
			return statement.TradesCSV(t, r.options(1, at)), err
		})},
	}))
}
