package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// positionsPerPage is how many positions one message shows, each with a button.
const positionsPerPage = 6

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
	s.say(append(positionsHead(v), asOf(v.AsOf, exchangesOf(b)...))...)
	s.say(positionsBeside(b)...)

	open := min(len(b.Open), at.to)
	shownOpen, shownClosed := all[min(at.from, open):open], all[max(at.from, open):at.to]
	if len(shownOpen) > 0 {
		s.say(part("Open", b.OpenProfit, v.Hide))
		s.showUnder(openTable(shownOpen, v))
	}
	if len(shownClosed) > 0 {
		s.say(part(onDay("Closed", positionsDay(b, v.AsOf)), b.ClosedProfit, v.Hide))
		s.showUnder(closedTable(shownClosed, v))
	}
	s.under(at.line("positions")...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("positions:page:%d", page) })
	buttons = append(buttons, positionButtons(all[at.from:at.to], v.AsOf, at)...)
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

// positionsHead is the P&L and what it is of. In privacy mode it is the counts.
func positionsHead(v PositionsView) []string {
	b := v.Book
	day := positionsDay(b, v.AsOf)
	counts := join(count(len(b.Open), "open"), count(len(b.Closed), onDay("closed", day)))
	switch {
	case v.Hide:
		return append([]string{"<b>Positions · " + counts + "</b>"}, mask(true).note()...)
	case !b.Profit.OK:
		return []string{"<b>Positions</b>: P&amp;L not known, none has a price.", counts}
	default:
		return []string{fmt.Sprintf("<b>Positions %s · %s %s</b>", SignedRupeesOf(b.Profit), day, SignedRupeesOf(b.Day)), counts}
	}
}

// positionsBeside says what the P&L leaves out.
func positionsBeside(b kite.Book) []string {
	var lines []string
	if all := len(b.Open) + len(b.Closed); b.Profit.OK && b.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("P&amp;L of %d of %d: %s no price", all-b.Unpriced, all, has(b.Unpriced)))
	}
	return append(lines, noData(b.Missing)...)
}

