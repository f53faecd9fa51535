package chart

import (
	"strconv"
	"time"
)

// tick is a date on the axis below the candles.
type tick struct {
	at    int // index of the candle
	label string
}

// maxTicks is how many dates fit below a picture on a phone.
const maxTicks = 8

// unit is a way to divide time: key numbers its periods, and name says which
// one begins at t, when the tick before stood at before (zero for none). The
// first candle opens a period only in units of a day: it seldom is the first of
// a month.
type unit struct {
	key   func(t time.Time) int
	name  func(t, before time.Time) string
	opens bool
}

// units are what an axis may be divided by, the finest first.
func units() []unit {
	var list []unit
	for _, minutes := range []int{15, 30, 60, 120, 240} {
		list = append(list, unit{
			key:  func(t time.Time) int { return (day(t)*24*60 + t.Hour()*60 + t.Minute()) / minutes },
			name: hourName,
		})
	}
	list = append(list, unit{key: day, name: dayName, opens: true})
	for _, days := range []int{7, 14} { // from Monday to Monday
		list = append(list, unit{key: func(t time.Time) int { return (day(t) + 3) / days }, name: dayName})
	}
	for _, months := range []int{1, 2, 3, 6} {
		list = append(list, unit{key: func(t time.Time) int { return (t.Year()*12 + int(t.Month()) - 1) / months }, name: monthName})
	}
	for _, years := range []int{1, 2, 5, 10} {
		list = append(list, unit{key: func(t time.Time) int { return t.Year() / years }, name: yearName})
	}
	return list
}

// day numbers the calendar days of t's own zone; day 0 was a Thursday.
func day(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

func hourName(t, before time.Time) string {
	if !before.IsZero() && day(t) != day(before) {
		return dayName(t, before)
	}
	return t.Format("15:04")
}

func dayName(t, _ time.Time) string { return t.Format("2 Jan") }

func monthName(t, before time.Time) string {
	if !before.IsZero() && t.Year() != before.Year() {
		return yearName(t, before)
	}
	return t.Format("Jan")
}

func yearName(t, _ time.Time) string { return strconv.Itoa(t.Year()) }

// ticks places dates at the first candle of each period, in the finest unit
// that gives no more than fit. There are no gaps on this axis, so that nights
// and holidays take no room. Where no unit fits, the first candle has its date.
func ticks(candles []Candle) []tick {
	for _, u := range units() {
		if list := u.ticks(candles); len(list) >= 2 && len(list) <= maxTicks {
			return list
		}
	}
	if len(candles) == 0 || candles[0].Time.IsZero() {
		return nil
	}
	return []tick{{at: 0, label: candles[0].Time.Format("2 Jan 2006")}}
}

// ticks returns where periods begin, and stops when there are too many.
func (u unit) ticks(candles []Candle) []tick {
	var list []tick
	var before time.Time
	for i, c := range candles {
		begins := i == 0 && u.opens || i > 0 && u.key(c.Time) != u.key(candles[i-1].Time)
		if !begins {
			continue
		}
		if list = append(list, tick{at: i, label: u.name(c.Time, before)}); len(list) > maxTicks {
			break
		}
		before = c.Time
	}
	return list
}
