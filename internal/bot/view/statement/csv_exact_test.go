package statement_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
)

// cellsOf are the figures that a row of an answer comes to, by their columns.
type cellsOf map[string]*big.Rat

func minus(a, b *big.Rat) *big.Rat   { return new(big.Rat).Sub(a, b) }
func product(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// percent is part as a percentage of whole.
func percent(part, whole *big.Rat) *big.Rat {
	return product(new(big.Rat).Quo(part, whole), big.NewRat(100, 1))
}

// Every file reopens to the figures of the answer, worked out a second time in
// fractions. What Kite's server sends as floats has noise behind it. Columns of amounts
// are exact, but for those that Kite reckons itself; these and percentages have four
// places.
func TestCSVReopens(t *testing.T) {
	var holdings, positions, orders, trades, funds []string
	for i := range 500 {
		last, average := fmt.Sprintf("%d.05", 100+i), fmt.Sprintf("%d.28125", 90+i)
		holdings = append(holdings, share(fmt.Sprintf("STOCK%03d", i), "NSE", 1+i*977, average, last, fmt.Sprintf("%d.6", 99+i), "0.45000000000000284", fmt.Sprintf(`"t1_quantity":%d`, i%7)))
		positions = append(positions, positionRow(fmt.Sprintf("STOCK%03d", i), "NSE", "CNC", 1+i, average, last, "-2925.0000000000036", "505.050000000003367", `"buy_value":5050.500000000001,"close_price":99.5`))
		orders = append(orders, orderRow(fmt.Sprint(1000-i), "BUY", "USDINR26NOVFUT", "OPEN", "09:16:02", 40+i, "84.2575", average, fmt.Sprintf(`"filled_quantity":%d,"trigger_price":84.0025`, i)))
		trades = append(trades, tradeRow(fmt.Sprint(i), "BUY", "INFY", "NSE", "09:16:02", 25+i, last))
		funds = append(funds, fundRow("FUND", fmt.Sprintf("INF%03d", i), "382.488", average, fmt.Sprintf("%d.4984", 1900-i)))
	}
	v := statement.Options{AsOf: noon()}
	for name, tt := range map[string]struct {
		answer string
		file   view.Message
		turned bool // the file begins with the end of the answer
		cells  func(n func(string) *big.Rat) (exact, rounded cellsOf)
	}{
		"holdings": {list(holdings...), statement.HoldingsCSV(decode(t, list(holdings...)), v), false, func(n func(string) *big.Rat) (cellsOf, cellsOf) {
			shares, last, closing, average := new(big.Rat).Add(n("quantity"), n("t1_quantity")), n("last_price"), n("close_price"), n("average_price")
			return cellsOf{
				"quantity": n("quantity"), "t1_quantity": n("t1_quantity"), "shares": shares, "average_price": average, "last_price": last, "close_price": closing,
				"value": product(shares, last), "invested": product(shares, average), "profit": product(shares, minus(last, average)), "day": product(shares, minus(last, closing)),
			}, cellsOf{"profit_percent": percent(minus(last, average), average), "day_percent": percent(minus(last, closing), closing)}
		}},
		"positions": {list(positions...), statement.PositionsCSV(decodeBook(t, list(positions...)), v), false, func(n func(string) *big.Rat) (cellsOf, cellsOf) {
			last, average := n("last_price"), n("average_price")
			return cellsOf{"quantity": n("quantity"), "average_price": average, "last_price": last, "close_price": n("close_price"), "multiplier": n("multiplier")},
				cellsOf{"pnl": n("pnl"), "m2m": n("m2m"), "buy_value": n("buy_value"), "sell_value": n("sell_value"), "percent": percent(n("pnl"), n("buy_value"))}
		}},
		"orders": {list(orders...), statement.OrdersCSV(decodeOrders(t, list(orders...)), v), true, func(n func(string) *big.Rat) (cellsOf, cellsOf) {
			return cellsOf{
				"quantity": n("quantity"), "filled_quantity": n("filled_quantity"), "price": n("price"), "trigger_price": n("trigger_price"), "average_price": n("average_price"),
			}, nil
		}},
		"trades": {list(trades...), statement.TradesCSV(decodeTrades(t, list(trades...)), v), true, func(n func(string) *big.Rat) (cellsOf, cellsOf) {
			return cellsOf{"quantity": n("quantity"), "price": n("average_price"), "value": product(n("quantity"), n("average_price"))}, nil
		}},
		"funds": {list(funds...), statement.MutualFundsCSV(decodeFunds(t, list(funds...)), v), false, func(n func(string) *big.Rat) (cellsOf, cellsOf) {
			units, nav, average := n("quantity"), n("last_price"), n("average_price")
			return cellsOf{
				"units": units, "nav": nav, "average_price": average, "value": product(units, nav), "invested": product(units, average), "profit": product(units, minus(nav, average)),
			}, cellsOf{"profit_percent": percent(minus(nav, average), average)}
		}},
	} {
		got, rows := opened(t, tt.file), jsonRows(t, tt.answer)
		if len(got) != len(rows) {
			t.Fatalf("%s: %d rows", name, len(got))
		}
		for i, row := range rows {
			at := i
			if tt.turned {
				at = len(rows) - 1 - i
			}
			exact, rounded := tt.cells(func(field string) *big.Rat { return rational(t, row[field].(json.Number).String()) })
			for column, want := range exact {
				if cell := got[at][column]; rational(t, cell).Cmp(want) != 0 {
					t.Fatalf("%s %d: %s is %s, want %s", name, i, column, cell, want.FloatString(20))
				}
			}
			for column, want := range rounded {
				cell := got[at][column]
				if off := minus(rational(t, cell), want); off.Abs(off).Cmp(big.NewRat(1, 20_000)) > 0 || !regexp.MustCompile(`^-?\d+(\.\d{1,4})?$`).MatchString(cell) {
					t.Fatalf("%s %d: %s is %s, want %s in four places", name, i, column, cell, want.FloatString(20))
				}
			}
		}
	}
}
