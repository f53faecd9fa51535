package chart_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"kitebot/internal/bot/chart"
)

// picture is one of the pictures that the tests look at, and people too: run
// the tests with -artifacts to have them as files.
type picture struct {
	name string
	draw func(*chart.Painter) ([]byte, error)
}

func candles(name string, in chart.Candles) picture {
	return picture{"candles-" + name, func(p *chart.Painter) ([]byte, error) { return p.Candles(in) }}
}

func allocation(name string, in chart.Allocation) picture {
	return picture{"allocation-" + name, func(p *chart.Painter) ([]byte, error) { return p.Allocation(in) }}
}

func movers(name string, in chart.Movers) picture {
	return picture{"movers-" + name, func(p *chart.Painter) ([]byte, error) { return p.Movers(in) }}
}

func pictures() []picture {
	return append(append(candlePictures(), allocationPictures()...), moverPictures()...)
}

func india() *time.Location { return time.FixedZone("IST", 5*3600+1800) }

func monday() time.Time { return time.Date(2026, 11, 16, 9, 15, 0, 0, india()) }

// walk makes up n candles, step apart, within market hours, by a fixed rule.
func walk(n int, from time.Time, step time.Duration, price float64) []chart.Candle {
	var list []chart.Candle
	at, seed := from, uint32(12345)
	random := func() float64 {
		seed = seed*1664525 + 1013904223
		return float64(seed>>8)/(1<<24) - 0.5
	}
	for len(list) < n {
		minute := at.Hour()*60 + at.Minute()
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday || step < 24*time.Hour && (minute < 555 || minute >= 930) {
			at = at.Add(step)
			continue
		}
		open := price
		price *= 1 + random()*0.03 + 0.0003
		list = append(list, chart.Candle{
			Time: at, Open: open, Close: price,
			High: max(open, price) * (1 + math.Abs(random())*0.01), Low: min(open, price) * (1 - math.Abs(random())*0.01),
			Volume: math.Round(1e6 * (1 + random() + 2*math.Abs(price-open)/open*50)),
		})
		at = at.Add(step)
	}
	return list
}

func year() chart.Candles {
	return chart.Candles{
		Title: "PARROT · 1Y", Note: "1Y high ₹1,903.20 · low ₹1,310.55", Last: "₹1,512.40", LastPrice: 1512.40, Change: "+0.84%", Trend: 1,
		Candles: walk(250, time.Date(2025, 11, 24, 0, 0, 0, 0, india()), 24*time.Hour, 1500),
	}
}

func candlePictures() []picture {
	monday := monday()
	with := func(title string, rows []chart.Candle) chart.Candles {
		return chart.Candles{Title: title, Last: "₹1,512.40", LastPrice: 1512.40, Change: "−0.84%", Trend: -1, Candles: rows}
	}
	still := func(n int, price float64) []chart.Candle {
		var rows []chart.Candle
		for i := range n {
			rows = append(rows, chart.Candle{Time: monday.AddDate(0, 0, i), Open: price, High: price, Low: price, Close: price})
		}
		return rows
	}
	points := walk(120, monday.AddDate(0, -6, 0), 24*time.Hour, 24000)
	for i := range points {
		points[i].Volume = 0
	}
	below := walk(40, monday.AddDate(0, -2, 0), 24*time.Hour, 60)
	for i := range below {
		b := &below[i]
		b.Open, b.Close, b.High, b.Low = b.Open-60, b.Close-60, b.High-60, b.Low-60
	}
	huge := walk(60, monday.AddDate(0, -3, 0), 24*time.Hour, 3.2e8)
	return []picture{
		candles("1y", year()),
		candles("1d", with("PARROT · 1D", walk(75, monday, 5*time.Minute, 1500))),
		candles("5d", with("PARROT · 5D", walk(125, monday, 15*time.Minute, 1500))),
		candles("1m", with("PARROT · 1M", walk(22, monday.AddDate(0, -1, 0), 24*time.Hour, 1500))),
		candles("5y", with("PARROT · 5Y", walk(1250, monday.AddDate(-5, 0, 0), 24*time.Hour, 1200))),
		candles("index", chart.Candles{Title: "NIFTY HERON 50 · 6M", Last: "24,512.40", LastPrice: 24512.40, Change: "0.00%", Candles: points}),
		candles("empty", chart.Candles{Title: "PARROT · 1D"}),
		candles("one", with("PARROT · 1D", walk(1, monday, 24*time.Hour, 1500))),
		candles("still", chart.Candles{Title: "PARROT · 1M", Last: "₹100.00", LastPrice: 100, Change: "0.00%", Candles: still(20, 100)}),
		candles("negative", chart.Candles{Title: "SPREAD · 1M", Last: "−1.25", LastPrice: -1.25, Change: "−12.00%", Trend: -1, Candles: below}),
		candles("huge", chart.Candles{Title: "A VERY LONG NAME OF AN INSTRUMENT THAT NEVER ENDS · 3M", Last: "₹32,12,34,567.05", LastPrice: 321234567.05,
			Change: "+1,234.56%", Trend: 1, Candles: huge}),
	}
}

