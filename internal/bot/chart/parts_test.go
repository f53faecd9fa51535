package chart

import (
	"fmt"
	"image/color"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLabels(t *testing.T) {
	tests := []struct{ got, want string }{
		{axisLabel(1500, 500), "1,500"},
		{axisLabel(124500, 500), "1,24,500"},
		{axisLabel(9999000, 500), "99,99,000"},
		{axisLabel(1e7, 1e6), "1.0Cr"},
		{axisLabel(312500000, 2500000), "31.25Cr"},
		{axisLabel(99.5, 0.5), "99.5"},
		{axisLabel(-1234.25, 0.25), "−1,234.25"},
		{axisLabel(-0.0000001, 0.5), "0.0"},
		{axisLabel(2.5, 2.5), "2.5"},
		{volumeLabel(0), "0"},
		{volumeLabel(98765), "98,765"},
		{volumeLabel(1234567), "12.3L"},
		{volumeLabel(20e7), "20Cr"},
		{percentLabel(0.04), "<0.1%"},
		{percentLabel(0.05), "0.1%"},
		{percentLabel(12.34), "12.3%"},
		{percentLabel(99.96), ">99.9%"},
		{percentLabel(100), "100.0%"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

func TestMarks(t *testing.T) {
	tests := []struct {
		lo, hi float64
		want   []float64
	}{
		{0, 10, []float64{0, 2.5, 5, 7.5, 10}},
		{1310, 1903, []float64{1400, 1500, 1600, 1700, 1800, 1900}},
		{1481.85, 1532.25, []float64{1490, 1500, 1510, 1520, 1530}}, // a day of INFY, which had 1,500 alone
		{-1.2, 1.2, []float64{-1, -0.5, 0, 0.5, 1}},
		{99, 101, []float64{99, 99.5, 100, 100.5, 101}},
		{1000, 1120, []float64{1000, 1025, 1050, 1075, 1100}},
	}
	for _, tt := range tests {
		if got, _ := marks(tt.lo, tt.hi, wantedMarks); !cmp.Equal(got, tt.want) {
			t.Errorf("marks(%g, %g) = %v, want %v", tt.lo, tt.hi, got, tt.want)
		}
	}
}

// Dates are where periods begin, in words that fit the span.
func TestTicks(t *testing.T) {
	weeks := func(at time.Time) time.Time { return at.AddDate(0, 0, 7) }
	still := func(at time.Time) time.Time { return at }
	monday := time.Date(2026, 11, 16, 9, 15, 0, 0, time.FixedZone("IST", 5*3600+1800))
	tests := []struct {
		name    string
		candles []Candle
		want    []string
	}{
		{"none", nil, nil},
		{"one", every(1, monday, days), []string{"16 Nov 2026"}},
		{"without dates", every(3, time.Time{}, still), nil},
		{"all at once", every(3, monday, still), []string{"16 Nov 2026"}},
		{"a morning", every(20, monday, minutes(5)), []string{"09:30", "09:45", "10:00", "10:15", "10:30", "10:45"}},
		{"a day", every(75, monday, minutes(5)), []string{"10:00", "11:00", "12:00", "13:00", "14:00", "15:00"}},
		{"two days", every(14, monday, minutes(60)), []string{"10:15", "12:15", "14:15", "17 Nov", "10:15", "12:15", "14:15"}},
		{"five days", every(125, monday, minutes(15)), []string{"16 Nov", "17 Nov", "18 Nov", "19 Nov", "20 Nov"}},
		{"a month", every(22, monday.AddDate(0, -1, 0), days), []string{"19 Oct", "26 Oct", "2 Nov", "9 Nov", "16 Nov"}},
		{"six months", every(126, monday.AddDate(0, -6, 0), days), []string{"Jun", "Jul", "Aug", "Sep", "Oct", "Nov"}},
		{"a year", every(250, monday.AddDate(-1, 0, 0), days), []string{"Jan", "Mar", "May", "Jul", "Sep"}},
		{"five years", every(260, monday.AddDate(-5, 0, 0), weeks), []string{"2022", "2023", "2024", "2025", "2026"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, mark := range ticks(tt.candles) {
				got = append(got, mark.label)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// every returns n candles that begin at from and are a step apart.
func every(n int, from time.Time, step func(time.Time) time.Time) []Candle {
	var list []Candle
	for at := from; len(list) < n; at = step(at) {
		list = append(list, Candle{Time: at})
	}
	return list
}

// minutes steps through market hours, from 9:15 to 15:30.
func minutes(m int) func(time.Time) time.Time {
	return func(at time.Time) time.Time {
		if at = at.Add(time.Duration(m) * time.Minute); at.Hour()*60+at.Minute() >= 930 {
			at = time.Date(at.Year(), at.Month(), at.Day()+1, 9, 15, 0, 0, at.Location())
		}
		return at
	}
}

// days steps over weekends.
func days(at time.Time) time.Time {
	for at = at.AddDate(0, 0, 1); at.Weekday()%6 == 0; {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

func TestMergeKeepsWhatHappened(t *testing.T) {
	rows := []Candle{
		{Open: 10, High: 12, Low: 9, Close: 11, Volume: 5}, {Open: 11, High: 15, Low: 10, Close: 14, Volume: 7},
		{Open: 14, High: 14, Low: 3, Close: 4, Volume: 1},
	}
	want := []Candle{{Open: 10, High: 15, Low: 9, Close: 14, Volume: 12}, rows[2]}
	if diff := cmp.Diff(want, merge(rows, 2)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(rows, merge(rows, 3)); diff != "" {
		t.Errorf("with room for all, -want +got:\n%s", diff)
	}
}

// The best and the worst are shown, and one side may use what the other leaves.
func TestExtremes(t *testing.T) {
	tests := []struct {
		winners, flat, losers int
		want                  [3]int
	}{
		{3, 0, 2, [3]int{3, 0, 2}},
		{20, 0, 20, [3]int{5, 0, 5}},
		{20, 0, 2, [3]int{8, 0, 2}},
		{2, 0, 20, [3]int{2, 0, 8}},
		{2, 20, 3, [3]int{2, 5, 3}},
		{0, 0, 20, [3]int{0, 0, 10}},
	}
	for _, tt := range tests {
		var all []Move
		for i := range tt.losers {
			all = append(all, Move{Percent: -1 - float64(i)})
		}
		for i := range tt.winners {
			all = append(all, Move{Percent: 1 + float64(i)})
		}
		all = append(all, make([]Move, tt.flat)...)
		rows, n := extremes(append(all, Move{Percent: math.NaN()}))
		var got [3]int
		for i, m := range rows {
			got[1-trend(m.Percent)]++
			if i > 0 && m.Percent > rows[i-1].Percent {
				t.Errorf("%+v: row %d is out of order", tt, i)
			}
		}
		if got != tt.want || n != len(all) {
			t.Errorf("%+v: got %v of %d", tt, got, n)
		}
		if len(rows) > 0 && tt.losers > 0 && rows[len(rows)-1].Percent != -float64(tt.losers) {
			t.Errorf("%+v: the worst is not shown", tt)
		}
	}
}

func trend(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	default:
		return 0
	}
}

// The parts come to what all slices came to.
func TestRanked(t *testing.T) {
	var all []Slice
	whole := 0.0
	for i := range 25 {
		all = append(all, Slice{Name: fmt.Sprint(i), Share: float64(i)})
		whole += float64(i)
	}
	parts := ranked(append(all, Slice{Name: "odd", Share: math.NaN()}, Slice{Name: "below", Share: -3}))
	if len(parts) != maxSlices || parts[0].Name != "24" || parts[9].Name != "15 others" {
		t.Fatalf("%+v", parts)
	}
	for _, s := range parts {
		whole -= s.Share
	}
	if math.Abs(whole) > 1e-9 {
		t.Errorf("%g is missing", whole)
	}
	if ten := ranked(all[:11]); len(ten) != 10 || ten[9].Name != "1" {
		t.Errorf("ten slices above zero became %+v", ten)
	}
}

// Every letter can be read: the contrast that WCAG asks for.
func TestContrast(t *testing.T) {
	least := map[ink]float64{text: 7, muted: 7, up: 4.5, down: 4.5, upSoft: 1.8, downSoft: 1.8}
	for _, k := range shareInks() {
		least[k] = max(least[k], 4.5) // numbers are cut out of them
	}
	for k, want := range least {
		if got := (luminance(swatch(k)) + 0.05) / (luminance(swatch(paper)) + 0.05); got < want {
			t.Errorf("ink %d has a contrast of %.1f, want %g", k, got, want)
		}
	}
}

func luminance(c color.RGBA) float64 {
	r, g, b := linear(c)
	return 0.2126*r + 0.7152*g + 0.0722*b
}

func linear(c color.RGBA) (r, g, b float64) {
	channel := func(v uint8) float64 {
		if s := float64(v) / 255; s > 0.04045 {
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	return channel(c.R), channel(c.G), channel(c.B)
}

// Rising and falling stay far apart for every kind of colour blindness, after
// Machado, Oliveira and Fernandes (2009) at full severity. Two units of Lab are
// just told apart side by side.
func TestRisingAndFallingAreToldApart(t *testing.T) {
	kinds := map[string][9]float64{
		"none":         {1, 0, 0, 0, 1, 0, 0, 0, 1},
		"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
		"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
		"tritanopia":   {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
	}
	for kind, m := range kinds {
		for _, pair := range [][2]ink{{up, down}, {upSoft, downSoft}} {
			a, b := lab(swatch(pair[0]), m), lab(swatch(pair[1]), m)
			if apart := math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2]); apart < 25 {
				t.Errorf("%s: inks %v are %.0f apart", kind, pair, apart)
			}
		}
	}
}

// lab is a colour as seen through a matrix, in CIE Lab.
func lab(c color.RGBA, m [9]float64) [3]float64 {
	r, g, b := linear(c)
	r, g, b = m[0]*r+m[1]*g+m[2]*b, m[3]*r+m[4]*g+m[5]*b, m[6]*r+m[7]*g+m[8]*b
	bend := func(v float64) float64 {
		if v = max(v, 0); v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	x := bend((0.4124*r + 0.3576*g + 0.1805*b) / 0.9505)
	y := bend(0.2126*r + 0.7152*g + 0.0722*b)
	z := bend((0.0193*r + 0.1192*g + 0.9505*b) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}
