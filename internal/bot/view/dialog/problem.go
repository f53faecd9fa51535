package dialog

import (
	"fmt"
	"time"

	"kitebot/internal/bot/view"
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
func (p Problem) Message() view.Message {
	m := view.Text("<b>" + view.Escape(p.Headline) + "</b>")
	if p.Detail != "" {
		m.HTML += "\n" + view.Escape(p.Detail)
	}
	if p.Ref != "" {
		m.HTML += fmt.Sprintf("\n\n<i>Reference %s</i>", view.Escape(p.Ref))
	}
	var row []view.Button
	if p.Again != "" {
		row = append(row, view.Button{Text: "Try again", Data: p.Again, Style: view.Primary})
	}
	if p.Login != "" {
		row = append(row, view.Button{Text: "Log in", Data: p.Login})
	}
	if row != nil {
		m.Buttons = [][]view.Button{row}
	}
	return m
}

// CarriedOut says that a command has run in an earlier process, whose answer may
// not have arrived; look is the command that shows what came of it.
func CarriedOut(command, look string) view.Message {
	return view.Text(fmt.Sprintf("I carried out /%s, but was restarted before I could say so. /%s shows how things stand.", view.Escape(command), view.Escape(look)))
}

// GivenUp says that a command is not tried any more; command is "" for what was
// none. It may have been answered at the last moment.
func GivenUp(command string) view.Message {
	what := "what you sent"
	if command != "" {
		what = "/" + view.Escape(command)
	}
	return view.Text("<b>Sorry, I was restarted twice while I worked on " + what + ".</b>\nIf there is no answer to it above, please send it again. If that fails too, tell the person who runs this bot.")
}

// Slow tells that a command waits for Kite.
type Slow struct {
	Command string // "holdings"; "" for what is none
	Now     time.Time
	Cancel  string // data of a Cancel button; "" for none
}

// Message renders it. The answer takes its place.
func (s Slow) Message() view.Message {
	m := view.Text("<b>Kite is slow just now.</b>\nNo answer" + toCommand(s.Command) + " by " + view.ClockSeconds(s.Now) + " IST. I show it as soon as Kite gives it.")
	if s.Cancel != "" {
		m.Buttons = [][]view.Button{{{Text: "Cancel", Data: s.Cancel}}}
	}
	return m
}

// Cancelled answers a person who cancelled a command. look is the command that shows
// what it had changed by then; "" for nothing.
func Cancelled(command, look string) view.Message {
	m := view.Text("<b>Cancelled.</b>\nI no longer wait for Kite’s answer" + toCommand(command) + ".")
	if look != "" {
		m.HTML += " Something was done already: /" + view.Escape(look) + " shows how things stand."
	}
	return m
}

func toCommand(command string) string {
	if command == "" {
		return ""
	}
	return " to /" + view.Escape(command)
}
