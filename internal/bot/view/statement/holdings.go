package statement

import (
	"fmt"
	"slices"
	"strings"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// holdingsPerPage is how many rows a glance at a phone takes in.
const holdingsPerPage = 10

// Holdings renders an account's holdings. The first line is what a lock screen
// shows: the total and the day. Then come what the total is made of, what
// stands apart from it, and the holdings in pages, each behind a button.
func Holdings(p kite.Portfolio, sort kite.HoldingSort, opt Options) view.Message {
	if len(p.Holdings) == 0 {
		return Options{AsOf: opt.AsOf}.empty("No holdings in this account.", "What was bought today shows here from the next trading day.", refreshHoldings(Place{}))
	}
	hide, at := mask(opt.Hide), view.PageOf(len(p.Holdings), holdingsPerPage, opt.Page)
	here := Place{at.Page, kite.ParseHoldingSort(string(sort))}
	var s view.Sheet
	s.Say(opt.head(holdingsHead(p, hide, view.SessionDay(opt.AsOf)))...)
	s.Say(pledgedAndMTF(p, hide)...)
	open := holdingsPage(p, here, at, opt.Hide, &s)
	return s.Message(opt.Native, holdingsButtons(here, at, open))
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
func holdingsButtons(here Place, at view.Paging, open []view.Button) [][]view.Button {
	rows := view.ButtonRows(open, 3)
	if at.Total > 2 { // two are seen at once, and their message may be too narrow
		rows = append(rows, sortButtons(here.Sort))
	}
	turn := slices.Concat(at.ButtonsTo(func(page int) string { return "holdings:page:" + Place{page, here.Sort}.String() })...)
	return append(rows, append(turn, refreshHoldings(here), view.Press("CSV", "holdings:csv")))
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
			b.name, b.sort = b.name+" "+b.usual, b.sort.Reversed()
		case b.sort.Reversed():
			b.name += " " + b.turned
		}
		row = append(row, view.Press(b.name, "holdings:page:"+Place{1, b.sort}.String()))
	}
	return row
}

func refreshHoldings(p Place) view.Button {
	return view.Press("Refresh", "holdings:refresh:"+p.String())
}

// holdingsPage puts one page of the table on the sheet, the key to its marks, and
// where it is among the pages. It returns a button for each row that can be opened.
func holdingsPage(p kite.Portfolio, here Place, at view.Paging, hide bool, s *view.Sheet) []view.Button {
	t := view.Table{Head: []string{"Symbol", "Value", "Day%", "P&L%"}}
	if hide {
		t.Head[1] = "Share%"
	}
	var shown []*kite.Holding
	var twice []string // the exchanges of symbols that have more than one row
	var open []view.Button
	for _, i := range kite.HoldingsBy(p.Holdings, here.Sort)[at.From:at.To] {
		h, tag := &p.Holdings[i], ""
		if !h.Missing && heldTwice(p.Holdings, i) {
			tag, twice = exchangeTag(h.Exchange), append(twice, h.Exchange)
		}
		t.Rows, shown = append(t.Rows, holdingRow(p, h, tag, hide)), append(shown, h)
		if !h.Missing {
			open = append(open, holdingButton(h, tag, kite.HoldingRef(p.Holdings, i), here))
		}
	}
	s.Table(t)
	s.Under(append(legend(shown, twice), at.Line("holdings")...)...)
	return open
}

// threeButtons is what three buttons side by side have room for on a phone.
const threeButtons = 10

// holdingButton opens a holding's card. A symbol that is too long goes without its
// series first, and keeps the digits at its end.
func holdingButton(h *kite.Holding, tag, ref string, here Place) view.Button {
	name, room := view.Clean(view.PlainSymbol(h.Symbol)), threeButtons-view.Width(tag)
	if at := view.Series(name); at > 0 && view.Width(name) > room {
		name = name[:at]
	}
	return view.Press(view.NotBlank(view.FitName(name, room))+tag, "holdings:card:"+ref+":"+here.String())
}

// holdingRow is a row of the table; in privacy mode the value is a share of the
// whole. A holding of MTF shares only shows theirs, and has no share.
func holdingRow(p kite.Portfolio, h *kite.Holding, tag string, hide bool) view.Row {
	if h.Missing {
		return view.Row{Name: "(no data)", Numbers: []string{view.Absent, view.Absent, view.Absent}}
	}
	name, tail := view.PlainSymbol(h.Symbol), ""
	if at := view.Series(name); at > 0 {
		name, tail = name[:at], name[at:]
	}
	shown := h.OwnOrMTF()
	value := view.ShortOf(shown.Value())
	if hide {
		value = shareOf(p.Share(*h))
	}
	return view.Row{Name: name, Tail: tail + tag + shareLetters(h), Numbers: []string{value, view.ShortPercentOf(h.DayPercent()), view.ShortPercentOf(shown.ProfitPercent())}}
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

// shareLetters says in letters what is special about a holding's shares.
func shareLetters(h *kite.Holding) string {
	letters := ""
	for _, m := range shareMarks {
		if m.on(h) {
			letters += m.letter
		}
	}
	if letters == "" {
		return ""
	}
	return " " + letters
}

var shareMarks = []struct {
	letter, meaning string
	on              func(*kite.Holding) bool
}{
	{"t", "not yet delivered (T1)", func(h *kite.Holding) bool { return h.T1Quantity != 0 }},
	{"p", "pledged", func(h *kite.Holding) bool { return h.CollateralQuantity != 0 }},
	{"m", "MTF", func(h *kite.Holding) bool { return h.MTF.Quantity != 0 }},
}

// legend explains the marks that a page uses, and no others: those of the shares on one
// line, those of the exchanges on another.
func legend(shown []*kite.Holding, exchanges []string) []string {
	var shares, tags []string
	for _, m := range shareMarks {
		if slices.ContainsFunc(shown, m.on) {
			shares = append(shares, m.letter+" = "+m.meaning)
		}
	}
	for _, exchange := range []string{"NSE", "BSE"} {
		if slices.Contains(exchanges, exchange) {
			tags = append(tags, exchangeTag(exchange)+" = "+exchange)
		}
	}
	return slices.DeleteFunc([]string{strings.Join(shares, ", "), strings.Join(tags, ", ")}, func(s string) bool { return s == "" })
}
