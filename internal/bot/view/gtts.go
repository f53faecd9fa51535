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
	GTTs     []kite.GTT
	Prices   map[string]kite.Quote // of the instruments of the active ones, by "NSE:INFY"
	NoPrices bool                  // Kite did not answer when it was asked for them
	Page     int                   // from 1; a page that does not exist is the nearest one
	AsOf     time.Time
	Hide     bool // privacy mode: no quantities, no prices
	Native   bool
}

// GTTs renders the orders that wait for a price: how many there are in which
// status, then each with its triggers and how far the price is from them.
func GTTs(v GTTsView) Message {
	hide := mask(v.Hide)
	var s sheet
	if len(v.GTTs) == 0 {
		s.say("<b>No GTT orders.</b>", "They are made in the Kite app, on the page of a share.")
		s.say(asOf(v.AsOf))
		return s.message(v.Native, [][]Button{{refreshGTTs(1)}})
	}
	at, sorted := pageOf(len(v.GTTs), gttsPerPage, v.Page), kite.GTTsByStatus(v.GTTs)
	s.say(append([]string{"<b>" + gttsHead(sorted) + "</b>"}, append(hide.note(), asOf(v.AsOf, each(v.GTTs, func(g kite.GTT) string { return g.Exchange })...))...)...)
	page := sorted[at.from:at.to]
	for _, part := range alike(page, statusOf) {
		status := statusOf(part[0])
		s.say("<b>" + capital(status) + "</b>")
		s.showUnder(gttsTable(part, v))
	}
	s.say(gttNotes(page, v)...)
	s.say(at.line("GTT orders")...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("gtt:page:%d", page) })
	return s.message(v.Native, append(buttons, []Button{refreshGTTs(at.page)}))
}

func refreshGTTs(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("gtt:refresh:%d", page)}
}

// gttsHead is "GTT orders · 2 active · 1 triggered": the statuses that occur, in
// the order of the list.
func gttsHead(sorted []kite.GTT) string {
	head := "GTT orders"
	for _, part := range alike(sorted, statusOf) {
		head += fmt.Sprintf(" · %d %s", len(part), statusOf(part[0]))
	}
	return head
}

// statusOf is a GTT's status in Kite's words.
func statusOf(g kite.GTT) string {
	switch {
	case g.Missing:
		return "without data"
	case slices.Contains(kite.GTTStatuses(), g.Status):
		return g.Status
	default:
		return "in another state"
	}
}

// gttsTable has a row for each trigger: what it would do, how much of it, at which
// price, and how far that is from the last one, while it waits.
func gttsTable(gtts []kite.GTT, v GTTsView) table {
	t := table{head: []string{"GTT", "Qty", "Trigger", "LTP", "Away%"}, stack: true}
	for _, g := range gtts {
		t.rows = append(t.rows, gttRows(g, v)...)
	}
	switch waits := gtts[0].Active(); {
	case v.Hide && waits:
		return t.without(3).without(2).without(1)
	case v.Hide:
		return t.without(4).without(3).without(2).without(1)
	case !waits:
		return t.without(4).without(3)
	default:
		return t
	}
}

// gttRows are the legs of a GTT: the second of an OCO order stands under the first.
func gttRows(g kite.GTT, v GTTsView) []row {
	if g.Missing {
		return []row{{name: "(no data)", numbers: []string{Absent, Absent, Absent, Absent}}}
	}
	id := g.Exchange + ":" + g.Symbol
	u, last := unitOf(id).plain(), priceOf(v.Prices[id].LastPrice)
	name, tail := contract(g.Symbol, v.AsOf)
	first := row{sideLetter(legOf(g, 0).Side) + name, tail, []string{Absent, Absent, ifKnown(last, u.column), Absent}}
	if g.OCO() {
		first.tail += " OCO"
	}
	rows := []row{first}
	for i, trigger := range g.Triggers[:min(maxLegs, len(g.Triggers))] {
		if i > 0 {
			rows = append(rows, row{name: "or", numbers: []string{Absent, Absent, "", Absent}})
		}
		numbers := rows[i].numbers
		if order := legOf(g, i); !order.Quantity.IsZero() {
			numbers[0] = shortQuantity(order.Quantity)
		}
		numbers[1], numbers[3] = u.column(trigger), shortPercentOf(kite.Away(trigger, last))
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

// gttNotes say what a table has no room for: that prices are not known, why a
// triggered order was refused, and triggers beyond the second.
func gttNotes(shown []kite.GTT, v GTTsView) []string {
	var lines []string
	if v.NoPrices && slices.ContainsFunc(shown, kite.GTT.Active) {
		lines = append(lines, "LTP not known: Kite did not answer.")
	}
	for _, g := range shown {
		name := "<b>" + outside(contractName(g.Symbol, v.AsOf)) + "</b>"
		if text := strings.TrimSpace(tidy(mask(v.Hide).words(g.Rejection), 200)); cells(text) > 0 {
			lines = append(lines, name+" refused: "+escape(text))
		}
		if more := len(g.Triggers) - maxLegs; more > 0 {
			lines = append(lines, name+" has "+many(more, "more trigger", "more triggers")+".")
		}
	}
	return lines
}
