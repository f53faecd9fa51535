package statement_test

import (
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

// A page full of the longest texts that Kite could send, in characters that
// count double, still fits into a message.
func TestLongestTextsFit(t *testing.T) {
	long := strings.Repeat("🚀", 400)
	var orders []kite.Order
	var gtts []kite.GTT
	for range 40 {
		orders = append(orders, kite.Order{ID: "1", Symbol: long, Exchange: long, Status: "REJECTED", Reason: long, Tag: long})
		g := kite.GTT{Status: "rejected", GTTMeta: kite.GTTMeta{Rejection: long}, Orders: orders[:1]}
		g.Symbol, g.Exchange = long, long
		gtts = append(gtts, g)
	}
	for name, m := range map[string]view.Message{
		"orders": statement.Orders(orders, statement.Options{AsOf: noon()}),
		"card":   statement.OrderCard(statement.OrderCardView{Order: orders[0], History: orders, Ref: "1", Options: statement.Options{AsOf: noon()}}),
		"gtts":   statement.GTTs(statement.GTTsView{GTTs: gtts, Options: statement.Options{AsOf: noon()}}),
	} {
		if err := viewtest.Check(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
