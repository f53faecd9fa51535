package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// positionsPerPage is how many positions one message shows.
const positionsPerPage = 12

// PositionsView is what /positions shows.
type PositionsView struct {
	Book   kite.Book
	Page   int // from 1; a page that does not exist is the nearest one
	AsOf   time.Time
	Hide   bool // privacy mode: no amounts, no quantities
	Native bool
}

// Positions renders the net positions: what they come to first, then the open
// ones, and apart from them those that were closed today.
func Positions(v PositionsView) Message {
	b := v.Book
	all := slices.Concat(b.Open, b.Closed)
	if len(all) == 0 {
		return noPositions(v)
	}
	at := pageOf(len(all), positionsPerPage, v.Page)
	var s sheet
	s.say(append(positionsHead(b, mask(v.Hide)), asOf(v.AsOf))...)
	s.say(positionsBeside(b)...)

	open := min(len(b.Open), at.to)
	shownOpen, shownClosed := all[min(at.from, open):open], all[max(at.from, open):at.to]
	if len(shownOpen) > 0 {
		s.say(part("Open", b.OpenProfit, v.Hide))
		s.showUnder(openTable(shownOpen, v.Hide))
	}
	if len(shownClosed) > 0 {
		s.say(part("Closed today", b.ClosedProfit, v.Hide))
		s.showUnder(closedTable(shownClosed, v.Hide))
	}
	products := map[string]bool{}
	for _, p := range all[at.from:at.to] {
		products[p.Product] = true
	}
	s.under(append(productKey(products), at.line("positions")...)...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("positions:page:%d", page) })
	return s.message(v.Native, append(buttons, []Button{refreshPositions(at.page), {Text: "CSV", Data: "positions:csv"}}))
}

func noPositions(v PositionsView) Message {
	var s sheet
	if v.Book.Missing > 0 {
		s.say("<b>Positions not known.</b>", many(v.Book.Missing, "row", "rows")+" came without data. Please refresh in a minute.")
	} else {
		s.say("<b>No positions today.</b>", "Shares that you keep are under /holdings.")
	}
	s.say(asOf(v.AsOf))
	return s.message(v.Native, [][]Button{{refreshPositions(1), {Text: "Holdings", Data: "holdings:run"}}})
}

func refreshPositions(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("positions:refresh:%d", page)}
}

// part names a part of the positions and, unless it is hidden, its P&L.
func part(name string, profit kite.Figure, hide bool) string {
	if hide {
		return "<b>" + name + "</b>"
	}
	return "<b>" + name + "</b> " + SignedRupeesOf(profit)
}

// positionsHead is the P&L and what it is of.
func positionsHead(b kite.Book, v mask) []string {
	counts := fmt.Sprintf("%d open · %d closed today", len(b.Open), len(b.Closed))
	if v {
		return append([]string{"<b>" + counts + "</b>"}, v.note()...)
	}
	if !b.Profit.OK {
		return []string{"<b>P&amp;L not known</b>: no position has a price.", counts}
	}
	return []string{"<b>" + SignedRupeesOf(b.Profit) + "</b>", counts, "Day " + SignedRupeesOf(b.Day)}
}

// positionsBeside says what the P&L leaves out.
func positionsBeside(b kite.Book) []string {
	var lines []string
	if all := len(b.Open) + len(b.Closed); b.Profit.OK && b.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("P&amp;L of %d of %d: %s no price", all-b.Unpriced, all, has(b.Unpriced)))
	}
	return append(lines, noData(b.Missing)...)
}

// openTable shows quantities and P&L; in privacy mode, which way and how far.
func openTable(positions []kite.Position, hide bool) table {
	t := table{head: []string{"Symbol", "Qty", "P&L"}}
	if hide {
		t.head = []string{"Symbol", "Side", "P&L%"}
	}
	for _, p := range positions {
		r := positionRow(p)
		if hide {
			r.numbers = []string{side(p), shortPercentOf(p.Percent())}
		} else {
			r.numbers = []string{shortUnits(p.Quantity), mask(false).shortSigned(p.Profit())}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

// closedTable shows what each closed position left; in privacy mode as a
// percentage of what was paid.
func closedTable(positions []kite.Position, hide bool) table {
	t := table{head: []string{"Symbol", "P&L"}}
	if hide {
		t.head[1] = "P&L%"
	}
	for _, p := range positions {
		r := positionRow(p)
		if hide {
			r.numbers = []string{shortPercentOf(p.Percent())}
		} else {
			r.numbers = []string{mask(false).shortSigned(p.Profit())}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

func positionRow(p kite.Position) row {
	name, tail := contract(p.Symbol)
	return row{name: name, tail: tail + productTag(p.Product)}
}

func side(p kite.Position) string {
	if p.Quantity < 0 {
		if p.Product == "CNC" {
			return "sold" // delivered from the holdings: nobody owes shares
		}
		return "short"
	}
	return "long"
}

// shortUnits writes a quantity for a column: in full up to 99,999, then in L
// and Cr.
func shortUnits(n int64) string {
	d := decimal.NewFromInt(n)
	if n > -100_000 && n < 100_000 {
		return units(d)
	}
	return Short(d)
}
