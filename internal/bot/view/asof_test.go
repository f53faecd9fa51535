package view_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kitebot/internal/bot/view"
	"kitebot/internal/market"
)

// A day's figures are of the last session that has begun: at six on Monday
// morning that is Friday's.
func TestDayOf(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-13 09:14": "Thursday", "2026-11-13 09:15": "Today", "2026-11-13 23:59": "Today",
		"2026-11-14 00:00": "Friday", "2026-11-16 06:00": "Friday", "2026-11-24 12:00": "Monday",
	} {
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, market.IST())
		if err != nil {
			t.Fatal(err)
		}
		if got := view.DayOf(moment.UTC()); got != want {
			t.Errorf("DayOf(%s) = %s, want %s", at, got, want)
		}
	}
}

// The lines that stand in nearly every message fit on one line of a phone.
func TestEverydayLinesFitAPhone(t *testing.T) {
	const phone = 36 // characters, in the font of a message
	p := decode(t, wide())
	for _, m := range []view.Message{
		view.Holdings(view.HoldingsView{Portfolio: p, AsOf: noon()}),
		view.Holdings(view.HoldingsView{Portfolio: p, AsOf: evening(), Hide: true}),
	} {
		seen := 0
		for line := range strings.Lines(m.HTML) {
			if strings.Contains(line, " IST") || strings.HasPrefix(line, "Amounts") {
				seen++
				if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > phone {
					t.Errorf("%d characters: %s", n, line)
				}
			}
		}
		if seen == 0 {
			t.Error("no such line")
		}
	}
}
