package statement_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

// evening is a day after the market closed.
func evening() time.Time { return time.Date(2026, 11, 14, 15, 1, 9, 0, time.UTC) }

func decode(tb tbFataler, text string) kite.Portfolio {
	tb.Helper()
	holdings, err := kite.DecodeHoldings(text)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return kite.TotalHoldings(holdings)
}

// share writes a holding as the server does; fields are added or replaced by
// more, where a later name wins.
func share(symbol, exchange string, quantity int, average, last, closing, change string, more ...string) string {
	s := fmt.Sprintf(`{"tradingsymbol":%q,"exchange":%q,"product":"CNC","quantity":%d,"t1_quantity":0,"collateral_quantity":0,`+
		`"authorised_date":"0001-01-01T00:00:00Z","average_price":%s,"last_price":%s,"close_price":%s,"day_change":%s,"mtf":{"quantity":0}`,
		symbol, exchange, quantity, average, last, closing, change)
	return strings.Join(append([]string{s}, more...), ",") + "}"
}

// quote writes any text as JSON does.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

// mtfShares are 50 of LT.
const mtfShares = `"mtf":{"quantity":50,"average_price":3720.4,"value":186020,"initial_margin":46505}`

func mtfOnly() string { return list(share("LT", "NSE", 0, "0", "4010.9", "3990", "20.9", mtfShares)) }

func list(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }

// tricky holds one of everything.
func tricky() string {
	return list(
		share("RELIANCE", "NSE", 120, "1210.4", "1421.55", "1409.9", "11.649999999999864"),
		share("INFY", "NSE", 40, "1450", "1530.2", "1545", "-14.799999999999955", `"t1_quantity":5`),
		share("INFY", "BSE", 10, "1400", "1531", "1544.5", "-13.5"),
		share("TATAPOWER", "NSE", 0, "222.15", "391.4", "388.65", "2.75", `"t1_quantity":250,"collateral_quantity":300`),
		share("HDFCBANK", "NSE", 25, "801.2", "998.75", "1000.05", "-1.2999999999999545", `"collateral_quantity":75,"collateral_type":"CNC","mtf":{"quantity":50,"average_price":900,"value":45000}`),
		share("SGBDEC2512-GB", "NSE", 16, "5611", "12350", "12350", "0"),
		share("SGBDEC2511-GB", "NSE", 8, "5611", "12310", "12299.5", "10.5"),
		share("ZOMBIE-BE", "BSE", 1000, "14.2", "0", "0", "0"),
		share("FRESHLIST", "NSE", 30, "100", "148.3", "0", "148.3"),
		share("M&M", "NSE", 12, "0", "3105.5", "3090", "15.5"),
		"null",
	)
}

// wide is an account of 25 holdings, from paise to crores.
func wide() string {
	var rows []string
	price := 1.05
	for i := range 25 {
		rows = append(rows, share(fmt.Sprintf("STOCK%c", 'A'+i), "NSE", 7+i*i, fmt.Sprintf("%.2f", price*0.8), fmt.Sprintf("%.2f", price), fmt.Sprintf("%.2f", price*1.01), fmt.Sprintf("%.4f", -price*0.01)))
		price *= 1.7
	}
	return list(rows...)
}

