package marketdata

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

// QuoteRow is one instrument of a list of quotes.
type QuoteRow struct {
	ID    string // "NSE:INFY"
	Quote kite.Quote
	Known bool // Kite's answer had it
}

// QuotesView is what /quotes and /watch show: several instruments. It holds
// nothing of the account.
type QuotesView struct {
	Rows   []QuoteRow // in the order to show
	Watch  bool       // it is the saved list, which has pages and can be edited
	Edit   bool       // the buttons take symbols off the list rather than open them
	Page   int        // from 1; a page that does not exist is the nearest one
	Native bool       // native tables too
	AsOf   time.Time

	Unclear []string // words that can mean several instruments
}

// WatchPage is the page of the watch list on which the symbol at an index stands.
func WatchPage(index int) int { return index/watchPerPage + 1 }

// The rows of one message. What was typed has no pages, for their buttons could
// not hold all the symbols.
const (
	watchPerPage = 10
	maxQuoteRows = 30
)

// QuoteRows puts quotes in the order in which they were asked for. nil quotes are
// an answer without any data, which does not say that a symbol is unknown.
func QuoteRows(ids []string, quotes map[string]kite.Quote) []QuoteRow {
	rows := make([]QuoteRow, len(ids))
	for i, id := range ids {
		q, known := quotes[id]
		q.ID = id
		rows[i] = QuoteRow{ID: id, Quote: q, Known: known || quotes == nil}
	}
	return rows
}

// Quotes renders several quotes in one table: what it is and how many are up and
// down first.
func Quotes(v QuotesView) view.Message {
	switch {
	case len(v.Rows)+len(v.Unclear) == 0:
		return noQuotes(v.Watch)
	case len(v.Rows) == 0:
		return view.Message{HTML: "<b>Which do you mean?</b>\n" + view.NamesLine("Not clear: ", v.Unclear)[0], Buttons: unclearButtons(v.Unclear)}
	}
	perPage := maxQuoteRows
	if v.Watch {
		perPage = watchPerPage
	} else {
		v.Page = 1
	}
	at := view.PageOf(len(v.Rows), perPage, v.Page)
	shown := v.Rows[at.From:at.To]
	var s view.Sheet
	s.Say(quotesHead(v, shown)...)
	s.Table(quotesTable(shown, v.AsOf))
	s.Under(append(quotesGaps(shown), view.NamesLine("Not clear: ", v.Unclear)...)...)
	if v.Watch {
		s.Under(at.Line("symbols")...)
	} else if left := len(v.Rows) - len(shown); left > 0 {
		s.Under(fmt.Sprintf("%d more left out: one message shows %d.", left, maxQuoteRows))
	}
	return s.Message(v.Native, quotesButtons(v, at, shown))
}

// quotesHead counts what went up and down among all rows, names the best and
// the worst, and says how old the prices are.
func quotesHead(v QuotesView, shown []QuoteRow) []string {
	up, down, same := 0, 0, 0
	var moved []QuoteRow
	priced := false
	for _, r := range v.Rows {
		p := r.Quote.ChangePercent()
		priced = priced || r.Quote.Priced()
		if !p.OK {
			continue
		}
		moved = append(moved, r)
		switch p.Value.Sign() {
		case 1:
			up++
		case -1:
			down++
		default:
			same++
		}
	}
	name, counts := "Quotes", view.UpDown(up, down, same)
	if v.Watch {
		name = "Watch list"
	}
	if !priced {
		counts = "no prices"
	}
	lines := []string{"<b>" + name + " · " + counts + "</b>"}
	if len(moved) > 2 {
		byDay := func(a, b QuoteRow) int { return a.Quote.ChangePercent().Value.Cmp(b.Quote.ChangePercent().Value) }
		lines = append(lines, "Best "+moverLine(slices.MaxFunc(moved, byDay), v.AsOf)+" · worst "+moverLine(slices.MinFunc(moved, byDay), v.AsOf))
	}
	var ids []string
	for _, r := range shown {
		if r.Known {
			ids = append(ids, r.ID)
		}
	}
	return append(lines, pricesAsOf(v.AsOf, ids...))
}

func moverLine(r QuoteRow, at time.Time) string {
	return view.Escape(view.Fit(view.InstrumentName(r.ID, at), 28)) + " " + view.PercentOf(r.Quote.ChangePercent())
}

