package view

import (
	"fmt"
	"strings"

	"kitebot/internal/kite"
)

// quotesButtons open each symbol, or take it off the list while that is edited.
func quotesButtons(v QuotesView, at paging, shown []QuoteRow) [][]Button {
	action, mark, turn := "quote:open:", "", "page"
	if v.Edit {
		action, mark, turn = "watch:remove:", "✕ ", "edit"
	}
	var taps []Button
	twice := namedTwice(shown)
	for _, r := range shown {
		if !r.Known && !v.Edit {
			continue // there is nothing to open
		}
		name := tapContract(symbolOf(r.ID), v.AsOf)
		if twice[symbolOf(r.ID)] {
			name += " " + beginning(clean(exchangeOf(r.ID)), 5)
		}
		taps = append(taps, idButton(mark+name, action, r.ID)...)
	}
	buttons := append(pairs(taps), unclearButtons(v.Unclear)...)
	if !v.Watch {
		return append(buttons, notEmpty(refreshQuotes(shown))...)
	}
	data := func(page int) string { return fmt.Sprintf("watch:%s:%d", turn, page) }
	buttons = append(buttons, at.buttons(data)...)
	if v.Edit {
		return append(buttons, []Button{{Text: "Done", Data: fmt.Sprintf("watch:page:%d", at.page), Style: Primary}})
	}
	return append(buttons, []Button{
		{Text: "Refresh", Data: fmt.Sprintf("watch:refresh:%d", at.page)},
		{Text: "Edit", Data: fmt.Sprintf("watch:edit:%d", at.page)},
	})
}

// unclearButtons ask which of several instruments each of the words means.
func unclearButtons(words []string) [][]Button {
	var ask []Button
	for _, w := range words {
		if data := "quote:ask:" + clean(w); len(data) <= maxData {
			ask = append(ask, Button{Text: "Which " + fit(clean(w), 20) + "?", Data: data})
		}
	}
	return rowsOf(ask, 2)
}

// unclearLine says which words can mean several instruments.
func unclearLine(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	return []string{"Not clear: " + someNames(words)}
}

// refreshQuotes asks for the same symbols again, when a button has room for
// them. NSE goes without saying.
func refreshQuotes(shown []QuoteRow) []Button {
	var ids []string
	for _, r := range shown {
		if !kite.IsID(r.ID) {
			return nil
		}
		ids = append(ids, strings.TrimPrefix(r.ID, "NSE:"))
	}
	if data := "quotes:refresh:" + strings.Join(ids, ","); len(data) <= maxData {
		return []Button{{Text: "Refresh", Data: data}}
	}
	return nil
}

// ParseQuotesArg reads the argument of that button: the instruments in their
// order. What is none is left out.
func ParseQuotesArg(arg string) []string {
	var ids []string
	for name := range strings.SplitSeq(arg, ",") {
		if !strings.Contains(name, ":") {
			name = "NSE:" + name
		}
		if kite.IsID(name) {
			ids = append(ids, name)
		}
	}
	return ids
}

func noQuotes(watch bool) Message {
	if !watch {
		return Message{HTML: "<b>Which symbols?</b>\nWrite them after the command, with commas or spaces between:\n<code>/quotes infy, tcs, bank nifty</code>\n\n/watch shows a list that I keep for you."}
	}
	return Message{
		HTML:    "<b>Your watch list is empty.</b>\nAsk for a price, for example <code>/quote infy</code>, and press “+ Watch” under it. Or name several at once: <code>/watch infy, tcs, nifty</code>",
		Buttons: [][]Button{{{Text: "NIFTY 50", Data: "quote:open:NSE:NIFTY 50"}, {Text: "SENSEX", Data: "quote:open:BSE:SENSEX"}}},
	}
}

// WatchAdded tells what went onto the watch list, and what was on it already;
// unknown is what was typed and is no symbol that Kite knows, unclear what can
// mean several. full: there was no room for all of it.
func WatchAdded(added, there, unknown, unclear []string, full bool, most int) Message {
	lines := []string{"<b>Nothing new on your watch list.</b>"}
	if len(added) > 0 {
		lines[0] = "<b>Added to your watch list:</b> " + someNames(added)
	}
	if len(there) > 0 {
		lines = append(lines, "Already on it: "+someNames(there))
	}
	if len(unknown) > 0 {
		lines = append(lines, "Not known to Kite: "+someNames(unknown))
	}
	lines = append(lines, unclearLine(unclear)...)
	if full {
		lines = append(lines, fmt.Sprintf("The list is full: it holds %d symbols. Take some off first.", most))
	}
	return Message{
		HTML:    strings.Join(lines, "\n"),
		Buttons: append(unclearButtons(unclear), []Button{{Text: "Watch list", Data: "watch:run"}, {Text: "Edit", Data: "watch:edit:1"}}),
	}
}
