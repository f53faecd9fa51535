package view

import (
	"html"
	"time"
)

// Slow tells that a command waits for Kite.
type Slow struct {
	Command string // "holdings"; "" for what is none
	Now     time.Time
	Cancel  string // data of a Cancel button; "" for none
}

// Message renders it. The answer takes its place.
func (s Slow) Message() Message {
	m := Message{HTML: "<b>Kite is slow just now.</b>\nNo answer" + to(s.Command) + " by " + clockSeconds(s.Now) + " IST. I show it as soon as Kite gives it."}
	if s.Cancel != "" {
		m.Buttons = [][]Button{{{Text: "Cancel", Data: s.Cancel}}}
	}
	return m
}

// Cancelled answers a person who cancelled a command. look is the command that shows
// what it had changed by then; "" for nothing.
func Cancelled(command, look string) Message {
	m := Message{HTML: "<b>Cancelled.</b>\nI no longer wait for Kite’s answer" + to(command) + "."}
	if look != "" {
		m.HTML += " Something was done already: /" + html.EscapeString(look) + " shows how things stand."
	}
	return m
}

func to(command string) string {
	if command == "" {
		return ""
	}
	return " to /" + html.EscapeString(command)
}
