package statement_test

import (
	"fmt"
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// fundRow writes a mutual fund as the server does: its pnl is 0.
func fundRow(fund, isin, units, average, nav string) string {
	return fmt.Sprintf(`{"folio":"9100042/17","fund":%s,"tradingsymbol":%s,"average_price":%s,"last_price":%s,"last_price_date":"","pnl":0,"quantity":%s}`,
		quote(fund), quote(isin), average, nav, units)
}

func usualFunds() string {
	return list(
		fundRow("SAMPLE FLEXI CAP FUND - DIRECT PLAN", "INF000A01AA1", "382.488", "78.43", "84.86"),
		fundRow("Sample Liquid Fund - Direct Plan - Growth", "INF000A01AB2", "1.334", "1874.101138", "2081.4984"),
		fundRow("SAMPLE NIFTY 50 INDEX FUND - DIRECT PLAN", "INF000A01AC3", "1257.057", "116.7", "101.13"),
	)
}

func decodeFunds(tb tbFataler, answer string) kite.FundTotals {
	tb.Helper()
	funds, err := kite.DecodeMutualFunds(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return kite.TotalMutualFunds(funds)
}

// brothers have names that differ at their ends alone, or not at all.
func brothers() string {
	folio := func(row, folio string) string { return strings.ReplaceAll(row, "9100042/17", folio) }
	return list(
		fundRow("KONKAN LIQUID FUND - DIRECT PLAN - GROWTH", "INF000A01AA1", "10.5", "2000.1234", "2081.4984"),
		fundRow("KONKAN LIQUID FUND - REGULAR PLAN - GROWTH", "INF000A01AA2", "10.5", "2000", "2080"),
		fundRow("KONKAN LIQUID FUND - DIRECT PLAN - IDCW", "INF000A01AA3", "10.5", "2000", "2079"),
		folio(fundRow("MALABAR FLEXI CAP FUND - DIRECT PLAN", "INF000A01AB1", "10", "11", "12"), "1/2"),
		folio(fundRow("MALABAR FLEXI CAP FUND - DIRECT PLAN", "INF000A01AB1", "9", "11", "12"), "3/4"),
	)
}

func TestFundCardGolden(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		hide   bool
	}{
		"mf_card":          {strings.Replace(brothers(), `"last_price_date":""`, `"last_price_date":"2026-11-11"`, 1), false},
		"mf_card_hidden":   {brothers(), true},
		"mf_card_no_price": {list(fundRow("SAMPLE FUND", "INF", "10", "11", "0")), false},
		"mf_card_hostile":  {list(fundRow("<b>&\"\u202eX\nY", "<i>", "10", "0", "12")), false},
	} {
		totals := decodeFunds(t, tt.answer)
		t.Run(name, func(t *testing.T) {
			golden(t, name, statement.FundCard(totals.Funds[0], totals, kite.FundRef(totals.Funds, 0), statement.Options{Page: 2, AsOf: noon(), Hide: tt.hide}))
		})
	}
	golden(t, "mf_card_gone", statement.NoSuchFund(2, noon()))
}

func TestMutualFundsGolden(t *testing.T) {
	var huge []string
	for i := range 500 {
		huge = append(huge, fundRow(fmt.Sprintf("FUND %03d - DIRECT PLAN", i), "INF", fmt.Sprintf("%d.123", 10_00_000+i), "812.5", "998.75"))
	}
	testLists(t, []listTest{
		{"mf", usualFunds(), 1, false, false},
		{"mf_hidden", usualFunds(), 1, true, false},
		{"mf_native", usualFunds(), 1, false, true},
		{"mf_brothers", brothers(), 1, false, false},
		{"mf_brothers_hidden", brothers(), 1, true, false},
		{"mf_empty", "null", 1, false, false},
		{"mf_no_price", list(fundRow("SAMPLE FUND", "INF", "10", "11", "0")), 1, false, false},
		{"mf_odd", list(fundRow("", "INF000A01AA1", "10", "11", "12"), fundRow("SAMPLE FUND", "INF", "10", "11", "0"), "null"), 1, false, false},
		{"mf_hostile", list(
			fundRow("<b>&\"\u202eX\nY", "INF", "10", "11", "12"), fundRow("टाटा इक्विटी फंड - Direct Plan", "INF", "10", "11", "12"),
			fundRow("🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", "INF", "10", "11", "12"), fundRow("- Direct Plan", "INF", "10", "11", "12"), fundRow("\u200b", "INF", "10", "0", "12"),
		), 1, false, false},
		{"mf_huge", list(huge...), 50, false, false},
	}, func(t *testing.T, answer string, opt statement.Options) view.Message {
		return statement.MutualFunds(decodeFunds(t, answer), opt)
	})
}
