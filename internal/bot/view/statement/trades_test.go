package statement_test

import (
	"fmt"
	"strings"
	"testing"

	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// tradeRow writes a trade as the server does.
func tradeRow(id, side, symbol, exchange, clock string, quantity int, price string) string {
	return fmt.Sprintf(`{"trade_id":%q,"order_id":"261112000000101","exchange_order_id":"1100000012345678","transaction_type":%q,"tradingsymbol":%s,"exchange":%s,`+
		`"product":"CNC","quantity":%d,"average_price":%s,"fill_timestamp":"2026-11-12T%s+05:30","exchange_timestamp":"0001-01-01T00:00:00Z"}`,
		id, side, quote(symbol), quote(exchange), quantity, price, clock)
}

func usualTrades() string {
	return list(
		tradeRow("7001", "BUY", "INFY", "NSE", "09:16:02", 25, "1529.8"),
		tradeRow("7002", "BUY", "INFY", "NSE", "09:16:04", 15, "1529.933333"),
		tradeRow("7003", "SELL", "TATAPOWER", "NSE", "09:31:40", 100, "391.4"),
	)
}

func decodeTrades(tb tbFataler, answer string) []kite.Trade {
	tb.Helper()
	trades, err := kite.DecodeTrades(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return trades
}

func TestTradesGolden(t *testing.T) {
	var huge []string
	for i := range 500 {
		huge = append(huge, tradeRow(fmt.Sprint(9000+i), []string{"BUY", "SELL"}[i%2], fmt.Sprintf("STOCK%03d", i), "NSE", fmt.Sprintf("%02d:%02d:00", 9+i/60%6, i%60), 99_00_000+i, "98765.4"))
	}
	tests := []struct {
		name, answer string
		page         int
		hide, native bool
	}{
		{"trades", usualTrades(), 1, false, false},
		{"trades_hidden", usualTrades(), 1, true, false},
		{"trades_native", usualTrades(), 1, false, true},
		{"trades_lots", list(
			tradeRow("1", "SELL", "CRUDEOIL26NOVFUT", "MCX", "17:00:00", 2, "5612"),
			tradeRow("2", "BUY", "BANKNIFTY26NOV52000CE", "NFO", "10:00:00", 1050, "1212.35"),
			"null", tradeRow("3", "GIFT", "INFY", "NSE", "10:00:00", 1, "1"),
		), 1, false, false},
		{"trades_derivatives", list(
			tradeRow("1", "SELL", "NIFTYNXT5026NOV70000CE", "NFO", "10:00:00", 75, "1234.55"),
			tradeRow("2", "BUY", "NIFTY26NOV24400CE", "NFO", "10:01:00", 75, "121.4"),
			tradeRow("3", "BUY", "USDINR26NOVFUT", "CDS", "10:02:00", 2, "84.2575"),
		), 1, false, false},
		{"trades_yesterday", strings.ReplaceAll(usualTrades(), "2026-11-12T", "2026-11-11T"), 1, false, false},
		{"trades_bought_only", list(tradeRow("7001", "BUY", "INFY", "NSE", "09:16:02", 25, "1529.8")), 1, false, false},
		{"trades_empty", "[]", 1, false, false},
		{"trades_hostile", list(
			tradeRow("<b>", "BUY", "<i>&\"\u202eX\nY", "NSE", "soon", 1, "10"),
			tradeRow("=1", "SELL", "टाटामोटर्स", "عربي", "10:00:00", 1, "0"),
			tradeRow("@", "SELL", "🚀🚀🚀🚀🚀🚀🚀🚀", "NSE", "10:00:00", 1, "-5"),
		), 1, false, false},
		{"trades_huge", list(huge...), 42, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, statement.Trades(decodeTrades(t, tt.answer), statement.Options{Page: tt.page, AsOf: noon(), Hide: tt.hide, Native: tt.native}))
		})
	}
}
