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

const fullPosition = `{"tradingsymbol":"LEADMINI26NOVFUT","exchange":"MCX","instrument_token":53496327,"product":"NRML","quantity":-2,"overnight_quantity":1,"multiplier":1000,` +
	`"average_price":181.05,"close_price":180.5,"last_price":181.4500000000001,"value":362100,"pnl":-800.0000000000114,"m2m":-1900,"unrealised":-700,"realised":-100,` +
	`"buy_quantity":3,"buy_price":181,"buy_value":543000,"buy_m2m":542000,"sell_quantity":5,"sell_price":181.02,"sell_value":905100,"sell_m2m":905000,` +
	`"day_buy_quantity":2,"day_buy_price":180,"day_buy_value":360000,"day_sell_quantity":4,"day_sell_price":181.5,"day_sell_value":726000}`

func TestDecodePositions(t *testing.T) {
	got, err := kite.DecodePositions("[" + fullPosition + "]")
	if err != nil {
		t.Fatal(err)
	}
	want := kite.Positions{Net: []kite.Position{{
		Symbol: "LEADMINI26NOVFUT", Exchange: "MCX", Product: "NRML", Quantity: -2, OvernightQuantity: 1, Multiplier: dec("1000"),
		AveragePrice: dec("181.05"), ClosePrice: dec("180.5"), LastPrice: dec("181.4500000000001"),
		PnL: dec("-800.0000000000114"), M2M: dec("-1900"),
		BuyQuantity: 3, BuyPrice: dec("181"), BuyValue: dec("543000"), SellQuantity: 5, SellPrice: dec("181.02"), SellValue: dec("905100"),
		DayBuyQuantity: 2, DayBuyValue: dec("360000"), DaySellQuantity: 4, DaySellValue: dec("726000"),
	}}}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

// at writes a position by what matters for telling day from net.
func at(symbol, exchange, product string, quantity int, last, pnl, m2m string) string {
	return fmt.Sprintf(`{"tradingsymbol":%q,"exchange":%q,"product":%q,"quantity":%d,"average_price":100,"last_price":%s,"pnl":%s,"m2m":%s,"buy_value":1000}`, symbol, exchange, product, quantity, last, pnl, m2m)
}

// The day's rows come before the net ones; the last of a kind is the net one.
func TestDayAndNet(t *testing.T) {
	tests := []struct {
		name, text string
		net        string // symbol, product and quantity of each
		missing    int
	}{
		{"null", "null", "", 0},
		{"empty", "[]", "", 0},
		{"net only", "[" + at("A", "NSE", "CNC", 5, "1", "0", "0") + "]", "A CNC 5", 0},
		{"both", "[" + at("A", "NSE", "CNC", -3, "1", "0", "0") + "," + at("A", "NSE", "CNC", 0, "1", "0", "0") + "]", "A CNC 0", 0},
		{"carried over, and traded today", "[" + at("A", "NSE", "MIS", 1, "1", "0", "0") + "," + at("B", "NSE", "NRML", 7, "1", "0", "0") + "," + at("A", "NSE", "MIS", 2, "1", "0", "0") + "]", "B NRML 7, A MIS 2", 0},
		{"products and exchanges apart", "[" + at("A", "NSE", "MIS", 1, "1", "0", "0") + "," + at("A", "NSE", "CNC", 2, "1", "0", "0") + "," + at("A", "BSE", "MIS", 3, "1", "0", "0") + "]", "A MIS 1, A CNC 2, A MIS 3", 0},
		{"three of a kind", "[" + at("A", "NSE", "MIS", 1, "1", "0", "0") + "," + at("A", "NSE", "MIS", 2, "1", "0", "0") + "," + at("A", "NSE", "MIS", 3, "1", "0", "0") + "]", "A MIS 3", 0},
		{"a null may be the net row", "[" + `{"tradingsymbol":"A","exchange":"NSE","product":"MIS","quantity":-3,"day_sell_quantity":3,"last_price":1}` + ",null]", "", 2},
		{"null rows", "[null," + at("A", "NSE", "MIS", 1, "1", "0", "0") + ",null]", "A MIS 1", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := kite.DecodePositions(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if written(p.Net) != tt.net || p.Missing != tt.missing {
				t.Errorf("net %q, missing %d", written(p.Net), p.Missing)
			}
		})
	}
}

func written(positions []kite.Position) string {
	var s []string
	for _, p := range positions {
		s = append(s, fmt.Sprintf("%s %s %d", p.Symbol, p.Product, p.Quantity))
	}
	return strings.Join(s, ", ")
}

func TestTotalPositions(t *testing.T) {
	tests := []struct {
		name, text                  string
		profit, open, closed, day   string // "" for unknown
		opened, shut, unpriced, nul int
	}{
		{"none", "null", "0", "0", "0", "0", 0, 0, 0, 0},
		{"open and closed", "[" + at("A", "NSE", "MIS", 5, "90", "-50.5", "-20") + "," + at("B", "NSE", "MIS", 0, "90", "10.25", "10") + "]", "-40.25", "-50.5", "10.25", "-10", 1, 1, 0, 0},
		{"the day is not added", "[" + at("A", "NSE", "MIS", 5, "90", "1000", "1000") + "," + at("A", "NSE", "MIS", 5, "90", "7", "3") + "]", "7", "7", "0", "3", 1, 0, 0, 0},
		{"no price is left out", "[" + at("A", "NSE", "MIS", 5, "0", "-500", "-500") + "," + at("B", "NSE", "MIS", 5, "1", "7", "3") + ",null]", "7", "7", "0", "3", 2, 0, 1, 1},
		{"no price at all", "[" + at("A", "NSE", "MIS", 5, "0", "-500", "-500") + "]", "", "", "0", "", 1, 0, 1, 0},
		{"closed needs no price", "[" + at("A", "NSE", "MIS", 0, "0", "-500", "-400") + "]", "-500", "0", "-500", "-400", 0, 1, 0, 0},
		{"only null", "[null]", "", "", "", "", 0, 0, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := kite.DecodePositions(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			b := kite.TotalPositions(p)
			for name, c := range map[string]struct {
				got  kite.Figure
				want string
			}{"profit": {b.Profit, tt.profit}, "open": {b.OpenProfit, tt.open}, "closed": {b.ClosedProfit, tt.closed}, "day": {b.Day, tt.day}} {
				expect(t, name, c.got, c.want)
			}
			if len(b.Open) != tt.opened || len(b.Closed) != tt.shut || b.Unpriced != tt.unpriced || b.Missing != tt.nul {
				t.Errorf("counts of %+v", b)
			}
		})
	}
}

// expect compares a figure with a number, "" for unknown.
func expect(t *testing.T, name string, got kite.Figure, want string) {
	t.Helper()
	if got.OK != (want != "") || got.OK && !got.Value.Equal(dec(want)) {
		t.Errorf("%s = %v, want %q", name, got, want)
	}
}

func TestPositionPercent(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"long":                           {at("A", "NSE", "MIS", 10, "110", "100", "1"), "10"},
		"short":                          {`{"tradingsymbol":"A","quantity":-10,"last_price":110,"pnl":-100,"buy_value":9,"sell_value":1000}`, "-10"},
		"the larger part sold above":     {`{"tradingsymbol":"A","quantity":10,"average_price":100,"last_price":98,"pnl":880,"buy_value":10000,"sell_value":9900}`, "8.8"},
		"no price":                       {at("A", "NSE", "MIS", 5, "0", "1", "1"), ""},
		"closed, which way is not known": {at("A", "NSE", "MIS", 0, "0", "25", "1"), ""},
		"carried over, sold":             {`{"tradingsymbol":"A","overnight_quantity":5,"pnl":25,"buy_value":1000,"sell_value":1025}`, "2.5"},
		"carried over short, bought":     {`{"tradingsymbol":"A","overnight_quantity":-5,"pnl":950,"buy_value":50,"sell_value":1000}`, "95"},
		"nothing was paid":               {`{"tradingsymbol":"A","pnl":5}`, ""},
	} {
		p, err := kite.DecodePositions("[" + c.text + "]")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, name, p.Net[0].Percent(), c.want)
	}
}

