package statement_test

import (
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// A narrowed list says so first, hidden or not, and its buttons carry the words as
// far as they have room.
func TestNarrowedGolden(t *testing.T) {
	some := decode(t, `[{"tradingsymbol":"TATASTEEL","exchange":"NSE","quantity":2,"average_price":90,"last_price":100,"close_price":99,"day_change":1,"pnl":20},
		{"tradingsymbol":"TATAPOWER","exchange":"NSE","quantity":3,"average_price":90,"last_price":80,"close_price":81,"day_change":-1,"pnl":-30}]`)
	long := strings.Repeat("long ", 9) + "<b>"
	for name, m := range map[string]view.Message{
		"holdings_only":        statement.Holdings(some, kite.SortByValue, statement.Options{AsOf: noon()}).Only("tata", 2, 24),
		"holdings_only_hidden": statement.Holdings(some, kite.SortByValue, statement.Options{AsOf: noon(), Hide: true}).Only("tata", 2, 24),
		"holdings_only_native": statement.Holdings(some, kite.SortByValue, statement.Options{AsOf: noon(), Native: true}).Only("tata", 2, 24),
		"holdings_only_long":   statement.Holdings(some, kite.SortByName, statement.Options{AsOf: noon()}).Only(long, 2, 24),
		"orders_nothing_fits":  view.NothingFits("orders", "<rejected>", 8),
	} {
		filter := "tata"
		if strings.HasSuffix(name, "long") {
			filter = long
		}
		m.Carry("holdings", filter)
		golden(t, name, m)
	}
}
