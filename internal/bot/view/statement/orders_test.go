package statement_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// orderRow writes an order as the server does; fields are added or replaced by
// more, where a later name wins.
func orderRow(id, side, symbol, status, clock string, quantity int, price, average string, more ...string) string {
	s := fmt.Sprintf(`{"order_id":%q,"exchange_order_id":"","status":%q,"status_message":"","order_timestamp":"2026-11-12T%s+05:30",`+
		`"exchange_timestamp":"0001-01-01T00:00:00Z","exchange_update_timestamp":"0001-01-01T00:00:00Z","variety":"regular","meta":null,`+
		`"exchange":"NSE","tradingsymbol":%s,"order_type":"LIMIT","transaction_type":%q,"validity":"DAY","product":"CNC","quantity":%d,`+
		`"price":%s,"trigger_price":0,"average_price":%s,"filled_quantity":0,"pending_quantity":0,"cancelled_quantity":0,"tag":"","tags":null`,
		id, status, clock, quote(symbol), side, quantity, price, average)
	return strings.Join(append([]string{s}, more...), ",") + "}"
}

const shortOfFunds = "Insufficient funds. Required margin is 95,417.84 but available margin is 74251.80. <b>Check</b> the order book & try again."

func usualOrders() string {
	return list(
		orderRow("261112000000101", "BUY", "INFY", "COMPLETE", "09:16:02", 40, "1530", "1529.85", `"filled_quantity":40`),
		orderRow("261112000000102", "SELL", "TATAPOWER", "CANCELLED", "09:31:40", 250, "410", "391.4", `"filled_quantity":100,"cancelled_quantity":150`),
		orderRow("261112000000103", "BUY", "M&M", "OPEN", "10:02:11", 12, "3050", "0", `"pending_quantity":12`),
		orderRow("261112000000104", "BUY", "RELIANCE", "REJECTED", "11:45:00", 67, "1424", "0", `"status_message":`+quote(shortOfFunds)),
		orderRow("261112000000105", "SELL", "IDEA-BE", "TRIGGER PENDING", "11:58:59", 3000, "0", "0", `"order_type":"SL-M","trigger_price":7.05,"pending_quantity":3000`),
	)
}

// derivativeOrders leave no room for a price.
func derivativeOrders() string {
	return list(
		orderRow("261112000000201", "BUY", "BANKNIFTY26NOV52000CE", "COMPLETE", "09:20:00", 1050, "0", "1212.35", `"order_type":"MARKET","filled_quantity":1050`),
		orderRow("261112000000202", "SELL", "NIFTY26N1724400PE", "SOMETHING NEW", "09:20:01", 150, "12.5", "0"),
		orderRow("261112000000203", "SELL", "CRUDEOIL26NOVFUT", "OPEN", "09:20:01", 100, "5600", "5599", `"filled_quantity":40,"pending_quantity":60`),
		orderRow("261112000000204", "BUY", "USDINR26NOVFUT", "TRIGGER PENDING", "09:20:01", 2, "84.2575", "0", `"exchange":"CDS","order_type":"SL","trigger_price":84.2525`),
		"null",
	)
}

func hostileOrders() string {
	return list(
		orderRow("<b>&", "BUY", "<i>&\"\u202eX\nY", "REJECTED", "09:00:00", 1, "10", "0", `"status_message":"\u202e</b>रद्द 🚀 <a href=\"https://example.com\">"`),
		orderRow(strings.Repeat("9", 300), "HOLD", "टाटामोटर्स", "<OPEN>", "09:00:00", 1, "10", "0"),
		orderRow("#1", "SELL", "🚀🚀🚀🚀🚀🚀🚀🚀", "COMPLETE", "nine", 1, "10", "0"),
		orderRow("a:b c", "SELL", "عربي", "COMPLETE", "09:00:00", 1, "10", "0"),
		orderRow("1", "SELL", "=cmd()", "COMPLETE", "09:00:00", 1, "10", "0", `"tag":"+1"`),
		orderRow("1", "SELL", "\u200b", "REJECTED", "09:00:00", 1, "10", "0", `"status_message":"\u200b"`),
	)
}

