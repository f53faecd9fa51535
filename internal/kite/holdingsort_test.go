package kite_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

// Each order of the holdings keeps every row, and is an order.
func TestSortHoldings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holdings, err := kite.DecodeHoldings(account().Draw(t, "account"))
		if err != nil {
			t.Fatalf("%v", err)
		}
		for i := range holdings {
			holdings[i].OpeningQuantity = int64(i)
		}
		before := fmt.Sprint(holdings)
		for _, by := range waysToSort() {
			sorted, seen := kite.SortHoldings(holdings, by), map[int64]bool{}
			for i, h := range sorted {
				seen[h.OpeningQuantity] = true
				if i > 0 && !inOrder(by, sorted[i-1], h) {
					t.Fatalf("by %s, %+v comes before %+v", by, sorted[i-1], h)
				}
			}
			if len(sorted) != len(holdings) || len(seen) != len(holdings) {
				t.Fatalf("by %s, %d rows of %d", by, len(seen), len(holdings))
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
		all = append(all, by.Turned())
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
	x, y := key(a.Shown()), key(b.Shown())
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
	if refs := kite.HoldingRefs(p.Holdings); !slices.Equal(refs, []string{"NSE:A", "", "NSE:B"}) {
		t.Errorf("refs %q", refs)
	}
	for text, want := range map[string]kite.HoldingSort{"size": kite.SortByValue, "-size": kite.SortByValue, "--day": kite.SortByValue, "day": kite.SortByDay, "-day": "-day"} {
		if got := kite.ParseHoldingSort(text); got != want {
			t.Errorf("the order %q is read as %q", text, got)
		}
	}
}
