package statement_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math/big"
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
