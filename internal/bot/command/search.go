package command

import (
	"context"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/kite/symbol"
)

func searchCommand() Command {
	return Command{
		Name: "search", Usage: "/search WORDS", Summary: "find a symbol",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			if r.Args == "" {
				return Say(marketdata.SearchUsage()), nil
			}
			m, err := searchMessage(ctx, r, r.Args, 1)
			return Say(m), err
		},
		Actions: map[string]Action{"page": {Run: func(ctx context.Context, r *Request) (Reply, error) {
			page, query := marketdata.ParseSearchArg(r.Args)
			m, err := searchMessage(ctx, r, query, page)
			return inPlace(m), err
		}}},
	}
}

func searchMessage(ctx context.Context, r *Request, query string, page int) (view.Message, error) {
	if !symbol.Searchable(query) {
		return marketdata.SearchTooShort(query), nil
	}
	found, err := r.Account.Search(ctx, query)
	switch {
	case err != nil:
		return view.Message{}, err
	case found.TooMany():
		return marketdata.SearchTooMany(query), nil
	}
	return marketdata.Search(marketdata.SearchView{
		Query: query, Found: symbol.Rank(query, found.Found), LeftOut: found.LeftOut, More: found.More, Page: page,
		Means: r.pick(query),
	}), nil
}
