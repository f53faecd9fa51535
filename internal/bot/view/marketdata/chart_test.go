package marketdata_test

import (
	"fmt"
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

func history(tb testing.TB) kite.Candles {
	tb.Helper()
	c, err := kite.DecodeCandles(`[{"date":"2026-05-12T00:00:00+05:30","open":1400,"high":1421.75,"low":1395.55,"close":1412.95,"volume":7360198},null,` +
		`{"date":"2026-11-11T00:00:00+05:30","open":1490,"high":1953.9,"low":1307,"close":1497.15,"volume":5}]`)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestChartGolden(t *testing.T) {
	photo := viewtest.PNG(1200, 800, 9)
	usual, c := oneQuote(t, usualQuote()), history(t)
	index := kite.Quote{ID: "NSE:NIFTY 50"}
	chart := func(v marketdata.ChartView) view.Message {
		v.AsOf = noon()
		return marketdata.Chart(v)
	}
	goldens(t, map[string]view.Message{
		"chart":          chart(marketdata.ChartView{Quote: usual, Name: "INFOSYS", Range: kite.Month6, Rows: c.Rows, Photo: photo}),
		"chart_left_out": chart(marketdata.ChartView{Quote: usual, Range: kite.Day1, Rows: c.Rows[:1], LeftOut: c.LeftOut, Photo: photo}),
		"chart_no_quote": chart(marketdata.ChartView{Quote: index, Range: kite.Year5, Rows: c.Rows, Photo: photo}),
		"chart_empty":    chart(marketdata.ChartView{Quote: usual, Range: kite.Day1, LeftOut: 2}),
		"chart_hostile":  chart(marketdata.ChartView{Quote: oneQuote(t, fullQuote(hostileID, "12.5", "12", "13", "11", "12")), Name: "<i>\u202e&", Range: kite.Year1, Rows: c.Rows, Photo: photo}),
		"chart_usage":    marketdata.ChartUsage(),
		"chart_range":    marketdata.NoSuchRange("3M", "m&m <\n"),
		"chart_one":      marketdata.OneChart([]string{"infy", "<b>", strings.Repeat("long ", 20)}, kite.Month6),
	})
}

func TestParseChartArg(t *testing.T) {
	for arg, want := range map[string]string{
		"6M:NSE:INFY": "6M NSE:INFY true", "1D:NSE:NIFTY 50": "1D NSE:NIFTY 50 true",
		"2D:NSE:INFY": " NSE:INFY false", "6M:INFY": "6M INFY false", "6M": "6M  false", "": "  false", "6M:NSE:<b>": "6M NSE:<b> false",
	} {
		r, id, ok := marketdata.ParseChartArg(arg)
		if !ok && want[:1] == " " {
			r = ""
		}
		if got := fmt.Sprintf("%s %s %v", r, id, ok); got != want {
			t.Errorf("ParseChartArg(%q) = %q, want %q", arg, got, want)
		}
	}
}
