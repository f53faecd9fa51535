package statement_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// positionRow writes a position as the server does, an open one as it was entered;
// fields are added or replaced by more, where a later name wins.
func positionRow(symbol, exchange, product string, quantity int, average, last, pnl, m2m string, more ...string) string {
	entered := "100000"
	if price, err := decimal.NewFromString(average); err == nil && quantity != 0 {
		entered = price.Mul(decimal.NewFromInt(int64(max(quantity, -quantity)))).String()
	}
	s := fmt.Sprintf(`{"tradingsymbol":%s,"exchange":%s,"product":%s,"quantity":%d,"overnight_quantity":0,"multiplier":1,"average_price":%s,"last_price":%s,`+
		`"close_price":0,"value":0,"pnl":%s,"m2m":%s,"buy_quantity":1,"buy_value":%s,"sell_quantity":1,"sell_value":%[9]s`,
		quote(symbol), quote(exchange), quote(product), quantity, average, last, pnl, m2m, entered)
	return strings.Join(append([]string{s}, more...), ",") + "}"
}

// usualPositions has day rows before net rows, as the server sends them.
func usualPositions() string {
	return list(
		positionRow("INFY", "NSE", "MIS", 999, "1", "1530.2", "77777", "77777"), // the day
		positionRow("NIFTY26N1724400CE", "NFO", "NRML", 150, "112.35", "121.4", "1357.5", "905"),
		positionRow("BANKNIFTY26NOVFUT", "NFO", "NRML", -30, "52012.5", "52110", "-2925.0000000000036", "-2925"),
		positionRow("INFY", "NSE", "MIS", 0, "0", "1530.2", "612.5", "612.5"), // the net
		positionRow("M&M", "NSE", "CNC", 5, "3050", "3105.5", "277.5", "277.5"),
		positionRow("CRUDEOIL26NOVFUT", "MCX", "NRML", 0, "0", "5612", "-1200", "-1200"),
	)
}

func decodeBook(tb tbFataler, answer string) kite.PositionTotals {
	tb.Helper()
	positions, err := kite.DecodePositions(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return kite.TotalPositions(positions)
}

func hugePositions() string {
	var rows []string
	for i := range 500 {
		rows = append(rows, positionRow(fmt.Sprintf("NIFTY26NOV%dCE", 20000+i*50), "NFO", "NRML", (i%5-2)*1_00_000, "100", "112.5", fmt.Sprintf("%d.25", (i%7-3)*12_34_567+i), "0"))
	}
	return list(rows...)
}

// shortDollars are of an exchange whose prices have four places.
func shortDollars() string {
	return positionRow("USDINR26NOVFUT", "CDS", "NRML", -5, "84.2575", "84.31", "-262.5", "-262.5",
		`"overnight_quantity":-3,"multiplier":1000,"close_price":84.2,"buy_quantity":0,"sell_quantity":5,"sell_price":84.2575,"sell_value":421287.5`)
}

func TestPositionCardGolden(t *testing.T) {
	for name, tt := range map[string]struct {
		row  string
		hide bool
	}{
		"positions_card":          {positionRow("NIFTY26N1724400CE", "NFO", "NRML", 150, "112.35", "121.4", "1357.5", "905", `"close_price":120,"buy_quantity":225,"buy_price":112.35,"buy_value":25278.75,"sell_quantity":75,"sell_price":115,"sell_value":8625`), false},
		"positions_card_hidden":   {positionRow("NIFTY26N1724400CE", "NFO", "NRML", 150, "112.35", "121.4", "1357.5", "905"), true},
		"positions_card_currency": {shortDollars(), false},
		"positions_card_closed":   {positionRow("INFY", "NSE", "MIS", 0, "0", "1530.2", "-612.5", "-612.5"), false},
		"positions_card_no_price": {positionRow("INFY", "NSE", "BO", 4, "1500", "0", "-6000", "-6000"), false},
		"positions_card_hostile":  {positionRow("<b>&\"\u202eX\nY", "N<E", "<&>", 1, "10", "11", "1", "1"), false},
	} {
		book := decodeBook(t, list(tt.row))
		p := append(book.Open, book.Closed...)[0]
		t.Run(name, func(t *testing.T) {
			golden(t, name, statement.PositionCard(p, statement.Options{Page: 2, AsOf: noon(), Hide: tt.hide}))
		})
		if found, ok := book.ByRef(p.Ref()); !ok || found.Symbol != p.Symbol {
			t.Errorf("%s is not found again: %v", p.Ref(), found)
		}
	}
	golden(t, "positions_card_gone", statement.NoSuchPosition(2, noon()))
}

func TestPositionsGolden(t *testing.T) {
	testLists(t, []listTest{
		{"positions", usualPositions(), 1, false, false},
		{"positions_hidden", usualPositions(), 1, true, false},
		{"positions_native", usualPositions(), 1, false, true},
		{"positions_ticks", list(shortDollars(), positionRow("GOLD26DECFUT", "MCX", "NRML", 12, "121345.5", "122000", "7854", "7854")), 1, false, false},
		{"positions_empty", "null", 1, false, false},
		{"positions_only_null", "[null,null]", 1, false, false},
		{"positions_closed", list(positionRow("INFY", "NSE", "MIS", 0, "0", "1530.2", "-612.5", "-612.5")), 1, false, false},
		{"positions_no_price", list(
			positionRow("INFY", "NSE", "MIS", 4, "1500", "0", "-6000", "-6000"),
			positionRow("TCS", "NSE", "MIS", 4, "3000", "3010", "40", "40"), "null",
		), 1, false, false},
		{"positions_none_has_a_price", list(positionRow("INFY", "NSE", "BO", 4, "1500", "0", "-6000", "-6000")), 1, false, false},
		{"positions_hostile", list(
			positionRow("<b>&\"\u202eX\nY", "NSE", "<&>", 1, "10", "11", "1", "1"),
			positionRow("टाटामोटर्स", "عربي", "", 1, "10", "11", "1", "1"),
			positionRow("🚀🚀🚀🚀🚀🚀🚀🚀26NOVFUT", "NFO", "NRML", 1, "10", "11", "1", "1"),
		), 1, false, false},
		{"positions_huge_turn", hugePositions(), 67, false, false},
		{"positions_huge_end", hugePositions(), 84, false, false},
	}, func(t *testing.T, answer string, opt statement.Options) view.Message {
		return statement.Positions(decodeBook(t, answer), opt)
	})
	monday := time.Date(2026, 11, 16, 0, 30, 0, 0, time.UTC) // at six in the morning
	golden(t, "positions_before_opening", statement.Positions(decodeBook(t, usualPositions()), statement.Options{Page: 1, AsOf: monday}))
}
