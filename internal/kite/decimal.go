package kite

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// maxDigits is how many digits surely fit into an int64.
const maxDigits = 18

// times is price × shares. Where the digits have room in an int64, which is
// nearly always, it goes without big numbers.
func times(price decimal.Decimal, shares int64) decimal.Decimal {
	if price.NumDigits() > maxDigits {
		return price.Mul(decimal.NewFromInt(shares))
	}
	mantissa := price.CoefficientInt64()
	high, low := bits.Mul64(size(mantissa), size(shares))
	if high != 0 || low > math.MaxInt64 {
		return price.Mul(decimal.NewFromInt(shares))
	}
	product := int64(low)
	if mantissa < 0 != (shares < 0) {
		product = -product
	}
	return decimal.New(product, price.Exponent())
}

// divRound is part ÷ whole like the method DivRound, in two machine words where
// that is enough.
func divRound(part, whole decimal.Decimal, places int32) decimal.Decimal {
	exact := func() decimal.Decimal { return part.DivRound(whole, places) }
	if part.NumDigits() > maxDigits || whole.NumDigits() > maxDigits {
		return exact()
	}
	shift := part.Exponent() - whole.Exponent() + places
	if shift < 0 || shift > maxDigits {
		return exact()
	}
	mantissa, by := part.CoefficientInt64(), whole.CoefficientInt64()
	divisor := size(by)
	high, low := bits.Mul64(size(mantissa), size(pow10(shift)))
	if high >= divisor { // the quotient is longer than a word, or there is none
		return exact()
	}
	quotient, rest := bits.Div64(high, low, divisor)
	if quotient >= math.MaxInt64 {
		return exact()
	}
	if rest >= divisor-rest {
		quotient++
	}
	if mantissa < 0 != (by < 0) {
		return decimal.New(-int64(quotient), -places)
	}
	return decimal.New(int64(quotient), -places)
}

// size is a number without its sign.
func size(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// decimalSum adds up prices × shares, exactly, in numbers of its own: a sum of many
// rows makes no garbage. The zero value is 0.
type decimalSum struct {
	sum      big.Int
	exponent int32 // of the sum: the lowest of what was added
	term, by big.Int
}

func (t *decimalSum) add(price decimal.Decimal, shares int64) {
	if price.NumDigits() > maxDigits {
		t.term.Set(price.Coefficient())
	} else {
		t.term.SetInt64(price.CoefficientInt64())
	}
	t.term.Mul(&t.term, t.by.SetInt64(shares))
	if e := price.Exponent(); e < t.exponent {
		t.shift(&t.sum, t.exponent-e)
		t.exponent = e
	} else {
		t.shift(&t.term, e-t.exponent)
	}
	t.sum.Add(&t.sum, &t.term)
}

// shift multiplies n by 10^places.
func (t *decimalSum) shift(n *big.Int, places int32) {
	for places > 0 {
		step := min(places, maxDigits)
		n.Mul(n, t.by.SetInt64(pow10(step)))
		places -= step
	}
}

func (t *decimalSum) total() decimal.Decimal { return decimal.NewFromBigInt(&t.sum, t.exponent) }

// pow10 is 10^places, of maxDigits places at most.
func pow10(places int32) int64 {
	power := int64(1)
	for range places {
		power *= 10
	}
	return power
}

// compare orders two numbers like their method Cmp, without garbage where both
// are small: prices have two places or one or none, and then it would scale one
// of them for each comparison.
func compare(a, b decimal.Decimal) int {
	if a.Exponent() == b.Exponent() {
		return a.Cmp(b)
	}
	if a.Exponent() < b.Exponent() {
		return -compare(b, a)
	}
	places := a.Exponent() - b.Exponent()
	if places > maxDigits || a.NumDigits()+int(places) > maxDigits || b.NumDigits() > maxDigits {
		return a.Cmp(b)
	}
	scaled, other := a.CoefficientInt64()*pow10(places), b.CoefficientInt64()
	switch {
	case scaled < other:
		return -1
	case scaled > other:
		return 1
	default:
		return 0
	}
}
