// Package statement renders what is about a person's account: holdings, positions, orders, trades,
// GTTs, funds, mutual funds, pictures and files. In privacy mode ([Options.Hide]) no
// amount, quantity or price of the person's is in any of them.
package statement

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// OverviewView is what /portfolio shows.
type OverviewView struct {
	Overview kite.Overview // a nil part is one that Kite did not answer for
	Why      [4]string     // of such a part, in words: holdings, mutual funds, funds, positions
	Options
}

// Overview answers how the account is doing: what it is worth and what the day
// made of it, then each part by its name. A part that Kite did not answer for
// says so, and the others stand.
func Overview(v OverviewView) view.Message {
	o, hide := v.Overview, mask(v.Hide)
	var s view.Sheet
	s.Say(v.head(accountHead(o, hide, v.AsOf))...)
	for i, part := range []struct {
		name  string
		known bool
		lines func() []string
	}{
		{"Holdings", o.Holdings != nil, func() []string { return holdingsPart(o, hide, view.Capital(view.SessionDay(v.AsOf))) }},
		{"Mutual funds", o.MutualFunds != nil, func() []string { return mutualFundsPart(*o.MutualFunds, hide) }},
		{"Cash", o.Funds != nil, func() []string { return cashPart(*o.Funds, hide) }},
		{"Positions", o.Positions != nil, func() []string { return positionsPart(o, hide, view.Capital(positionsDay(*o.Positions, v.AsOf))) }},
	} {
		if part.known {
			s.Say(part.lines()...)
		} else {
			s.Say("<b>" + part.name + "</b> not known. " + v.Why[i])
		}
	}
	return s.Message(false, [][]view.Button{
		{{Text: "Holdings", Data: "holdings:run"}, {Text: "Positions", Data: "positions:run"}},
		{{Text: "Mutual funds", Data: "mf:run"}, {Text: "Funds", Data: "funds:run"}},
		{{Text: "Allocation", Data: "allocation:run"}, {Text: "Movers", Data: "movers:run"}},
		{{Text: "Orders", Data: "orders:run"}, {Text: "Refresh", Data: "portfolio:again"}},
	})
}

// accountHead is what the account is worth and its day. Where only one part's
// day is known, it is named; in privacy mode there is a percentage for that of
// the holdings alone.
func accountHead(o kite.Overview, v mask, at time.Time) []string {
	worth, change, day := o.Worth(), o.Day(), accountDay(o, at)
	if worth.OK {
		worth = sumOf(o.Holdings.Value, o.MutualFunds.Value, cashOf(*o.Funds))
	}
	switch holdings, positions := o.HoldingsDay().OK, o.PositionsDay().OK; {
	case bool(v) || holdings && !positions:
		day = "holdings " + view.SessionDay(at)
	case positions && !holdings && len(o.Positions.Open)+len(o.Positions.Closed) == 0:
		change = kite.Figure{} // of nothing
	case positions && !holdings:
		day = "positions " + day
	}
	percent := kite.Figure{}
	if o.Holdings != nil {
		percent = o.Holdings.DayPercent
	}
	name := "Account"
	if !worth.OK && !bool(v) {
		name = "Account value not known"
	}
	lines := []string{headline(name, worth, change, percent, v, day)}
	if worth.OK && !bool(v) {
		lines = append(lines, "Holdings + mutual funds + cash")
	}
	return lines
}

// accountDay is the day of the holdings and the positions.
func accountDay(o kite.Overview, at time.Time) string {
	if o.Positions == nil {
		return view.SessionDay(at)
	}
	return positionsDay(*o.Positions, at)
}

func holdingsPart(o kite.Overview, v mask, day string) []string {
	p := *o.Holdings
	switch {
	case len(p.Holdings) == 0:
		return []string{"<b>Holdings</b>: none"}
	case onlyMTF(p):
		return append([]string{"<b>Holdings</b>: only MTF shares"}, pledgedAndMTF(p, v)...)
	case !p.Value.OK:
		return append([]string{"<b>Holdings</b>: value not known"}, pledgedAndMTF(p, v)...)
	}
	lines := []string{"<b>Holdings</b> " + v.rupees(p.Value) + " · " + view.Plural(len(p.Holdings), "holding", "holdings")}
	if p.Day.OK {
		lines = append(lines, day+" "+v.change(p.Day, p.DayPercent))
	}
	return append(append(lines, "P&amp;L "+v.change(gain(p.Value, p.Invested), p.ProfitPercent)), pledgedAndMTF(p, v)...)
}

