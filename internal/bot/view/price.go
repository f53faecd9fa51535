package view

import (
	"strings"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

// PriceFormat is how the prices of an instrument are written.
type PriceFormat struct {
	sign   string // "₹"; "" for an index, whose prices are points
	places int32  // what a price has at least, and an average is rounded to
	finest int32  // what a price has at most, where it stands at a tick that is finer
}

// ticks is how many places the finest tick of any exchange has.
const ticks = 4

// FormatOf knows the places of an instrument's prices: an index has points, and
// currencies are quoted to four places. It is the only place that does.
func FormatOf(id string) PriceFormat {
	exchange, _, _ := strings.Cut(id, ":")
	switch {
	case symbol.IsIndex(id):
		return PriceFormat{"", 2, 2}
	case exchange == "CDS" || exchange == "BCD":
		return PriceFormat{"₹", 4, ticks}
	default:
		return PriceFormat{"₹", 2, ticks}
	}
}

// FormatOfQuote is [FormatOf] for a quote, whose token tells an index of any name.
func FormatOfQuote(q kite.Quote) PriceFormat {
	if q.IsIndex() {
		return PriceFormat{"", 2, 2}
	}
	return FormatOf(q.ID)
}

// Plain is the format without its sign, as in a column.
func (f PriceFormat) Plain() PriceFormat { return PriceFormat{"", f.places, f.finest} }

// Price writes a price with all places of its tick: ₹1,523.60, ₹84.2575, 26,068.15.
func (f PriceFormat) Price(d decimal.Decimal) string {
	sign, digits := f.digits(d)
	return sign + f.sign + group(digits)
}

// Average writes an average of prices, which stands at no tick.
func (f PriceFormat) Average(d decimal.Decimal) string {
	sign, digits := fixed(d, f.places)
	return sign + f.sign + group(digits)
}

// Change writes a change of a price: +₹26.45, −124.00.
func (f PriceFormat) Change(d decimal.Decimal) string {
	sign, digits := f.digits(d)
	return plus(sign, digits) + f.sign + group(digits)
}

// digits leaves out the zeros behind the places that a price has at least.
func (f PriceFormat) digits(d decimal.Decimal) (sign, digits string) {
	sign, digits = fixed(d, f.finest)
	for n := f.finest; n > f.places && strings.HasSuffix(digits, "0"); n-- {
		digits = digits[:len(digits)-1]
	}
	return sign, digits
}

// Column writes a price for a column: without a sign, and short when it is too
// long to stand next to a name.
func (f PriceFormat) Column(d decimal.Decimal) string {
	const room = 14 // 9,99,99,999.95
	if s := f.Plain().Price(d); Width(s) <= room {
		return s
	}
	return Short(d)
}

// Span writes two prices as a range, "" when one is not known.
func (f PriceFormat) Span(low, high decimal.Decimal) string {
	if !low.IsPositive() || !high.IsPositive() {
		return ""
	}
	return f.Price(low) + " – " + f.Price(high)
}
