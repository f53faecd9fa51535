package view

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/kite"
)

// PortfolioView is what /portfolio shows.
type PortfolioView struct {
	Overview kite.Overview // a nil part is one that Kite did not answer for
	AsOf     time.Time
	Hide     bool // privacy mode: percentages and counts, no amounts
}

// Portfolio renders the account at one glance: the total and the day, then each
// part in a few lines. A part that Kite did not answer for says so, and the
// others stand.
func Portfolio(v PortfolioView) Message {
	o, hide := v.Overview, mask(v.Hide)
	var s sheet
	s.say(append(overviewHead(o, hide), append(hide.note(), asOf(v.AsOf))...)...)
	s.say(holdingsPart(o.Holdings, hide)...)
	s.say(positionsPart(o.Positions, hide)...)
	s.say(fundsPart(o.Funds, hide)...)
	return s.message(false, [][]Button{
		{{Text: "Holdings", Data: "holdings:run"}, {Text: "Positions", Data: "positions:run"}},
		{{Text: "Orders", Data: "orders:run"}, {Text: "Funds", Data: "funds:run"}},
		{{Text: "Allocation", Data: "allocation:run"}, {Text: "Day’s movers", Data: "movers:run"}},
		{{Text: "Refresh", Data: "portfolio:again"}},
	})
}

// overviewHead is the total of what is known, and the day of the holdings.
func overviewHead(o kite.Overview, v mask) []string {
	var head []string
	switch total := o.Total(); {
	case o.Holdings == nil && o.Positions == nil && o.Funds == nil:
		return []string{"<b>Kite did not answer.</b>", "Nothing is lost. Please refresh in a minute."}
	case total.OK && !bool(v):
		head = []string{"<b>" + RupeesOf(total) + "</b>", totalOf(o)}
	case bool(v) && o.Holdings != nil && o.Holdings.Day.OK:
		return []string{"<b>Day " + v.change(o.Holdings.Day, o.Holdings.DayPercent) + "</b>"}
	case bool(v):
		return []string{"<b>Your account</b>"}
	default:
		head = []string{"<b>Total not known</b>: the parts below say why."}
	}
	if o.Holdings != nil && o.Holdings.Day.OK {
		head = append(head, "Holdings today "+v.change(o.Holdings.Day, o.Holdings.DayPercent))
	}
	return head
}

// totalOf says what the total is made of.
func totalOf(o kite.Overview) string {
	words := "Holdings and available funds"
	if !o.BoughtToday().Value.IsZero() {
		words = "Holdings, shares bought today, and available funds"
	}
	if !o.Funds.Collateral().IsZero() {
		words += ", without collateral"
	}
	return words
}

func silent(part string) []string { return []string{"<b>" + part + "</b>: Kite did not answer"} }

func holdingsPart(p *kite.Portfolio, v mask) []string {
	switch {
	case p == nil:
		return silent("Holdings")
	case len(p.Holdings) == 0:
		return []string{"<b>Holdings</b>: none"}
	case onlyMTF(*p):
		return append([]string{"<b>Holdings</b>: only MTF shares"}, pledgedAndMTF(*p, v)...)
	case !p.Value.OK:
		return append([]string{"<b>Holdings</b>: value not known, " + noneHasPrice(p.Counted)}, pledgedAndMTF(*p, v)...)
	}
	lines := []string{
		"<b>Holdings</b> " + v.rupees(p.Value) + " · " + many(len(p.Holdings), "holding", "holdings"),
		"Profit " + v.change(p.Profit, p.ProfitPercent),
	}
	return append(lines, pledgedAndMTF(*p, v)...)
}

func positionsPart(b *kite.Book, v mask) []string {
	switch {
	case b == nil:
		return silent("Positions")
	case len(b.Open)+len(b.Closed) == 0 && b.Missing == 0:
		return []string{"<b>Positions</b>: none today"}
	}
	lines := []string{part("Positions", b.Profit, bool(v)), fmt.Sprintf("%d open · %d closed today", len(b.Open), len(b.Closed))}
	if !b.Profit.OK {
		lines[0] = "<b>Positions</b>: P&amp;L not known"
	}
	return append(lines, positionsBeside(*b)...)
}

func fundsPart(m *kite.Margins, v mask) []string {
	switch {
	case m == nil:
		return silent("Funds")
	case !m.Usable().OK:
		return []string{"<b>Funds</b>: no segment is enabled"}
	}
	lines := []string{"<b>Funds</b> " + v.rupees(m.Usable()) + " available"}
	if v {
		lines[0] = "<b>Funds</b>"
	}
	for _, g := range []struct {
		name string
		kite.Segment
	}{{"Equity", m.Equity}, {"Commodity", m.Commodity}} {
		if !g.Enabled {
			continue
		}
		facts := []string{v.rupees(g.Usable())}
		if used := g.Utilisation(); used.OK {
			facts = append(facts, strings.TrimPrefix(PercentOf(used), "+")+" used")
		}
		lines = append(lines, g.name+" "+strings.Join(facts, " · "))
	}
	return lines
}
