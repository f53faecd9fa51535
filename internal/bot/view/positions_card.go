package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

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
