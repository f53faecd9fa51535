package view

import (
	"fmt"
	"slices"
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
}

// Holdings renders an account's holdings. The first line is what a lock screen
// shows: the total and the day. Then come what the total is made of, what
// stands apart from it, and the holdings in pages, each behind a button.
func Holdings(v HoldingsView) Message {
	p, hide := v.Portfolio, mask(v.Hide)
	if len(p.Holdings) == 0 {
		return noHoldings(v.AsOf)
	}
	at := pageOf(len(p.Holdings), holdingsPerPage, v.Page)
	var s sheet
	s.say(append(holdingsHead(p, hide, dayOf(v.AsOf)), append(hide.note(), asOf(v.AsOf))...)...)
	s.say(pledgedAndMTF(p, hide)...)
	shown := holdingsPage(v, at, &s)
	return s.message(v.Native, holdingsButtons(v, at, shown))
}

func noHoldings(at time.Time) Message {
	var s sheet
	s.say("<b>No holdings in this account.</b>", "What was bought today shows here from the next trading day.")
	s.say(asOf(at))
	return s.message(false, [][]Button{{refreshHoldings(Place{})}})
}

// holdingsHead is the total and the day, and what they are made of. In privacy
// mode percentages stand for both.
func holdingsHead(p kite.Portfolio, v mask, day string) []string {
	switch {
	case onlyMTF(p):
		return []string{"<b>Holdings: only MTF shares</b>"}
	case !p.Value.OK:
		return []string{"<b>Holdings: value not known</b>"}
	}
	lines := []string{headline("Holdings", p.Value, p.Day, p.DayPercent, v, day), "P&amp;L " + v.change(gain(p.Value, p.Invested), p.ProfitPercent)}
	if v {
		return lines
	}
	last := "Invested " + RupeesOf(p.Invested)
	if p.DayPercent.OK {
		last += " · day " + PercentOf(p.DayPercent)
	}
	return append(lines, last)
}

// headline is a first line: a name, the value behind it, and what its day
// changed. In privacy mode it is the day in percent.
func headline(name string, value, change, percent kite.Figure, v mask, day string) string {
	line := name
	if value.OK && !bool(v) {
		line += " " + RupeesOf(value)
	}
	switch {
	case bool(v) && percent.OK:
		line += " · " + day + " " + PercentOf(percent)
	case !bool(v) && change.OK:
		line += " · " + day + " " + SignedRupeesOf(change)
	}
	return "<b>" + line + "</b>"
}

// onlyMTF reports whether no share is the person's own, so that there is no
// total.
func onlyMTF(p kite.Portfolio) bool { return p.Counted == 0 && p.MTF.Holdings > 0 }

// pledgedAndMTF says what the head holds of pledged shares, and what it leaves out.
func pledgedAndMTF(p kite.Portfolio, v mask) []string {
	lines := leftOut(p)
	if !p.Pledged.IsZero() {
		lines = append(lines, "Pledged "+v.rupees(figureOf(p.Pledged))+" of the value")
	}
	if p.MTF.Holdings > 0 {
		lines = append(lines, mtfLine(p.MTF, v))
	}
	return lines
}

// leftOut names the holdings that are not counted, and those that are not in
// the day's.
func leftOut(p kite.Portfolio) []string {
	var noPrice, noClose []string
	if p.Unpriced+p.NoClose > 0 {
		for i := range p.Holdings {
			switch h := &p.Holdings[i]; {
			case !h.Counted():
			case h.Missing:
				noPrice = append(noPrice, "(no data)")
			case !h.Priced():
				noPrice = append(noPrice, h.Symbol)
			case !h.ClosePrice.IsPositive():
				noClose = append(noClose, h.Symbol)
			}
		}
	}
	return slices.Concat(gap("No price, so not counted: ", noPrice), gap("No prev. close, so no day’s change: ", noClose))
}

// gap is the line that names what a figure is missing for; none where nothing is.
func gap(words string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{words + someNames(names)}
}

func has(n int) string {
	if n == 1 {
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

// borrowed says why MTF shares are not in the totals.
const borrowed = "bought with borrowed money, not in the totals"

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

// holdingsButtons open each holding of the page, sort them, turn the pages, ask
// again and give out the whole. They are as few rows as can be, for a tall
// keyboard pushes the total off a phone's screen.
func holdingsButtons(v HoldingsView, at paging, shown []tapped) [][]Button {
	here := Place{at.page, kite.ParseHoldingSort(string(v.Sort))}
	var open []Button
	for _, h := range shown {
		open = append(open, Button{Text: h.name, Data: "holdings:card:" + h.ref + ":" + here.String()})
	}
	rows := rowsOf(open, 3)
	if at.total > 2 { // two are seen at once, and their message may be too narrow
		rows = append(rows, sortButtons(here.Sort))
	}
	turn := slices.Concat(at.buttons(func(page int) string { return "holdings:page:" + Place{page, here.Sort}.String() })...)
	return append(rows, append(turn, refreshHoldings(here), Button{Text: "CSV", Data: "holdings:csv"}))
}

// sortButtons offer the orders. The one in force has an arrow and turns round.
func sortButtons(active kite.HoldingSort) []Button {
	var row []Button
	for _, b := range []struct {
		sort          kite.HoldingSort
		name          string
		usual, turned string // arrows
	}{
		{kite.SortByValue, "Value", "↓", "↑"}, {kite.SortByDay, "Day", "↓", "↑"},
		{kite.SortByProfit, "P&L", "↓", "↑"}, {kite.SortByName, "Name", "↑", "↓"},
	} {
		switch active {
		case b.sort:
			b.name, b.sort = b.name+" "+b.usual, b.sort.Turned()
		case b.sort.Turned():
			b.name += " " + b.turned
		}
		row = append(row, Button{Text: b.name, Data: "holdings:page:" + Place{1, b.sort}.String()})
	}
	return row
}

func refreshHoldings(p Place) Button {
	return Button{Text: "Refresh", Data: "holdings:refresh:" + p.String()}
}