func TestHoldingsGolden(t *testing.T) {
	tests := []struct {
		name, account string
		page          int
		at            time.Time
	}{
		{"holdings", list(share("RELIANCE", "NSE", 120, "1210.4", "1421.55", "1409.9", "11.65"), share("INFY", "NSE", 40, "1450", "1430.2", "1445", "-14.8")), 1, noon()},
		{"holdings_one", list(share("INFY", "NSE", 1, "1450", "1450", "1450", "0")), 1, evening()},
		{"holdings_empty", "null", 1, noon()},
		{"holdings_tricky", tricky(), 1, evening()},
		{"holdings_tricky_page2", tricky(), 2, evening()},
		{"holdings_page1", wide(), 1, noon()},
		{"holdings_page2", wide(), 2, noon()},
		{"holdings_page3", wide(), 3, noon()},
		{"holdings_no_price", list(share("ZOMBIE", "BSE", 1000, "14.2", "0", "0", "0"), share("GHOST", "BSE", 5, "20", "0", "18", "-18")), 1, evening()},
		{"holdings_pledged_only", list(share("INFY", "NSE", 0, "1450", "1530", "1545", "-15", `"collateral_quantity":40`)), 1, noon()},
		{"holdings_mtf_only", mtfOnly(), 1, noon()},
		{"holdings_mtf_among_others", list(share("INFY", "NSE", 40, "1450", "1430.2", "1445", "-14.8"), share("LT", "NSE", 0, "0", "4010.9", "3990", "20.9", mtfShares, `"pnl":0`), share("SOLDOUT", "NSE", 0, "80", "90", "88", "2", `"used_quantity":10`)), 1, noon()},
		{"holdings_t1_within", list(share("INFY", "NSE", 45, "1450", "1430.2", "1445", "-14.8", `"t1_quantity":5,"realised_quantity":40,"pnl":-891`)), 1, noon()},
		{"holdings_foreign_names", list(
			share("टाटामोटर्स", "NSE", 10, "500", "612.35", "600", "12.35"),
			share("三菱商事株式会社", "NSE", 10, "500", "511", "600", "-89"),
			share("<b>&\"\u202eX\nY", "NSE", 10, "500", "510", "0", "12.35"),
			share("🚀🚀🚀🚀🚀🚀🚀🚀", "BSE", 10, "500", "509", "508", "1"),
		), 1, noon()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := statement.Holdings(decode(t, tt.account), kite.SortByValue, statement.Options{Page: tt.page, AsOf: tt.at})
			golden(t, tt.name, m)
		})
	}
}

func TestHoldingsWaysGolden(t *testing.T) {
	tests := []struct {
		name         string
		sort         kite.HoldingSort
		page         int
		hide, native bool
	}{
		{"holdings_by_day", kite.SortByDay, 1, false, false},
		{"holdings_losers_first", kite.SortByDay.Reversed(), 1, false, false},
		{"holdings_by_profit", kite.SortByProfit, 2, false, false},
		{"holdings_by_name", kite.SortByName, 1, false, false},
		{"holdings_by_name_turned", kite.SortByName.Reversed(), 2, false, false},
		{"holdings_hidden", kite.SortByValue, 1, true, false},
		{"holdings_native", kite.SortByValue, 1, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, statement.Holdings(decode(t, tricky()), tt.sort, statement.Options{Page: tt.page, AsOf: evening(), Hide: tt.hide, Native: tt.native}))
		})
	}
}

func TestHoldingCardGolden(t *testing.T) {
	p := decode(t, tricky())
	hostile := decode(t, list(share("<b>&\"\u202eX\nY", "عربी<", 10, "500", "510", "0", "12.35"), share(strings.Repeat("🚀", 100), "", 1, "1", "2", "3", "4")))
	crores := decode(t, list(share("INFY", "NSE", 99_99_999, "98765.4", "123456.75", "123000", "456.75", `"discrepancy":true,"used_quantity":7`)))
	pledged := decode(t, list(share("INFY", "NSE", 0, "1450", "1530", "1545", "-15", `"collateral_quantity":40`)))
	tests := []struct {
		name string
		in   kite.Portfolio
		at   int
		hide bool
	}{
		{"holdings_card", p, 1, false},
		{"holdings_card_hidden", p, 1, true},
		{"holdings_card_pledged_and_mtf", p, 4, false},
		{"holdings_card_pledged_and_mtf_hidden", p, 4, true},
		{"holdings_card_no_price", p, 7, false},
		{"holdings_card_no_close", p, 8, false},
		{"holdings_card_nothing_paid", p, 9, false},
		{"holdings_card_pledged_only", pledged, 0, false},
		{"holdings_card_mtf_only", decode(t, mtfOnly()), 0, false},
		{"holdings_card_mtf_only_hidden", decode(t, mtfOnly()), 0, true},
		{"holdings_card_t1_within", decode(t, list(share("INFY", "NSE", 45, "1450", "1430.2", "1445", "-14.8", `"t1_quantity":5,"realised_quantity":40,"collateral_quantity":10`))), 0, false},
		{"holdings_card_crores", crores, 0, false},
		{"holdings_card_hostile", hostile, 0, false},
		{"holdings_card_hostile_long", hostile, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, statement.HoldingCard(tt.in.Holdings[tt.at], tt.in, kite.HoldingRef(tt.in.Holdings, tt.at), statement.Place{Page: 2, Sort: kite.SortByDay}, statement.Options{AsOf: noon(), Hide: tt.hide}))
		})
	}
	golden(t, "holdings_card_gone", statement.NoSuchHolding(statement.Place{Page: 2, Sort: kite.SortByDay}, noon()))
}

