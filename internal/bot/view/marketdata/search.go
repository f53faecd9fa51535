package marketdata

import (
	"fmt"
	"strings"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite/symbol"
)

// searchPerPage is how many instruments a person is shown at once.
const searchPerPage = 8

// SearchView is what /search shows. It holds nothing of the account.
type SearchView struct {
	Query   string              // as it was typed
	Found   []symbol.Instrument // the best first
	LeftOut int                 // rows of Kite's answer that named nothing
	More    bool                // more match, too many to be shown
	Means   string              // the instrument that the query was said to mean; "" for none
	Page    int                 // from 1; a page that does not exist is the nearest one
}

// Search renders what was found, with a button for each.
func Search(v SearchView) view.Message {
	if len(v.Found) == 0 {
		return noMatches(v)
	}
	at := view.PageOf(len(v.Found), searchPerPage, v.Page)
	shown := v.Found[at.From:at.To]
	s := matchList(fmt.Sprintf("<b>%s</b> for “%s”", view.Plural(len(v.Found), "match", "matches"), view.Typed(v.Query)), shown, at, v.More)
	s.Say(unnamed(v.LeftOut)...)
	buttons := pickButtons(shown, func(id string) string { return "quote:open:" + id })
	if v.Means != "" {
		s.Say(fmt.Sprintf("I take “%s” to mean %s (%s).", view.Typed(v.Query), view.Escape(view.SymbolOf(v.Means)), view.Escape(view.ExchangeOf(v.Means))))
		buttons = append(buttons, forgetButton(symbol.Key(v.Query)))
	}
	return s.Message(false, append(buttons, searchPageButtons("search:page", v.Query, at, &s)...))
}

// searchPageButtons are the buttons that turn the pages of a search. When the query is
// too long for them it says so instead.
func searchPageButtons(action, query string, at view.Paging, s *view.Sheet) [][]view.Button {
	switch {
	case searchData(action, at.Pages, query) != "":
		data := func(page int) string { return searchData(action, page, query) }
		return append(at.ButtonsTo(data), at.Jumps(data)...)
	case at.Pages > 1:
		s.Say("The other pages do not fit into a button: search for fewer words.")
	}
	return nil
}

// matchList lists a page of instruments; more match than are shown where more is set.
func matchList(head string, shown []symbol.Instrument, at view.Paging, more bool) view.Sheet {
	var s view.Sheet
	s.Say(head)
	s.Say(instrumentLines(shown)...)
	s.Say(at.Line("matches")...)
	if more {
		s.Say("There are more, most of them contracts. A month or a strike finds them: <code>nifty nov 26000</code>")
	}
	return s
}

func noMatches(v SearchView) view.Message {
	lines := []string{
		fmt.Sprintf("<b>Nothing found for “%s”</b>", view.Typed(v.Query)),
		"Try a part of the company’s name, or the symbol as it is on the exchange: <code>/search hdfc</code>",
	}
	return view.Text(strings.Join(append(lines, unnamed(v.LeftOut)...), "\n"))
}

// SearchTooShort answers words that are in nearly everything, and says how to ask
// for a symbol that is so short.
func SearchTooShort(query string) view.Message {
	m := view.Text(fmt.Sprintf("<b>“%s” matches nearly everything</b>\nType at least three letters of the name or the symbol.", view.Typed(query)))
	s, ok := symbol.Parse(query)
	if !ok {
		return m
	}
	id := s.Candidates()[0]
	m.HTML += fmt.Sprintf("\nIf it is the symbol itself: <code>/quote %s</code>", view.Escape(id))
	m.Buttons = [][]view.Button{{view.Press("Quote "+id, "quote:open:"+id)}}
	return m
}

// SearchTooMany answers words that more instruments match than can be ranked.
func SearchTooMany(query string) view.Message {
	return view.Text(fmt.Sprintf("<b>Too many matches for “%s”</b>\nType more letters of the name or the symbol.", view.Typed(query)))
}

// SearchUsage answers /search without words.
func SearchUsage() view.Message {
	return view.Text("<b>What are you looking for?</b>\nWrite a name or a symbol after the command, for example:\n<code>/search tata</code>\n<code>/search gold bees</code>")
}

func unnamed(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{view.Plural(n, "row", "rows") + " of Kite’s answer had no name and " + view.IsAre(n) + " not shown."}
}

// searchData is "search:page:2:tata"; "" when the query has no room in a
// button.
func searchData(action string, page int, query string) string {
	data := fmt.Sprintf("%s:%d:%s", action, page, strings.Join(strings.Fields(query), " "))
	if len(data) > view.MaxButtonData {
		return ""
	}
	return data
}

// ParseSearchArg splits the argument of a button that turns the pages of a
// search, or of a question which of its matches is meant.
func ParseSearchArg(arg string) (page int, query string) {
	number, query, _ := strings.Cut(arg, ":")
	if _, err := fmt.Sscanf(number, "%d", &page); err != nil || page < 1 {
		page = 1
	}
	return page, query
}

// instrumentLines list instruments, each on its line: symbol, exchange, what it is.
func instrumentLines(found []symbol.Instrument) []string {
	lines := make([]string, len(found))
	for i, in := range found {
		line := fmt.Sprintf("<b>%s</b> · %s", view.Escape(view.Cut(view.SymbolOf(in.ID), 32)), view.Escape(view.Cut(view.Clean(in.Exchange), 8)))
		if what := whatItIs(in); what != "" {
			line += " · " + view.Escape(view.Cut(what, 48))
		}
		if in.Inactive {
			line += " (not traded)"
		}
		lines[i] = line
	}
	return lines
}

