package command_test

import (
	"encoding/json"
	"testing"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/sim/kite/sample"
)

// Hidden amounts do not even reach the painter.
func TestPicturesGetNoHiddenAmounts(t *testing.T) {
	text, err := json.Marshal(sample.AccountOf("MK4021").Holdings)
	if err != nil {
		t.Fatal(err)
	}
	holdings, err := kite.DecodeHoldings(string(text))
	if err != nil {
		t.Fatal(err)
	}
	shown := statement.PictureView{Portfolio: kite.TotalHoldings(holdings), AsOf: time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)} // six on a Monday
	hidden := shown
	hidden.Hide = true
	if all := command.AllocationPicture(hidden); !all.Hide || all.Total != "" || len(all.Slices) == 0 {
		t.Errorf("%+v", all)
	}
	all := command.MoversPicture(hidden)
	if !all.Hide || len(all.Rows) == 0 || all.Title != "Friday’s winners and losers" {
		t.Errorf("%+v", all)
	}
	for _, m := range all.Rows {
		if m.Amount != "" {
			t.Errorf("%+v", m)
		}
	}
	if open := command.AllocationPicture(shown); open.Total == "" || command.MoversPicture(shown).Rows[0].Amount == "" {
		t.Errorf("%+v", open)
	}
}

// What stands by the range in the picture of a chart is the range's change, and
// of a single day the day's.
func TestChartPictureHasTheRangesChange(t *testing.T) {
	quotes, err := kite.DecodeQuotes(`{"NSE:INFY":{"last_price":110,"ohlc":{"close":112}}}`)
	if err != nil {
		t.Fatal(err)
	}
	candles, err := kite.DecodeCandles(`[{"date":"2021-11-19T00:00:00+05:30","open":50,"high":60,"low":40,"close":55,"volume":1},{"date":"2026-11-23T00:00:00+05:30","open":100,"high":112,"low":99,"close":110,"volume":1}]`)
	if err != nil {
		t.Fatal(err)
	}
	for rng, want := range map[kite.Range]chart.Candles{kite.Year5: {Change: "+120.00%", Trend: 1}, kite.Day1: {Change: "−1.79%", Trend: -1}} {
		got := command.CandlePicture(marketdata.ChartView{Quote: quotes["NSE:INFY"], Range: rng, Rows: candles.Rows})
		if got.Change != want.Change || got.Trend != want.Trend {
			t.Errorf("%s: %s, %d", rng, got.Change, got.Trend)
		}
	}
}