func hugeOrders() string {
	var rows []string
	for i := range 500 {
		rows = append(rows, orderRow(fmt.Sprintf("26111200000%04d", i), []string{"BUY", "SELL"}[i%2], fmt.Sprintf("STOCK%03d", i),
			[]string{"COMPLETE", "OPEN", "REJECTED", "CANCELLED"}[i%4], fmt.Sprintf("%02d:%02d:00", 9+i/60%6, i%60), 99_00_000+i, "98765.4", "0"))
	}
	return list(rows...)
}

func decodeOrders(tb tbFataler, answer string) []kite.Order {
	tb.Helper()
	orders, err := kite.DecodeOrders(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return orders
}

// tbFataler is what *testing.T and *rapid.T have in common.
type tbFataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func TestOrdersGolden(t *testing.T) {
	testLists(t, []listTest{
		{"orders", usualOrders(), 1, false, false},
		{"orders_hidden", usualOrders(), 1, true, false},
		{"orders_native", usualOrders(), 1, false, true},
		{"orders_derivatives", derivativeOrders(), 1, false, false},
		{"orders_derivatives_hidden", derivativeOrders(), 1, true, false},
		{"orders_derivatives_native", derivativeOrders(), 1, false, true},
		{"orders_yesterday", strings.ReplaceAll(usualOrders(), "2026-11-12T", "2026-11-11T"), 1, false, false},
		{"orders_two_days", strings.Replace(usualOrders(), "2026-11-12T", "2026-11-11T", 1), 1, false, false},
		{"orders_empty", "null", 1, false, false},
		{"orders_hostile", hostileOrders(), 1, false, false},
		{"orders_huge", hugeOrders(), 56, false, false},
	}, func(t *testing.T, answer string, opt statement.Options) view.Message {
		return statement.Orders(decodeOrders(t, answer), opt)
	})
}

// What is short for a column rounds 1,25,600 of 1,25,700 to the same.
func TestNearlyFilledIsNotFilled(t *testing.T) {
	orders := decodeOrders(t, list(orderRow("1", "BUY", "INFY", "OPEN", "09:16:02", 125_700, "1530", "1529", `"filled_quantity":125600`)))
	if m := statement.Orders(orders, statement.Options{AsOf: noon()}); !strings.Contains(m.HTML, "1,25,600/1,25,700") {
		t.Error(m.HTML)
	}
}

// Why an order was rejected stands above the list for half an hour and on its day;
// after that on its card alone.
func TestRejectionIsSaidLately(t *testing.T) {
	orders := decodeOrders(t, list(orderRow("1", "BUY", "INFY", "REJECTED", "23:45:00", 1, "10", "0", `"status_message":"Too late."`)))
	at := func(clock string) time.Time {
		moment, err := time.Parse(time.RFC3339, "2026-11-"+clock+"+05:30")
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for clock, want := range map[string]bool{"12T23:45:00": true, "12T23:59:59": true, "13T00:00:00": false, "13T23:50:00": false, "12T23:44:59": true} {
		m := statement.Orders(orders, statement.Options{Page: 1, AsOf: at(clock)})
		if strings.Contains(m.HTML, "Too late.") != want {
			t.Errorf("at %s it is said: %v\n%s", clock, !want, m.HTML)
		}
		if today := strings.Contains(m.HTML, "Thursday 12 Nov"); today != strings.HasPrefix(clock, "13") {
			t.Errorf("at %s the day is named: %v\n%s", clock, today, m.HTML)
		}
	}
	if card := statement.OrderCard(statement.OrderCardView{Order: orders[0], Ref: "1", Options: statement.Options{AsOf: at("13T23:50:00")}}); !strings.Contains(card.HTML, "Too late.") {
		t.Errorf("the card is silent:\n%s", card.HTML)
	}
}

// Two different contracts have two names, in the list and on the buttons, however
// little room there is.
func TestContractsAreToldApart(t *testing.T) {
	var rows []string
	for _, symbol := range []string{"NIFTY26NOV24400CE", "NIFTYNXT5026NOV24400CE", "NIFTY26NOV24450CE", "NIFTY26N1724400CE", "NIFTY27NOV24400CE", "NIFTY26NOV24400PE", "NIFTY26NOVFUT", "NIFTYNXT5026NOVFUT"} {
		rows = append(rows, orderRow("1", "BUY", symbol, "COMPLETE", "09:20:00", 105000, "0", "123456.75", `"filled_quantity":105000`))
	}
	m := statement.Orders(decodeOrders(t, list(rows...)), statement.Options{Page: 1, AsOf: noon()})
	names := map[string]bool{}
	for line := range strings.Lines(m.HTML) {
		if name := strings.TrimSpace(line); strings.HasPrefix(name, "B ") {
			names[name] = true // alone on its line
		}
	}
	for _, row := range m.Buttons {
		for _, b := range row {
			if _, name, found := strings.Cut(b.Text, " B "); found {
				names["button "+name] = true
			}
		}
	}
	if len(names) != 16 {
		t.Errorf("%d names: %v\n%s", len(names), names, m.HTML)
	}
}

func orderCard(t *testing.T, answer string, at int) statement.OrderCardView {
	t.Helper()
	orders := decodeOrders(t, answer)
	return statement.OrderCardView{Order: orders[at], Ref: kite.OrderRef(orders, at), Options: statement.Options{Page: 2, AsOf: noon()}}
}

func steps(t *testing.T, rows ...string) []kite.Order {
	t.Helper()
	history, err := kite.DecodeOrderHistory(list(rows...))
	if err != nil {
		t.Fatal(err)
	}
	return history
}

func TestOrderCardGolden(t *testing.T) {
	done := orderCard(t, usualOrders(), 0)
	done.Trades = decodeTrades(t, list(
		tradeRow("7001", "BUY", "INFY", "NSE", "09:16:02", 25, "1529.8"),
		tradeRow("7002", "BUY", "INFY", "NSE", "09:16:04", 15, "1529.933333"),
	))
	done.History = steps(t,
		orderRow("261112000000101", "BUY", "INFY", "PUT ORDER REQ RECEIVED", "09:16:02", 40, "1530", "0"),
		orderRow("261112000000101", "BUY", "INFY", "OPEN", "09:16:02", 40, "1530", "0"),
		orderRow("261112000000101", "BUY", "INFY", "COMPLETE", "09:16:04", 40, "1530", "1529.85"),
	)
	hidden, native := done, done
	hidden.Hide, native.Native = true, true

	rejected := orderCard(t, usualOrders(), 3)
	rejected.NoHistory, rejected.NoTrades = true, true
	hiddenRejected := rejected
	hiddenRejected.Hide = true

	halfway := orderCard(t, derivativeOrders(), 2)
	cancelled := orderCard(t, list(orderRow("1", "BUY", "INFY", "CANCELLED", "09:20:00", 50, "10", "0", `"pending_quantity":50,"cancelled_quantity":50`)), 0)

	long := orderCard(t, usualOrders(), 2)
	for i := range 30 {
		long.History = append(long.History, steps(t, orderRow("261112000000103", "BUY", "M&M", "MODIFIED", fmt.Sprintf("10:%02d:00", i), 12, "3050", "0"))...)
	}
	for name, v := range map[string]statement.OrderCardView{
		"orders_card": done, "orders_card_hidden": hidden, "orders_card_native": native,
		"orders_card_rejected": rejected, "orders_card_rejected_hidden": hiddenRejected,
		"orders_card_partly": orderCard(t, usualOrders(), 1), "orders_card_waiting": orderCard(t, usualOrders(), 4), "orders_card_long": long, "orders_card_open_partly": halfway, "orders_card_cancelled": cancelled, "orders_card_currency": orderCard(t, derivativeOrders(), 3),
		"orders_card_hostile": orderCard(t, hostileOrders(), 0), "orders_card_hostile_id": orderCard(t, hostileOrders(), 1),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, statement.OrderCard(v)) })
	}
	golden(t, "orders_card_gone", statement.NoSuchOrder(2, noon()))
}

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
	testLists(t, []listTest{
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
	}, func(t *testing.T, answer string, opt statement.Options) view.Message {
		return statement.Trades(decodeTrades(t, answer), opt)
	})
}
