package market_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kitebot/internal/market"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04:05", s, market.IST())
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestOpen(t *testing.T) {
	tests := []struct {
		name, at string
		open     bool
	}{
		{"a second before the session", "2026-11-12 09:14:59", false},
		{"session begins", "2026-11-12 09:15:00", true},
		{"noon", "2026-11-12 12:00:00", true},
		{"last second", "2026-11-12 15:29:59", true},
		{"session over", "2026-11-12 15:30:00", false},
		{"midnight", "2026-11-12 00:00:00", false},
		{"saturday", "2026-11-14 12:00:00", false},
		{"sunday", "2026-11-15 12:00:00", false},
		{"holiday", "2026-11-24 12:00:00", false},
		{"day after the holiday", "2026-11-25 12:00:00", true},
		{"good friday 2027", "2027-03-26 12:00:00", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			moment := at(t, tt.at)
			if got := market.Open(moment); got != tt.open {
				t.Errorf("Open(%s) = %v, want %v", tt.at, got, tt.open)
			}
			if got := market.Open(moment.UTC()); got != tt.open {
				t.Errorf("Open(%s in UTC) = %v, want %v", tt.at, got, tt.open)
			}
		})
	}
}

func TestNextOpen(t *testing.T) {
	tests := []struct{ name, at, next string }{
		{"before the session", "2026-11-12 08:00:00", "2026-11-12 09:15:00"},
		{"at the opening it is tomorrow's", "2026-11-12 09:15:00", "2026-11-13 09:15:00"},
		{"friday evening", "2026-11-13 18:00:00", "2026-11-16 09:15:00"},
		{"over a holiday", "2026-11-23 16:00:00", "2026-11-25 09:15:00"},
		{"over a holiday and a weekend", "2026-12-24 16:00:00", "2026-12-28 09:15:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := market.NextOpen(at(t, tt.at)), at(t, tt.next); !got.Equal(want) {
				t.Errorf("NextOpen(%s) = %s, want %s", tt.at, got, want)
			}
		})
	}
}

// Whenever it is asked, the next opening lies ahead, is an opening, and no
// session begins before it.
func TestNextOpenIsTheNextOne(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(start+rapid.Int64Range(0, 2*365*24*3600).Draw(t, "seconds"), 0)
		next := market.NextOpen(now)
		if !next.After(now) || !market.Open(next) || market.Open(next.Add(-time.Second)) {
			t.Fatalf("NextOpen(%s) = %s is no opening ahead", now, next)
		}
		if again := market.NextOpen(next.Add(-time.Second)); !again.Equal(next) {
			t.Fatalf("just before %s the next opening is %s", next, again)
		}
		was := market.Open(now)
		for moment := now.Add(time.Hour); moment.Before(next); moment = moment.Add(time.Hour) {
			is := market.Open(moment)
			if is && !was {
				t.Fatalf("between %s and %s a session began before %s", now, next, moment)
			}
			was = is
		}
	})
}

// A holiday at a weekend would be a slip in the table: NSE lists those apart.
func TestHolidaysAreWeekdays(t *testing.T) {
	closed := 0
	for day := at(t, "2026-01-01 12:00:00"); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
		weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		if !weekend && !market.TradingDay(day) {
			closed++
		}
	}
	if closed != 16 {
		t.Errorf("2026 has %d holidays on weekdays, want the 16 announced", closed)
	}
}