func quotesTable(rows []QuoteRow, at time.Time) view.Table {
	t := view.Table{Head: []string{"Symbol", "LTP", "Day%"}, Stack: true}
	twice := namedTwice(rows)
	for _, r := range rows {
		price := view.Absent
		if r.Quote.Priced() {
			price = view.FormatOfQuote(r.Quote).Column(r.Quote.LastPrice)
		}
		name, tail := view.Contract(view.SymbolOf(r.ID), at)
		cells := view.Row{Name: name, Tail: tail, Numbers: []string{price, view.ShortPercentOf(r.Quote.ChangePercent())}}
		if twice[view.SymbolOf(r.ID)] {
			cells.Tail += "·" + view.Prefix(view.Clean(view.ExchangeOf(r.ID)), 5)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// namedTwice finds the symbols that stand there from more than one exchange.
func namedTwice(rows []QuoteRow) map[string]bool {
	seen, twice := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		name := view.SymbolOf(r.ID)
		twice[name] = seen[name]
		seen[name] = true
	}
	return twice
}

// quotesGaps says of which rows there is no figure, and why.
func quotesGaps(rows []QuoteRow) []string {
	var unknown, unpriced []string
	for _, r := range rows {
		switch {
		case !r.Known:
			unknown = append(unknown, r.ID)
		case !r.Quote.Priced():
			unpriced = append(unpriced, r.ID)
		}
	}
	return slices.Concat(view.NamesLine("Not known to Kite: ", unknown), view.NamesLine("No price now: ", unpriced))
}

// quotesButtons open each symbol, or take it off the list while that is edited.
func quotesButtons(v QuotesView, at view.Paging, shown []QuoteRow) [][]view.Button {
	action, mark, turn := "quote:open:", "", "page"
	if v.Edit {
		action, mark, turn = "watch:remove:", "✕ ", "edit"
	}
	var open []view.Button
	twice := namedTwice(shown)
	for _, r := range shown {
		if !r.Known && !v.Edit {
			continue // there is nothing to open
		}
		name := view.ContractButtonText(view.SymbolOf(r.ID), v.AsOf)
		if twice[view.SymbolOf(r.ID)] {
			name += " " + view.Prefix(view.Clean(view.ExchangeOf(r.ID)), 5)
		}
		open = append(open, view.InstrumentButton(mark+name, action, r.ID)...)
	}
	buttons := append(view.ButtonPairs(open), unclearButtons(v.Unclear)...)
	if !v.Watch {
		return append(buttons, nonEmptyRows(refreshQuotes(shown))...)
	}
	buttons = append(buttons, at.Buttons("watch:"+turn)...)
	if v.Edit {
		return append(buttons, []view.Button{{Text: "Done", Data: fmt.Sprintf("watch:page:%d", at.Page), Style: view.Primary}})
	}
	return append(buttons, []view.Button{
		view.Press("Refresh", fmt.Sprintf("watch:refresh:%d", at.Page)), view.Press("Edit", fmt.Sprintf("watch:edit:%d", at.Page)),
	})
}

// unclearButtons ask which of several instruments each of the words means.
func unclearButtons(words []string) [][]view.Button {
	var ask []view.Button
	for _, w := range words {
		ask = append(ask, view.PressIfFits("Which "+view.Fit(view.Clean(w), 20)+"?", "quote:ask:"+view.Clean(w))...)
	}
	return view.ButtonRows(ask, 2)
}

// refreshQuotes asks for the same symbols again, when a button has room for
// them. NSE goes without saying.
func refreshQuotes(shown []QuoteRow) []view.Button {
	var ids []string
	for _, r := range shown {
		if !symbol.IsID(r.ID) {
			return nil
		}
		ids = append(ids, strings.TrimPrefix(r.ID, "NSE:"))
	}
	return view.PressIfFits("Refresh", "quotes:refresh:"+strings.Join(ids, ","))
}

// ParseQuotesArg reads the argument of that button: the instruments in their
// order. What is none is left out.
func ParseQuotesArg(arg string) []string {
	var ids []string
	for name := range strings.SplitSeq(arg, ",") {
		if !strings.Contains(name, ":") {
			name = "NSE:" + name
		}
		if symbol.IsID(name) {
			ids = append(ids, name)
		}
	}
	return ids
}

func noQuotes(watch bool) view.Message {
	if !watch {
		return view.Text("<b>Which symbols?</b>\nWrite them after the command, with commas or spaces between:\n<code>/quotes infy, tcs, bank nifty</code>\n\n/watch shows a list that I keep for you.")
	}
	return view.Text("<b>Your watch list is empty.</b>\nAsk for a price, for example <code>/quote infy</code>, and press “+ Watch” under it. Or name several at once: <code>/watch infy, tcs, nifty</code>", view.Press("NIFTY 50", "quote:open:NSE:NIFTY 50"), view.Press("SENSEX", "quote:open:BSE:SENSEX"))
}

// WatchAdded tells what went onto the watch list, and what was on it already;
// unknown is what was typed and is no symbol that Kite knows, unclear what can
// mean several. full: there was no room for all of it.
func WatchAdded(added, there, unknown, unclear []string, full bool, most int) view.Message {
	lines := []string{"<b>Nothing new on your watch list.</b>"}
	if len(added) > 0 {
		lines[0] = "<b>Added to your watch list:</b> " + view.SomeNames(added)
	}
	lines = slices.Concat(lines, view.NamesLine("Already on it: ", there), view.NamesLine("Not known to Kite: ", unknown), view.NamesLine("Not clear: ", unclear))
	if full {
		lines = append(lines, fmt.Sprintf("The list is full: it holds %d symbols. Take some off first.", most))
	}
	return view.Message{
		HTML:    strings.Join(lines, "\n"),
		Buttons: append(unclearButtons(unclear), []view.Button{{Text: "Watch list", Data: "watch:run"}, {Text: "Edit", Data: "watch:edit:1"}}),
	}
}
