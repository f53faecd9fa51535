package kite_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

// cash is an enabled segment with a cash balance, and an available margin that is
// something else.
func cash(balance string) kite.Segment {
	return kite.Segment{Enabled: true, Net: dec("77777"), Available: kite.AvailableMargin{Cash: dec(balance), Collateral: dec("55555")}}
}

func TestOverviewWorth(t *testing.T) {
	held, empty := total(t, "["+part("A", 10, 0, 0, 0, "100", "110", "105", "5")+"]"), total(t, "[]")
	unpriced := total(t, "["+part("A", 10, 0, 0, 0, "100", "0", "105", "5")+"]")
	funds, none := kite.Margins{Equity: cash("50.5"), Commodity: cash("-0.5")}, kite.Margins{}
	equity := kite.Margins{Equity: cash("-7"), Commodity: kite.Segment{Available: kite.AvailableMargin{Cash: dec("1000")}}}
	mf := kite.TotalMutualFunds([]kite.MutualFund{{Units: dec("2.5"), LastPrice: dec("40")}})
	noMF, unknownMF := kite.TotalMutualFunds(nil), kite.TotalMutualFunds([]kite.MutualFund{{Missing: true}})
	bought := book(t, "["+at("B", "NSE", "CNC", 4, "1000", "0", "0")+"]")
	for name, c := range map[string]struct {
		o    kite.Overview
		want string
	}{
		"all":              {kite.Overview{Holdings: &held, MutualFunds: &mf, Funds: &funds}, "1250"},
		"owed":             {kite.Overview{Holdings: &held, MutualFunds: &noMF, Funds: &equity}, "1093"},
		"no holdings":      {kite.Overview{Holdings: &empty, MutualFunds: &mf, Funds: &funds}, "150"},
		"bought today":     {kite.Overview{Holdings: &held, MutualFunds: &mf, Funds: &funds, Positions: &bought}, "1250"},
		"no price":         {kite.Overview{Holdings: &unpriced, MutualFunds: &mf, Funds: &funds}, ""},
		"no NAV":           {kite.Overview{Holdings: &held, MutualFunds: &unknownMF, Funds: &funds}, ""},
		"no segment":       {kite.Overview{Holdings: &held, MutualFunds: &mf, Funds: &none}, ""},
		"silent holdings":  {kite.Overview{MutualFunds: &mf, Funds: &funds}, ""},
		"silent MF":        {kite.Overview{Holdings: &held, Funds: &funds}, ""},
		"silent funds":     {kite.Overview{Holdings: &held, MutualFunds: &mf}, ""},
		"nothing answered": {kite.Overview{}, ""},
	} {
		expect(t, name, c.o.Worth(), c.want)
	}
}

func TestOverviewDay(t *testing.T) {
	held, empty := total(t, "["+part("A", 10, 0, 0, 0, "100", "110", "105", "5")+"]"), total(t, "[]")
	unpriced, lent := total(t, "["+part("A", 10, 0, 0, 0, "100", "0", "105", "5")+"]"), total(t, "["+part("A", 0, 0, 0, 5, "100", "110", "105", "5")+"]")
	flat, traded, gaps := book(t, "[]"), book(t, "["+at("D", "NFO", "NRML", 75, "9", "0", "-12.5")+"]"), book(t, "[null]")
	const sale = `[{"tradingsymbol":"A","product":"CNC","overnight_quantity":10,"last_price":0,"m2m":30,"day_sell_quantity":10,"day_sell_value":15040}]`
	sold := book(t, sale)
	for name, c := range map[string]struct {
		o    kite.Overview
		want string
	}{
		"sold, without a price":  {kite.Overview{Holdings: &held, Positions: &sold}, "80"},
		"both":                   {kite.Overview{Holdings: &held, Positions: &traded}, "37.5"},
		"no positions":           {kite.Overview{Holdings: &held, Positions: &flat}, "50"},
		"no holdings":            {kite.Overview{Holdings: &empty, Positions: &traded}, "-12.5"},
		"neither":                {kite.Overview{Holdings: &empty, Positions: &flat}, "0"},
		"silent positions":       {kite.Overview{Holdings: &held}, "50"},
		"silent holdings":        {kite.Overview{Positions: &traded}, "-12.5"},
		"holdings without price": {kite.Overview{Holdings: &unpriced, Positions: &traded}, "-12.5"},
		"MTF shares alone":       {kite.Overview{Holdings: &lent, Positions: &traded}, "-12.5"},
		"null positions":         {kite.Overview{Holdings: &held, Positions: &gaps}, "50"},
		"nothing known":          {kite.Overview{Holdings: &unpriced}, ""},
	} {
		expect(t, name, c.o.Day(), c.want)
	}
}

