package kite_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

// ledger is the same arithmetic in other hands: fractions, straight from the
// answer's text, sharing nothing with the package. A nil figure is unknown.
type ledger struct {
	value, invested, profit, profitPercent, day, dayPercent *big.Rat
	pledged, mtf                                            *big.Rat
	counted, unpriced, noClose                              int
	borrowed                                                bool
}

func newLedger(tb testing.TB, text string) ledger {
	tb.Helper()
	var rows []map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		tb.Fatal(err)
	}
	l := ledger{
		value: new(big.Rat), invested: new(big.Rat), day: new(big.Rat), pledged: new(big.Rat), mtf: new(big.Rat),
	}
	base := new(big.Rat)
	for _, row := range rows {
		l.add(row, base)
	}
	l.profit = new(big.Rat).Sub(l.value, l.invested)
	l.profitPercent, l.dayPercent = ratio(l.profit, l.invested), ratio(l.day, base)
	if l.unpriced == l.counted && (l.counted > 0 || l.borrowed) {
		l.value, l.invested, l.profit = nil, nil, nil
	}
	if l.counted == l.unpriced+l.noClose {
		l.day = nil
	}
	return l
}

// add enters one row; base is what the day's percentage is of.
func (l *ledger) add(row map[string]any, base *big.Rat) {
	shares, t1 := new(big.Rat).Add(number(row["quantity"]), number(row["collateral_quantity"])), number(row["t1_quantity"])
	if within := new(big.Rat).Add(number(row["realised_quantity"]), t1); t1.Sign() == 0 || within.Cmp(number(row["quantity"])) != 0 {
		shares.Add(shares, t1)
	}
	last, closing := number(row["last_price"]), number(row["close_price"])
	loan, _ := row["mtf"].(map[string]any)
	if last.Sign() > 0 {
		l.pledged.Add(l.pledged, times(number(row["collateral_quantity"]), last))
		l.mtf.Add(l.mtf, times(number(loan["quantity"]), last))
	}
	l.borrowed = l.borrowed || number(loan["quantity"]).Sign() != 0
	if row != nil && shares.Sign() == 0 {
		return
	}
	l.counted++
	if last.Sign() <= 0 {
		l.unpriced++
		return
	}
	l.value.Add(l.value, times(last, shares))
	l.invested.Add(l.invested, times(number(row["average_price"]), shares))
	if closing.Sign() <= 0 {
		l.noClose++
		return
	}
	l.day.Add(l.day, times(new(big.Rat).Sub(last, closing), shares))
	base.Add(base, times(closing, shares))
}

func number(v any) *big.Rat {
	n, _ := v.(json.Number)
	if r, ok := new(big.Rat).SetString(n.String()); ok {
		return r
	}
	return new(big.Rat)
}

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// ratio is part as a percentage of whole, nil of nothing.
func ratio(part, whole *big.Rat) *big.Rat {
	if whole.Sign() <= 0 {
		return nil
	}
	return times(new(big.Rat).Quo(part, whole), big.NewRat(100, 1))
}

func (l ledger) compare(tb fataler, p kite.Portfolio) {
	tb.Helper()
	exact := new(big.Rat)
	nearly := big.NewRat(1, 1_000_000_000_000_000) // percentages have 16 places
	same(tb, "value", p.Value, l.value, exact)
	same(tb, "invested", p.Invested, l.invested, exact)
	same(tb, "profit", p.Profit, l.profit, exact)
	same(tb, "profit percent", p.ProfitPercent, l.profitPercent, nearly)
	same(tb, "day", p.Day, l.day, exact)
	same(tb, "day percent", p.DayPercent, l.dayPercent, nearly)
	same(tb, "pledged", kite.Figure{Value: p.Pledged, OK: true}, l.pledged, exact)
	same(tb, "MTF", kite.Figure{Value: p.MTF.Value, OK: true}, l.mtf, exact)
	if p.Counted != l.counted || p.Unpriced != l.unpriced || p.NoClose != l.noClose {
		tb.Fatalf("counted %d, unpriced %d, no close %d, want %d, %d, %d", p.Counted, p.Unpriced, p.NoClose, l.counted, l.unpriced, l.noClose)
	}
}

// fataler is what *testing.T and *rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func same(tb fataler, name string, got kite.Figure, want, tolerance *big.Rat) {
	tb.Helper()
	if got.OK != (want != nil) {
		tb.Fatalf("%s = %v, want %v", name, got, want)
	}
	if want == nil {
		return
	}
	off := new(big.Rat).Sub(got.Value.Rat(), want)
	if off.Abs(off).Cmp(tolerance) > 0 {
		tb.Fatalf("%s = %s, want %s", name, got.Value, want.FloatString(20))
	}
}

