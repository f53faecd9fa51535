package kite_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

// shape writes a holding at an average of 100, a last price of 110 and a close
// of 105 with the fields that say how many shares there are.
func shape(quantity, t1, realised, pledged, mtf int64, pnl string) string {
	return fmt.Sprintf(`{"tradingsymbol":"A","exchange":"NSE","quantity":%d,"t1_quantity":%d,"realised_quantity":%d,"collateral_quantity":%d,`+
		`"mtf":{"quantity":%d,"average_price":88},"average_price":100,"last_price":110,"close_price":105,"day_change":5,"pnl":%s}`,
		quantity, t1, realised, pledged, mtf, pnl)
}

// Shares are counted once, whatever kind they are; those bought with borrowed
// money are not. Kite's P&L of the row is the cross-check.
func TestShares(t *testing.T) {
	tests := []struct {
		name, row      string
		shares         int64
		value, pledged string
		mismatched     bool
	}{
		{"delivered", shape(10, 0, 10, 0, 0, "100"), 10, "1100", "0", false},
		{"pledged only", shape(0, 0, 0, 40, 0, "0"), 40, "4400", "4400", false},
		{"pledged only, P&L of all", shape(0, 0, 0, 40, 0, "400"), 40, "4400", "4400", false},
		{"pledged partly", shape(65, 0, 65, 200, 0, "650"), 265, "29150", "22000", false},
		{"T1 outside of quantity", shape(0, 4, 0, 0, 0, "40"), 4, "440", "0", false},
		{"T1 outside of quantity, some delivered", shape(10, 4, 10, 0, 0, "140"), 14, "1540", "0", false},
		{"T1 within quantity", shape(14, 4, 10, 0, 0, "140"), 14, "1540", "0", false},
		{"T1 within quantity, pledged too", shape(14, 4, 10, 6, 0, "140"), 20, "2200", "660", false},
		{"MTF only", shape(0, 0, 0, 0, 50, "0"), 0, "0", "0", false},
		{"MTF too", shape(10, 0, 10, 0, 50, "100"), 10, "1100", "0", false},
		{"sold today", shape(0, 0, 0, 0, 0, "-3"), 0, "0", "0", false},
		{"P&L without T1", shape(10, 4, 10, 0, 0, "100"), 14, "1540", "0", true},
		{"P&L of fewer", shape(10, 0, 10, 3, 0, "90"), 13, "1430", "330", true},
		{"P&L with the noise of floats", shape(10, 0, 10, 0, 0, "99.99999999999997"), 10, "1100", "0", false},
		{"P&L off by more than a paisa", shape(10, 0, 10, 0, 0, "100.02"), 10, "1100", "0", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := total(t, "["+tt.row+"]")
			h := p.Holdings[0]
			if h.Shares() != tt.shares || h.Mismatched() != tt.mismatched || kite.Mismatches(p.Holdings) != map[bool]int{true: 1}[tt.mismatched] {
				t.Errorf("%d shares, mismatched: %t", h.Shares(), h.Mismatched())
			}
			expect(t, "value", h.Value(), tt.value)
			expect(t, "pledged", h.PledgedValue(), tt.pledged)
			expect(t, "pledged of the total", kite.Figure{Value: p.Pledged, OK: true}, tt.pledged)
		})
	}
}

// A row without a price has no P&L to compare with.
func TestNoMismatchWithoutAPrice(t *testing.T) {
	h := total(t, `[{"tradingsymbol":"A","quantity":10,"average_price":100,"pnl":-1000},null]`).Holdings
	if kite.Mismatches(h) != 0 {
		t.Error("a row without a price is a mismatch")
	}
}

// What a row shows are the person's own shares, and those bought with borrowed
// money where there are no others. Only an account of nothing else has no total.
func TestMTFOnly(t *testing.T) {
	p := total(t, "["+shape(0, 0, 0, 0, 50, "0")+"]")
	if p.Value.OK || p.Profit.OK || p.Day.OK || p.Counted != 0 || p.MTF.Holdings != 1 || !p.MTF.Value.Equal(dec("5500")) {
		t.Errorf("the account is %+v", p)
	}
	h, shown := p.Holdings[0], p.Holdings[0].Shown()
	for name, c := range map[string]struct {
		got  kite.Figure
		want string
	}{
		"value": {shown.Value(), "5500"}, "invested": {shown.Invested(), "4400"}, "profit": {shown.Profit(), "1100"}, "profit percent": {shown.ProfitPercent(), "25"},
		"day": {shown.Day(), "250"}, "day percent": {shown.DayPercent(), "4.7619047619047619"}, "share": {p.Share(h), ""}, "own": {h.Value(), "0"},
	} {
		expect(t, name, c.got, c.want)
	}
	both := total(t, "["+shape(10, 0, 10, 0, 50, "100")+"]").Holdings[0]
	expect(t, "shown of both kinds", both.Shown().Value(), "1100")
	expect(t, "profit of the MTF part", both.MTFPart().Profit(), "1100")
	if sold := total(t, "["+shape(0, 0, 0, 0, 0, "0")+"]"); !sold.Value.OK || !sold.Value.Value.IsZero() {
		t.Errorf("an account of sold shares is worth %v", sold.Value)
	}
}

// In any account the shares of the total come to 100 %, and the pledged part is
// no more than the whole.
func TestSharesComeToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holdings, err := kite.DecodeHoldings(account().Draw(t, "account"))
		if err != nil {
			t.Fatalf("%v", err)
		}
		p := kite.Total(holdings)
		whole, known := decimal.Zero, false
		for _, h := range holdings {
			share := p.Share(h)
			whole, known = whole.Add(share.Value), known || share.OK
		}
		if known && whole.Sub(dec("100")).Abs().GreaterThan(decimal.New(1, -10)) {
			t.Fatalf("the shares come to %s %%", whole)
		}
		if p.Pledged.GreaterThan(p.Value.Value) {
			t.Fatalf("pledged %s of %s", p.Pledged, p.Value.Value)
		}
	})
}

// Shares sold today are counted apart only where the counts say that the holding
// has lost them already.
func TestSoldOut(t *testing.T) {
	for name, c := range map[string]struct {
		h    kite.Holding
		want int64
	}{
		"taken off":               {kite.Holding{Quantity: 30, UsedQuantity: 10, OpeningQuantity: 40}, 10},
		"taken off, all":          {kite.Holding{UsedQuantity: 40, OpeningQuantity: 40}, 40},
		"taken off, with T1":      {kite.Holding{Quantity: 30, T1Quantity: 5, RealisedQuantity: 30, UsedQuantity: 10, OpeningQuantity: 45}, 10},
		"taken off, pledged":      {kite.Holding{Quantity: 30, CollateralQuantity: 7, UsedQuantity: 10, OpeningQuantity: 40}, 10},
		"still there":             {kite.Holding{Quantity: 40, UsedQuantity: 10, OpeningQuantity: 40}, 0},
		"nothing sold":            {kite.Holding{Quantity: 40, OpeningQuantity: 40}, 0},
		"no count of the morning": {kite.Holding{Quantity: 30, UsedQuantity: 10}, 0},
	} {
		if got := c.h.SoldOut(); got != c.want {
			t.Errorf("%s: %d shares, want %d", name, got, c.want)
		}
	}
}
