package statement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
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
	Options
}

// GTTs renders the orders that wait for a price: how many there are in which
// status, then each with its triggers and how far the price is from them.
func GTTs(v GTTsView) view.Message {
	if len(v.GTTs) == 0 {
		return v.empty("No GTT orders.", "They are made in the Kite app, on the page of a share.", refreshButton("gtt", 1))
	}
	var s view.Sheet
	at, sorted := view.PageOf(len(v.GTTs), gttsPerPage, v.Page), kite.GTTsByStatus(v.GTTs)
	s.Say(v.head([]string{"<b>" + gttsHead(sorted) + "</b>"}, mapRows(v.GTTs, func(g kite.GTT) string { return g.Exchange })...)...)
	page := sorted[at.From:at.To]
	for _, part := range groupsOf(page, statusOf) {
		status := statusOf(part[0])
		s.Say("<b>" + view.Capital(status) + "</b>")
		s.TableUnder(gttsTable(part, v))
	}
	s.Say(gttNotes(page, v)...)
	s.Say(at.Line("GTT orders")...)
	return s.Message(v.Native, append(at.Buttons("gtt:page"), []view.Button{refreshButton("gtt", at.Page)}))
}

// gttsHead is "GTT orders · 2 active · 1 triggered": the statuses that occur, in
// the order of the list.
func gttsHead(sorted []kite.GTT) string {
	head := "GTT orders"
	for _, part := range groupsOf(sorted, statusOf) {
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
func gttsTable(gtts []kite.GTT, v GTTsView) view.Table {
	t := view.Table{Head: []string{"GTT", "Qty", "Trigger", "LTP", "Away%"}, Stack: true}
	for _, g := range gtts {
		t.Rows = append(t.Rows, gttRows(g, v)...)
	}
	switch waits := gtts[0].Active(); {
	case v.Hide && waits:
		return t.Without(3).Without(2).Without(1)
	case v.Hide:
		return t.Without(4).Without(3).Without(2).Without(1)
	case !waits:
		return t.Without(4).Without(3)
	default:
		return t
	}
}

// gttRows are the legs of a GTT: the second of an OCO order stands under the first.
func gttRows(g kite.GTT, v GTTsView) []view.Row {
	if g.Missing {
		return []view.Row{{Name: "(no data)", Numbers: []string{view.Absent, view.Absent, view.Absent, view.Absent}}}
	}
	id := g.Exchange + ":" + g.Symbol
	u, last := view.FormatOf(id).Plain(), priceOf(v.Prices[id].LastPrice)
	name, tail := view.Contract(g.Symbol, v.AsOf)
	first := view.Row{Name: sideLetter(legOf(g, 0).Side) + name, Tail: tail, Numbers: []string{view.Absent, view.Absent, view.IfKnown(last, u.Column), view.Absent}}
	if g.OCO() {
		first.Tail += " OCO"
	}
	rows := []view.Row{first}
	for i, trigger := range g.Triggers[:min(maxLegs, len(g.Triggers))] {
		if i > 0 {
			rows = append(rows, view.Row{Name: "or", Numbers: []string{view.Absent, view.Absent, "", view.Absent}})
		}
		numbers := rows[i].Numbers
		if order := legOf(g, i); !order.Quantity.IsZero() {
			numbers[0] = shortQuantity(order.Quantity)
		}
		numbers[1], numbers[3] = u.Column(trigger), view.ShortPercentOf(kite.TriggerDistance(trigger, last))
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
		name := "<b>" + view.Safe(view.ContractName(g.Symbol, v.AsOf)) + "</b>"
		if text := strings.TrimSpace(view.CleanTo(mask(v.Hide).words(g.Rejection), 200)); view.Width(text) > 0 {
			lines = append(lines, name+" refused: "+view.Escape(text))
		}
		if more := len(g.Triggers) - maxLegs; more > 0 {
			lines = append(lines, name+" has "+view.Plural(more, "more trigger", "more triggers")+".")
		}
	}
	return lines
}
