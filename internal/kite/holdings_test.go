package kite_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

const fullRow = `{"tradingsymbol":"M\u0026MFIN","exchange":"NSE","instrument_token":345089,"isin":"INE774D01024","product":"CNC",` +
	`"price":0,"used_quantity":1,"quantity":14,"t1_quantity":3,"realised_quantity":13,"authorised_quantity":2,"authorised_date":"2026-11-12T00:00:00+05:30",` +
	`"opening_quantity":12,"collateral_quantity":9,"collateral_type":"CNC","discrepancy":true,"average_price":301.28125,"last_price":287.15,` +
	`"close_price":290.4,"pnl":-197.83749999999995,"day_change":-3.25,"day_change_percentage":-1.1191460055096418,` +
	`"mtf":{"quantity":5,"used_quantity":4,"average_price":280.5,"value":1402.5,"initial_margin":420.75}}`

func TestDecodeHoldings(t *testing.T) {
	got, err := kite.DecodeHoldings("[" + fullRow + "]")
	if err != nil {
		t.Fatal(err)
	}
	want := []kite.Holding{{
		Symbol: "M&MFIN", Exchange: "NSE", ISIN: "INE774D01024", Product: "CNC",
		Quantity: 14, T1Quantity: 3, RealisedQuantity: 13, UsedQuantity: 1, OpeningQuantity: 12,
		CollateralQuantity: 9, Discrepancy: true,
		AveragePrice: dec("301.28125"), LastPrice: dec("287.15"), ClosePrice: dec("290.4"), PnL: dec("-197.83749999999995"),
		MTF: kite.MTF{Quantity: 5, AveragePrice: dec("280.5")},
	}}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("holdings (-want +got):\n%s", diff)
	}
}

func TestDecodeHoldingsForms(t *testing.T) {
	tests := []struct {
		name, text string
		symbols    []string
	}{
		{"one page is all", `{"data":[{"tradingsymbol":"A"},{"tradingsymbol":"B"}],"pagination":{"from":0,"limit":5,"total":2,"has_more":false,"returned":2}}`, []string{"A", "B"}},
		{"unknown fields", `[{"tradingsymbol":"A","new":{"x":[1]},"short_quantity":4}]`, []string{"A"}},
		{"null fields", `[{"tradingsymbol":"A","quantity":null,"last_price":null,"mtf":null}]`, []string{"A"}},
		{"null row", `[{"tradingsymbol":"A"},null]`, []string{"A", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := kite.DecodeHoldings(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var symbols []string
			for _, h := range got {
				symbols = append(symbols, h.Symbol)
				if h.Missing != (h.Symbol == "") {
					t.Errorf("holding %+v", h)
				}
			}
			if diff := cmp.Diff(tt.symbols, symbols); diff != "" {
				t.Errorf("symbols (-want +got):\n%s", diff)
			}
		})
	}
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// Each order of the holdings keeps every row, and is an order.
func TestHoldingsBy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holdings, err := kite.DecodeHoldings(account().Draw(t, "account"))
		if err != nil {
			t.Fatalf("%v", err)
		}
		before := fmt.Sprint(holdings)
		for _, by := range waysToSort() {
			order := kite.HoldingsBy(holdings, by)
			for i := 1; i < len(order); i++ {
				if a, b := holdings[order[i-1]], holdings[order[i]]; !inOrder(by, a, b) {
					t.Fatalf("by %s, %+v comes before %+v", by, a, b)
				}
			}
			if slices.Sort(order); len(order) != len(holdings) || len(slices.Compact(order)) != len(holdings) {
				t.Fatalf("by %s, rows %v of %d", by, order, len(holdings))
			}
		}
		if fmt.Sprint(holdings) != before {
			t.Fatal("the argument changed")
		}
	})
}

// waysToSort are the orders and each of them turned round.
func waysToSort() []kite.HoldingSort {
	all := kite.HoldingSorts()
	for _, by := range kite.HoldingSorts() {
		all = append(all, by.Reversed())
	}
	return all
}

// inOrder says whether b may follow a.
func inOrder(by kite.HoldingSort, a, b kite.Holding) bool {
	if a.Missing || b.Missing {
		return b.Missing
	}
	turned := by.Key() != by
	key := map[kite.HoldingSort]func(kite.Holding) kite.Figure{
		kite.SortByValue: kite.Holding.Value, kite.SortByDay: kite.Holding.DayPercent, kite.SortByProfit: kite.Holding.ProfitPercent,
	}[by.Key()]
	if key == nil {
		return a.Symbol == b.Symbol || a.Symbol < b.Symbol != turned
	}
	x, y := key(a.OwnOrMTF()), key(b.OwnOrMTF())
	if !x.OK || !y.OK {
		return !y.OK
	}
	c := x.Value.Cmp(y.Value)
	return c == 0 || c > 0 != turned
}

func TestSharesAndReferences(t *testing.T) {
	p := total(t, "["+part("A", 1, 0, 0, 0, "1", "3", "1", "1")+",null,"+part("B", 1, 0, 0, 0, "1", "1", "1", "1")+"]")
	expect(t, "share", p.Share(p.Holdings[0]), "75")
	expect(t, "share of a null row", p.Share(p.Holdings[1]), "")
	for i, want := range []string{"NSE:A", "", "NSE:B"} {
		if ref := kite.HoldingRef(p.Holdings, i); ref != want {
			t.Errorf("ref %q, want %q", ref, want)
		}
	}
	for text, want := range map[string]kite.HoldingSort{"size": kite.SortByValue, "-size": kite.SortByValue, "--day": kite.SortByValue, "day": kite.SortByDay, "-day": "-day"} {
		if got := kite.ParseHoldingSort(text); got != want {
			t.Errorf("the order %q is read as %q", text, got)
		}
	}
}

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
	h, shown := p.Holdings[0], p.Holdings[0].OwnOrMTF()
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
	expect(t, "shown of both kinds", both.OwnOrMTF().Value(), "1100")
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
		p := kite.TotalHoldings(holdings)
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
		if got := c.h.SoldToday(); got != c.want {
			t.Errorf("%s: %d shares, want %d", name, got, c.want)
		}
	}
}
