package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/market"
	simkite "kitebot/internal/sim/kite"
)

// galleryPicture is one picture, drawn when it is asked for.
type galleryPicture struct {
	Name    string
	Caption string
	draw    func(*chart.Painter) ([]byte, error)
}

// galleryPictures are the pictures of the bot, of made-up prices and of the
// made-up accounts that one can log in to.
func galleryPictures() []galleryPicture {
	year, day := madeUpPrices()
	all := []galleryPicture{
		candlePicture("chart_1Y", "PARROT · 1Y", year, year),
		candlePicture("chart_1D", "PARROT · 1D", day, year),
	}
	for _, a := range simkite.Accounts() {
		if len(a.Holdings) == 0 {
			continue
		}
		about := fmt.Sprintf("%s, %d holdings", a.UserID(), len(a.Holdings))
		for _, hide := range []bool{false, true} {
			ending, of := "", about
			if hide {
				ending, of = "_hidden", about+", amounts hidden"
			}
			all = append(all,
				galleryPicture{"allocation_" + a.UserID() + ending, of, func(p *chart.Painter) ([]byte, error) { return p.Allocation(allocationOf(a, hide)) }},
				galleryPicture{"movers_" + a.UserID() + ending, of, func(p *chart.Painter) ([]byte, error) { return p.Movers(moversOf(a, hide)) }},
			)
		}
	}
	return all
}

func candlePicture(name, title string, rows, year []chart.Candle) galleryPicture {
	last, before := year[len(year)-1].Close, year[len(year)-2].Close
	in := chart.Candles{
		Title: title, Candles: rows, Last: rupees(last), LastPrice: last,
		Change: percent((last/before - 1) * 100), Trend: sign(last - before),
	}
	return galleryPicture{name, "public prices: the same when amounts are hidden", func(p *chart.Painter) ([]byte, error) { return p.Candles(in) }}
}

// madeUpPrices are a year of days and, of the last of them, five minutes each.
func madeUpPrices() (year, day []chart.Candle) {
	end := time.Date(2026, 11, 20, 0, 0, 0, 0, market.IST())
	var days, minutes []time.Time
	for at := end.AddDate(-1, 0, 1); !at.After(end); at = at.AddDate(0, 0, 1) {
		if market.TradingDay(at) {
			days = append(days, at)
		}
	}
	for at := end.Add(9*time.Hour + 15*time.Minute); len(minutes) < 75; at = at.Add(5 * time.Minute) {
		minutes = append(minutes, at)
	}
	year = walk(days, 1310.55, 1512.40, 0.014)
	last := year[len(year)-1]
	return year, walk(minutes, last.Open, last.Close, 0.0012)
}

// walk makes up candles that lead from one price to another, by chance but
// always the same; step is how far one usually goes, as a share of the price.
func walk(times []time.Time, from, to, step float64) []chart.Candle {
	r := rand.New(rand.NewPCG(uint64(len(times)), 7))
	n := len(times)
	path := make([]float64, n+1)
	for i := range n {
		path[i+1] = path[i] + step*r.NormFloat64()
	}
	price := func(i int) float64 {
		return tick(from * math.Exp(path[i]+(math.Log(to/from)-path[n])*float64(i)/float64(n)))
	}
	rows := make([]chart.Candle, n)
	for i, at := range times {
		first, last := price(i), price(i+1)
		rows[i] = chart.Candle{
			Time: at, Open: first, Close: last, Volume: math.Round(9e5 * (0.4 + r.ExpFloat64())),
			High: tick(max(first, last) * (1 + step/2*r.Float64())), Low: tick(min(first, last) * (1 - step/2*r.Float64())),
		}
	}
	return rows
}

// tick rounds a price to five paise.
func tick(price float64) float64 { return math.Round(price*20) / 20 }

func allocationOf(a simkite.Account, hide bool) chart.Allocation {
	in := chart.Allocation{Title: "Your holdings", Hide: hide, Count: fmt.Sprintf("%d holdings", len(a.Holdings))}
	total := 0.0
	for _, h := range a.Holdings {
		total += worth(h)
	}
	for _, h := range a.Holdings {
		in.Slices = append(in.Slices, chart.Slice{Name: h.Tradingsymbol, Share: worth(h) / total * 100})
	}
	if !hide {
		in.Total = rupees(total)
	}
	return in
}

func moversOf(a simkite.Account, hide bool) chart.Movers {
	in := chart.Movers{Title: "Today’s winners and losers", Hide: hide}
	for _, h := range a.Holdings {
		if h.LastPrice == 0 || h.ClosePrice == 0 || own(h) == 0 {
			continue
		}
		m := chart.Move{Name: h.Tradingsymbol, Percent: h.DayChangePercentage, Label: percent(h.DayChangePercentage)}
		if change := h.DayChange * own(h); !hide {
			m.Amount = plus(change) + rupees(change)
		}
		in.Rows = append(in.Rows, m)
	}
	return in
}

// own is how many shares of a holding are its owner's: delivered or not, pledged
// or not.
func own(h simkite.Holding) float64 { return float64(h.OpeningQuantity + h.CollateralQuantity) }

func worth(h simkite.Holding) float64 { return h.LastPrice * own(h) }

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func plus(v float64) string {
	if v > 0 {
		return "+"
	}
	return ""
}

func percent(v float64) string {
	return plus(v) + strings.Replace(fmt.Sprintf("%.2f%%", v), "-", "−", 1)
}

// rupees writes an amount with the commas of the Indian system: ₹12,34,567.89.
func rupees(v float64) string {
	whole, paise, _ := strings.Cut(fmt.Sprintf("%.2f", math.Abs(v)), ".")
	var b strings.Builder
	if v < 0 {
		b.WriteString("−")
	}
	b.WriteString("₹")
	for i, digit := range whole {
		if left := len(whole) - i; i > 0 && left >= 3 && left%2 == 1 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String() + "." + paise
}
