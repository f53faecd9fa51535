package kite_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
)

func TestDecodeCandles(t *testing.T) {
	text := `[{"date":"2026-11-12T09:20:00+05:30","open":101,"high":103.5,"low":100.1,"close":102.2,"volume":77,"oi":12},null,` +
		`{"date":"2026-11-12T09:15:00+05:30","open":100,"high":101,"low":99.5,"close":101,"volume":2499,"oi":0},` +
		`{"date":"2026-11-12T09:25:00+05:30","open":0,"high":0,"low":0,"close":0,"volume":0,"oi":0},` +
		`{"date":"2026-11-12T09:20:00+05:30","open":101,"high":104,"low":100.1,"close":103,"volume":78,"oi":13},` +
		`{"date":"2026-11-12T09:30:00+05:30","open":100,"high":90,"low":80,"close":85}]`
	got, err := kite.DecodeCandles(text)
	if err != nil {
		t.Fatal(err)
	}
	ist := time.FixedZone("IST", 19800)
	want := kite.Candles{LeftOut: 3, Rows: []kite.Candle{
		{Time: time.Date(2026, 11, 12, 9, 15, 0, 0, ist), Open: dec("100"), High: dec("101"), Low: dec("99.5"), Close: dec("101"), Volume: 2499},
		{Time: time.Date(2026, 11, 12, 9, 20, 0, 0, ist), Open: dec("101"), High: dec("104"), Low: dec("100.1"), Close: dec("103"), Volume: 78, OI: 13},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candles (-want +got):\n%s", diff)
	}
	for _, empty := range []string{"null", "[]"} {
		if c, err := kite.DecodeCandles(empty); err != nil || len(c.Rows) != 0 || c.LeftOut != 0 {
			t.Errorf("DecodeCandles(%s) = %v, %v", empty, c, err)
		}
	}
}

func TestExtremesAndGrowth(t *testing.T) {
	rows := []kite.Candle{
		{Open: dec("100"), High: dec("120"), Low: dec("90"), Close: dec("110")},
		{Open: dec("110"), High: dec("115"), Low: dec("80"), Close: dec("125")},
	}
	change, percent := kite.Growth(rows)
	if low, high := kite.Extremes(rows); !high.Value.Equal(dec("120")) || !low.Value.Equal(dec("80")) ||
		!change.Value.Equal(dec("25")) || !percent.Value.Equal(dec("25")) {
		t.Errorf("high %v low %v growth %v %v", high, low, change, percent)
	}
	change, percent = kite.Growth(nil)
	if low, high := kite.Extremes(nil); low.OK || high.OK || change.OK || percent.OK {
		t.Error("figures of no candles")
	}
}

// Kite refuses a window that is longer than its interval allows.
func TestWindowsRespectKite(t *testing.T) {
	caps := map[string]int{"minute": 60, "5minute": 100, "15minute": 200, "60minute": 400, "day": 2000}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1.4e9, 2.2e9).Draw(t, "now"), 0)
		for _, r := range kite.Ranges() {
			w := r.Window(now)
			longest, known := caps[w.Interval]
			if span := w.To.Sub(w.From); !known || span <= 0 || span > time.Duration(longest)*24*time.Hour {
				t.Fatalf("%s asks for %v of %s", r, span, w.Interval)
			}
			if age := now.Sub(w.To); age < 0 || age >= time.Minute {
				t.Fatalf("%s ends %v before now", r, age)
			}
			_, args, _ := query.Candles(408065, w).On(query.StyleTools)
			for name, want := range map[string]time.Time{"from_date": w.From, "to_date": w.To} {
				got, err := time.ParseInLocation("2006-01-02 15:04:05", args[name].(string), time.FixedZone("IST", 19800))
				if err != nil || !got.Equal(want) {
					t.Fatalf("%s %s = %v, want %v", r, name, args[name], want)
				}
			}
		}
	})
}

func TestWindow(t *testing.T) {
	now := time.Date(2026, 11, 12, 22, 40, 59, 0, time.UTC) // 13 November, 04:10 in India
	for r, want := range map[kite.Range]map[string]any{
		kite.Day1:   {"instrument_token": int64(7), "interval": "5minute", "from_date": "2026-11-06 00:00:00", "to_date": "2026-11-13 04:10:00"},
		kite.Days5:  {"instrument_token": int64(7), "interval": "15minute", "from_date": "2026-10-30 00:00:00", "to_date": "2026-11-13 04:10:00"},
		kite.Month1: {"instrument_token": int64(7), "interval": "60minute", "from_date": "2026-10-13 00:00:00", "to_date": "2026-11-13 04:10:00"},
		kite.Month6: {"instrument_token": int64(7), "interval": "day", "from_date": "2026-05-13 00:00:00", "to_date": "2026-11-13 04:10:00"},
		kite.Year1:  {"instrument_token": int64(7), "interval": "day", "from_date": "2025-11-13 00:00:00", "to_date": "2026-11-13 04:10:00"},
		kite.Year5:  {"instrument_token": int64(7), "interval": "day", "from_date": "2021-11-13 00:00:00", "to_date": "2026-11-13 04:10:00"},
	} {
		_, args, _ := query.Candles(7, r.Window(now)).On(query.StyleTools)
		if diff := cmp.Diff(want, args); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r, diff)
		}
	}
}

