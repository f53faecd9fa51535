package statement_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

// opened is a file as a spreadsheet opens it: its rows by the names of their
// columns.
func opened(tb tbFataler, m view.Message) []map[string]string {
	tb.Helper()
	if err := viewtest.Check(m); err != nil {
		tb.Fatalf("%v", err)
	}
	data, found := bytes.CutPrefix(m.File.Data, []byte("\ufeff"))
	if !found {
		tb.Fatalf("no byte order mark in %s", m.File.Name)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		tb.Fatalf("%v", err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// jsonRows reads an answer with its numbers as they are written.
func jsonRows(tb tbFataler, answer string) []map[string]any {
	tb.Helper()
	var rows []map[string]any
	d := json.NewDecoder(strings.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&rows); err != nil {
		tb.Fatalf("%v", err)
	}
	return rows
}

func rational(tb tbFataler, number string) *big.Rat {
	tb.Helper()
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		tb.Fatalf("%q is no number", number)
	}
	return r
}

// files are all files of a made-up account.
func files(tb tbFataler, hide bool) map[string]view.Message {
	tb.Helper()
	v := statement.Options{AsOf: noon(), Hide: hide}
	o := overview(tb, tricky(), "", "", usualPositions())
	return map[string]view.Message{
		"holdings_csv": statement.HoldingsCSV(*o.Holdings, v), "positions_csv": statement.PositionsCSV(*o.Positions, v),
		"orders_csv": statement.OrdersCSV(decodeOrders(tb, usualOrders()), v), "trades_csv": statement.TradesCSV(decodeTrades(tb, usualTrades()), v),
		"mf_csv": statement.MutualFundsCSV(decodeFunds(tb, usualFunds()), v),
	}
}

func TestCSVGolden(t *testing.T) {
	for _, hide := range []bool{false, true} {
		for name, m := range files(t, hide) {
			if hide {
				name += "_hidden"
			}
			t.Run(name, func(t *testing.T) {
				golden(t, name, m)
			})
		}
	}
}

// An empty set is a file with its heading alone.
func TestCSVEmpty(t *testing.T) {
	v := statement.Options{AsOf: noon()}
	for _, m := range []view.Message{
		statement.HoldingsCSV(kite.Portfolio{}, v), statement.PositionsCSV(kite.PositionTotals{}, v), statement.OrdersCSV(nil, v), statement.TradesCSV(nil, v), statement.MutualFundsCSV(kite.FundTotals{}, v),
	} {
		if rows := opened(t, m); len(rows) != 0 {
			t.Errorf("%s has %d rows", m.File.Name, len(rows))
		}
	}
}

// Text from outside never becomes a formula, keeps its digits, and stays in its
// cell; numbers stay numbers.
func TestCSVHostileText(t *testing.T) {
	for symbol, want := range map[string]string{
		"=1+1": "'=1+1", "+91": "'+91", "-5": "'-5", "@x": "'@x", "\t=1": "'=1", "\u200b=1": "'=1", "＝1": "'＝1", "a,b\"c\"": `a,b"c"`, "a\r\nb": "a  b", "'x": "''x", "टाटा": "टाटा", "1953341975595868160": "'1953341975595868160", "<b>&": "<b>&", "\u202eX": "X",
	} {
		rows := opened(t, statement.HoldingsCSV(decode(t, list(share(symbol, "=NSE", -5, "-1", "2", "3", "4"), "null")), statement.Options{AsOf: noon()}))
		if rows[0]["symbol"] != want || rows[0]["exchange"] != "'=NSE" || rows[0]["quantity"] != "-5" || rows[0]["value"] != "-10" {
			t.Errorf("%q is written as %v", symbol, rows[0])
		}
		for name, cell := range rows[1] {
			if cell != "" {
				t.Errorf("the null row has %s %q", name, cell)
			}
		}
	}
}

// Where a semicolon or a tab separates cells, a spreadsheet cuts our lines there,
// quotes or no quotes: what comes after it never becomes a formula either.
func TestCSVWithOtherSeparators(t *testing.T) {
	for text, want := range map[string]string{
		`A;=HYPERLINK("http://x","y")`: `A;'=HYPERLINK("http://x","y")`, "A; \t=1": "A;'  =1", `A;"=1+1"`: `A;'"=1+1"`, "A;;@x": "A;;'@x", "A\t=1": "A =1",
		"A;﹦1": "A;'﹦1", "A;⁼1;＝2;-3": "A;'⁼1;'＝2;'-3", ";=1": ";'=1", "a; b;": "a; b;", "﹦1": "'﹦1", "⁼1": "'⁼1", "₌1": "'₌1", "A;'=1": "A;''=1", "A;\u200b=1": "A;'=1",
	} {
		m := statement.HoldingsCSV(decode(t, list(share("ITC", text, -5, "-1", "2", "3", "4"))), statement.Options{AsOf: noon()})
		if got := opened(t, m)[0]["exchange"]; got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
		for line := range strings.Lines(string(m.File.Data)) {
			if strings.Contains(line, "\t") {
				t.Errorf("a tab in %q", line)
			}
			for i, cell := range strings.Split(line, ";") {
				if start := strings.TrimLeft(cell, ` "`); i > 0 && start != "" && strings.ContainsAny(start[:1], "=+-@") {
					t.Errorf("%q is cut into a formula: %q", line, cell)
				}
			}
		}
	}
}

func TestCSVTimes(t *testing.T) {
	rows := opened(t, statement.OrdersCSV(decodeOrders(t, usualOrders()), statement.Options{AsOf: noon()}))
	if rows[0]["placed_at"] != "2026-11-12T11:58:59+05:30" || rows[0]["exchange_at"] != "" {
		t.Errorf("times %q and %q", rows[0]["placed_at"], rows[0]["exchange_at"])
	}
	if rows[0]["order_id"] != "261112000000105" {
		t.Errorf("the newest order is %q", rows[0]["order_id"])
	}
}

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
