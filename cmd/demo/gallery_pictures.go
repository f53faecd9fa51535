package main

import (
	"encoding/json"
	"fmt"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/sim/kite/sample"
)

// galleryPicture is one picture, drawn when it is asked for.
type galleryPicture struct {
	Command string // that answers with it
	Name    string // of the file, without .png
	Caption string
	draw    func(*chart.Painter) ([]byte, error)
}

// galleryPictures are the pictures of the bot, drawn by the bot's own code from what the simulated Kite answers at a
// moment.
func galleryPictures(now time.Time) ([]galleryPicture, error) {
	var all []galleryPicture
	for _, r := range kite.Ranges() {
		one, err := candlePicture("NSE:INFY", r, now)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	for _, a := range sample.AccountsAt(now) {
		if len(a.Holdings) == 0 {
			continue
		}
		holdings, err := decodeAnswer(a.Holdings, kite.DecodeHoldings)
		if err != nil {
			return nil, err
		}
		all = append(all, accountPictures(a.UserID(), statement.PictureView{Portfolio: kite.TotalHoldings(holdings), AsOf: now})...)
	}
	return all, nil
}

// accountPictures are those of an account, with amounts and without.
func accountPictures(user string, v statement.PictureView) (all []galleryPicture) {
	for _, hide := range []bool{false, true} {
		ending, caption := "", fmt.Sprintf("%s, %d holdings", user, len(v.Portfolio.Holdings))
		v := v // each picture has its own
		if v.Hide = hide; hide {
			ending, caption = "_hidden", caption+", amounts hidden"
		}
		all = append(all,
			galleryPicture{"allocation", "allocation_" + user + ending, caption, func(painter *chart.Painter) ([]byte, error) {
				return painter.Allocation(command.AllocationPicture(v))
			}},
			galleryPicture{"movers", "movers_" + user + ending, caption, func(painter *chart.Painter) ([]byte, error) {
				return painter.Movers(command.MoversPicture(v))
			}},
		)
	}
	return all
}

// candlePicture is the chart of an instrument in one of the ranges.
func candlePicture(id string, r kite.Range, now time.Time) (galleryPicture, error) {
	window := r.Window(now)
	quote, rows := sample.QuoteAndCandles(id, window.Interval, window.From, now)
	quotes, err := decodeAnswer(map[string]sample.FullQuote{id: quote}, kite.DecodeQuotes)
	if err != nil {
		return galleryPicture{}, err
	}
	candles, err := decodeAnswer(rows, kite.DecodeCandles)
	if err != nil {
		return galleryPicture{}, err
	}
	v := marketdata.ChartView{Quote: quotes[id], Range: r, Rows: r.Trim(candles.Rows)}
	return galleryPicture{"chart", "chart_" + string(r), string(r) + ", the same when amounts are hidden", func(p *chart.Painter) ([]byte, error) {
		return p.Candles(command.CandlePicture(v))
	}}, nil
}

// decodeAnswer is what the bot makes of an answer of Kite.
func decodeAnswer[T, V any](answer T, decode func(string) (V, error)) (V, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return *new(V), fmt.Errorf("write an answer of Kite: %w", err)
	}
	v, err := decode(string(text))
	if err != nil {
		return v, fmt.Errorf("read an answer of Kite: %w", err)
	}
	return v, nil
}
