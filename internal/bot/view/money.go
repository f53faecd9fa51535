package view

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// Absent stands where a figure is not known.
const Absent = "–"

// Minus is the minus sign, which is as wide as a digit or a plus. Unlike the
// hyphen it stays with the digit behind it; with ₹ it does because Telegram is
// sent a word joiner between them.
const Minus = "−"

// The units of the Indian system, as powers of ten.
const (
	lakh  = 5
	crore = 7
)

// Rupees writes an amount in rupees in full: ₹12,34,567.89, −₹45.00.
func Rupees(d decimal.Decimal) string {
	sign, digits := fixed(d, 2)
	return sign + "₹" + group(digits)
}

// SignedRupees writes a change in rupees: +₹1,234.50, −₹45.00, ₹0.00.
func SignedRupees(d decimal.Decimal) string {
	sign, digits := fixed(d, 2)
	return plus(sign, digits) + "₹" + group(digits)
}

// Percent writes a change in percent: +1.24%, −0.50%, 0.00%.
func Percent(d decimal.Decimal) string {
	sign, digits := fixed(d, 2)
	return plus(sign, digits) + group(digits) + "%"
}

// RupeesOf is [Rupees] for a figure that may be unknown.
func RupeesOf(f kite.Figure) string { return IfKnown(f, Rupees) }

// SignedRupeesOf is [SignedRupees] for a figure that may be unknown.
func SignedRupeesOf(f kite.Figure) string { return IfKnown(f, SignedRupees) }

// PercentOf is [Percent] for a figure that may be unknown.
func PercentOf(f kite.Figure) string { return IfKnown(f, Percent) }

// IfKnown writes a figure, and [Absent] where it is not known.
func IfKnown(f kite.Figure, write func(decimal.Decimal) string) string {
	if !f.OK {
		return Absent
	}
	return write(f.Value)
}

// Short writes an amount in rupees for a column: at most 7 characters with its
// minus sign, without ₹, to about three digits: 999.99, 98,765, 12.35L, 1.23Cr.
// L is a lakh (1,00,000) and Cr a crore (1,00,00,000). An amount too big for
// its form after rounding takes the next one. Beyond 9999Cr it is 1.2e11.
func Short(d decimal.Decimal) string {
	forms := []struct {
		unit, places int32
		digits       int // digits before the point that the form has room for
		name         string
	}{
		{0, 2, 3, ""}, {0, 0, 5, ""},
		{lakh, 2, 2, "L"},
		{crore, 2, 1, "Cr"}, {crore, 1, 2, "Cr"}, {crore, 0, 4, "Cr"},
	}
	for _, f := range forms {
		sign, digits := fixed(d.Shift(-f.unit), f.places)
		whole, _, _ := strings.Cut(digits, ".")
		if len(whole) > f.digits {
			continue
		}
		if f.unit == 0 {
			digits = group(digits)
		}
		return sign + digits + f.name
	}
	return scientific(d)
}

// SignedShort is [Short] for a change: with a plus, too.
func SignedShort(d decimal.Decimal) string {
	s := Short(d)
	if strings.HasPrefix(s, Minus) {
		return s
	}
	return plus("", s) + s
}

// ShortOf is [Short] for a figure that may be unknown.
func ShortOf(f kite.Figure) string { return IfKnown(f, Short) }

// ShortPercentOf writes a change in percent for a column: at most 6 characters,
// without the percent sign: +1.24, −99.50, +123.4, +12346. Beyond that it only
// says how far up it is.
func ShortPercentOf(f kite.Figure) string { return IfKnown(f, shortPercent) }

func shortPercent(d decimal.Decimal) string {
	for _, form := range []struct {
		places int32
		digits int
	}{{2, 2}, {1, 3}, {0, 5}} {
		sign, digits := fixed(d, form.places)
		whole, _, _ := strings.Cut(digits, ".")
		if len(whole) <= form.digits {
			return plus(sign, digits) + digits
		}
	}
	if d.IsNegative() {
		return "<" + Minus + "9999"
	}
	return ">99999"
}

// fixed rounds half away from zero to places, and returns the sign ("" or the
// minus sign) and the digits. It is the only place where figures are rounded.
// What rounds to nothing has no sign.
func fixed(d decimal.Decimal, places int32) (sign, digits string) {
	if n, ok := roundedInt(d, places); ok {
		if n != 0 && d.IsNegative() {
			sign = Minus
		}
		return sign, pointed(n, int(places))
	}
	rounded := d.Round(places)
	if rounded.IsNegative() {
		sign = Minus
	}
	return sign, rounded.Abs().StringFixed(places)
}

// shortDigits is how many digits surely fit into an int64.
const shortDigits = 18

// roundedInt is the size of d rounded to places, counted in its last place. It
// is for numbers of a usual length, and spares them the way of big numbers.
func roundedInt(d decimal.Decimal, places int32) (n int64, ok bool) {
	shift := int64(d.Exponent()) + int64(places)
	digits := int64(d.NumDigits())
	if digits > shortDigits || shift < -shortDigits || digits+shift > shortDigits {
		return 0, false
	}
	if n = d.CoefficientInt64(); n < 0 {
		n = -n
	}
	power := int64(1)
	for range max(shift, -shift) {
		power *= 10
	}
	if shift >= 0 {
		return n * power, true
	}
	return (n + power/2) / power, true
}

// pointed writes a whole number with a point before its last places.
func pointed(n int64, places int) string {
	digits := strconv.FormatInt(n, 10)
	if places == 0 {
		return digits
	}
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	at := len(digits) - places
	return digits[:at] + "." + digits[at:]
}

// plus gives a change its sign: a plus too, unless nothing changed.
func plus(sign, digits string) string {
	if sign == "" && strings.ContainsAny(digits, "123456789") {
		return "+"
	}
	return sign
}

// group sets the commas of the Indian system: the last three digits before the
// point, then every two.
func group(digits string) string {
	whole, fraction, point := strings.Cut(digits, ".")
	var b strings.Builder
	b.Grow(len(digits) + len(whole)/2)
	for i, digit := range whole {
		left := len(whole) - i
		if i > 0 && left >= 3 && left%2 == 1 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if point {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// scientific writes an absurdly large amount with two digits: 1.2e15.
func scientific(d decimal.Decimal) string {
	exponent := int32(d.NumDigits()) + d.Exponent() - 1
	sign, digits := fixed(d.Shift(-exponent), 1)
	if digits == "10.0" {
		digits, exponent = "1.0", exponent+1
	}
	return sign + digits + "e" + strconv.Itoa(int(exponent))
}

// Quantity writes a quantity with the commas of the Indian system and as many
// places as it has, up to four.
func Quantity(d decimal.Decimal) string {
	sign, digits := fixed(d, 4)
	return sign + group(strings.TrimSuffix(strings.TrimRight(digits, "0"), "."))
}

// Volume writes a count of units: 5,191, 73.60 L, 1.23 Cr.
func Volume(d decimal.Decimal) string {
	for _, form := range []struct {
		unit int32
		name string
	}{{crore, " Cr"}, {lakh, " L"}} {
		if d.Abs().GreaterThanOrEqual(decimal.New(1, form.unit)) {
			sign, digits := fixed(d.Shift(-form.unit), 2)
			return sign + group(digits) + form.name
		}
	}
	sign, digits := fixed(d, 0)
	return sign + group(digits)
}

// ShortVolume writes a count of units for a column, in at most 7 characters.
func ShortVolume(n int64) string {
	d := decimal.NewFromInt(n)
	if d.Abs().LessThan(decimal.New(1, lakh)) {
		return Volume(d)
	}
	return Short(d)
}
