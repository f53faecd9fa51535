package statement

import (
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// HoldingCard renders one holding: what it is worth and its day first, then its
// shares in their kinds, then prices. Its share is of the portfolio, ref is its name in
// buttons, see [kite.HoldingRef], and Back goes to place.
func HoldingCard(h kite.Holding, p kite.Portfolio, ref string, place Place, opt Options) view.Message {
	hide, day := mask(opt.Hide), view.SessionDay(opt.AsOf)
	var s view.Sheet
	s.Say(opt.head(cardHead(h, p.Share(h), hide, day))...)
	s.Say(cardShares(h, hide, day)...)
	s.Say(cardPrices(h, hide)...)
	if h.Discrepancy {
		s.Say("Kite says that its average price for this holding is not reliable, so the P&amp;L is not either.")
	}
	row := view.InstrumentButton("Chart", "chart:open:", h.Exchange+":"+h.Symbol)
	return s.Message(false, [][]view.Button{append(row,
		view.Press("Refresh", "holdings:card:"+ref+":"+place.String()), view.Press("Back", "holdings:page:"+place.String()))})
}

// NoSuchHolding answers a button whose holding is not in the account any more.
func NoSuchHolding(p Place, at time.Time) view.Message {
	return notListed("<b>This holding is not in the account any more.</b>", at, view.Press("Back", "holdings:page:"+p.String()))
}

func cardHead(h kite.Holding, share kite.Figure, hide mask, day string) []string {
	h = h.OwnOrMTF()
	lines := []string{headline(view.Safe(holdingSymbol(h)), h.Value(), h.Day(), h.DayPercent(), hide, day)}
	var exchange, part string
	if h.Exchange != "" {
		exchange = view.Safe(h.Exchange)
	}
	if share.OK {
		part = strings.TrimPrefix(view.PercentOf(share), "+") + " of the holdings"
	}
	if where := view.Join(exchange, part); where != "" {
		lines = append(lines, where)
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
	if hasBothKinds(h) && h.Priced() {
		lines = append(lines, "MTF P&amp;L "+v.change(gain(mtf.Value(), mtf.Invested()), mtf.ProfitPercent()))
	}
	return lines
}

// hasBothKinds reports whether a holding has MTF shares and others.
func hasBothKinds(h kite.Holding) bool { return h.Shares() != 0 && h.MTF.Quantity != 0 }

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
	shown := h.OwnOrMTF()
	u := view.FormatOf(h.Exchange + ":" + h.Symbol)
	lines := []string{
		"Avg. " + view.IfKnown(priceOf(shown.AveragePrice), u.Average),
		"LTP " + view.IfKnown(priceOf(h.LastPrice), u.Price),
		"Prev. close " + view.IfKnown(priceOf(h.ClosePrice), u.Price),
		"Invested " + view.RupeesOf(shown.Invested()),
	}
	if hasBothKinds(h) {
		lines = append(lines, "MTF avg. "+view.IfKnown(priceOf(h.MTF.AveragePrice), u.Average))
	}
	return lines
}
