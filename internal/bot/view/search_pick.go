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
	More    bool              // more match, too many to be told
}

// PickSymbol renders the question. A button carries what was typed too, so that
// the choice can be remembered for it; where that has no room the choice is made
// all the same.
func PickSymbol(v PickView) Message {
	if len(v.Options) == 0 {
		return NoSuchSymbol(v.Typed, "")
	}
	at := pageOf(len(v.Options), searchPerPage, v.Page)
	shown := v.Options[at.from:at.to]
	var s sheet
	s.say(pickHead(v))
	s.say(instrumentLines(shown)...)
	s.say(at.line("matches")...)
	s.say(moreMatch(v.More)...)
	buttons := pickButtons(shown, func(id string) string { return pickData(v.For+":pick"+v.With, id, v.Typed) })
	return s.message(false, append(buttons, turnSearch(v.For+":more"+v.With, v.Typed, at, &s)...))
}

func pickHead(v PickView) string {
	if len(v.Options) == 1 && !v.More {
		return fmt.Sprintf("<b>Is this what you mean by “%s”?</b>", typedText(v.Typed))
	}
	return fmt.Sprintf("<b>Several match “%s”. Which one?</b>", typedText(v.Typed))
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

// NoSuchSymbol answers a symbol that Kite does not know. meant is a command that is
// spelt much like it; "" for none.
func NoSuchSymbol(typed, meant string) Message {
	if strings.TrimSpace(clean(typed)) == "" {
		return QuoteUsage()
	}
	more := "Kite knows no such symbol. Try a part of the company’s name, or name the exchange: <code>BSE:ITC</code>"
	if kite.IsBSECode(strings.TrimSpace(typed)) {
		more = "Kite’s search knows no such number. Try the symbol, the ISIN or a part of the company’s name."
	}
	m := Message{HTML: fmt.Sprintf("<b>No match for “%s”</b>\n%s", typedText(typed), more)}
	if meant != "" {
		m.Buttons = [][]Button{{{Text: "/" + meant, Data: meant + ":again:"}}}
	}
	return m
}

// Remembered says what a word will mean from now on.
func Remembered(typed, id string) Message {
	return Message{
		HTML:    fmt.Sprintf("I’ll remember that “%s” is %s (%s).", typedText(typed), escape(symbolOf(id)), escape(exchangeOf(id))),
		Buttons: notEmpty(unpickButton(typed)),
	}
}

// Unlearnt says that a word means nothing special any more.
func Unlearnt(typed string) Message {
	return Message{HTML: fmt.Sprintf("Forgotten. I’ll ask again what you mean by “%s”.", typedText(typed))}
}

// unpickButton forgets what a word, in the form of [kite.SymbolKey], means.
func unpickButton(typed string) []Button {
	if data := "quote:unpick:" + typed; len(data) <= maxData {
		return []Button{{Text: "Forget it", Data: data}}
	}
	return nil
}
