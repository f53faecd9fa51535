package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// Price writes the price of an instrument in its own unit: rupees, the points of
// an index, four places of a currency.
func Price(id string, d decimal.Decimal) string { return unitOf(id).price(d) }

// SymbolName is an instrument as it is written for people, without its exchange.
func SymbolName(id string, at time.Time) string { return nameOf(id, at) }

// HoldingName is a holding's symbol without the series that goes without saying.
func HoldingName(h kite.Holding) string { return clean(symbol(h)) }

// PictureView is a picture of the holdings.
type PictureView struct {
	Portfolio kite.Portfolio
	Photo     []byte
	AsOf      time.Time
	Hide      bool // privacy mode
}

// Allocation captions the picture of how the holdings' value is divided. The
// largest share is what one wants to know of it.
func Allocation(v PictureView) Message {
	if !v.Portfolio.Value.OK || !v.Portfolio.Value.Value.IsPositive() {
		return noPicture("There is nothing to divide", v.AsOf)
	}
	largest := slices.MaxFunc(v.Portfolio.Holdings, func(a, b kite.Holding) int { return a.Value().Value.Cmp(b.Value().Value) })
	return Message{
		HTML: fmt.Sprintf("<b>Largest: %s, %s of the whole</b>\n%s · %s",
			escape(HoldingName(largest)), shareOf(v.Portfolio.Share(largest))+"%", many(len(v.Portfolio.Holdings), "holding", "holdings"), asOf(v.AsOf)),
		Photo:   v.Photo,
		Buttons: [][]Button{{{Text: "Day’s movers", Data: "movers:run"}, {Text: "Refresh", Data: "allocation:again"}}},
	}
}

// Movers captions the picture of the day's winners and losers.
func Movers(v PictureView) Message {
	up, down := 0, 0
	for _, h := range v.Portfolio.Holdings {
		switch day := h.Day(); {
		case day.OK && day.Value.IsPositive():
			up++
		case day.OK && day.Value.IsNegative():
			down++
		}
	}
	if !v.Portfolio.Day.OK {
		return noPicture("No holding has a day’s change", v.AsOf)
	}
	day := mask(v.Hide).change(v.Portfolio.Day, v.Portfolio.DayPercent)
	return Message{
		HTML:    fmt.Sprintf("<b>Day %s</b>\n%d up, %d down · %s", day, up, down, asOf(v.AsOf)),
		Photo:   v.Photo,
		Buttons: [][]Button{{{Text: "Allocation", Data: "allocation:run"}, {Text: "Refresh", Data: "movers:again"}}},
	}
}

func noPicture(why string, at time.Time) Message {
	return Message{
		HTML:    fmt.Sprintf("<b>%s.</b>\n/holdings shows what there is.\n\n%s", why, asOf(at)),
		Buttons: [][]Button{{{Text: "Holdings", Data: "holdings:run"}}},
	}
}
