package command

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/panics"
)

func ordersCommand() Command {
	return list(Command{
		Name: "orders", Usage: "/orders", Summary: "today’s orders, the open ones first",
		Actions: map[string]Action{"card": {Run: orderCard}},
	}, (*account.Account).Orders, statement.Orders, statement.OrdersCSV)
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
	c := Command{Name: "trades", Usage: "/trades", Summary: "today’s trades"}
	return list(c, (*account.Account).Trades, statement.Trades, statement.TradesCSV)
}

func gttCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := r.Account.GTTs(ctx, maxAge)
		if err != nil {
			return view.Message{}, err
		}
		fit, none := applyFilter(r, all)
		if none != nil {
			return *none, nil
		}
		v := statement.GTTsView{GTTs: fit, Options: r.options(page, at)}
		if ids := activeInstruments(fit); len(ids) > 0 {
			var unknown error
			v.Prices, _, unknown = r.Account.Prices(ctx, ids, maxAge)
			if err := session.LoginError(unknown); err != nil {
				return view.Message{}, err
			}
			v.NoPrices = unknown != nil
		}
		return r.only(statement.GTTs(v), len(fit), len(all)), nil
	})
	return withFilterWords(show.command(Command{Name: "gtt", Usage: "/gtt", Summary: "GTT orders"}))
}

// activeInstruments are the instruments of the active GTTs, each once.
func activeInstruments(gtts []kite.GTT) []string {
	var ids []string
	for _, g := range gtts {
		if id := g.Exchange + ":" + g.Symbol; g.Active() && symbol.IsID(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