// No share's day is counted twice, and none is lost: what was held in the
// morning counts from the close before, what was bought today from its price, and
// what was sold today to its price. That holds whether Kite takes sold shares off
// the holding at once, whether it keeps what was carried over as a position
// too, and whatever else is in the account.
func TestOverviewDayAgainstFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Map(rapid.Int64Range(1, 1_000_000), func(paise int64) *big.Rat { return big.NewRat(paise, 100) })
		want := new(big.Rat)
		var holdings, positions []string
		for i := range rapid.IntRange(1, 6).Draw(t, "symbols") {
			morning, bought := rapid.Int64Range(0, 50).Draw(t, "morning"), rapid.Int64Range(0, 50).Draw(t, "bought")
			sold := rapid.Int64Range(0, morning).Draw(t, "sold")
			last, before, paid, got := price.Draw(t, "last"), price.Draw(t, "close"), price.Draw(t, "paid"), price.Draw(t, "got")
			want.Add(want, times(new(big.Rat).Sub(last, before), big.NewRat(morning-sold, 1)))
			want.Add(want, times(new(big.Rat).Sub(got, before), big.NewRat(sold, 1)))
			want.Add(want, times(new(big.Rat).Sub(last, paid), big.NewRat(bought, 1)))

			left := morning
			if rapid.Bool().Draw(t, "off at once") {
				left -= sold
			}
			symbol := fmt.Sprintf("S%d", i)
			if morning > 0 {
				holdings = append(holdings, fmt.Sprintf(`{"tradingsymbol":%q,"exchange":"NSE","quantity":%d,"realised_quantity":%d,"used_quantity":%d,"opening_quantity":%d,"collateral_quantity":%d,"average_price":1,"last_price":%s,"close_price":%s}`,
					symbol, left, left, sold, morning, 0, last.FloatString(2), before.FloatString(2)))
			}
			carried := int64(0)
			if rapid.Bool().Draw(t, "carried too") {
				carried = morning
			}
			if bought+sold+carried == 0 {
				continue
			}
			// Kite's m2m: what came in − what went out + what is there, the carried shares from the close before.
			buys, sells := times(paid, big.NewRat(bought, 1)), times(got, big.NewRat(sold, 1))
			m2m := new(big.Rat).Sub(sells, buys)
			m2m.Sub(m2m, times(before, big.NewRat(carried, 1))).Add(m2m, times(last, big.NewRat(carried+bought-sold, 1)))
			positions = append(positions, fmt.Sprintf(`{"tradingsymbol":%q,"exchange":"NSE","product":"CNC","quantity":%d,"overnight_quantity":%d,"multiplier":1,"last_price":%s,"m2m":%s,"pnl":%s,"day_buy_quantity":%d,"day_buy_value":%s,"day_sell_quantity":%d,"day_sell_value":%s}`,
				symbol, carried+bought-sold, carried, last.FloatString(2), m2m.FloatString(2), m2m.FloatString(2), bought, buys.FloatString(2), sold, sells.FloatString(2)))
		}
		margin := rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "future")
		positions = append(positions, fmt.Sprintf(`{"tradingsymbol":"FUT","exchange":"NFO","product":"NRML","quantity":-75,"overnight_quantity":-75,"multiplier":1,"last_price":5,"m2m":%d,"pnl":1}`, margin))
		want.Add(want, big.NewRat(margin, 1))

		held, traded := kite.TotalHoldings(decodeHoldings(t, holdings)), kite.TotalPositions(decodePositions(t, positions))
		day := kite.Overview{Holdings: &held, Positions: &traded}.Day()
		if !day.OK || day.Value.Rat().Cmp(want) != 0 {
			t.Fatalf("the day is %v, want %s\n%v\n%v", day, want.FloatString(4), holdings, positions)
		}
	})
}

func decodeHoldings(t *rapid.T, rows []string) []kite.Holding {
	holdings, err := kite.DecodeHoldings("[" + strings.Join(rows, ",") + "]")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return holdings
}

func decodePositions(t *rapid.T, rows []string) kite.Positions {
	positions, err := kite.DecodePositions("[" + strings.Join(rows, ",") + "]")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return positions
}
