package market_test

import (
	"testing"
	"time"

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

func TestSession(t *testing.T) {
	tests := []struct{ name, at, day string }{
		{"session begins", "2026-11-12 09:15:00", "2026-11-12"},
		{"evening", "2026-11-12 23:59:59", "2026-11-12"},
		{"night", "2026-11-13 00:00:00", "2026-11-12"},
		{"a second before the session", "2026-11-13 09:14:59", "2026-11-12"},
		{"saturday", "2026-11-14 12:00:00", "2026-11-13"},
		{"monday at six", "2026-11-16 06:00:00", "2026-11-13"},
		{"monday", "2026-11-16 09:15:00", "2026-11-16"},
		{"holiday on a tuesday", "2026-11-24 12:00:00", "2026-11-23"},
		{"before the first session after it", "2026-11-25 09:00:00", "2026-11-23"},
		{"new year", "2027-01-01 08:00:00", "2026-12-31"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			moment := at(t, tt.at)
			for _, m := range []time.Time{moment, moment.UTC()} {
				if got := market.Session(m); !got.Equal(at(t, tt.day+" 00:00:00")) {
					t.Errorf("Session(%s) = %s, want %s", m, got, tt.day)
				}
			}
		})
	}
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