func mutualFundsPart(t kite.FundTotals, v mask) []string {
	switch {
	case len(t.Funds) == 0:
		return []string{"<b>Mutual funds</b>: none"}
	case !t.Value.OK:
		return []string{"<b>Mutual funds</b>: value not known, no fund has a NAV"}
	}
	lines := []string{
		"<b>Mutual funds</b> " + v.rupees(t.Value) + " · " + view.Plural(len(t.Funds), "fund", "funds"),
		"P&amp;L " + v.change(gain(t.Value, t.Invested), t.ProfitPercent),
	}
	if t.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no NAV", len(t.Funds)-t.Unpriced, len(t.Funds), countHas(t.Unpriced)))
	}
	return lines
}

// cashOf is the cash as its segments are shown.
func cashOf(m kite.Margins) kite.Figure {
	if m.Equity.Enabled && m.Commodity.Enabled {
		return sumOf(figureOf(m.Equity.Available.Cash), figureOf(m.Commodity.Available.Cash))
	}
	return m.Cash()
}

// cashPart is the cash, by segment where there are two.
func cashPart(m kite.Margins, v mask) []string {
	cash := cashOf(m)
	if !cash.OK {
		return []string{"<b>Cash</b> not known: no segment is enabled"}
	}
	lines := []string{"<b>Cash</b> " + v.rupees(cash)}
	if m.Equity.Enabled && m.Commodity.Enabled && !bool(v) {
		lines = append(lines, "Equity "+v.rupees(figureOf(m.Equity.Available.Cash)), "Commodity "+v.rupees(figureOf(m.Commodity.Available.Cash)))
	}
	return lines
}

func positionsPart(o kite.Overview, v mask, day string) []string {
	b := *o.Positions
	counts := view.Join(view.Count(len(b.Open), "open"), view.Count(len(b.Closed), "closed"))
	var lines []string
	switch {
	case len(b.Open)+len(b.Closed) > 0 && bool(v):
		lines = []string{"<b>Positions</b>: " + counts}
	case len(b.Open)+len(b.Closed) > 0:
		lines = []string{"<b>Positions’ P&amp;L</b> " + v.signed(b.Profit)}
		if !b.Profit.OK {
			lines[0] = "<b>Positions’ P&amp;L</b> not known"
		}
		if change := o.PositionsDay(); change.OK {
			lines = append(lines, day+" "+v.signed(change))
		}
		lines = append(lines, counts)
	case b.Missing == 0:
		lines = []string{"<b>Positions</b>: none"}
	default:
		lines = []string{"<b>Positions</b> not known"}
	}
	if sold := o.DayOfSold(); !sold.IsZero() && !bool(v) {
		lines = append(lines, "Sold holdings, from prev. close to LTP "+v.signed(figureOf(sold)))
	}
	return append(lines, positionsLeftOut(b)...)
}

// Profile renders who the account belongs to and what it may trade.
func Profile(p kite.Profile, opt Options) view.Message {
	var s view.Sheet
	s.Say("<b>"+view.Safe(p.UserName)+"</b> · "+view.Safe(p.UserID), view.AsOf(opt.AsOf))
	var lines []string
	if p.Email != "" && !opt.Hide {
		lines = append(lines, "E-mail "+view.Safe(p.Email))
	}
	for _, line := range []struct {
		name  string
		words []string
	}{
		{"Broker", []string{p.Broker}}, {"Segments", p.Exchanges}, {"Products", p.Products},
	} {
		if words := nonEmpty(line.words...); len(words) > 0 {
			lines = append(lines, line.name+" "+view.Escape(view.CleanTo(strings.Join(words, ", "), 400)))
		}
	}
	s.Say(lines...)
	return s.Message(false, [][]view.Button{{view.Press("Refresh", "profile:again"), view.Press("Status", "status:run")}})
}
