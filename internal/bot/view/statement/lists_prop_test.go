package statement_test

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
)

// Whatever an account holds, its lists fit a phone, and no contract is cut: 34 cells,
// letters of one width.
func TestListsFitAPhone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		symbol := rapid.SampledFrom([]string{"INFY", "MIDCPNIFTY26NOV12875CE", "NIFTYNXT5026NOV70000PE", "NIFTY26N1724400CE", "NIFTY31DEC30000CE", "USDINR26NOV84.25CE", "BAJAJ-AUTO26DECFUT"})
		price := rapid.SampledFrom([]string{"0", "0.0025", "84.2575", "1529.85", "152340.5", "9999999.95"})
		quantity := rapid.SampledFrom([]int{0, 1, -75, 1050, 99_999, -1_00_000, 99_99_99_999})
		status := rapid.SampledFrom([]string{"OPEN", "TRIGGER PENDING", "COMPLETE", "REJECTED", "CANCELLED", "NEW"})
		day := rapid.SampledFrom([]string{"2026-11-12T", "2026-11-11T"}).Draw(t, "day")
		var orders, trades, positions, gtts, funds []string
		for i := range rapid.IntRange(1, 9).Draw(t, "rows") {
			s, n, p := symbol.Draw(t, "symbol"), quantity.Draw(t, "quantity"), func() string { return price.Draw(t, "price") }
			orders = append(orders, orderRow(fmt.Sprint(i), "BUY", s, status.Draw(t, "status"), "09:20:00", n, p(), p(), `"exchange":"CDS"`, `"trigger_price":`+p(), fmt.Sprintf(`"filled_quantity":%d`, n/2)))
			trades = append(trades, tradeRow(fmt.Sprint(i), "SELL", s, "CDS", "09:20:00", n, p()))
			positions = append(positions, positionRow(s, "CDS", []string{"NRML", "MIS", "CNC"}[i%3], n, p(), p(), p(), p()))
			gtts = append(gtts, gttRow("active", "SELL", s, n, "1", "", p(), p()))
			funds = append(funds, fundRow(strings.Repeat("KONKAN LIQUID ", 1+i)+"FUND", fmt.Sprint(i), p(), p(), p()))
		}
		ordered := strings.ReplaceAll(list(orders...), "2026-11-12T", day)
		for _, hide := range []bool{false, true} {
			for _, m := range []view.Message{
				statement.Orders(decodeOrders(t, ordered), statement.Options{Page: 1, AsOf: noon(), Hide: hide, Native: true}),
				statement.Trades(decodeTrades(t, list(trades...)), statement.Options{Page: 1, AsOf: noon(), Hide: hide, Native: true}),
				statement.Positions(decodeBook(t, list(positions...)), statement.Options{Page: 1, AsOf: noon(), Hide: hide, Native: true}),
				statement.GTTs(statement.GTTsView{GTTs: decodeGTTs(t, list(gtts...)), Prices: gttPrices(), Options: statement.Options{Page: 1, AsOf: noon(), Hide: hide, Native: true}}),
				statement.MutualFunds(decodeFunds(t, list(funds...)), statement.Options{Page: 1, AsOf: noon(), Hide: hide, Native: true}),
			} {
				if err := viewtest.Check(m); err != nil {
					t.Fatal(err)
				}
				for table := range strings.SplitSeq(m.HTML, "</pre>") {
					_, table, _ = strings.Cut(table, "<pre>")
					table = html.UnescapeString(table)
					for line := range strings.SplitSeq(table, "\n") {
						if utf8.RuneCountInString(line) > 34 || strings.Contains(line, "…") && !strings.HasPrefix(line, " ") {
							t.Fatalf("%q in\n%s", line, m.HTML)
						}
					}
				}
			}
		}
	})
}
