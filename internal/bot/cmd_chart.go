package bot

import (
	"context"
	"fmt"
	"strings"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func chartCommand() Command {
	c := Command{
		Name: "chart", Usage: "/chart SYMBOL 6M", Summary: "price chart: 1D 5D 1M 6M 1Y 5Y",
		Run: chartTyped,
		Actions: map[string]Action{
			"open": {Ack: "Drawing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
				return chartOf(ctx, r, r.Args, kite.Month6, say)
			}},
			"range":   {Ack: "Drawing…", Run: chartAgain},
			"refresh": {Ack: "Refreshing…", Run: chartAgain},
		},
	}
	for _, rng := range kite.Ranges() { // the choice of a symbol knows the range that was asked for
		c.Actions["pick"+string(rng)] = Action{Ack: "Drawing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
			id, err := r.picked()
			if err != nil {
				return Reply{}, err
			}
			return chartOf(ctx, r, id, rng, say)
		}}
		c.Actions["more"+string(rng)] = Action{Run: pickAgain("chart", string(rng))}
	}
	return c
}

func chartTyped(ctx context.Context, r *Request) (Reply, error) {
	words, rng := chartWords(r.Args)
	if words == "" {
		return say(view.ChartUsage()), nil
	}
	found, reply, err := resolve(ctx, r, words, "chart", string(rng))
	if err != nil || reply != nil {
		return deref(reply), err
	}
	return drawn(ctx, r, found, rng, say)
}

// chartWords splits "bank nifty 5D" into the symbol and the range, six months
// when none is said.
func chartWords(text string) (symbol string, rng kite.Range) {
	words := strings.Fields(text)
	if n := len(words); n > 1 {
		if rng, ok := kite.ParseRange(words[n-1]); ok {
			return strings.Join(words[:n-1], " "), rng
		}
	}
	return strings.Join(words, " "), kite.Month6
}

// chartAgain changes the range of a picture in place.
func chartAgain(ctx context.Context, r *Request) (Reply, error) {
	rng, id, ok := view.ParseChartArg(r.Args)
	if !ok {
		return say(view.ChartUsage()), nil
	}
	return chartOf(ctx, r, id, rng, inPlace)
}

func chartOf(ctx context.Context, r *Request, id string, rng kite.Range, as func(view.Message) Reply) (Reply, error) {
	found, err := priceOf(ctx, r, id)
	if err != nil {
		return Reply{}, err
	}
	if found == nil {
		return say(view.NoQuote(id)), nil
	}
	return drawn(ctx, r, *found, rng, as)
}

// drawn asks for the candles and draws them.
func drawn(ctx context.Context, r *Request, p priced, rng kite.Range, as func(view.Message) Reply) (Reply, error) {
	candles, _, err := r.Account.Candles(ctx, p.quote.Token, rng.Window(r.Now), glance)
	if err != nil {
		return Reply{}, err
	}
	v := view.ChartView{Quote: p.quote, Name: p.name, Range: rng, Rows: rng.Keep(candles.Rows), LeftOut: candles.LeftOut, AsOf: p.at}
	if len(v.Rows) > 0 {
		if v.Photo, err = r.painter.Candles(CandlePicture(v)); err != nil {
			return Reply{}, fmt.Errorf("draw candles: %w", err)
		}
	}
	return as(view.Chart(v)), nil
}
