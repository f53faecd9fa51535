package statement

import (
	"fmt"
	"time"

	"kitebot/internal/bot/view"
)

// Options are how a message is shown.
type Options struct {
	AsOf   time.Time // when Kite answered
	Page   int       // of a list, from 1: one that does not exist is the nearest one; on a card, where Back goes
	Hide   bool      // privacy mode: percentages and shares, but no amounts, quantities and prices
	Native bool      // native tables too
}

// head adds to the first lines of a message that amounts are hidden, and how old the
// figures are, of what trades on these exchanges.
func (opt Options) head(lines []string, exchanges ...string) []string {
	return append(append(lines, mask(opt.Hide).note()...), view.AsOf(opt.AsOf, exchanges...))
}

// empty says that a list is empty, and where else to look.
func (opt Options) empty(what, hint string, buttons ...view.Button) view.Message {
	var s view.Sheet
	s.Say("<b>"+what+"</b>", hint)
	s.Say(view.AsOf(opt.AsOf))
	return s.Message(opt.Native, [][]view.Button{buttons})
}

// notListed answers a button of a row that Kite does not list any more.
func notListed(why string, at time.Time, back view.Button) view.Message {
	return view.Text(why+"\n"+view.AsOf(at), back)
}

// pageButton opens a page of a command's list.
func pageButton(text, command string, page int) view.Button {
	return view.Press(text, fmt.Sprintf("%s:page:%d", command, placePage(page)))
}

func refreshButton(command string, page int) view.Button {
	return view.Press("Refresh", fmt.Sprintf("%s:refresh:%d", command, page))
}

// cardButton opens the card of a row, from a page of its list.
func cardButton(text, command, ref string, page int) view.Button {
	return view.Press(text, fmt.Sprintf("%s:card:%s:%d", command, ref, placePage(page)))
}
