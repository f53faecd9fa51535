package command

import (
	"context"
	"slices"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/symbol"
)

func gttCommand() Command {
	show := pager(func(ctx context.Context, r *Request, page int, maxAge time.Duration) (view.Message, error) {
		all, at, err := r.Account.GTTs(ctx, maxAge)
		if err != nil {
			return view.Message{}, err
		}
		fit, none := narrow(r, all)
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
	return filtered(show.command(Command{Name: "gtt", Usage: "/gtt", Summary: "GTT orders"}))
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
