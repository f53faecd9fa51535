package statement_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// A price at a tick finer than a paisa is never rounded to paise, of a currency or of
// a bond, wherever it stands.
func TestPricesKeepTheirTicks(t *testing.T) {
	for _, id := range []string{"CDS:USDINR26NOVFUT", "BCD:USDINR26NOVFUT", "NSE:718GS2033-GS"} {
		exchange, symbol, _ := strings.Cut(id, ":")
		orders := decodeOrders(t, list(orderRow("1", "BUY", symbol, "OPEN", "09:20:00", 5, "84.2575", "0", `"exchange":`+quote(exchange))))
		trades := decodeTrades(t, list(tradeRow("1", "BUY", symbol, exchange, "09:20:00", 5, "84.2575")))
		book := decodeBook(t, list(positionRow(symbol, exchange, "NRML", 5, "84.25", "84.2575", "1", "1")))
		gtts := decodeGTTs(t, strings.ReplaceAll(list(gttRow("active", "BUY", symbol, 5, "1", "", "84.2575")), `"NSE"`, quote(exchange)))
		holding := kite.Holding{Symbol: symbol, Exchange: exchange, Quantity: 5, LastPrice: decimal.RequireFromString("84.2575")}
		for name, m := range map[string]view.Message{
			"orders":         statement.Orders(orders, statement.Options{Page: 1, AsOf: noon()}),
			"order's card":   statement.OrderCard(statement.OrderCardView{Order: kite.Order{Exchange: exchange, Symbol: symbol}, Trades: trades, Options: statement.Options{AsOf: noon()}}),
			"trades":         statement.Trades(trades, statement.Options{Page: 1, AsOf: noon()}),
			"positions":      statement.Positions(book, statement.Options{Page: 1, AsOf: noon()}),
			"position card":  statement.PositionCard(book.Open[0], statement.Options{AsOf: noon()}),
			"GTT orders":     statement.GTTs(statement.GTTsView{GTTs: gtts, Options: statement.Options{Page: 1, AsOf: noon()}}),
			"holding's card": statement.HoldingCard(holding, kite.Portfolio{}, "", statement.Place{}, statement.Options{AsOf: noon()}),
			"quote":          marketdata.Quote(marketdata.QuoteView{Quote: kite.Quote{ID: id, LastPrice: holding.LastPrice}, AsOf: noon()}),
			"quotes":         marketdata.Quotes(marketdata.QuotesView{Rows: marketdata.QuoteRows([]string{id}, map[string]kite.Quote{id: {ID: id, LastPrice: holding.LastPrice}}), AsOf: noon()}),
		} {
			if !strings.Contains(m.HTML, "84.2575") || strings.Contains(m.HTML, "84.26") {
				t.Errorf("the %s of %s:\n%s", name, id, m.HTML)
			}
		}
		if got := view.FormatOfQuote(kite.Quote{ID: id}).Price(holding.LastPrice); got != "₹84.2575" {
			t.Errorf("the picture of %s says %s", id, got)
		}
	}
}
