package chart

import (
	"math"
	"strconv"
	"strings"
)

// scale maps values to the y of a panel: lo lies on bottom, hi on top.
type scale struct {
	lo, hi      float64
	top, bottom int
}

// y returns where a value lies, and never leaves the panel.
func (s scale) y(v float64) int {
	share := (v - s.lo) / (s.hi - s.lo)
	return s.bottom - int(math.Round(min(max(share, 0), 1)*float64(s.bottom-s.top)))
}

// padRange leaves some room above and below values from lo to hi, also when they
// are all the same.
func padRange(lo, hi float64) (float64, float64) {
	room := (hi - lo) * 0.05
	if room < max(math.Abs(hi)*1e-9, 1e-5) {
		room = max(math.Abs(hi)*0.01, 0.05)
	}
	return lo - room, hi + room
}

// marks returns round values between lo and hi, the fewest that are at least as
// many as wanted, and the step between them.
func marks(lo, hi float64, wanted int) (values []float64, step float64) {
	power := math.Pow(10, math.Ceil(math.Log10(hi-lo)))
	for range 3 { // the third has a step of a hundredth of the span
		for _, part := range []float64{1, 0.5, 0.25, 0.2} {
			step = part * power
			if math.Floor(hi/step)-math.Ceil(lo/step) < float64(wanted-1) {
				continue
			}
			for n := math.Ceil(lo / step); n*step <= hi; n++ {
				values = append(values, n*step)
			}
			return values, step
		}
		power /= 10
	}
	return nil, step
}

// decimals is how many decimals tell multiples of step apart, at most six.
func decimals(step float64) int {
	for n := range 6 {
		if scaled := step * math.Pow(10, float64(n)); math.Abs(scaled-math.Round(scaled)) < 1e-6*scaled {
			return n
		}
	}
	return 6
}

// The units of the Indian system.
const (
	lakh  = 1e5
	crore = 1e7
)

// axisLabel writes one of the marks that are a step apart: 1,24,500 or 99.5,
// and from a crore on 1.25Cr.
func axisLabel(v, step float64) string {
	if math.Abs(v) < crore {
		return grouped(v, decimals(step))
	}
	return grouped(v/crore, decimals(step/crore)) + "Cr"
}

// volumeLabel writes a number of shares to about three digits: 98,765 or 12.3L.
func volumeLabel(v float64) string {
	switch {
	case v < lakh:
		return grouped(v, 0)
	case v < crore:
		return withoutTrailingZeros(v/lakh, 1) + "L"
	default:
		return withoutTrailingZeros(v/crore, 1) + "Cr"
	}
}

// percentLabel writes a share of the whole: 12.3%. What rounds to nothing, or
// to everything, but is not, is written so.
func percentLabel(share float64) string {
	switch {
	case share < 0.05:
		return "<0.1%"
	case share >= 99.95 && share < 100:
		return ">99.9%"
	default:
		return grouped(share, 1) + "%"
	}
}

// grouped writes v with the commas of the Indian system: the last three digits
// before the point, then every two.
func grouped(v float64, places int) string {
	whole, fraction, point := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', places, 64), ".")
	var b strings.Builder
	if v < 0 && strings.ContainsAny(whole+fraction, "123456789") {
		b.WriteString("−")
	}
	for i, digit := range whole {
		if left := len(whole) - i; i > 0 && left >= 3 && left%2 == 1 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if point {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// withoutTrailingZeros is grouped without zeros at the end of its decimals.
func withoutTrailingZeros(v float64, places int) string {
	return strings.TrimSuffix(strings.TrimRight(grouped(v, places), "0"), ".")
}
