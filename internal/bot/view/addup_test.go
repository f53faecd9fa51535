package view_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
)

// amountAfter is the first amount in rupees behind a word, as a number.
func amountAfter(t *rapid.T, text, word string) decimal.Decimal {
	_, after, _ := strings.Cut(text, word)
	amount := regexp.MustCompile(`[+−]?₹[0-9,.]+`).FindString(after)
	d, err := decimal.NewFromString(strings.NewReplacer("₹", "", ",", "", "−", "-", "+", "").Replace(amount))
	if err != nil {
		t.Fatalf("no amount after %q in\n%s", word, text)
	}
	return d
}

// What is shown adds up: value − invested is the P&L, to the paisa.
func TestWhatIsShownAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{0,3}\.[0-9]{3}[05]`)
		units, average, last := number.Draw(t, "units"), number.Draw(t, "average"), number.Draw(t, "last")
		funds := decodeFunds(t, list(fundRow("A FUND", "INF", units, average, last)))
		holdings := decodeOrFail(t, list(share("INFY", "NSE", rapid.IntRange(1, 99).Draw(t, "shares"), average, last, last, "0")))
		for _, m := range []view.Message{
			view.MutualFunds(view.MutualFundsView{Totals: funds, Page: 1, AsOf: noon()}),
			view.FundCard(view.FundCardView{Fund: funds.Funds[0], Totals: funds, Ref: "1", AsOf: noon()}),
			view.Holdings(view.HoldingsView{Portfolio: holdings, Page: 1, AsOf: noon()}),
			view.HoldingCard(view.HoldingCardView{Holding: holdings.Holdings[0], Portfolio: holdings, AsOf: noon()}),
		} {
			value, profit, invested := amountAfter(t, m.HTML, ""), amountAfter(t, m.HTML, "P&amp;L "), amountAfter(t, m.HTML, "Invested ")
			if !value.Sub(invested).Equal(profit) {
				t.Fatalf("%s − %s is not %s in\n%s", value, invested, profit, m.HTML)
			}
		}
	})
}
