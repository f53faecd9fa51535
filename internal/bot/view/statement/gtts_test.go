package statement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// gttRow writes a GTT as the server does, with one order for each trigger.
func gttRow(status, side, symbol string, quantity int, last, rejection string, triggers ...string) string {
	var orders []string
	for _, trigger := range triggers {
		orders = append(orders, fmt.Sprintf(`{"order_id":"","order_timestamp":"0001-01-01T00:00:00Z","exchange":"NSE","tradingsymbol":%s,"transaction_type":%q,"product":"CNC","quantity":%d,"price":%s,"tags":null}`,
			quote(symbol), side, quantity, trigger))
	}
	kind := "single"
	if len(triggers) == 2 {
		kind = "two-leg"
	}
	return fmt.Sprintf(`{"id":31337,"user_id":"ZZ0001","type":"`+kind+`","status":%s,"created_at":"2026-09-12T13:25:16+05:30","updated_at":"2026-09-12T13:25:16+05:30","expires_at":"2027-09-12T13:25:16+05:30",`+
		`"condition":{"exchange":"NSE","tradingsymbol":%s,"last_price":%s,"trigger_values":[%s]},"orders":%s,"meta":{"rejection_reason":%s}}`,
		quote(status), quote(symbol), last, strings.Join(triggers, ","), list(orders...), quote(rejection))
}

func usualGTTs() string {
	return list(
		gttRow("triggered", "SELL", "IDEA-BE", 3000, "8.1", "Margin of 1,234.50 exceeds 99", "7.05"),
		gttRow("active", "BUY", "INFY", 10, "1530.2", "", "1402.5"),
		gttRow("active", "SELL", "TATAPOWER", 250, "391.4", "", "350", "455.25"),
	)
}

// gttPrices are those of now; the GTTs were made at others.
func gttPrices() map[string]kite.Quote {
	prices := map[string]kite.Quote{}
	for id, price := range map[string]string{
		"NSE:INFY": "1550", "NSE:TATAPOWER": "400", "NSE:SBIN": "10", "NSE:STOCK498": "100000", "NSE:STOCK499": "98765.4",
		"NSE:USDINR26NOVFUT": "84.3125", "NSE:NIFTYNXT5026NOV70000CE": "1005.05",
	} {
		prices[id] = kite.Quote{ID: id, LastPrice: decimal.RequireFromString(price)}
	}
	return prices
}

func decodeGTTs(tb tbFataler, answer string) []kite.GTT {
	tb.Helper()
	gtts, err := kite.DecodeGTTs(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return gtts
}

func TestGTTsGolden(t *testing.T) {
	var huge []string
	for i := range 500 {
		huge = append(huge, gttRow("active", "SELL", fmt.Sprintf("STOCK%03d", i), 99_00_000+i, "98765.4", "", "90000", "1234567.5"))
	}
	testLists(t, []listTest{
		{"gtt_derivatives", list(
			gttRow("active", "SELL", "USDINR26NOVFUT", 2, "1", "", "85.2575"),
			gttRow("active", "BUY", "NIFTYNXT5026NOV70000CE", 75, "1", "", "1100.5", "1234.55"),
			gttRow("cancelled", "BUY", "NIFTY26N1724400CE", 75, "1", "", "212.35"),
			gttRow("disabled", "BUY", "INFY", 5, "1", "", "1402.5"),
		), 1, false, false},
		{"gtt", usualGTTs(), 1, false, false},
		{"gtt_hidden", usualGTTs(), 1, true, false},
		{"gtt_native", usualGTTs(), 1, false, true},
		{"gtt_empty", "[]", 1, false, false},
		{"gtt_odd", list("null", gttRow("sleeping", "BUY", "INFY", 0, "0", "", "10"), gttRow("active", "BUY", "TCS", 1, "10", ""),
			gttRow("active", "BUY", "SBIN", 1, "10", "", "1", "2", "3")), 1, false, false},
		{"gtt_hostile", list(gttRow("<b>", "BUY", "<i>&\"\u202eX\nY", 1, "10", "</b>\u202eरद्द <a href=\"x\">🚀", "11"), gttRow("active", "<&", "टाटामोटर्स", 1, "10", "\u200b", "9")), 1, false, false},
		{"gtt_huge", list(huge...), 63, false, false},
	}, func(t *testing.T, answer string, opt statement.Options) view.Message {
		return statement.GTTs(statement.GTTsView{GTTs: decodeGTTs(t, answer), Prices: gttPrices(), Options: opt})
	})
	golden(t, "gtt_no_prices", statement.GTTs(statement.GTTsView{GTTs: decodeGTTs(t, usualGTTs()), NoPrices: true, Options: statement.Options{Page: 1, AsOf: noon()}}))
}