// openTable shows quantities, prices and P&L; in privacy mode, which way and how far.
func openTable(positions []kite.Position, v PositionsView) table {
	t := table{head: []string{"Symbol", "Prod", "Qty", "Avg", "LTP", "P&L"}, stack: true}
	if v.Hide {
		t.head = []string{"Symbol", "Prod", "Side", "P&L%"}
	}
	for _, p := range positions {
		r, u := positionRow(p, v.AsOf), positionUnit(p).plain()
		if v.Hide {
			r.numbers = []string{product(p), side(p), shortPercentOf(p.Percent())}
		} else {
			r.numbers = []string{
				product(p), shortQuantity(decimal.NewFromInt(p.Quantity)), ifKnown(priceOf(p.AveragePrice), u.average),
				ifKnown(priceOf(p.LastPrice), u.column), ifKnown(p.Profit(), SignedShort),
			}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

// closedTable shows what each closed position left; in privacy mode as a
// percentage of what was paid.
func closedTable(positions []kite.Position, v PositionsView) table {
	t := table{head: []string{"Symbol", "Prod", "LTP", "P&L"}, stack: true}
	if v.Hide {
		t.head = []string{"Symbol", "Prod", "P&L%"}
	}
	for _, p := range positions {
		r := positionRow(p, v.AsOf)
		if v.Hide {
			r.numbers = []string{product(p), shortPercentOf(p.Percent())}
		} else {
			r.numbers = []string{product(p), ifKnown(priceOf(p.LastPrice), positionUnit(p).plain().column), ifKnown(p.Profit(), SignedShort)}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

func positionRow(p kite.Position, at time.Time) row {
	name, tail := contract(p.Symbol, at)
	return row{name: name, tail: tail}
}

// product is how a position is held, in Kite's short word: "MIS".
func product(p kite.Position) string { return fit(clean(p.Product), 4) }

// exchangesOf are those that the positions trade on.
func exchangesOf(b kite.Book) []string {
	return each(slices.Concat(b.Open, b.Closed), func(p kite.Position) string { return p.Exchange })
}

// positionsDay is the day that the day's P&L is of.
func positionsDay(b kite.Book, at time.Time) string { return dayOf(at, exchangesOf(b)...) }

func positionUnit(p kite.Position) unit { return unitOf(p.Exchange + ":" + p.Symbol) }

func side(p kite.Position) string {
	if p.Quantity < 0 {
		if p.Product == "CNC" {
			return "sold" // delivered from the holdings: nobody owes shares
		}
		return "short"
	}
	return "long"
}

// PositionCardView is what the card of one position shows.
type PositionCardView struct {
	Position kite.Position
	Page     int // where Back goes
	AsOf     time.Time
	Hide     bool // privacy mode: no amounts, no quantities, no prices
}

// PositionCard renders one position: its P&L first, then what is held at which
// price, then what was bought and sold.
func PositionCard(v PositionCardView) Message {
	p, hide := v.Position, mask(v.Hide)
	var s sheet
	s.say(append(positionCardHead(v), append(hide.note(), asOf(v.AsOf, p.Exchange))...)...)
	s.say(positionHeld(p, hide)...)
	if !v.Hide {
		s.say(positionTurnover(p)...)
	}
	return s.message(false, positionCardButtons(v))
}

// NoSuchPosition answers a button whose position Kite does not list any more.
func NoSuchPosition(page int, at time.Time) Message {
	return Message{
		HTML:    "<b>Kite does not list this position any more.</b>\n" + asOf(at),
		Buttons: [][]Button{{{Text: "Positions", Data: fmt.Sprintf("positions:page:%d", placePage(page))}}},
	}
}

func positionCardHead(v PositionCardView) []string {
	p, hide := v.Position, mask(v.Hide)
	lines := []string{"<b>" + outside(contractName(p.Symbol, v.AsOf)) + "</b>"}
	if held := present(p.Exchange, productWords(p.Product)); len(held) > 0 {
		lines = append(lines, escape(strings.Join(held, " · ")))
	}
	if !p.Profit().OK {
		return append(lines, "<b>No price</b>: its P&amp;L is not known.")
	}
	lines = append(lines, "<b>P&amp;L "+hide.change(p.Profit(), p.Percent())+"</b>")
	if v.Hide {
		return lines
	}
	return append(lines, capital(dayOf(v.AsOf, p.Exchange))+" "+SignedRupeesOf(p.DayProfit()))
}

// positionHeld is how much is held and which way, and its prices; in privacy mode
// which way alone.
func positionHeld(p kite.Position, v mask) []string {
	var lines []string
	if p.Open() {
		lines = append(lines, "Qty "+v.count(p.Quantity)+" · "+side(p))
	} else {
		lines = append(lines, "Closed")
	}
	if v {
		return lines
	}
	u := positionUnit(p)
	if p.OvernightQuantity != 0 {
		lines = append(lines, "Carried over "+v.count(p.OvernightQuantity))
	}
	if !p.Multiplier.IsZero() && !p.Multiplier.Equal(decimal.NewFromInt(1)) {
		lines = append(lines, "Multiplier "+units(p.Multiplier))
	}
	if p.Open() {
		lines = append(lines, "Avg. "+ifKnown(priceOf(p.AveragePrice), u.average))
	}
	return append(lines, "LTP "+ifKnown(priceOf(p.LastPrice), u.price), "Prev. close "+ifKnown(priceOf(p.ClosePrice), u.price))
}

// positionTurnover is what was bought and sold, at which average price and for how
// much; a side without any is left out.
func positionTurnover(p kite.Position) []string {
	var lines []string
	for _, side := range []struct {
		name         string
		quantity     int64
		price, value decimal.Decimal
	}{{"Bought", p.BuyQuantity, p.BuyPrice, p.BuyValue}, {"Sold", p.SellQuantity, p.SellPrice, p.SellValue}} {
		if side.quantity == 0 {
			continue
		}
		line := side.name + " " + units(decimal.NewFromInt(side.quantity))
		if side.price.IsPositive() {
			line += " at " + positionUnit(p).average(side.price)
		}
		lines = append(lines, line+" for "+Rupees(side.value))
	}
	return lines
}

// productWords is how a position is held, in words: "MIS (intraday)".
func productWords(product string) string {
	meanings := map[string]string{"CNC": "delivery", "MIS": "intraday", "NRML": "overnight", "MTF": "borrowed"}
	if meaning := meanings[product]; meaning != "" {
		return product + " (" + meaning + ")"
	}
	return product
}

func positionCardButtons(v PositionCardView) [][]Button {
	page := placePage(v.Page)
	row := idButton("Chart", "chart:open:", v.Position.Exchange+":"+v.Position.Symbol)
	return [][]Button{append(row,
		Button{Text: "Refresh", Data: fmt.Sprintf("positions:card:%s:%d", v.Position.Ref(), page)},
		Button{Text: "Back", Data: fmt.Sprintf("positions:page:%d", page)},
	)}
}

// positionButtons open the positions of a page.
func positionButtons(shown []kite.Position, asOf time.Time, at paging) [][]Button {
	var open []Button
	for _, p := range shown {
		open = append(open, Button{
			Text: strings.TrimSpace(tapContract(p.Symbol, asOf) + " " + product(p)),
			Data: fmt.Sprintf("positions:card:%s:%d", p.Ref(), at.page),
		})
	}
	return pairs(open)
}