// Any list comes to what fractions say, straight from its text: the last row of
// a kind counts, and no other.
func TestTotalPositionsAgainstFractions(t *testing.T) {
	amount := rapid.SampledFrom([]string{"0", "-0.5999999999999659", "1e-7", "123456.789", "-99999999.05"})
	row := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			return "null"
		}
		return at(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "symbol"), rapid.SampledFrom([]string{"NSE", "NFO"}).Draw(t, "exchange"), rapid.SampledFrom([]string{"MIS", "CNC"}).Draw(t, "product"),
			rapid.IntRange(-1, 1).Draw(t, "quantity"), rapid.SampledFrom([]string{"0", "12.5"}).Draw(t, "last"), amount.Draw(t, "pnl"), amount.Draw(t, "m2m"))
	})
	rapid.Check(t, func(t *rapid.T) {
		text := "[" + strings.Join(rapid.SliceOfN(row, 0, 20).Draw(t, "rows"), ",") + "]"
		p, err := kite.DecodePositions(text)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var rows []map[string]any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&rows); err != nil {
			t.Fatalf("%v", err)
		}
		net := map[string]map[string]any{}
		for _, row := range rows {
			if row != nil {
				net[fmt.Sprint(row["exchange"], row["tradingsymbol"], row["product"])] = row
			}
		}
		profit, day := new(big.Rat), new(big.Rat)
		for _, row := range net {
			if number(row["quantity"]).Sign() != 0 && number(row["last_price"]).Sign() == 0 {
				continue
			}
			profit.Add(profit, number(row["pnl"]))
			day.Add(day, number(row["m2m"]))
		}
		b := kite.TotalPositions(p)
		if b.Profit.Value.Rat().Cmp(profit) != 0 || b.Day.Value.Rat().Cmp(day) != 0 {
			t.Fatalf("P&L %v, day %v, want %s, %s", b.Profit, b.Day, profit.FloatString(20), day.FloatString(20))
		}
		if len(p.Net) != len(net) || len(b.Open)+len(b.Closed) != len(net) {
			t.Fatalf("%d net of %d", len(p.Net), len(net))
		}
	})
}
