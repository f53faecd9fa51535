package statement

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
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
func Positions(v PositionsView) view.Message {
	b := v.Book
	all := slices.Concat(b.Open, b.Closed)
	if len(all) == 0 {
		return noPositions(v)
	}
	at := view.PageOf(len(all), positionsPerPage, v.Page)
	var s view.Sheet
	s.Say(append(positionsHead(v), view.AsOf(v.AsOf, exchangesOf(b)...))...)
	s.Say(positionsBeside(b)...)

	open := min(len(b.Open), at.To)
	shownOpen, shownClosed := all[min(at.From, open):open], all[max(at.From, open):at.To]
	if len(shownOpen) > 0 {
		s.Say(part("Open", b.OpenProfit, v.Hide))
		s.TableUnder(openTable(shownOpen, v))
	}
	if len(shownClosed) > 0 {
		s.Say(part(onDay("Closed", positionsDay(b, v.AsOf)), b.ClosedProfit, v.Hide))
		s.TableUnder(closedTable(shownClosed, v))
	}
	s.Under(at.Line("positions")...)
	buttons := at.Buttons(func(page int) string { return fmt.Sprintf("positions:page:%d", page) })
	buttons = append(buttons, positionButtons(all[at.From:at.To], v.AsOf, at)...)
	return s.Message(v.Native, append(buttons, []view.Button{refreshPositions(at.Page), {Text: "CSV", Data: "positions:csv"}}))
}

func noPositions(v PositionsView) view.Message {
	var s view.Sheet
	if v.Book.Missing > 0 {
		s.Say("<b>Positions not known.</b>", view.Plural(v.Book.Missing, "row", "rows")+" came without data. Please refresh in a minute.")
	} else {
		s.Say("<b>No positions today.</b>", "Shares that you keep are under /holdings.")
	}
	s.Say(view.AsOf(v.AsOf))
	return s.Message(v.Native, [][]view.Button{{refreshPositions(1), {Text: "Holdings", Data: "holdings:run"}}})
}

func refreshPositions(page int) view.Button {
	return view.Button{Text: "Refresh", Data: fmt.Sprintf("positions:refresh:%d", page)}
}

// part names a part of the positions and, unless it is hidden, its P&L.
func part(name string, profit kite.Figure, hide bool) string {
	if hide {
		return "<b>" + name + "</b>"
	}
	return "<b>" + name + "</b> " + view.SignedRupeesOf(profit)
}

