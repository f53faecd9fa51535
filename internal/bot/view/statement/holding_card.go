package statement

import (
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// HoldingCardView is what the card of one holding shows.
type HoldingCardView struct {
	Holding   kite.Holding
	Portfolio kite.Portfolio // what its share is of
	Ref       string         // its name in buttons, see [kite.HoldingRef]
	Place     Place          // where Back goes
	AsOf      time.Time
	Hide      bool // privacy mode: no amounts
}

// HoldingCard renders one holding: what it is worth and its day first, then its
// shares in their kinds, then prices.
func HoldingCard(v HoldingCardView) view.Message {
	h, hide := v.Holding, mask(v.Hide)
	var s view.Sheet
	s.Say(append(cardHead(v), append(hide.note(), view.AsOf(v.AsOf))...)...)
	s.Say(cardShares(h, hide, view.SessionDay(v.AsOf))...)
	s.Say(cardPrices(h, hide)...)
	if h.Discrepancy {
		s.Say("Kite says that its average price for this holding is not reliable, so the P&amp;L is not either.")
	}
	return s.Message(false, cardButtons(v))
}

// NoSuchHolding answers a button whose holding is not in the account any more.
func NoSuchHolding(p Place, at time.Time) view.Message {
	return view.Text("<b>This holding is not in the account any more.</b>\n"+view.AsOf(at), view.Press("Back", "holdings:page:"+p.String()))
}

func cardHead(v HoldingCardView) []string {
	h, hide := v.Holding.Shown(), mask(v.Hide)
	lines := []string{headline(view.Safe(holdingSymbol(h)), h.Value(), h.Day(), h.DayPercent(), hide, view.SessionDay(v.AsOf))}
	var where []string
	if h.Exchange != "" {
		where = append(where, view.Safe(h.Exchange))
	}
	if f := v.Portfolio.Share(v.Holding); f.OK {
		where = append(where, strings.TrimPrefix(view.PercentOf(f), "+")+" of the holdings")
	}
	if len(where) > 0 {
		lines = append(lines, strings.Join(where, " · "))
	}
	if !h.Priced() {
		return append(lines, "<b>No price</b>: its value is not known.")
	}
	if h.DayPercent().OK && !bool(hide) {
		lines = append(lines, "Day "+view.PercentOf(h.DayPercent()))
	}
	return append(lines, "P&amp;L "+hide.change(gain(h.Value(), h.Invested()), h.ProfitPercent()))
}

// cardShares are the shares, and of which kinds they are where there are several;
// a kind without any is left out.
func cardShares(h kite.Holding, v mask, day string) []string {
	var lines []string
	free, mtf := h.Shares()-h.T1Quantity-h.CollateralQuantity, h.MTFPart()
	if h.Shares() != 0 {
		lines = append(lines, "Qty "+v.count(h.Shares()))
	}
	if free == h.Shares() {
		free = 0 // which goes without saying
	}
	for _, kind := range []struct {
		shares int64
		line   string
	}{
		{free, "Free " + v.count(free)},
		{h.T1Quantity, "Not yet delivered (T1) " + v.count(h.T1Quantity)},
		{h.CollateralQuantity, "Pledged " + v.count(h.CollateralQuantity) + " · " + v.worth(h.PledgedValue())},
		{h.MTF.Quantity, "MTF " + v.count(h.MTF.Quantity) + " · " + v.worth(mtf.Value()) + " · " + borrowed},
		{h.UsedQuantity, "Sold " + day + " " + v.count(h.UsedQuantity)},
	} {
		if kind.shares != 0 {
			lines = append(lines, kind.line)
		}
	}
	if both(h) && h.Priced() {
		lines = append(lines, "MTF P&amp;L "+v.change(gain(mtf.Value(), mtf.Invested()), mtf.ProfitPercent()))
	}
	return lines
}

// both reports whether a holding has MTF shares and others.
func both(h kite.Holding) bool { return h.Shares() != 0 && h.MTF.Quantity != 0 }

// worth is what some shares of a holding are worth.
func (v mask) worth(value kite.Figure) string {
	if !value.OK {
		return "no price"
	}
	return v.rupees(value)
}

// cardPrices are what was paid and what a share costs; nothing in privacy mode.
func cardPrices(h kite.Holding, v mask) []string {
	if v {
		return nil
	}
	shown := h.Shown()
	u := view.FormatOf(h.Exchange + ":" + h.Symbol)
	lines := []string{
		"Avg. " + view.IfKnown(priceOf(shown.AveragePrice), u.Average),
		"LTP " + view.IfKnown(priceOf(h.LastPrice), u.Price),
		"Prev. close " + view.IfKnown(priceOf(h.ClosePrice), u.Price),
		"Invested " + view.RupeesOf(shown.Invested()),
	}
	if both(h) {
		lines = append(lines, "MTF avg. "+view.IfKnown(priceOf(h.MTF.AveragePrice), u.Average))
	}
	return lines
}

func cardButtons(v HoldingCardView) [][]view.Button {
	var top []view.Button
	if chart := "chart:open:" + v.Holding.Exchange + ":" + v.Holding.Symbol; len(chart) <= 64 && v.Holding.Exchange != "" {
		top = append(top, view.Button{Text: "Chart", Data: chart})
	}
	card := "holdings:card:" + v.Ref + ":" + v.Place.String()
	top = append(top, view.Button{Text: "Refresh", Data: card}, view.Button{Text: "Back", Data: "holdings:page:" + v.Place.String()})
	return [][]view.Button{top}
}
