package statement_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a message with its golden file.
func golden(t *testing.T, name string, m view.Message) {
	t.Helper()
	viewtest.GoldenMessage(t, *update, name, m)
}

// noon is a trading day at noon, evening one after the market closed.
func noon() time.Time    { return time.Date(2026, 11, 12, 6, 32, 5, 0, time.UTC) }
func evening() time.Time { return time.Date(2026, 11, 14, 15, 1, 9, 0, time.UTC) }

func decode(tb testing.TB, text string) kite.Portfolio {
	tb.Helper()
	holdings, err := kite.DecodeHoldings(text)
	if err != nil {
		tb.Fatal(err)
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
