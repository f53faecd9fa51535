package command

import (
	"cmp"
	"context"
	"fmt"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

func chartCommand() Command {
	c := Command{
		Name: "chart", Usage: "/chart SYMBOL 6M", Summary: "price chart: 1D 5D 1M 6M 1Y 5Y",
		Run: chartTyped,
		Actions: map[string]Action{
			"open": {Ack: "Drawing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
				return chartOf(ctx, r, r.Args, kite.Month6, Say)
			}},
			"range":   {Ack: "Drawing…", Run: chartAgain},
			"refresh": {Ack: "Refreshing…", Run: chartAgain},
		},
	}
	for _, rng := range kite.Ranges() { // the choice of a symbol knows the range that was asked for
		c.Actions["pick"+string(rng)] = Action{Ack: "Drawing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
			id, remembered, err := r.picked()
			if err != nil {
				return Reply{}, err
			}
			answer, err := chartOf(ctx, r, id, rng, Say)
			answer.More = remembered
			return answer, err
		}}
		c.Actions["more"+string(rng)] = Action{Run: pickAgain("chart", string(rng))}
	}
	return c
}

// chartTyped draws what was typed, "infy 1Y", the range before the symbol or behind
// it, six months when none is said.
func chartTyped(ctx context.Context, r *Request) (Reply, error) {
	words, span := kite.CutSpan(r.Args)
	rng, known := kite.ParseRange(cmp.Or(span, string(kite.Month6)))
	said := symbol.Readings(words)
	_, only := kite.ParseRange(words)
	switch {
	case len(said) == 0, only:
		return Say(marketdata.ChartUsage()), nil
	case !known:
		return Say(marketdata.NoSuchRange(span, words)), nil
	case len(said) > 1:
		return Say(marketdata.OneChart(typedIn(said), rng)), nil
	}
	found, several, instead, err := resolve(ctx, r, said[0], "chart", string(rng))
	switch {
	case err != nil:
		return Reply{}, err
	case instead.Message != nil:
		return instead, nil
	case several != nil:
		return Say(marketdata.OneChart(said[0].Parts, rng)), nil
	}
	return drawChart(ctx, r, found, rng, Say)
}

func typedIn(said []symbol.Reading) (words []string) {
	for _, s := range said {
		words = append(words, s.Typed)
	}
	return words
}

// chartAgain changes the range of a picture in place.
func chartAgain(ctx context.Context, r *Request) (Reply, error) {
	rng, id, ok := marketdata.ParseChartArg(r.Args)
	if !ok {
		return Say(marketdata.ChartUsage()), nil
	}
	return chartOf(ctx, r, id, rng, inPlace)
}

func chartOf(ctx context.Context, r *Request, id string, rng kite.Range, as func(view.Message) Reply) (Reply, error) {
	found, err := priceOf(ctx, r, id)
	if err != nil {
		return Reply{}, err
	}
	if found == nil {
		return Say(marketdata.NoQuote(id)), nil
	}
	return drawChart(ctx, r, *found, rng, as)
}

// drawChart asks for the candles and draws them.
func drawChart(ctx context.Context, r *Request, p quotedInstrument, rng kite.Range, as func(view.Message) Reply) (Reply, error) {
	candles, _, err := r.Account.Candles(ctx, p.quote.Token, rng.Window(r.Now), glance)
	if err != nil {
		return Reply{}, err
	}
	v := marketdata.ChartView{Quote: p.quote, Name: p.name, Range: rng, Rows: rng.Trim(candles.Rows), LeftOut: candles.LeftOut, AsOf: p.at}
	if len(v.Rows) > 0 {
		if v.Photo, err = r.Painter.Candles(CandlePicture(v)); err != nil {
			return Reply{}, fmt.Errorf("draw candles: %w", err)
		}
	}
	return as(marketdata.Chart(v)), nil
}
