package statement_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
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

// What the account is worth is what its parts come to, as they are shown.
func TestTheAccountIsItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{0,3}\.[0-9]{4}`)
		segment := func(name string) string {
			return fmt.Sprintf(`%q:{"enabled":true,"available":{"cash":%s}}`, name, number.Draw(t, name))
		}
		o := overview(t, list(share("INFY", "NSE", 1, "1", number.Draw(t, "last"), "1", "0")), list(fundRow("A FUND", "INF", number.Draw(t, "units"), "1", number.Draw(t, "NAV"))),
			"{"+segment("equity")+","+segment("commodity")+"}", "null")
		m := statement.Overview(statement.OverviewView{Overview: o, Options: statement.Options{AsOf: noon()}})
		amount := func(word string) decimal.Decimal { return amountAfter(t, m.HTML, word) }
		if cash := amount("<b>Cash</b> "); !cash.Equal(amount("Equity ").Add(amount("Commodity "))) ||
			!amount("Account ").Equal(decimal.Sum(amount("<b>Holdings</b> "), amount("<b>Mutual funds</b> "), cash)) {
			t.Fatalf("the parts do not come to the sum in\n%s", m.HTML)
		}
	})
}

// What is shown adds up: value − invested is the P&L, to the paisa.
func TestWhatIsShownAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{0,3}\.[0-9]{3}[05]`)
		units, average, last := number.Draw(t, "units"), number.Draw(t, "average"), number.Draw(t, "last")
		funds := decodeFunds(t, list(fundRow("A FUND", "INF", units, average, last)))
		holdings := decodeOrFail(t, list(share("INFY", "NSE", rapid.IntRange(1, 99).Draw(t, "shares"), average, last, last, "0")))
		for _, m := range []view.Message{
			statement.MutualFunds(funds, statement.Options{Page: 1, AsOf: noon()}),
			statement.FundCard(funds.Funds[0], funds, "1", statement.Options{AsOf: noon()}),
			statement.Holdings(holdings, kite.SortByValue, statement.Options{Page: 1, AsOf: noon()}),
			statement.HoldingCard(holdings.Holdings[0], holdings, "", statement.Place{}, statement.Options{AsOf: noon()}),
		} {
			value, profit, invested := amountAfter(t, m.HTML, ""), amountAfter(t, m.HTML, "P&amp;L "), amountAfter(t, m.HTML, "Invested ")
			if !value.Sub(invested).Equal(profit) {
				t.Fatalf("%s − %s is not %s in\n%s", value, invested, profit, m.HTML)
			}
		}
	})
}