func TestParseRange(t *testing.T) {
	for text, want := range map[string]kite.Range{
		"1d": "1D", "1D": "1D", "5 days": "5D", "1m": "1M", "1mo": "1M", "6 Months": "6M", "1yr": "1Y", "5Y": "5Y",
		"": "", "1": "", "d": "", "2D": "", "1W": "", "infy": "", "1DD": "", "-1D": "", "१D": "",
	} {
		got, ok := kite.ParseRange(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("ParseRange(%q) = %q, %v", text, got, ok)
		}
	}
}

// A short range keeps the last days that had trading, wherever weekends and
// holidays lie, and all of their candles.
func TestKeepDays(t *testing.T) {
	var rows []kite.Candle
	for _, day := range []int{5, 6, 9, 10, 12, 13, 16} {
		for minute := range 3 {
			rows = append(rows, kite.Candle{Time: time.Date(2026, 11, day, 3, 45+5*minute, 0, 0, time.UTC), Close: dec(fmt.Sprint(day))})
		}
	}
	if got := kite.Day1.Trim(rows); len(got) != 3 || !got[0].Close.Equal(dec("16")) {
		t.Errorf("1D keeps %v", got)
	}
	if got := kite.Days5.Trim(rows); len(got) != 15 || !got[0].Close.Equal(dec("9")) {
		t.Errorf("5D keeps %d from %v", len(got), got[0])
	}
	if got := kite.Days5.Trim(rows[:6]); len(got) != 6 {
		t.Errorf("5D keeps %d of two days", len(got))
	}
	for _, r := range []kite.Range{kite.Month1, kite.Month6, kite.Year1} {
		if diff := cmp.Diff(rows, r.Trim(rows)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r, diff)
		}
	}
	for _, r := range kite.Ranges() {
		if got := r.Trim(nil); len(got) != 0 {
			t.Errorf("%s keeps %v of nothing", r, got)
		}
	}
}

// Weeks hold all of the trading: nothing is lost, no price falls outside.
func TestKeepWeeks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "days")
		day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("IST", 19800)).AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "start"))
		var rows []kite.Candle
		var volume int64
		for i := range n {
			low := rapid.IntRange(1, 1000).Draw(t, "low")
			c := kite.Candle{Time: day, Open: dec(fmt.Sprint(low + 1)), High: dec(fmt.Sprint(low + 5)), Low: dec(fmt.Sprint(low)), Close: dec(fmt.Sprint(low + 2)), Volume: int64(i)}
			rows, volume = append(rows, c), volume+c.Volume
			day = day.AddDate(0, 0, rapid.IntRange(1, 4).Draw(t, "gap"))
		}
		before := fmt.Sprint(rows)
		weeks := kite.Year5.Trim(rows)
		var total int64
		for i, w := range weeks {
			total += w.Volume
			if i == 0 {
				continue
			}
			y1, w1 := w.Time.ISOWeek()
			if y0, w0 := weeks[i-1].Time.ISOWeek(); y0 == y1 && w0 == w1 {
				t.Fatalf("week %d of %d twice", w1, y1)
			}
		}
		change, _ := kite.Growth(rows)
		weekly, _ := kite.Growth(weeks)
		low, high := kite.Extremes(rows)
		weekLow, weekHigh := kite.Extremes(weeks)
		if total != volume || !change.Value.Equal(weekly.Value) || !high.Value.Equal(weekHigh.Value) || !low.Value.Equal(weekLow.Value) {
			t.Fatal("the weeks are not the days")
		}
		if fmt.Sprint(rows) != before {
			t.Fatal("the days changed")
		}
	})
}

func TestCutSpan(t *testing.T) {
	for text, want := range map[string]string{
		"infy 6m": "infy|6M", "1D infy": "infy|1D", "infy 3 months": "infy|3M", "bank nifty 1 year": "bank nifty|1Y", "nifty 50 1Y": "nifty 50|1Y", "nifty 50": "nifty 50|",
		"infy 7W": "infy|7W", "infy 15min": "infy|15MIN", "infy": "infy|", "6M": "6M|", "": "|", "3mindia": "3mindia|", "3mindia 5D": "3mindia|5D", "m&m 5 d": "m&m|5D", "infy 6X": "infy 6X|",
	} {
		if rest, said := kite.CutSpan(text); rest+"|"+said != want {
			t.Errorf("CutSpan(%q) = %q, %q, want %q", text, rest, said, want)
		}
	}
}
