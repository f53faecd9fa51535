package view

import (
	"fmt"
	"time"

	"kitebot/internal/market"
)

// EndingSoon warns of the end of a login, by the clock: only the server knows.
type EndingSoon struct{ Until, Now time.Time }

// Message renders the warning. It makes no sound at night.
func (e EndingSoon) Message() Message {
	return Message{
		HTML: fmt.Sprintf("<b>Your Kite login ends at about %s</b> (in %d min).\nThat is my estimate; Kite has the last word. You can log in again now: until that is done, this login stays.",
			clockTime(e.Until), minutesTo(e.Until, e.Now)),
		Silent: isNight(e.Now),
		Buttons: [][]Button{
			{{Text: "Log in again", Data: "login:new", Style: Primary}},
			{{Text: "Don’t warn me", Data: "settings:nowarning"}},
		},
	}
}

// NoMoreWarnings answers somebody who does not want to be warned. until is when
// the present login ends; zero without one.
func NoMoreWarnings(until time.Time) Message {
	m := Message{
		HTML:    "<b>I will not warn you any more</b> before a login ends. /settings changes that.",
		Buttons: [][]Button{{{Text: "Warn me again", Data: "settings:warnings:on"}}},
	}
	if !until.IsZero() {
		m.HTML += fmt.Sprintf("\n\nYour present login ends at about %s IST.", clockTime(until))
		m.Buttons = append([][]Button{{{Text: "Log in again", Data: "login:new", Style: Primary}}}, m.Buttons...)
	}
	return m
}

// minutesTo counts the minutes that are left, rounded up: 29 min 59 s are 30.
func minutesTo(until, now time.Time) int {
	return int((until.Sub(now) + time.Minute - 1) / time.Minute)
}

// Between these hours in India people are asleep.
const (
	nightBegins = 22
	nightEnds   = 8
)

func isNight(t time.Time) bool {
	hour := t.In(market.IST()).Hour()
	return hour >= nightBegins || hour < nightEnds
}
