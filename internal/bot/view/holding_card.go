package view

import (
	"strings"
	"time"

	"kitebot/internal/kite"
)

// HoldingCardView is what the card of one holding shows.
type HoldingCardView struct {
	Holding   kite.Holding
	Portfolio kite.Portfolio // what its share is of
	Ref       string         // its name in buttons, see [kite.HoldingRefs]
	Place     Place          // where Back goes
	AsOf      time.Time
	Hide      bool // privacy mode: no amounts
}

// HoldingCard renders one holding: what it is worth and its day first, then its
// shares in their kinds, then prices.
func HoldingCard(v HoldingCardView) Message {
	h, hide := v.Holding, mask(v.Hide)
	var s sheet
	s.say(append(cardHead(v), append(hide.note(), asOf(v.AsOf))...)...)
	s.say(cardShares(h, hide, dayOf(v.AsOf))...)
	s.say(cardPrices(h, hide)...)
	if h.Discrepancy {
		s.say("Kite says that its average price for this holding is not reliable, so the P&amp;L is not either.")
	}
	return s.message(false, cardButtons(v))
}

// NoSuchHolding answers a button whose holding is not in the account any more.
func NoSuchHolding(p Place, at time.Time) Message {
	return Message{
		HTML:    "<b>This holding is not in the account any more.</b>\n" + asOf(at),
		Buttons: [][]Button{{{Text: "Back", Data: "holdings:page:" + p.String()}}},
	}
}

func cardHead(v HoldingCardView) []string {
	h, hide := v.Holding.Shown(), mask(v.Hide)
	lines := []string{headline(outside(holdingSymbol(h)), h.Value(), h.Day(), h.DayPercent(), hide, dayOf(v.AsOf))}
	var where []string
	if h.Exchange != "" {
		where = append(where, outside(h.Exchange))
	}
	if f := v.Portfolio.Share(v.Holding); f.OK {
		where = append(where, strings.TrimPrefix(PercentOf(f), "+")+" of the holdings")
	}
	if len(where) > 0 {
		lines = append(lines, strings.Join(where, " · "))
	}
	if !h.Priced() {
		return append(lines, "<b>No price</b>: its value is not known.")
	}
	if h.DayPercent().OK && !bool(hide) {
		lines = append(lines, "Day "+PercentOf(h.DayPercent()))
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
	u := unitOf(h.Exchange + ":" + h.Symbol)
	lines := []string{
		"Avg. " + ifKnown(priceOf(shown.AveragePrice), u.average),
		"LTP " + ifKnown(priceOf(h.LastPrice), u.price),
		"Prev. close " + ifKnown(priceOf(h.ClosePrice), u.price),
		"Invested " + RupeesOf(shown.Invested()),
	}
	if both(h) {
		lines = append(lines, "MTF avg. "+ifKnown(priceOf(h.MTF.AveragePrice), u.average))
	}
	return lines
}

func cardButtons(v HoldingCardView) [][]Button {
	var top []Button
	if chart := "chart:open:" + v.Holding.Exchange + ":" + v.Holding.Symbol; len(chart) <= 64 && v.Holding.Exchange != "" {
		top = append(top, Button{Text: "Chart", Data: chart})
	}
	card := "holdings:card:" + v.Ref + ":" + v.Place.String()
	top = append(top, Button{Text: "Refresh", Data: card}, Button{Text: "Back", Data: "holdings:page:" + v.Place.String()})
	return [][]Button{top}
}
