package view

import (
	"strings"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

// unit is how the prices of an instrument are written.
type unit struct {
	sign   string // "₹"; "" for an index, whose prices are points
	places int32  // what a price has at least, and an average is rounded to
	finest int32  // what a price has at most, where it stands at a tick that is finer
}

// ticks is how many places the finest tick of any exchange has.
const ticks = 4

// unitOf knows the places of an instrument's prices: an index has points, and
// currencies are quoted to four places. It is the only place that does.
func unitOf(id string) unit {
	exchange, _, _ := strings.Cut(id, ":")
	switch {
	case symbol.IsIndex(id):
		return unit{"", 2, 2}
	case exchange == "CDS" || exchange == "BCD":
		return unit{"₹", 4, ticks}
	default:
		return unit{"₹", 2, ticks}
	}
}

// unitOfQuote is [unitOf] for a quote, whose token tells an index of any name.
func unitOfQuote(q kite.Quote) unit {
	if q.IsIndex() {
		return unit{"", 2, 2}
	}
	return unitOf(q.ID)
}

// plain is the unit without its sign, as in a column.
func (u unit) plain() unit { return unit{"", u.places, u.finest} }

// price writes a price with all places of its tick: ₹1,523.60, ₹84.2575, 26,068.15.
func (u unit) price(d decimal.Decimal) string {
	sign, digits := u.digits(d)
	return sign + u.sign + group(digits)
}

// average writes an average of prices, which stands at no tick.
func (u unit) average(d decimal.Decimal) string {
	sign, digits := fixed(d, u.places)
	return sign + u.sign + group(digits)
}

// change writes a change of a price: +₹26.45, −124.00.
func (u unit) change(d decimal.Decimal) string {
	sign, digits := u.digits(d)
	return plus(sign, digits) + u.sign + group(digits)
}

// digits leaves out the noughts behind the places that a price has at least.
func (u unit) digits(d decimal.Decimal) (sign, digits string) {
	sign, digits = fixed(d, u.finest)
	for n := u.finest; n > u.places && strings.HasSuffix(digits, "0"); n-- {
		digits = digits[:len(digits)-1]
	}
	return sign, digits
}

// column writes a price for a column: without a sign, and short when it is too
// long to stand beside a name.
func (u unit) column(d decimal.Decimal) string {
	const room = 14 // 9,99,99,999.95
	if s := u.plain().price(d); cells(s) <= room {
		return s
	}
	return Short(d)
}

// span writes two prices as a range, "" when one is not known.
func (u unit) span(low, high decimal.Decimal) string {
	if !low.IsPositive() || !high.IsPositive() {
		return ""
	}
	return u.price(low) + " – " + u.price(high)
}

// Price writes the price of an instrument in its own unit: rupees, the points of
// an index, four places of a currency.
func Price(q kite.Quote, d decimal.Decimal) string { return unitOfQuote(q).price(d) }
