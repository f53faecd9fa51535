package statement

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// tapped is a row that a button opens.
type tapped struct{ name, ref string }

// holdingsPage puts one page of the table on the sheet, the key to its marks,
// and where it is among the pages. It returns the rows that can be opened.
func holdingsPage(v HoldingsView, at view.Paging, s *view.Sheet) []tapped {
	holdings := v.Portfolio.Holdings
	t := view.Table{Head: []string{"Symbol", "Value", "Day%", "P&L%"}}
	if v.Hide {
		t.Head[1] = "Share%"
	}
	var key holdingsKey
	var open []tapped
	for _, i := range kite.HoldingOrder(holdings, v.Sort)[at.From:at.To] {
		h, twice := &holdings[i], heldTwice(holdings, i)
		key.add(h, twice)
		t.Rows = append(t.Rows, holdingRow(v, h, twice))
		if h.Missing {
			continue
		}
		open = append(open, tapped{tapHolding(h, twice), kite.HoldingRef(holdings, i)})
	}
	s.Table(t)
	s.Under(append(key.lines(), at.Line("holdings")...)...)
	return open
}

// tapHolding is what the button of a holding says. A symbol that is too long goes
// without its series first, and keeps the digits at its end.
func tapHolding(h *kite.Holding, twice bool) string {
	name, tag := view.Clean(view.PlainSymbol(h.Symbol)), ""
	if twice {
		tag = exchangeTag(h.Exchange)
	}
	room := tapCellsOfThree - view.Width(tag)
	if at := view.Series(name); at > 0 && view.Width(name) > room {
		name = name[:at]
	}
	return view.NotBlank(view.FitName(name, room)) + tag
}

// holdingRow is a row of the table; in privacy mode the value is a share of the
// whole. A holding of MTF shares only shows theirs, and has no share.
func holdingRow(v HoldingsView, h *kite.Holding, twice bool) view.Row {
	if h.Missing {
		return view.Row{Name: "(no data)", Numbers: []string{view.Absent, view.Absent, view.Absent}}
	}
	name, tail := view.PlainSymbol(h.Symbol), ""
	if at := view.Series(name); at > 0 {
		name, tail = name[:at], name[at:]
	}
	if twice {
		tail += exchangeTag(h.Exchange)
	}
	shown := h.Shown()
	value := view.ShortOf(shown.Value())
	if v.Hide {
		value = shareOf(v.Portfolio.Share(*h))
	}
	return view.Row{Name: name, Tail: tail + marks(h), Numbers: []string{value, view.ShortPercentOf(h.DayPercent()), view.ShortPercentOf(shown.ProfitPercent())}}
}

// symbol is the trading symbol without the series that goes without saying.
func holdingSymbol(h kite.Holding) string { return view.PlainSymbol(h.Symbol) }

// heldTwice reports whether a symbol has more than one row, such as shares held
// from both exchanges.
func heldTwice(holdings []kite.Holding, at int) bool {
	name := view.PlainSymbol(holdings[at].Symbol)
	for i := range holdings {
		if i != at && view.PlainSymbol(holdings[i].Symbol) == name {
			return true
		}
	}
	return false
}

// exchangeTag tells apart rows of one symbol.
func exchangeTag(exchange string) string {
	switch exchange {
	case "":
		return ""
	case "NSE":
		return "·N"
	case "BSE":
		return "·B"
	default:
		return "·" + view.Prefix(view.Clean(exchange), 3)
	}
}

