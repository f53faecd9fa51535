package view

import (
	"fmt"
	"strings"

	"kitebot/internal/kite"
)

// PickView asks which of several instruments is meant.
type PickView struct {
	Typed   string            // as the person typed it
	Options []kite.Instrument // the best first
	For     string            // the command that goes on with the one picked: "quote", "chart"
	With    string            // goes along with the choice, such as the range of a chart, "1D"; may be empty
	Page    int               // from 1; a page that does not exist is the nearest one
}

// PickSymbol renders the question. A button carries what was typed too, so that
// the choice can be remembered for it; where that has no room the choice is made
// all the same.
func PickSymbol(v PickView) Message {
	if len(v.Options) == 0 {
		return NoSuchSymbol(v.Typed)
	}
	at := pageOf(len(v.Options), searchPerPage, v.Page)
	shown := v.Options[at.from:at.to]
	var s sheet
	s.say(fmt.Sprintf("<b>Several match “%s”. Which one?</b>", typedText(v.Typed)))
	s.say(instrumentLines(shown)...)
	s.say(at.line("matches")...)
	buttons := pickButtons(shown, func(id string) string { return pickData(v.For+":pick"+v.With, id, v.Typed) })
	return s.message(false, append(buttons, turnSearch(v.For+":more"+v.With, v.Typed, at, &s)...))
}

// pickData is "quote:pick:NSE:INFY=infy".
func pickData(action, id, typed string) string {
	if data := action + ":" + id + "=" + kite.SymbolKey(typed); len(data) <= maxData {
		return data
	}
	return action + ":" + id
}

// ParsePickArg splits the argument of such a button. typed is in the form of
// [kite.SymbolKey]; "" when the button had no room for it.
func ParsePickArg(arg string) (id, typed string) {
	id, typed, _ = strings.Cut(arg, "=")
	return id, typed
}

// NoSuchSymbol answers a symbol that Kite does not know.
func NoSuchSymbol(typed string) Message {
	if strings.TrimSpace(clean(typed)) == "" {
		return QuoteUsage()
	}
	m := Message{HTML: fmt.Sprintf("<b>I found no “%s”</b>\nKite knows no such symbol. Try a part of the company’s name with /search, or name the exchange: <code>BSE:ITC</code>", typedText(typed))}
	if data := searchData("search:page", 1, typed); data != "" && kite.Searchable(typed) {
		m.Buttons = [][]Button{{{Text: "Search for it", Data: data}}}
	}
	return m
}
