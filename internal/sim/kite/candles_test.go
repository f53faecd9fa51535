package kite_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite/sample"
)

// itc is the token of NSE:ITC, whose last price is 402.85 after 405.3.
const itc = 505089

func (w *fixture) candles(session, from, to, interval string) []sample.Candle {
	w.t.Helper()
	return w.candlesOf(session, itc, from, to, interval)
}

func (w *fixture) candlesOf(session string, token uint32, from, to, interval string) []sample.Candle {
	w.t.Helper()
	return decode[[]sample.Candle](w.t, w.call(session, "get_historical_data",
		fmt.Sprintf(`{"instrument_token":%d,"from_date":%q,"to_date":%q,"interval":%q}`, token, from, to, interval)))
}

func TestDayCandles(t *testing.T) {
	w := startServer(t) // Friday, 10:00
	id := w.loggedIn("MK4021")
	got := w.candles(id, "2025-11-20 00:00:00", "2026-12-31 00:00:00", "day")
	if len(got) != 262 {
		t.Errorf("%d candles in a year", len(got))
	}
	for i, c := range got {
		if d := c.Date.Weekday(); d == time.Saturday || d == time.Sunday || c.Date.Format("15:04:05 -0700") != "00:00:00 +0530" {
			t.Errorf("date %s", c.Date)
		}
		if c.Low > min(c.Open, c.Close) || c.High < max(c.Open, c.Close) || c.Low <= 0 || c.Volume <= 0 {
			t.Errorf("candle %+v", c)
		}
		if i > 0 && !got[i-1].Date.Before(c.Date) {
			t.Errorf("out of order at %s", c.Date)
		}
	}
	last, before := got[len(got)-1], got[len(got)-2]
	if last.Date.Format(time.DateOnly) != "2026-11-20" || last.Close != 402.85 || before.Close != 405.3 {
		t.Errorf("the end: %+v, %+v", before, last)
	}
	if diff := cmp.Diff(got, w.candles(id, "2025-11-20 00:00:00", "2026-12-31 00:00:00", "day")); diff != "" {
		t.Errorf("asked twice: %s", diff)
	}
	w.clock.add(-time.Hour) // 09:00: today's session has not begun
	if got := w.candles(id, "2026-11-16 00:00:00", "2026-11-20 00:00:00", "day"); len(got) != 4 {
		t.Errorf("before the market opens: %d candles", len(got))
	}
}

func TestCandlesWithinADay(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	day := w.candles(id, "2026-11-19 00:00:00", "2026-11-19 00:00:00", "day")[0]
	for interval, want := range map[string]int{
		"minute": 375, "3minute": 125, "5minute": 75, "10minute": 38, "15minute": 25, "30minute": 13, "60minute": 7,
	} {
		got := w.candles(id, "2026-11-19 00:00:00", "2026-11-19 23:59:59", interval)
		if len(got) != want || got[0].Date.Format("15:04") != "09:15" || got[0].Open != day.Open || got[len(got)-1].Close != day.Close {
			t.Errorf("%s: %d candles, want %d, from %+v to %+v of %+v", interval, len(got), want, got[0], got[len(got)-1], day)
		}
		for _, c := range got {
			if c.Low < day.Low || c.High > day.High || c.Low > min(c.Open, c.Close) || c.High < max(c.Open, c.Close) {
				t.Errorf("%s: %+v leaves %+v", interval, c, day)
			}
		}
	}
	if got := w.candles(id, "2026-11-19 10:00:00", "2026-11-19 10:10:00", "5minute"); len(got) != 3 {
		t.Errorf("both ends belong to the span: %d candles", len(got))
	}
	if got := w.candles(id, "2026-11-20 09:00:00", "2026-11-20 15:30:00", "15minute"); len(got) != 4 {
		t.Errorf("at 10:00 today has %d candles", len(got))
	}
	if got := w.candles(id, "2026-11-14 00:00:00", "2026-11-15 23:59:59", "minute"); len(got) != 0 {
		t.Errorf("a weekend has %d candles", len(got))
	}
}