func TestPlace(t *testing.T) {
	for arg, want := range map[string]string{
		"": "1", "2": "2", "2.day": "2.day", "3.value": "3", "0.name": "1.name", "-5": "1", "x.profit": "1.profit", "2.size": "2", "2.-day": "2.-day", "2.-value": "2.-value", "2.--day": "2", "99999999999": "9999", "12345": "9999",
	} {
		if got := statement.ParsePlace(arg).String(); got != want {
			t.Errorf("ParsePlace(%q) is %q, want %q", arg, got, want)
		}
	}
	if got := (statement.Place{}).String(); got != "1" {
		t.Errorf("the zero place is %q", got)
	}
	if got := (statement.Place{Page: 1 << 40, Sort: kite.SortByProfit}).String(); got != "9999.profit" {
		t.Errorf("a place far out is %q", got)
	}
}

func TestParseCardArg(t *testing.T) {
	for arg, want := range map[string][2]string{
		"NSE:INFY:2.day": {"NSE:INFY", "2.day"}, "#9f86d081884c7d65:1": {"#9f86d081884c7d65", "1"}, "261112000000101:3": {"261112000000101", "3"}, "INFY": {"INFY", ""}, "": {"", ""},
	} {
		if ref, place := statement.ParseCardArg(arg); ref != want[0] || place != want[1] {
			t.Errorf("ParseCardArg(%q) = %q, %q", arg, ref, place)
		}
	}
}

func TestPagesBeyondTheEnds(t *testing.T) {
	p := decode(t, wide())
	show := func(page int) string {
		return viewtest.Dump(statement.Holdings(p, kite.SortByValue, statement.Options{Page: page, AsOf: noon()}))
	}
	for page, same := range map[int]int{-7: 1, 0: 1, 4: 3, 1 << 40: 3} {
		if show(page) != show(same) {
			t.Errorf("page %d is not page %d", page, same)
		}
	}
}

// Rendering must not reorder the portfolio it was given.
func TestHoldingsLeavesItsInputAlone(t *testing.T) {
	p := decode(t, tricky())
	before := fmt.Sprint(p)
	statement.Holdings(p, kite.SortByValue, statement.Options{Page: 1, AsOf: noon()})
	if fmt.Sprint(p) != before {
		t.Error("the portfolio changed")
	}
}

// answers draws what the server could send: any texts, any numbers in bounds.
func answers() *rapid.Generator[string] {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"INFY", "INFY-EQ", "IDEA-BE", "M&M", "<b>", "टाटामोटर्स", "a\u0301\u0301\u0301", strings.Repeat("\u0301", 300)}),
		rapid.StringN(1, 80, 400),
	)
	price := rapid.SampledFrom([]string{"0", "-3", "0.05", "1e-60", "123456.789", "999999999999999999", "-999999999999999999", "0.5999999999999659"})
	shares := rapid.SampledFrom([]int{0, 1, 17, 999_999_999_999_999, -4})
	one := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			return "null"
		}
		return fmt.Sprintf(`{"tradingsymbol":%s,"exchange":%s,"quantity":%d,"t1_quantity":%d,"collateral_quantity":%d,"average_price":%s,"last_price":%s,"close_price":%s,"day_change":%s,"mtf":{"quantity":%d}}`,
			quote(text.Draw(t, "symbol")), quote(text.Draw(t, "exchange")), shares.Draw(t, "quantity"), shares.Draw(t, "t1"), shares.Draw(t, "pledged"),
			price.Draw(t, "average"), price.Draw(t, "last"), price.Draw(t, "close"), price.Draw(t, "change"), shares.Draw(t, "mtf"))
	})
	return rapid.Map(rapid.SliceOfN(one, 0, 35), func(rows []string) string { return list(rows...) })
}