// whatItIs is the company's name, or what a contract is on and when it ends.
func whatItIs(in symbol.Instrument) string {
	name := strings.TrimSpace(view.Clean(in.Name))
	if strings.EqualFold(name, view.SymbolOf(in.ID)) {
		name = ""
	}
	switch {
	case !in.IsContract():
		return name
	case in.IsOption() && in.Strike.IsPositive():
		name = strings.TrimSpace(name + " " + strike(in) + " " + in.Type)
	default:
		name = strings.TrimSpace(name + " " + in.Type)
	}
	if !in.Expiry.IsZero() {
		name += " " + in.Expiry.Format("2 Jan 2006")
	}
	return name
}

// strike is the price of an option, without the paise it seldom has.
func strike(in symbol.Instrument) string {
	return strings.TrimSuffix(view.FormatOf("").Plain().Price(in.Strike), ".00")
}

// pickButtons are a button for each instrument, two in a row where they are
// short. One that cannot be asked for gets none.
func pickButtons(shown []symbol.Instrument, data func(id string) string) [][]view.Button {
	var picks []view.Button
	perRow := 2
	for _, in := range shown {
		text := view.Fit(view.SymbolOf(in.ID)+" · "+view.Clean(in.Exchange), 40)
		if view.Width(text) > 18 {
			perRow = 1
		}
		if symbol.IsID(in.ID) {
			picks = append(picks, view.PressIfFits(text, data(in.ID))...)
		}
	}
	return view.ButtonRows(picks, perRow)
}

// PickView asks which of several instruments is meant.
type PickView struct {
	Typed   string              // as the person typed it
	Options []symbol.Instrument // the best first
	For     string              // the command that goes on with the one picked: "quote", "chart"
	With    string              // goes along with the choice, such as the range of a chart, "1D"; may be empty
	Page    int                 // from 1; a page that does not exist is the nearest one
	More    bool                // more match, too many to be shown
}

// PickSymbol renders the question. A button carries what was typed too, so that
// the choice can be remembered for it; where that has no room the choice is made
// all the same.
func PickSymbol(v PickView) view.Message {
	if len(v.Options) == 0 {
		return NoSuchSymbol(v.Typed, "")
	}
	at := view.PageOf(len(v.Options), searchPerPage, v.Page)
	shown := v.Options[at.From:at.To]
	s := matchList(pickHead(v), shown, at, v.More)
	buttons := pickButtons(shown, func(id string) string { return pickData(v.For+":pick"+v.With, id, v.Typed) })
	return s.Message(false, append(buttons, searchPageButtons(v.For+":more"+v.With, v.Typed, at, &s)...))
}

func pickHead(v PickView) string {
	if len(v.Options) == 1 && !v.More {
		return fmt.Sprintf("<b>Is this what you mean by “%s”?</b>", view.Typed(v.Typed))
	}
	return fmt.Sprintf("<b>Several match “%s”. Which one?</b>", view.Typed(v.Typed))
}

// pickData is "quote:pick:NSE:INFY=infy".
func pickData(action, id, typed string) string {
	if data := action + ":" + id + "=" + symbol.Key(typed); len(data) <= view.MaxButtonData {
		return data
	}
	return action + ":" + id
}

// ParsePickArg splits the argument of such a button. typed is in the form of
// [symbol.Key]; "" when the button had no room for it.
func ParsePickArg(arg string) (id, typed string) {
	id, typed, _ = strings.Cut(arg, "=")
	return id, typed
}

// NoSuchSymbol answers a symbol that Kite does not know. meant is a command that is
// spelt much like it; "" for none.
func NoSuchSymbol(typed, meant string) view.Message {
	if strings.TrimSpace(view.Clean(typed)) == "" {
		return QuoteUsage()
	}
	more := "Kite knows no such symbol. Try a part of the company’s name, or name the exchange: <code>BSE:ITC</code>"
	if symbol.IsBSECode(strings.TrimSpace(typed)) {
		more = "Kite’s search knows no such number. Try the symbol, the ISIN or a part of the company’s name."
	}
	m := view.Text(fmt.Sprintf("<b>No match for “%s”</b>\n%s", view.Typed(typed), more))
	if meant != "" {
		m.Buttons = [][]view.Button{{view.Press("/"+meant, meant+":again:")}}
	}
	return m
}

// SymbolRemembered says what a word will mean from now on.
func SymbolRemembered(typed, id string) view.Message {
	return view.Text(fmt.Sprintf("I’ll remember that “%s” is %s (%s).", view.Typed(typed), view.Escape(view.SymbolOf(id)), view.Escape(view.ExchangeOf(id))), forgetButton(typed)...)
}

// forgetButton forgets what a word, in the form of [symbol.Key], means.
func forgetButton(typed string) []view.Button {
	return view.PressIfFits("Forget it", "quote:unpick:"+typed)
}

// SymbolForgotten says that a word means nothing special any more.
func SymbolForgotten(typed string) view.Message {
	return view.Text(fmt.Sprintf("Forgotten. I’ll ask again what you mean by “%s”.", view.Typed(typed)))
}