// marks says in letters what is special about a holding's shares.
func marks(h *kite.Holding) string {
	var b strings.Builder
	for _, m := range markKey() {
		if m.on(h) {
			b.WriteString(m.letter)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return " " + b.String()
}

type mark struct {
	letter, meaning string
	on              func(*kite.Holding) bool
}

func markKey() []mark {
	return []mark{
		{"t", "not yet delivered (T1)", func(h *kite.Holding) bool { return h.T1Quantity != 0 }},
		{"p", "pledged", func(h *kite.Holding) bool { return h.CollateralQuantity != 0 }},
		{"m", "MTF", func(h *kite.Holding) bool { return h.MTF.Quantity != 0 }},
	}
}

// holdingsKey explains the marks that a page uses, and no others.
type holdingsKey struct {
	shown []*kite.Holding
	twice []string // the exchanges of those that are held twice
}

func (k *holdingsKey) add(h *kite.Holding, twice bool) {
	k.shown = append(k.shown, h)
	if twice && !h.Missing {
		k.twice = append(k.twice, h.Exchange)
	}
}

// lines has the marks of the shares on one line, those of the exchanges on
// another.
func (k *holdingsKey) lines() []string {
	var shares, exchanges []string
	for _, m := range markKey() {
		if slices.ContainsFunc(k.shown, m.on) {
			shares = append(shares, m.letter+" = "+m.meaning)
		}
	}
	for _, exchange := range []string{"NSE", "BSE"} {
		if slices.Contains(k.twice, exchange) {
			exchanges = append(exchanges, exchangeTag(exchange)+" = "+exchange)
		}
	}
	var lines []string
	for _, line := range [][]string{shares, exchanges} {
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, ", "))
		}
	}
	return lines
}

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
func Holdings(v HoldingsView) view.Message {
	p, hide := v.Portfolio, mask(v.Hide)
	if len(p.Holdings) == 0 {
		return noHoldings(v.AsOf)
	}
	at := view.PageOf(len(p.Holdings), holdingsPerPage, v.Page)
	var s view.Sheet
	s.Say(append(holdingsHead(p, hide, view.SessionDay(v.AsOf)), append(hide.note(), view.AsOf(v.AsOf))...)...)
	s.Say(pledgedAndMTF(p, hide)...)
	shown := holdingsPage(v, at, &s)
	return s.Message(v.Native, holdingsButtons(v, at, shown))
}

func noHoldings(at time.Time) view.Message {
	var s view.Sheet
	s.Say("<b>No holdings in this account.</b>", "What was bought today shows here from the next trading day.")
	s.Say(view.AsOf(at))
	return s.Message(false, [][]view.Button{{refreshHoldings(Place{})}})
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
	last := "Invested " + view.RupeesOf(p.Invested)
	if p.DayPercent.OK {
		last += " · day " + view.PercentOf(p.DayPercent)
	}
	return append(lines, last)
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
	return slices.Concat(view.NamesLine("No price, so not counted: ", noPrice), view.NamesLine("No prev. close, so no day’s change: ", noClose))
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
func holdingsButtons(v HoldingsView, at view.Paging, shown []tapped) [][]view.Button {
	here := Place{at.Page, kite.ParseHoldingSort(string(v.Sort))}
	var open []view.Button
	for _, h := range shown {
		open = append(open, view.Button{Text: h.name, Data: "holdings:card:" + h.ref + ":" + here.String()})
	}
	rows := view.ButtonRows(open, 3)
	if at.Total > 2 { // two are seen at once, and their message may be too narrow
		rows = append(rows, sortButtons(here.Sort))
	}
	turn := slices.Concat(at.Buttons(func(page int) string { return "holdings:page:" + Place{page, here.Sort}.String() })...)
	return append(rows, append(turn, refreshHoldings(here), view.Button{Text: "CSV", Data: "holdings:csv"}))
}

// sortButtons offer the orders. The one in force has an arrow and turns round.
func sortButtons(active kite.HoldingSort) []view.Button {
	var row []view.Button
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
		row = append(row, view.Button{Text: b.name, Data: "holdings:page:" + Place{1, b.sort}.String()})
	}
	return row
}

func refreshHoldings(p Place) view.Button {
	return view.Button{Text: "Refresh", Data: "holdings:refresh:" + p.String()}
}

// tapCellsOfThree is what three have room for.
const tapCellsOfThree = 10