// part writes one holding as the server does, with its T1 shares outside of
// quantity.
func part(symbol string, quantity, t1, pledged, mtf int64, average, last, closing, change string) string {
	return partOf(symbol, quantity, 0, t1, pledged, mtf, average, last, closing, change)
}

// partOf writes one holding, so many of whose shares in quantity were not
// delivered.
func partOf(symbol string, quantity, within, t1, pledged, mtf int64, average, last, closing, change string) string {
	return fmt.Sprintf(`{"tradingsymbol":%q,"exchange":"NSE","quantity":%d,"t1_quantity":%d,"realised_quantity":%d,"collateral_quantity":%d,"mtf":{"quantity":%d},`+
		`"average_price":%s,"last_price":%s,"close_price":%s,"day_change":%s}`, symbol, quantity, t1, quantity-within, pledged, mtf, average, last, closing, change)
}

// accounts are made-up ones, each tricky in its own way, with figures worked
// out by hand where a hand can.
func TestTotal(t *testing.T) {
	tests := []struct {
		name, account                         string
		value, profit, profitPct, day, dayPct string // "" for unknown
		pledged, mtf                          string
		counted, unpriced, noClose, lent      int
	}{
		{"plain", part("A", 10, 0, 0, 0, "100", "110", "105", "5"),
			"1100", "100", "10", "50", "4.7619047619047619", "0", "0", 1, 0, 0, 0},
		{"undelivered shares count", part("A", 0, 4, 0, 0, "250.5", "250", "251", "-1"),
			"1000", "-2", "-0.1996007984031936", "-4", "-0.398406374501992", "0", "0", 1, 0, 0, 0},
		{"pledged shares count, MTF shares stand apart", part("A", 2, 1, 7, 9, "10", "12", "10", "2"),
			"120", "20", "20", "20", "20", "84", "108", 1, 0, 0, 1},
		{"only pledged", part("A", 0, 0, 7, 0, "10", "12", "10", "2"),
			"84", "14", "20", "14", "20", "84", "0", 1, 0, 0, 0},
		{"only MTF", part("A", 0, 0, 0, 9, "10", "12", "10", "2"),
			"", "", "", "", "", "0", "108", 0, 0, 0, 1},
		{"no price is left out of both sides", part("A", 10, 0, 0, 0, "100", "110", "105", "5") + "," + part("B", 5, 0, 3, 2, "100", "0", "90", "-90"),
			"1100", "100", "10", "50", "4.7619047619047619", "0", "0", 2, 1, 0, 1},
		{"no price at all", part("B", 5, 0, 0, 0, "100", "0", "90", "-90"),
			"", "", "", "", "", "0", "0", 1, 1, 0, 0},
		{"no close is left out of the day", part("A", 10, 0, 0, 0, "100", "110", "105", "5") + "," + part("B", 1, 0, 0, 0, "100", "120", "0", "120"),
			"1220", "120", "10.9090909090909091", "50", "4.7619047619047619", "0", "0", 2, 0, 1, 0},
		{"nothing paid", part("A", 10, 0, 0, 0, "0", "110", "105", "5"),
			"1100", "1100", "", "50", "4.7619047619047619", "0", "0", 1, 0, 0, 0},
		{"null row", part("A", 10, 0, 0, 0, "100", "110", "105", "5") + ",null",
			"1100", "100", "10", "50", "4.7619047619047619", "0", "0", 2, 1, 0, 0},
		{"noise in Kite's change", part("A", 37, 0, 0, 0, "1500", "1555.45", "1541.8", "13.650000000000091"),
			"57551.65", "2051.65", "3.6966666666666667", "505.05", "0.8853288364249578", "0", "0", 1, 0, 0, 0},
		{"crores", part("A", 123456789, 1, 0, 0, "9999.05", "10001.15", "10000.1", "1.05"),
			"1234709875308.5", "259259259", "0.0210019951895430", "129629629.5", "0.0104998950010500", "0", "0", 1, 0, 0, 0},
		{"empty", "", "0", "0", "", "", "", "0", "0", 0, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "[" + tt.account + "]"
			p := total(t, text)
			newLedger(t, text).compare(t, p)
			for name, c := range map[string]struct {
				got  kite.Figure
				want string
			}{
				"value": {p.Value, tt.value}, "profit": {p.Profit, tt.profit}, "profit percent": {p.ProfitPercent, tt.profitPct},
				"day": {p.Day, tt.day}, "day percent": {p.DayPercent, tt.dayPct},
				"pledged": {kite.Figure{Value: p.Pledged, OK: true}, tt.pledged}, "MTF": {kite.Figure{Value: p.MTF.Value, OK: true}, tt.mtf},
			} {
				expect(t, name, c.got, c.want)
			}
			if p.Counted != tt.counted || p.Unpriced != tt.unpriced || p.NoClose != tt.noClose || p.MTF.Holdings != tt.lent {
				t.Errorf("counts %+v", p)
			}
		})
	}
}