// positionsHead is the P&L and what it is of. In privacy mode it is the counts.
func positionsHead(v PositionsView) []string {
	b := v.Book
	day := positionsDay(b, v.AsOf)
	counts := view.Join(view.Count(len(b.Open), "open"), view.Count(len(b.Closed), onDay("closed", day)))
	switch {
	case v.Hide:
		return append([]string{"<b>Positions · " + counts + "</b>"}, mask(true).note()...)
	case !b.Profit.OK:
		return []string{"<b>Positions</b>: P&amp;L not known, none has a price.", counts}
	default:
		return []string{fmt.Sprintf("<b>Positions %s · %s %s</b>", view.SignedRupeesOf(b.Profit), day, view.SignedRupeesOf(b.Day)), counts}
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
func openTable(positions []kite.Position, v PositionsView) view.Table {
	t := view.Table{Head: []string{"Symbol", "Prod", "Qty", "Avg", "LTP", "P&L"}, Stack: true}
	if v.Hide {
		t.Head = []string{"Symbol", "Prod", "Side", "P&L%"}
	}
	for _, p := range positions {
		r, u := positionRow(p, v.AsOf), positionUnit(p).Plain()
		if v.Hide {
			r.Numbers = []string{product(p), side(p), view.ShortPercentOf(p.Percent())}
		} else {
			r.Numbers = []string{
				product(p), shortQuantity(decimal.NewFromInt(p.Quantity)), view.IfKnown(priceOf(p.AveragePrice), u.Average),
				view.IfKnown(priceOf(p.LastPrice), u.Column), view.IfKnown(p.Profit(), view.SignedShort),
			}
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// closedTable shows what each closed position left; in privacy mode as a
// percentage of what was paid.
func closedTable(positions []kite.Position, v PositionsView) view.Table {
	t := view.Table{Head: []string{"Symbol", "Prod", "LTP", "P&L"}, Stack: true}
	if v.Hide {
		t.Head = []string{"Symbol", "Prod", "P&L%"}
	}
	for _, p := range positions {
		r := positionRow(p, v.AsOf)
		if v.Hide {
			r.Numbers = []string{product(p), view.ShortPercentOf(p.Percent())}
		} else {
			r.Numbers = []string{product(p), view.IfKnown(priceOf(p.LastPrice), positionUnit(p).Plain().Column), view.IfKnown(p.Profit(), view.SignedShort)}
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

func positionRow(p kite.Position, at time.Time) view.Row {
	name, tail := view.Contract(p.Symbol, at)
	return view.Row{Name: name, Tail: tail}
}

// product is how a position is held, in Kite's short word: "MIS".
func product(p kite.Position) string { return view.Fit(view.Clean(p.Product), 4) }

// exchangesOf are those that the positions trade on.
func exchangesOf(b kite.Book) []string {
	return each(slices.Concat(b.Open, b.Closed), func(p kite.Position) string { return p.Exchange })
}

// positionsDay is the day that the day's P&L is of.
func positionsDay(b kite.Book, at time.Time) string { return view.SessionDay(at, exchangesOf(b)...) }

func positionUnit(p kite.Position) view.PriceFormat {
	return view.FormatOf(p.Exchange + ":" + p.Symbol)
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

// PositionCardView is what the card of one position shows.
type PositionCardView struct {
	Position kite.Position
	Page     int // where Back goes
	AsOf     time.Time
	Hide     bool // privacy mode: no amounts, no quantities, no prices
}

// PositionCard renders one position: its P&L first, then what is held at which
// price, then what was bought and sold.
func PositionCard(v PositionCardView) view.Message {
	p, hide := v.Position, mask(v.Hide)
	var s view.Sheet
	s.Say(append(positionCardHead(v), append(hide.note(), view.AsOf(v.AsOf, p.Exchange))...)...)
	s.Say(positionHeld(p, hide)...)
	if !v.Hide {
		s.Say(positionTurnover(p)...)
	}
	return s.Message(false, positionCardButtons(v))
}

// NoSuchPosition answers a button whose position Kite does not list any more.
func NoSuchPosition(page int, at time.Time) view.Message {
	return view.Text("<b>Kite does not list this position any more.</b>\n"+view.AsOf(at), view.Press("Positions", fmt.Sprintf("positions:page:%d", placePage(page))))
}

func positionCardHead(v PositionCardView) []string {
	p, hide := v.Position, mask(v.Hide)
	lines := []string{"<b>" + view.Safe(view.ContractName(p.Symbol, v.AsOf)) + "</b>"}
	if held := present(p.Exchange, productWords(p.Product)); len(held) > 0 {
		lines = append(lines, view.Escape(strings.Join(held, " · ")))
	}
	if !p.Profit().OK {
		return append(lines, "<b>No price</b>: its P&amp;L is not known.")
	}
	lines = append(lines, "<b>P&amp;L "+hide.change(p.Profit(), p.Percent())+"</b>")
	if v.Hide {
		return lines
	}
	return append(lines, view.Capital(view.SessionDay(v.AsOf, p.Exchange))+" "+view.SignedRupeesOf(p.DayProfit()))
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
		lines = append(lines, "Multiplier "+view.Quantity(p.Multiplier))
	}
	if p.Open() {
		lines = append(lines, "Avg. "+view.IfKnown(priceOf(p.AveragePrice), u.Average))
	}
	return append(lines, "LTP "+view.IfKnown(priceOf(p.LastPrice), u.Price), "Prev. close "+view.IfKnown(priceOf(p.ClosePrice), u.Price))
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
		line := side.name + " " + view.Quantity(decimal.NewFromInt(side.quantity))
		if side.price.IsPositive() {
			line += " at " + positionUnit(p).Average(side.price)
		}
		lines = append(lines, line+" for "+view.Rupees(side.value))
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

func positionCardButtons(v PositionCardView) [][]view.Button {
	page := placePage(v.Page)
	row := view.InstrumentButton("Chart", "chart:open:", v.Position.Exchange+":"+v.Position.Symbol)
	return [][]view.Button{append(row,
		view.Button{Text: "Refresh", Data: fmt.Sprintf("positions:card:%s:%d", v.Position.Ref(), page)},
		view.Button{Text: "Back", Data: fmt.Sprintf("positions:page:%d", page)},
	)}
}

// positionButtons open the positions of a page.
func positionButtons(shown []kite.Position, asOf time.Time, at view.Paging) [][]view.Button {
	var open []view.Button
	for _, p := range shown {
		open = append(open, view.Button{
			Text: strings.TrimSpace(view.ContractButtonText(p.Symbol, asOf) + " " + product(p)),
			Data: fmt.Sprintf("positions:card:%s:%d", p.Ref(), at.Page),
		})
	}
	return view.ButtonPairs(open)
}
