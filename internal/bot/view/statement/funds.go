package statement

import (
	"strings"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// Funds renders the funds as Kite names them: the available margin of each
// segment, which no order can take from the other, and what it is made of.
func Funds(m kite.Margins, opt Options) view.Message {
	refresh := view.Press("Refresh", "funds:again")
	if !m.Equity.Enabled && !m.Commodity.Enabled {
		return Options{AsOf: opt.AsOf}.empty("No funds to show.", "Kite says that neither equity nor commodity is enabled in this account.", refresh)
	}
	var s view.Sheet
	segments := []struct {
		name string
		kite.Segment
	}{{"Equity", m.Equity}, {"Commodity", m.Commodity}}
	head := []string{"Funds"}
	for _, g := range segments {
		if g.Enabled && !opt.Hide {
			head = append(head, strings.ToLower(g.name)+" "+view.Rupees(g.Net))
		}
	}
	s.Say(opt.head([]string{"<b>" + strings.Join(head, " · ") + "</b>"})...)
	for _, g := range segments {
		s.Say(segmentLines(g.name, g.Segment, mask(opt.Hide))...)
	}
	return s.Message(false, [][]view.Button{{refresh}})
}

// segmentLines are a segment's figures: the available margin as the sum that it
// is, where Kite's numbers make it one, and then its parts, those that there are.
func segmentLines(name string, g kite.Segment, v mask) []string {
	if !g.Enabled {
		return []string{"<b>" + name + "</b>: not enabled"}
	}
	lines := []string{"<b>" + name + "</b>"}
	if used := g.Utilisation(); used.OK {
		lines[0] += " " + percentBar(used) + " " + strings.TrimPrefix(view.PercentOf(used), "+") + " used"
	}
	if v {
		return lines
	}
	lines = append(lines, "Available margin "+view.Rupees(g.Net))
	equals, and, less := "= ", "+ ", view.Minus+" "
	if !g.AddsUp() {
		equals, and, less = "", "", ""
	}
	lines = append(lines, equals+"Available cash "+view.Rupees(g.Available.Cash))
	if !g.Available.Collateral.IsZero() {
		lines = append(lines, and+"Collateral "+view.Rupees(g.Available.Collateral))
	}
	lines = append(lines, less+"Used margin "+view.Rupees(g.Used.Debits))
	for _, more := range []struct {
		name   string
		amount decimal.Decimal
	}{
		{"Opening balance", g.Available.Opening},
		{"Payin", g.Available.IntradayPayin},
		{"Payout", g.Used.Payout},
		{"SPAN", g.Used.Span},
		{"Delivery margin", g.Used.Delivery},
		{"Exposure", g.Used.Exposure},
		{"Option premium", g.Used.OptionPremium},
		{"Collateral (liquid funds)", g.Used.LiquidCollateral},
		{"Collateral (equity)", g.Used.StockCollateral},
	} {
		if !more.amount.IsZero() {
			lines = append(lines, more.name+" "+view.Rupees(more.amount))
		}
	}
	return lines
}

// percentBar draws a percentage in ten cells. Something is drawn for whatever is above
// nothing, and the last cell only when all is used.
func percentBar(f kite.Figure) string {
	const cells = 10
	filled := min(max(f.Value.Shift(-1).IntPart(), 0), cells)
	if filled == 0 && f.Value.IsPositive() {
		filled = 1
	}
	return strings.Repeat("▰", int(filled)) + strings.Repeat("▱", int(cells-filled))
}
