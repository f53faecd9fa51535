package command

import (
	"context"
	"slices"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/kite/symbol"
)

func quoteCommand() Command {
	return Command{
		Name: "quote", Usage: "/quote SYMBOL", Summary: "a price: infy, NSE:INFY, nifty; or just type the symbol",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return quoteTyped(ctx, r)
		},
		Actions: map[string]Action{
			"open":    {Run: func(ctx context.Context, r *Request) (Reply, error) { return quoteOf(ctx, r, r.Args, Say) }},
			"refresh": {Ack: "Refreshing…", Run: func(ctx context.Context, r *Request) (Reply, error) { return quoteOf(ctx, r, r.Args, inPlace) }},
			"depth":   {Run: quoteDepth},
			"ask":     {Run: quoteTyped},
			"pick": {Run: func(ctx context.Context, r *Request) (Reply, error) {
				id, remembered, err := r.picked()
				if err != nil {
					return Reply{}, err
				}
				answer, err := quoteOf(ctx, r, id, inPlace)
				answer.More = remembered
				return answer, err
			}},
			"unpick":  {Run: unpick},
			"more":    {Run: pickAgain("quote", "")},
			"watch":   {Ack: "One moment…", Run: quoteWatch(true)},
			"unwatch": {Ack: "One moment…", Run: quoteWatch(false)},
		},
	}
}

// quoteTyped answers the symbols that were typed: one with its quote, several with
// a line each.
func quoteTyped(ctx context.Context, r *Request) (Reply, error) {
	said := symbol.Readings(r.Args)
	switch {
	case len(said) == 0:
		return Say(marketdata.QuoteUsage()), nil
	case len(said) > 1:
		m, err := quotesMessage(ctx, r, said)
		return Say(m), err
	}
	found, several, instead, err := resolve(ctx, r, said[0], "quote", "")
	switch {
	case err != nil:
		return Reply{}, err
	case instead.Message != nil:
		return instead, nil
	case several != nil:
		m, err := quotesMessage(ctx, r, symbol.ReadingsOf(several))
		return Say(m), err
	}
	return Say(quoteView(r, found)), nil
}

// quoteOf shows the quote of an instrument that is known by its id.
func quoteOf(ctx context.Context, r *Request, id string, as func(view.Message) Reply) (Reply, error) {
	found, err := priceOf(ctx, r, id)
	if err != nil {
		return Reply{}, err
	}
	if found == nil {
		return as(marketdata.NoQuote(id)), nil
	}
	return as(quoteView(r, *found)), nil
}

func quoteView(r *Request, p quotedInstrument) view.Message {
	return marketdata.Quote(marketdata.QuoteView{Quote: p.quote, Name: p.name, Watched: slices.Contains(r.Prefs.Watch, p.quote.ID), AsOf: p.at})
}

func quoteDepth(ctx context.Context, r *Request) (Reply, error) {
	found, err := priceOf(ctx, r, r.Args)
	if err != nil {
		return Reply{}, err
	}
	if found == nil {
		return inPlace(marketdata.NoQuote(r.Args)), nil
	}
	return inPlace(marketdata.Depth(marketdata.DepthView{Quote: found.quote, AsOf: found.at, Native: r.Prefs.Native})), nil
}

// quoteWatch puts the quote's instrument on the watch list, or takes it off.
func quoteWatch(on bool) Handler {
	return func(ctx context.Context, r *Request) (Reply, error) {
		if !symbol.IsID(r.Args) {
			return inPlace(marketdata.NoQuote(r.Args)), nil
		}
		err := r.Change(func(p *account.Prefs) {
			p.Watch = slices.DeleteFunc(p.Watch, func(id string) bool { return id == r.Args })
			if on && len(p.Watch) < maxWatch {
				p.Watch = append(p.Watch, r.Args)
			}
		})
		if err != nil {
			return Reply{}, err
		}
		if on && !slices.Contains(r.Prefs.Watch, r.Args) {
			return Say(marketdata.WatchAdded(nil, nil, nil, nil, true, maxWatch)), nil
		}
		return quoteOf(ctx, r, r.Args, inPlace)
	}
}
