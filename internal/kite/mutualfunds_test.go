package kite_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

func TestDecodeMutualFunds(t *testing.T) {
	got, err := kite.DecodeMutualFunds(`[{"folio":"12/3","fund":"A \u0026 B FUND","tradingsymbol":"INF000A01AA1","average_price":78.43,"last_price":84.86,"last_price_date":"2026-11-11","pnl":0,"quantity":382.488},null,{"fund":"NO NAV","quantity":1,"average_price":5}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []kite.MutualFund{
		{Fund: "A & B FUND", ISIN: "INF000A01AA1", Folio: "12/3", Units: dec("382.488"), AveragePrice: dec("78.43"), LastPrice: dec("84.86"), NAVDate: "2026-11-11"},
		{Missing: true}, {Fund: "NO NAV", Units: dec("1"), AveragePrice: dec("5")},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
		t.Errorf("funds (-want +got):\n%s", diff)
	}
	total := kite.TotalMutualFunds(got)
	expect(t, "value", total.Value, "32457.93168")
	expect(t, "invested", total.Invested, "29998.53384")
	expect(t, "profit", total.Profit, "2459.39784")
	expect(t, "profit percent", total.ProfitPercent, "8.1983934718857580")
	expect(t, "share", total.Share(got[0]), "100")
	expect(t, "share without a NAV", total.Share(got[2]), "")
	if total.Unpriced != 2 || total.Funds[0].Fund != "A & B FUND" || !total.Funds[2].Missing {
		t.Errorf("totals %+v", total)
	}
	expect(t, "value of nothing", kite.TotalMutualFunds(nil).Value, "0")
	expect(t, "value without a NAV", kite.TotalMutualFunds(got[1:]).Value, "")
}

// Any funds come to what fractions say.
func TestMutualFundsAgainstFractions(t *testing.T) {
	number := rapid.SampledFrom([]string{"0", "0.001", "382.488", "1874.101138", "99999999.9999", "1e-7"})
	rapid.Check(t, func(t *rapid.T) {
		value, invested, profit := new(big.Rat), new(big.Rat), new(big.Rat)
		var rows []string
		for range rapid.IntRange(0, 20).Draw(t, "funds") {
			units, average, nav := number.Draw(t, "units"), number.Draw(t, "average"), number.Draw(t, "nav")
			rows = append(rows, fmt.Sprintf(`{"fund":"F","quantity":%s,"average_price":%s,"last_price":%s,"pnl":7}`, units, average, nav))
			u, a, n := rat(units), rat(average), rat(nav)
			if n.Sign() > 0 {
				value.Add(value, times(u, n))
				invested.Add(invested, times(u, a))
				profit.Add(profit, times(u, new(big.Rat).Sub(n, a)))
			}
		}
		funds, err := kite.DecodeMutualFunds("[" + strings.Join(rows, ",") + "]")
		if err != nil {
			t.Fatalf("%v", err)
		}
		total := kite.TotalMutualFunds(funds)
		if total.Value.Value.Rat().Cmp(value) != 0 || total.Invested.Value.Rat().Cmp(invested) != 0 || total.Profit.Value.Rat().Cmp(profit) != 0 {
			t.Fatalf("totals %+v, want %s, %s, %s", total, value.FloatString(10), invested.FloatString(10), profit.FloatString(10))
		}
	})
}

func rat(s string) *big.Rat { return number(json.Number(s)) }
