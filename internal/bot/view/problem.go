package view

import (
	"fmt"
	"html"
)

// Problem is something that went wrong, in words: what it is, what was kept,
// and what to do next.
type Problem struct {
	Headline string // one short sentence, bold
	Detail   string // what it means for the person; "" for none
	Ref      string // the reference that stands in the log too
	Again    string // data of a Try again button; "" for none
	Login    string // data of a Log in button; "" for none
}

// Message renders the problem.
func (p Problem) Message() Message {
	m := Message{HTML: "<b>" + html.EscapeString(p.Headline) + "</b>"}
	if p.Detail != "" {
		m.HTML += "\n" + html.EscapeString(p.Detail)
	}
	if p.Ref != "" {
		m.HTML += fmt.Sprintf("\n\n<i>Reference %s</i>", html.EscapeString(p.Ref))
	}
	var row []Button
	if p.Again != "" {
		row = append(row, Button{Text: "Try again", Data: p.Again, Style: Primary})
	}
	if p.Login != "" {
		row = append(row, Button{Text: "Log in", Data: p.Login})
	}
	if row != nil {
		m.Buttons = [][]Button{row}
	}
	return m
}
