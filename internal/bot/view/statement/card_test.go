package statement_test

import (
	"strings"
	"testing"

	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

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
