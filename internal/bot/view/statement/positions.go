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

// Positions renders the net positions: what they come to first, then the open
// ones, and apart from them those that were closed today.
func Positions(b kite.PositionTotals, opt Options) view.Message {
	all := slices.Concat(b.Open, b.Closed)
	switch refresh, holdings := refreshButton("positions", 1), view.Press("Holdings", "holdings:run"); {
	case len(all) == 0 && b.Missing > 0:
		return opt.empty("Positions not known.", view.Plural(b.Missing, "row", "rows")+" came without data. Please refresh in a minute.", refresh, holdings)
	case len(all) == 0:
		return opt.empty("No positions today.", "Shares that you keep are under /holdings.", refresh, holdings)
	}
	at := view.PageOf(len(all), positionsPerPage, opt.Page)
	var s view.Sheet
	s.Say(opt.head(positionsHead(b, opt), exchangesOf(b)...)...)
	s.Say(positionsLeftOut(b)...)

	open := min(len(b.Open), at.To)
	if shown := all[min(at.From, open):open]; len(shown) > 0 {
		s.Say(partHead("Open", b.OpenProfit, opt.Hide))
		s.TableUnder(openTable(shown, opt))
	}
	if shown := all[max(at.From, open):at.To]; len(shown) > 0 {
		s.Say(partHead(onSessionDay("Closed", positionsDay(b, opt.AsOf)), b.ClosedProfit, opt.Hide))
		s.TableUnder(closedTable(shown, opt))
	}
	s.Under(at.Line("positions")...)
	buttons := append(at.Buttons("positions:page"), positionButtons(all[at.From:at.To], at, opt)...)
	return s.Message(opt.Native, append(buttons, []view.Button{refreshButton("positions", at.Page), view.Press("CSV", "positions:csv")}))
}

// partHead names a part of the positions and, unless it is hidden, its P&L.
func partHead(name string, profit kite.Figure, hide bool) string {
	if hide {
		return "<b>" + name + "</b>"
	}
	return "<b>" + name + "</b> " + view.SignedRupeesOf(profit)
}

// positionsHead is the P&L and what it is of. In privacy mode it is the counts.
func positionsHead(b kite.PositionTotals, opt Options) []string {
	day := positionsDay(b, opt.AsOf)
	counts := view.Join(view.Count(len(b.Open), "open"), view.Count(len(b.Closed), onSessionDay("closed", day)))
	switch {
	case opt.Hide:
		return []string{"<b>Positions · " + counts + "</b>"}
	case !b.Profit.OK:
		return []string{"<b>Positions</b>: P&amp;L not known, none has a price.", counts}
	default:
		return []string{fmt.Sprintf("<b>Positions %s · %s %s</b>", view.SignedRupeesOf(b.Profit), day, view.SignedRupeesOf(b.Day)), counts}
	}
}

// positionsLeftOut says what the P&L leaves out.
func positionsLeftOut(b kite.PositionTotals) []string {
	var lines []string
	if all := len(b.Open) + len(b.Closed); b.Profit.OK && b.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("P&amp;L of %d of %d: %s no price", all-b.Unpriced, all, countHas(b.Unpriced)))
	}
	return append(lines, noData(b.Missing)...)
}

// openTable shows quantities, prices and P&L; in privacy mode, which way and how far.
func openTable(positions []kite.Position, opt Options) view.Table {
	t := view.Table{Head: []string{"Symbol", "Prod", "Qty", "Avg", "LTP", "P&L"}, Stack: true}
	if opt.Hide {
		t.Head = []string{"Symbol", "Prod", "Side", "P&L%"}
	}
	for _, p := range positions {
		name, tail := view.Contract(p.Symbol, opt.AsOf)
		r, u := view.Row{Name: name, Tail: tail}, positionUnit(p).Plain()
		if opt.Hide {
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

// closedTable is openTable of positions that have no quantity any more, and so no
// average price and no side.
func closedTable(positions []kite.Position, opt Options) view.Table {
	t := openTable(positions, opt)
	if opt.Hide {
		return t.Without(2)
	}
	return t.Without(3).Without(2)
}

// product is how a position is held, in Kite's short word: "MIS".
func product(p kite.Position) string { return view.Fit(view.Clean(p.Product), 4) }

// exchangesOf are those that the positions trade on.
func exchangesOf(b kite.PositionTotals) []string {
	return mapRows(slices.Concat(b.Open, b.Closed), func(p kite.Position) string { return p.Exchange })
}

// positionsDay is the day that the day's P&L is of.
func positionsDay(b kite.PositionTotals, at time.Time) string {
	return view.SessionDay(at, exchangesOf(b)...)
}

func positionUnit(p kite.Position) view.PriceFormat {
	return view.FormatOf(p.Exchange + ":" + p.Symbol)
}

func side(p kite.Position) string {
	if p.Quantity < 0 {
		if p.Product == "CNC" {
			return "sold" // delivered from the holdings: no shares are owed
		}
		return "short"
	}
	return "long"
}

// PositionCard renders one position: its P&L first, then what is held at which
// price, then what was bought and sold.
func PositionCard(p kite.Position, opt Options) view.Message {
	var s view.Sheet
	s.Say(opt.head(positionCardHead(p, opt), p.Exchange)...)
	s.Say(positionHeld(p, mask(opt.Hide))...)
	if !opt.Hide {
		s.Say(positionTurnover(p)...)
	}
	chart := view.InstrumentButton("Chart", "chart:open:", p.Exchange+":"+p.Symbol)
	return s.Message(false, [][]view.Button{append(chart, cardButton("Refresh", "positions", p.Ref(), opt.Page), pageButton("Back", "positions", opt.Page))})
}

// NoSuchPosition answers a button whose position Kite does not list any more.
func NoSuchPosition(page int, at time.Time) view.Message {
	return notListed("<b>Kite does not list this position any more.</b>", at, pageButton("Positions", "positions", page))
}

func positionCardHead(p kite.Position, opt Options) []string {
	lines := []string{"<b>" + view.Safe(view.ContractName(p.Symbol, opt.AsOf)) + "</b>"}
	if held := nonEmpty(p.Exchange, productWords(p.Product)); len(held) > 0 {
		lines = append(lines, view.Escape(strings.Join(held, " · ")))
	}
	if !p.Profit().OK {
		return append(lines, "<b>No price</b>: its P&amp;L is not known.")
	}
	lines = append(lines, "<b>P&amp;L "+mask(opt.Hide).change(p.Profit(), p.Percent())+"</b>")
	if opt.Hide {
		return lines
	}
	return append(lines, view.Capital(view.SessionDay(opt.AsOf, p.Exchange))+" "+view.SignedRupeesOf(p.DayProfit()))
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

// positionButtons open the positions of a page.
func positionButtons(shown []kite.Position, at view.Paging, opt Options) [][]view.Button {
	return view.ButtonPairs(mapRows(shown, func(p kite.Position) view.Button {
		return cardButton(strings.TrimSpace(view.ContractButtonText(p.Symbol, opt.AsOf)+" "+product(p)), "positions", p.Ref(), at.Page)
	}))
}