func shares(n int, share func(i int) float64) []chart.Slice {
	var list []chart.Slice
	for i := range n {
		list = append(list, chart.Slice{Name: fmt.Sprintf("STOCK%02d", i+1), Share: share(i)})
	}
	return list
}

func birds() chart.Allocation {
	names := []string{"PARROT", "HERON", "KINGFISHER", "MYNA", "BULBUL", "WEAVER-BE", "M&M", "SGBDEC2512", "KOEL", "OWL", "LARK", "CRANE"}
	list := shares(len(names), func(i int) float64 {
		return []float64{24.1, 17.3, 12.2, 9.8, 8.4, 7.1, 6.2, 5.0, 3.9, 2.6, 2.1, 1.3}[i]
	})
	for i := range list {
		list[i].Name = names[i]
	}
	return chart.Allocation{Title: "Allocation", Note: "23 Nov 10:00 IST", Total: "₹12,34,567.89", Count: "12 holdings", Slices: list}
}

func allocationPictures() []picture {
	hidden := birds()
	hidden.Hide = true
	of := func(count string, list []chart.Slice) chart.Allocation {
		return chart.Allocation{Title: "Allocation", Total: "₹98,765.43", Count: count, Slices: list}
	}
	hostile := of("5 holdings", []chart.Slice{
		{Name: "<b>&amp;\u202e</b>", Share: 40}, {Name: "भारत", Share: 30}, {Name: "🦜🦜 PARROT", Share: 20},
		{Name: "A NAME THAT IS MUCH TOO LONG FOR ITS LINE", Share: 9.97}, {Name: "", Share: 0.03},
	})
	huge := of("500 holdings", shares(500, func(i int) float64 { return 100 / 500.0 }))
	huge.Total = "₹99,99,99,99,999.99"
	return []picture{
		allocation("usual", birds()),
		allocation("hidden", hidden),
		allocation("empty", of("no holdings", nil)),
		allocation("one", of("1 holding", shares(1, func(int) float64 { return 100 }))),
		allocation("two", of("2 holdings", shares(2, func(i int) float64 { return []float64{99.98, 0.02}[i] }))),
		allocation("equal", of("10 holdings", shares(10, func(int) float64 { return 10 }))),
		allocation("negative", of("3 holdings", shares(3, func(i int) float64 { return []float64{60, 40, -5}[i] }))),
		allocation("hostile", hostile),
		allocation("huge", huge),
	}
}

func moves(n int, percent func(i int) float64) []chart.Move {
	var list []chart.Move
	for i := range n {
		p := percent(i)
		sign := map[bool]string{true: "−"}[p < 0] + map[bool]string{true: "+"}[p > 0]
		list = append(list, chart.Move{
			Name: fmt.Sprintf("STOCK%02d", i+1), Percent: p, Label: fmt.Sprintf("%s%.2f%%", sign, math.Abs(p)),
			Amount: fmt.Sprintf("%s₹%.2f", sign, math.Abs(p)*123),
		})
	}
	return list
}

func day() chart.Movers {
	rows := moves(12, func(i int) float64 {
		return []float64{0.4, -1.24, 2.91, 0, 1.35, -0.07, 4.02, -2.6, 0.9, 0.02, -0.5, 1.1}[i]
	})
	for i, s := range birds().Slices {
		rows[i].Name = s.Name
	}
	return chart.Movers{Title: "Winners and losers", Note: "23 Nov 10:00 IST", Rows: rows}
}

func moverPictures() []picture {
	hidden := day()
	hidden.Hide = true
	of := func(rows []chart.Move) chart.Movers { return chart.Movers{Title: "Winners and losers", Rows: rows} }
	huge := moves(500, func(i int) float64 { return float64(i-250) / 40 })
	huge[7] = chart.Move{Name: "ONE THAT ROSE AND HAS A VERY LONG NAME", Percent: 98765.43, Label: "+98,765.43%", Amount: "+₹12,34,56,78,901.00"}
	return []picture{
		movers("usual", day()),
		movers("hidden", hidden),
		movers("empty", of(nil)),
		movers("one", of(moves(1, func(int) float64 { return -1.5 }))),
		movers("equal", of(moves(4, func(int) float64 { return 1.5 }))),
		movers("still", of(moves(3, func(int) float64 { return 0 }))),
		movers("losers", of(moves(7, func(i int) float64 { return -float64(i+1) / 3 }))),
		movers("huge", of(huge)),
	}
}

func newPainter(tb testing.TB) *chart.Painter {
	tb.Helper()
	p, err := chart.New(1)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
