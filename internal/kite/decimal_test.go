package kite

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// amounts draws decimals of every size that is taken, and counts.
func amounts() *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		digits := rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,4}`), rapid.StringMatching(`-?[0-9]{16,20}`), rapid.StringMatching(`-?[0-9]{1,40}`)).Draw(t, "digits")
		exponent := rapid.OneOf(rapid.SampledFrom([]int32{0, -1, -2, -4}), rapid.Int32Range(-60, 18)).Draw(t, "exponent")
		return decimal.RequireFromString(digits).Shift(exponent)
	})
}

func counts() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(-9, 99), rapid.Int64Range(-2e15, 2e15))
}

// The short ways to multiply, add up and compare end where decimal's do, to the
// last place.
func TestShortWaysAreExact(t *testing.T) {
	same := func(t *rapid.T, what string, got, want decimal.Decimal) {
		if !got.Equal(want) || got.Exponent() != want.Exponent() {
			t.Fatalf("%s = %v with %d places, want %v with %d", what, got, -got.Exponent(), want, -want.Exponent())
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var sum decimalSum
		var want, before decimal.Decimal
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			price, shares := amounts().Draw(t, "price"), counts().Draw(t, "shares")
			product := price.Mul(decimal.NewFromInt(shares))
			same(t, "product", times(price, shares), product)
			sum.add(price, shares)
			want = want.Add(product)
			same(t, "sum", sum.total(), want)
			if got := compare(price, before); got != price.Cmp(before) {
				t.Fatalf("compare(%v, %v) = %d", price, before, got)
			}
			if !before.IsZero() {
				places := rapid.SampledFrom([]int32{0, percentPlaces}).Draw(t, "places")
				same(t, "quotient", divRound(price, before, places), price.DivRound(before, places))
				same(t, "percentage", divRound(product.Shift(2), before, percentPlaces), product.Shift(2).DivRound(before, percentPlaces))
			}
			if compare(price, price.Mul(decimal.New(100, -2))) != 0 {
				t.Fatalf("%v is not itself", price)
			}
			before = price
		}
	})
}
