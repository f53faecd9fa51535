package view

import (
	"strings"
	"time"

	"kitebot/internal/kite"
)

// FundsView is what /funds shows.
type FundsView struct {
	Margins kite.Margins
	AsOf    time.Time
	Hide    bool // privacy mode: how much is used in percent, no amounts
}

// Funds renders the money of the account: what can be used first, then each
// segment with what is used of it.
func Funds(v FundsView) Message {
	hide := mask(v.Hide)
	var s sheet
	if m := v.Margins; !m.Equity.Enabled && !m.Commodity.Enabled {
		s.say("<b>No funds to show.</b>", "Kite says that neither equity nor commodity is enabled in this account.")
		s.say(asOf(v.AsOf))
	} else {
		head := "<b>" + hide.rupees(m.Usable()) + " available</b>"
		if v.Hide {
			head = "<b>Funds</b>"
		}
		s.say(append([]string{head}, append(hide.note(), asOf(v.AsOf))...)...)
		s.say(segmentLines("Equity", m.Equity, hide)...)
		s.say(segmentLines("Commodity", m.Commodity, hide)...)
	}
	return s.message(false, [][]Button{{{Text: "Refresh", Data: "funds:again"}}})
}

func segmentLines(name string, g kite.Segment, v mask) []string {
	if !g.Enabled {
		return []string{"<b>" + name + "</b>: not enabled"}
	}
	lines := []string{"<b>" + name + "</b> " + v.rupees(g.Usable())}
	if v {
		lines[0] = "<b>" + name + "</b>"
	}
	if used := g.Utilisation(); used.OK {
		lines = append(lines, bar(used)+" "+strings.TrimPrefix(PercentOf(used), "+")+" used")
	}
	if v {
		return lines
	}
	lines = append(lines,
		"Used "+Rupees(g.Used.Debits),
		"Opening "+Rupees(g.Available.Opening),
		"Collateral "+Rupees(g.Available.Collateral),
	)
	for _, more := range []struct {
		name string
		f    kite.Figure
	}{
		{"Paid in today", priceOf(g.Available.IntradayPayin)},
		{"Span", priceOf(g.Used.Span)},
		{"Exposure", priceOf(g.Used.Exposure)},
		{"Option premium", priceOf(g.Used.OptionPremium)},
		{"Delivery", priceOf(g.Used.Delivery)},
		{"Payout", priceOf(g.Used.Payout)},
	} {
		if more.f.OK {
			lines = append(lines, more.name+" "+RupeesOf(more.f))
		}
	}
	return lines
}

// bar draws a percentage in ten cells. Something is drawn for whatever is above
// nothing, and the last cell only when all is used.
func bar(f kite.Figure) string {
	const cells = 10
	filled := min(max(f.Value.Shift(-1).IntPart(), 0), cells)
	if filled == 0 && f.Value.IsPositive() {
		filled = 1
	}
	return strings.Repeat("▰", int(filled)) + strings.Repeat("▱", int(cells-filled))
}
