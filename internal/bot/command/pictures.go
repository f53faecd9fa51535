package command

import (
	"context"
	"fmt"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// CandlePicture is the picture of a chart message. Floats are for where things
// stand in the picture; what is written in it comes from exact figures.
func CandlePicture(v marketdata.ChartView) chart.Candles {
	name := view.InstrumentName(v.Quote.ID, v.AsOf)
	in := chart.Candles{Title: name + " · " + string(v.Range)}
	for _, c := range v.Rows {
		in.Candles = append(in.Candles, chart.Candle{
			Time: c.Time.In(market.IST()), Open: c.Open.InexactFloat64(), High: c.High.InexactFloat64(),
			Low: c.Low.InexactFloat64(), Close: c.Close.InexactFloat64(), Volume: float64(c.Volume),
		})
	}
	if v.Quote.Priced() {
		in.Last, in.LastPrice = view.FormatOfQuote(v.Quote).Price(v.Quote.LastPrice), v.Quote.LastPrice.InexactFloat64()
		change := v.Change()
		in.Change, in.Trend = view.PercentOf(change), change.Value.Sign()
	}
	return in
}

// AllocationPicture shows how the holdings' value is divided.
func AllocationPicture(v statement.PictureView) chart.Allocation {
	p := v.Portfolio
	in := chart.Allocation{Title: "Your holdings", Hide: v.Hide}
	if !v.Hide {
		in.Total = view.RupeesOf(p.Value)
	}
	for _, h := range p.Holdings {
		if share := p.Share(h); share.OK {
			in.Slices = append(in.Slices, chart.Slice{Name: statement.HoldingName(h), Share: share.Value.InexactFloat64()})
		}
	}
	in.Count = statement.CountShares(p)
	return in
}

// MoversPicture shows the winners and losers of the day.
func MoversPicture(v statement.PictureView) chart.Movers {
	in := chart.Movers{Title: view.Capital(view.SessionDay(v.AsOf)) + "’s winners and losers", Hide: v.Hide}
	for _, h := range v.Portfolio.Holdings {
		day := h.DayPercent()
		if !day.OK || h.Shares() == 0 {
			continue
		}
		m := chart.Move{Name: statement.HoldingName(h), Percent: day.Value.InexactFloat64(), Label: view.PercentOf(day)}
		if !v.Hide {
			m.Amount = view.SignedRupeesOf(h.Day())
		}
		in.Rows = append(in.Rows, m)
	}
	return in
}

func allocationCommand() Command {
	return Command{
		Name: "allocation", Usage: "/allocation", Summary: "a picture of how your holdings are divided",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return picture(ctx, r, statement.Allocation, func(v statement.PictureView) ([]byte, error) {
				return r.Painter.Allocation(AllocationPicture(v))
			})
		},
	}
}

func moversCommand() Command {
	return Command{
		Name: "movers", Usage: "/movers", Summary: "a picture of the day’s winners and losers",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			return picture(ctx, r, statement.Movers, func(v statement.PictureView) ([]byte, error) {
				return r.Painter.Movers(MoversPicture(v))
			})
		},
	}
}

// picture draws the holdings and captions the picture.
func picture(ctx context.Context, r *Request, caption func(statement.PictureView) view.Message, draw func(statement.PictureView) ([]byte, error)) (Reply, error) {
	all, at, err := r.Account.Holdings(ctx, fresh)
	if err != nil {
		return Reply{}, err
	}
	v := statement.PictureView{Portfolio: kite.TotalHoldings(all), AsOf: at, Hide: r.Prefs.Hide}
	if v.Photo, err = draw(v); err != nil {
		return Reply{}, fmt.Errorf("draw the holdings: %w", err)
	}
	return Say(caption(v)), nil
}
