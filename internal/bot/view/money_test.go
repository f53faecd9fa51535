package view_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

func TestMoney(t *testing.T) {
	tests := []struct{ amount, rupees, signed, percent, short string }{
		{"0", "₹0.00", "₹0.00", "0.00%", "0.00"},
		{"-0.004", "₹0.00", "₹0.00", "0.00%", "0.00"},
		{"0.004999", "₹0.00", "₹0.00", "0.00%", "0.00"},
		{"0.005", "₹0.01", "+₹0.01", "+0.01%", "0.01"},
		{"-0.005", "−₹0.01", "−₹0.01", "−0.01%", "−0.01"},
		{"0.285", "₹0.29", "+₹0.29", "+0.29%", "0.29"},
		{"0.5999999999999659", "₹0.60", "+₹0.60", "+0.60%", "0.60"},
		{"12.5", "₹12.50", "+₹12.50", "+12.50%", "12.50"},
		{"999.994", "₹999.99", "+₹999.99", "+999.99%", "999.99"},
		{"999.995", "₹1,000.00", "+₹1,000.00", "+1,000.00%", "1,000"},
		{"-1234.5", "−₹1,234.50", "−₹1,234.50", "−1,234.50%", "−1,235"},
		{"98765.43", "₹98,765.43", "+₹98,765.43", "+98,765.43%", "98,765"},
		{"99999.5", "₹99,999.50", "+₹99,999.50", "+99,999.50%", "1.00L"},
		{"123456.78", "₹1,23,456.78", "+₹1,23,456.78", "+1,23,456.78%", "1.23L"},
		{"-1234567.89", "−₹12,34,567.89", "−₹12,34,567.89", "−12,34,567.89%", "−12.35L"},
		{"9999499", "₹99,99,499.00", "+₹99,99,499.00", "+99,99,499.00%", "99.99L"},
		{"9999500", "₹99,99,500.00", "+₹99,99,500.00", "+99,99,500.00%", "1.00Cr"},
		{"12345678", "₹1,23,45,678.00", "+₹1,23,45,678.00", "+1,23,45,678.00%", "1.23Cr"},
		{"99949999", "₹9,99,49,999.00", "+₹9,99,49,999.00", "+9,99,49,999.00%", "9.99Cr"},
		{"99950000", "₹9,99,50,000.00", "+₹9,99,50,000.00", "+9,99,50,000.00%", "10.0Cr"},
		{"-1234567890", "−₹1,23,45,67,890.00", "−₹1,23,45,67,890.00", "−1,23,45,67,890.00%", "−123Cr"},
		{"99994999999", "₹99,99,49,99,999.00", "+₹99,99,49,99,999.00", "+99,99,49,99,999.00%", "9999Cr"},
		{"99995000000", "₹99,99,50,00,000.00", "+₹99,99,50,00,000.00", "+99,99,50,00,000.00%", "1.0e11"},
	}
	for _, tt := range tests {
		t.Run(tt.amount, func(t *testing.T) {
			d := decimal.RequireFromString(tt.amount)
			for _, c := range [][2]string{
				{view.Rupees(d), tt.rupees}, {view.SignedRupees(d), tt.signed}, {view.Percent(d), tt.percent}, {view.Short(d), tt.short},
			} {
				if c[0] != c[1] {
					t.Errorf("got %q, want %q", c[0], c[1])
				}
			}
		})
	}
}

func TestAbsent(t *testing.T) {
	unknown := kite.Figure{Value: decimal.NewFromInt(5)}
	for _, write := range []func(kite.Figure) string{view.RupeesOf, view.SignedRupeesOf, view.PercentOf, view.ShortOf} {
		if got := write(unknown); got != view.Absent {
			t.Errorf("an unknown figure is %q, want %q", got, view.Absent)
		}
	}
}

// What is shown is the amount, rounded half away from zero as fractions round
// it, and grouped the Indian way.
func TestRupeesAgainstFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := amounts().Draw(t, "amount")
		want := roundHalfAway(d.Rat(), 100)
		for _, shown := range []string{view.Rupees(d), view.SignedRupees(d)} {
			if !regexp.MustCompile(`^[+−]?₹(\d{1,3}|\d{1,2}(,\d\d)*,\d{3})\.\d\d$`).MatchString(shown) {
				t.Fatalf("%s is shown as %q", d, shown)
			}
			if got := read(t, shown); got.Cmp(want) != 0 {
				t.Fatalf("%s is shown as %q, want %s", d, shown, want.FloatString(2))
			}
		}
		percent := view.Percent(d)
		if got := read(t, strings.TrimSuffix(percent, "%")); got.Cmp(want) != 0 {
			t.Fatalf("%s is shown as %q, want %s", d, percent, want.FloatString(2))
		}
		if sign := strings.HasPrefix(percent, "+") || strings.HasPrefix(percent, "−"); sign != (want.Sign() != 0) {
			t.Fatalf("%s is shown as %q", d, percent)
		}
	})
}

// The short form fits its column and is never off by more than half of its
// last digit.
func TestShortIsNearEnough(t *testing.T) {
	units := map[string]int64{"": 1, "L": 1_00_000, "Cr": 1_00_00_000}
	rapid.Check(t, func(t *rapid.T) {
		d := amounts().Draw(t, "amount")
		shown := view.Short(d)
		if n := utf8.RuneCountInString(shown); n > 7 {
			t.Fatalf("%s is shown as %q, %d characters", d, shown, n)
		}
		if strings.Contains(shown, "e") {
			if d.Abs().LessThan(decimal.New(9999_5, 6)) {
				t.Fatalf("%s is shown as %q", d, shown)
			}
			return
		}
		m := regexp.MustCompile(`^(−?[\d,]+(?:\.(\d+))?)(L|Cr|)$`).FindStringSubmatch(shown)
		if m == nil {
			t.Fatalf("%s is shown as %q", d, shown)
		}
		unit := new(big.Rat).SetInt64(units[m[3]])
		step := new(big.Rat).Quo(unit, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(m[2]))), nil)))
		off := new(big.Rat).Mul(read(t, m[1]), unit)
		off.Sub(off, d.Rat()).Abs(off)
		if off.Mul(off, big.NewRat(2, 1)).Cmp(step) > 0 {
			t.Fatalf("%s is shown as %q", d, shown)
		}
	})
}

// amounts draws from paise to beyond all crores, with noise, around the halves.
func amounts() *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		digits := rapid.Int64Range(0, 17).Draw(t, "digits")
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil).Int64()
		coefficient := rapid.Int64Range(-limit, limit).Draw(t, "coefficient")
		d := decimal.New(coefficient, rapid.Int32Range(-6, 0).Draw(t, "exponent"))
		if rapid.Bool().Draw(t, "half") {
			d = d.Round(2).Add(decimal.New(5, -3))
		}
		return d
	})
}

// read reads a shown amount back.
func read(t *rapid.T, shown string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(strings.NewReplacer("−", "-", "₹", "", ",", "", "+", "").Replace(shown))
	if !ok {
		t.Fatalf("%q is no amount", shown)
	}
	return r
}

// roundHalfAway rounds to a multiple of 1/parts, in fractions.
func roundHalfAway(r *big.Rat, parts int64) *big.Rat {
	scaled := new(big.Rat).Mul(new(big.Rat).Abs(r), new(big.Rat).SetInt64(parts))
	scaled.Add(scaled, big.NewRat(1, 2))
	whole := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	rounded := new(big.Rat).SetFrac(whole, big.NewInt(parts))
	if r.Sign() < 0 {
		rounded.Neg(rounded)
	}
	return rounded
}
