package view

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/kite"
)

// holdingsPerPage is how many rows a glance at a phone takes in.
const holdingsPerPage = 10

// HoldingsView is what /holdings shows.
type HoldingsView struct {
	Portfolio kite.Portfolio
	Page      int              // from 1; a page that does not exist is the nearest one
	Sort      kite.HoldingSort // "" is by value
	AsOf      time.Time        // when Kite answered
	Hide      bool             // privacy mode: no amounts
	Native    bool             // native tables too
	Cards     bool             // the buttons open this page's holdings instead of turning and sorting
}

// Holdings renders an account's holdings. The first line is what a lock screen
// shows: the total and the day. Then come what the total is made of, what
// stands beside it, and the holdings in pages.
func Holdings(v HoldingsView) Message {
	p := v.Portfolio
	if len(p.Holdings) == 0 {
		return noHoldings(v.AsOf)
	}
	at := pageOf(len(p.Holdings), holdingsPerPage, v.Page)
	var s sheet
	s.say(append(headline(p, mask(v.Hide)), asOf(v.AsOf))...)
	s.say(pledgedAndMTF(p, mask(v.Hide))...)
	shown := holdingsPage(v, at, &s)
	return s.message(v.Native, holdingsButtons(v, at, shown))
}

func noHoldings(at time.Time) Message {
	return Message{
		HTML: paragraphs([][]string{
			{"<b>No holdings in this account.</b>", "What was bought today shows here from the next trading day."},
			{asOf(at)},
		}),
		Buttons: [][]Button{{refreshHoldings(Place{})}},
	}
}

// paragraphs sets blocks of lines apart with an empty line; empty blocks vanish.
func paragraphs(blocks [][]string) string {
	var text []string
	for _, lines := range blocks {
		if len(lines) > 0 {
			text = append(text, strings.Join(lines, "\n"))
		}
	}
	return strings.Join(text, "\n\n")
}

// headline is the total and what it is made of. In privacy mode it begins with
// the day.
func headline(p kite.Portfolio, v mask) []string {
	switch {
	case onlyMTF(p):
		return append([]string{"<b>Only MTF shares</b>"}, v.note()...)
	case !p.Value.OK:
		return append([]string{"<b>Value not known</b>: " + noneHasPrice(p.Counted)}, v.note()...)
	case bool(v):
		return append([]string{"<b>Day " + v.change(p.Day, p.DayPercent) + "</b>", "Profit " + v.change(p.Profit, p.ProfitPercent)}, v.note()...)
	default:
		return []string{
			fmt.Sprintf("<b>%s</b>", RupeesOf(p.Value)),
			"Day " + v.change(p.Day, p.DayPercent),
			"Invested " + RupeesOf(p.Invested),
			"Profit " + v.change(p.Profit, p.ProfitPercent),
		}
	}
}

// onlyMTF reports whether no share is the person's own, so that there is no
// total.
func onlyMTF(p kite.Portfolio) bool { return p.Counted == 0 && p.MTF.Holdings > 0 }

func noneHasPrice(holdings int) string {
	if holdings == 1 {
		return "the holding has no price."
	}
	return fmt.Sprintf("none of %d holdings has a price.", holdings)
}

// pledgedAndMTF says what the headline holds of pledged shares, and what it leaves out.
func pledgedAndMTF(p kite.Portfolio, v mask) []string {
	var lines []string
	if p.Value.OK && p.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no price", p.Counted-p.Unpriced, p.Counted, has(p.Unpriced)))
	}
	if p.Day.OK && p.NoClose > 0 {
		lines = append(lines, fmt.Sprintf("Day of %d of %d: %s no close price", p.Counted-p.Unpriced-p.NoClose, p.Counted-p.Unpriced, has(p.NoClose)))
	}
	if !p.Pledged.IsZero() {
		lines = append(lines, "Of the value, pledged "+v.rupees(figureOf(p.Pledged)))
	}
	if p.MTF.Holdings > 0 {
		lines = append(lines, mtfLine(p.MTF, v))
	}
	return lines
}

func has(n int) string {
	if n == 1 {
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

// borrowed says why MTF shares are in no total.
const borrowed = "bought with borrowed money, in no total"

// mtfLine names what MTF shares are worth.
func mtfLine(m kite.MTFTotal, v mask) string {
	worth := v.rupees(figureOf(m.Value))
	switch {
	case m.Unpriced == m.Holdings:
		worth = "no price"
	case m.Unpriced > 0:
		worth += fmt.Sprintf(" of %d of %d", m.Holdings-m.Unpriced, m.Holdings)
	}
	return fmt.Sprintf("MTF %s · %s", worth, borrowed)
}

// holdingsButtons turn the pages, sort them, ask again and give out the whole;
// behind Cards are those that open this page's holdings. They are two keyboards
// because ten more buttons would push the total off a phone's screen.
func holdingsButtons(v HoldingsView, at paging, shown []tapped) [][]Button {
	sort := kite.ParseHoldingSort(string(v.Sort))
	here := Place{at.page, sort}
	if v.Cards {
		return openHoldings(here, shown)
	}
	rows := at.buttons(func(page int) string { return "holdings:page:" + Place{page, sort}.String() })
	if at.total > 1 {
		rows = append(rows, sortButtons(sort))
	}
	return append(rows, []Button{{Text: "Cards", Data: "holdings:cards:" + here.String()}, refreshHoldings(here), {Text: "CSV", Data: "holdings:csv"}})
}

func openHoldings(here Place, shown []tapped) [][]Button {
	var open []Button
	for _, h := range shown {
		open = append(open, Button{Text: h.name, Data: "holdings:card:" + h.ref + ":" + here.String()})
	}
	return append(rowsOf(open, 2), []Button{{Text: "Back", Data: "holdings:page:" + here.String()}})
}

// sortButtons offer the orders; the one in force is marked.
func sortButtons(active kite.HoldingSort) []Button {
	var row []Button
	for _, sort := range kite.HoldingSorts() {
		name := strings.ToUpper(string(sort[:1])) + string(sort[1:])
		if sort == active {
			name = "• " + name
		}
		row = append(row, Button{Text: name, Data: "holdings:page:" + Place{1, sort}.String()})
	}
	return row
}

func refreshHoldings(p Place) Button {
	return Button{Text: "Refresh", Data: "holdings:refresh:" + p.String()}
}