// Any account comes to what fractions say it comes to, and to the sum of its
// holdings' own figures, in whatever order they are.
func TestTotalAgainstFractions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := account().Draw(rt, "account")
		holdings, err := kite.DecodeHoldings(text)
		if err != nil {
			rt.Fatalf("%v", err)
		}
		p := kite.TotalHoldings(holdings)
		newLedger(t, text).compare(rt, p)

		value, profit, day := decimal.Zero, decimal.Zero, decimal.Zero
		for _, h := range holdings {
			value, profit, day = value.Add(h.Value().Value), profit.Add(h.Profit().Value), day.Add(h.Day().Value)
		}
		if !value.Equal(p.Value.Value) || !profit.Equal(p.Profit.Value) || !day.Equal(p.Day.Value) {
			rt.Fatalf("parts %s, %s, %s do not add up to %+v", value, profit, day, p)
		}
	})
}

// account draws lists of holdings with all that is tricky about them.
func account() *rapid.Generator[string] {
	price := rapid.OneOf(
		rapid.SampledFrom([]string{"0", "-0", "-1.5", "0.05", "0.5999999999999659", "1e-7", "2.5e+3", "999999.95", "100"}),
		rapid.Map(rapid.Int64Range(0, 1_000_000_00), func(paise int64) string { return decimal.New(paise, -2).String() }),
	)
	shares := rapid.OneOf(rapid.SampledFrom([]int64{0, 0, 1}), rapid.Int64Range(0, 10_000_000))
	row := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 19).Draw(t, "null") == 0 {
			return "null"
		}
		quantity, t1 := shares.Draw(t, "quantity"), shares.Draw(t, "t1")
		within := rapid.SampledFrom([]int64{0, t1}).Draw(t, "within")
		return partOf(rapid.SampledFrom([]string{"A", "B-BE", "M&M"}).Draw(t, "symbol"), quantity+within, within, t1,
			shares.Draw(t, "pledged"), shares.Draw(t, "mtf"),
			price.Draw(t, "average"), price.Draw(t, "last"), price.Draw(t, "close"), price.Draw(t, "change"))
	})
	return rapid.Map(rapid.SliceOfN(row, 0, 30), func(rows []string) string { return "[" + strings.Join(rows, ",") + "]" })
}

func total(tb testing.TB, text string) kite.Portfolio {
	tb.Helper()
	holdings, err := kite.DecodeHoldings(text)
	if err != nil {
		tb.Fatal(err)
	}
	return kite.TotalHoldings(holdings)
}

func TestHoldingFigures(t *testing.T) {
	p := total(t, "["+part("A", 10, 2, 3, 4, "100", "110", "105", "5")+","+part("B", 10, 2, 3, 4, "100", "0", "105", "-105")+"]")
	a, b := p.Holdings[0], p.Holdings[1]
	for name, c := range map[string]struct {
		got  kite.Figure
		want string
	}{
		"value": {a.Value(), "1650"}, "invested": {a.Invested(), "1500"}, "profit": {a.Profit(), "150"}, "profit percent": {a.ProfitPercent(), "10"},
		"day": {a.Day(), "75"}, "day percent": {a.DayPercent(), "4.7619047619047619"}, "pledged": {a.PledgedValue(), "330"}, "MTF": {a.MTFPart().Value(), "440"},
	} {
		expect(t, name, c.got, c.want)
	}
	if sold := total(t, "["+part("A", 0, 0, 0, 0, "100", "110", "105", "5")+"]").Holdings[0].ProfitPercent(); sold.OK {
		t.Errorf("without a share, the profit percent is %v", sold)
	}
	for i, f := range []kite.Figure{b.Value(), b.Invested(), b.Profit(), b.ProfitPercent(), b.Day(), b.DayPercent(), b.PledgedValue(), b.MTFPart().Value()} {
		if f.OK {
			t.Errorf("without a price, figure %d is %v", i, f)
		}
	}
}
