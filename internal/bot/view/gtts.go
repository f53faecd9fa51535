package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// gttsPerPage is how many GTTs one message shows; one of two legs has two rows.
const gttsPerPage = 8

// maxLegs is how many triggers a GTT has at Kite at most.
const maxLegs = 2

// GTTsView is what /gtt shows.
type GTTsView struct {
	GTTs   []kite.GTT
	Page   int // from 1; a page that does not exist is the nearest one
	AsOf   time.Time
	Hide   bool // privacy mode: no quantities, no triggers
	Native bool
}

// GTTs renders the orders that wait for a price: how many do, then each with
// its triggers, the active ones first.
func GTTs(v GTTsView) Message {
	hide := mask(v.Hide)
	var s sheet
	if len(v.GTTs) == 0 {
		s.say("<b>No GTT orders.</b>", "They are made in the Kite app, on the page of a share.")
		s.say(asOf(v.AsOf))
		return s.message(v.Native, [][]Button{{refreshGTTs(1)}})
	}
	at := pageOf(len(v.GTTs), gttsPerPage, v.Page)
	shown := kite.GTTsActiveFirst(v.GTTs)[at.from:at.to]
	s.say(append([]string{"<b>" + gttCounts(v.GTTs) + "</b>"}, append(hide.note(), asOf(v.AsOf))...)...)
	s.show(gttsTable(shown, v.Hide))
	s.under(gttsKey(shown)...)
	s.say(gttNotes(shown, hide)...)
	s.say(at.line("GTTs")...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("gtt:page:%d", page) })
	return s.message(v.Native, append(buttons, []Button{refreshGTTs(at.page)}))
}

func refreshGTTs(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("gtt:refresh:%d", page)}
}

func gttCounts(gtts []kite.GTT) string {
	active, missing := 0, 0
	for _, g := range gtts {
		switch {
		case g.Missing:
			missing++
		case g.Active():
			active++
		}
	}
	parts := []string{fmt.Sprintf("%d active", active)}
	if others := len(gtts) - active - missing; others > 0 {
		parts = append(parts, fmt.Sprintf("%d not active", others))
	}
	if missing > 0 {
		parts = append(parts, fmt.Sprintf("%d without data", missing))
	}
	return strings.Join(parts, " · ")
}

// gttsTable has a row for each trigger: what it would do, how much of it, at
// which price, and how far that was from the price when the GTT was made. The
// quantity stays away where there is no room for it.
func gttsTable(gtts []kite.GTT, hide bool) table {
	t := table{head: []string{"GTT", "Qty", "Trigger", "Away%"}}
	for _, g := range gtts {
		t.rows = append(t.rows, gttRows(g)...)
	}
	switch {
	case hide:
		return t.without(2).without(1)
	case !t.fits():
		return t.without(1)
	default:
		return t
	}
}

func gttRows(g kite.GTT) []row {
	if g.Missing {
		return []row{{name: "(no data)", numbers: []string{Absent, Absent, Absent}}}
	}
	name, tail := contract(g.Symbol)
	var rows []row
	for i, trigger := range g.Triggers {
		if i == maxLegs {
			break
		}
		order, quantity := legOf(g, i), Absent
		if !order.Quantity.IsZero() {
			quantity = shortQuantity(order.Quantity)
		}
		rows = append(rows, row{sideLetter(order.Side) + name, tail + gttMark(g), []string{quantity, shortPrice(trigger), shortPercentOf(g.Away(trigger))}})
	}
	if rows == nil {
		rows = []row{{sideLetter(legOf(g, 0).Side) + name, tail + gttMark(g), []string{Absent, Absent, Absent}}}
	}
	return rows
}

// legOf is the order of a trigger; one for all where there is only one.
func legOf(g kite.GTT, i int) kite.Order {
	switch {
	case i < len(g.Orders):
		return g.Orders[i]
	case len(g.Orders) == 1:
		return g.Orders[0]
	default:
		return kite.Order{Quantity: decimal.Zero}
	}
}

// gttMark marks what does not wait any more with the beginning of its status.
func gttMark(g kite.GTT) string {
	for _, m := range gttMarks() {
		if m.status == g.Status {
			return " " + m.letter
		}
	}
	if g.Active() {
		return ""
	}
	return " ?"
}

func gttMarks() []struct{ status, letter string } {
	return []struct{ status, letter string }{
		{"triggered", "t"}, {"disabled", "d"}, {"expired", "e"}, {"cancelled", "c"}, {"rejected", "x"}, {"deleted", "r"},
	}
}

// gttsKey explains the letters that a page uses.
func gttsKey(shown []kite.GTT) []string {
	var key []string
	for _, side := range []struct{ side, words string }{{"BUY", "B = buy"}, {"SELL", "S = sell"}} {
		if slices.ContainsFunc(shown, func(g kite.GTT) bool { return legOf(g, 0).Side == side.side }) {
			key = append(key, side.words)
		}
	}
	for _, m := range gttMarks() {
		if slices.ContainsFunc(shown, func(g kite.GTT) bool { return g.Status == m.status }) {
			key = append(key, m.letter+" = "+m.status)
		}
	}
	if slices.ContainsFunc(shown, func(g kite.GTT) bool { return !g.Missing && gttMark(g) == " ?" }) {
		key = append(key, "? = in another state")
	}
	lines := []string{"Away% counts from the day it was made."}
	if key != nil {
		lines = append([]string{strings.Join(key, ", ")}, lines...)
	}
	return lines
}

// gttNotes say what a table has no room for: why a triggered order was refused,
// and triggers beyond the second.
func gttNotes(shown []kite.GTT, v mask) []string {
	var lines []string
	for _, g := range shown {
		if text := strings.TrimSpace(tidy(v.words(g.Rejection), 200)); cells(text) > 0 {
			lines = append(lines, fmt.Sprintf("<b>%s</b> refused: %s", outside(g.Symbol), escape(text)))
		}
		if more := len(g.Triggers) - maxLegs; more > 0 {
			lines = append(lines, fmt.Sprintf("<b>%s</b> has %s more.", outside(g.Symbol), many(more, "trigger", "triggers")))
		}
	}
	return lines
}
