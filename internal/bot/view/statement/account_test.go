package statement_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

const usualMargins = `{"equity":{"enabled":true,"net":112225.55000000002,"available":{"adhoc_margin":0,"cash":245431.6,"collateral":12500.5,"intraday_payin":0,"live_balance":112225.55000000002,"opening_balance":245431.6},` +
	`"utilised":{"debits":145706.55,"exposure":38981.25,"m2m_realised":761.7,"m2m_unrealised":0,"option_premium":0,"payout":0,"span":101989,"holding_sales":0,"turnover":0,"liquid_collateral":0,"stock_collateral":0,"delivery":0}},` +
	`"commodity":{"enabled":true,"net":100661.7,"available":{"cash":100661.7,"opening_balance":100661.7},"utilised":{}}}`

func decodeMargins(tb tbFataler, answer string) kite.Margins {
	tb.Helper()
	m, err := kite.DecodeMargins(answer)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	return m
}

// overview puts an account together; a part that is "" did not answer.
func overview(tb tbFataler, holdings, mutualFunds, margins, positions string) kite.Overview {
	tb.Helper()
	var o kite.Overview
	if holdings != "" {
		list, err := kite.DecodeHoldings(holdings)
		if err != nil {
			tb.Fatalf("%v", err)
		}
		p := kite.TotalHoldings(list)
		o.Holdings = &p
	}
	if positions != "" {
		b := decodeBook(tb, positions)
		o.Positions = &b
	}
	if mutualFunds != "" {
		f := decodeFunds(tb, mutualFunds)
		o.MutualFunds = &f
	}
	if margins != "" {
		m := decodeMargins(tb, margins)
		o.Funds = &m
	}
	return o
}

func TestPortfolioGolden(t *testing.T) {
	const closed = `{"equity":{"enabled":false},"commodity":{"enabled":false}}`
	const owed = `{"equity":{"enabled":true,"net":-2318.34,"available":{"cash":-1318.34},"utilised":{"debits":1000}}}`
	noPrice := list(share("ZOMBIE", "BSE", 1000, "14.2", "0", "0", "0"))
	sold := list(share("INFY", "NSE", 30, "1450", "1530.2", "1545", "-14.8", `"used_quantity":10,"opening_quantity":40`))
	soldPosition := list(positionRow("INFY", "NSE", "CNC", -10, "1540", "1530.2", "98", "98"))
	unpriced := list(positionRow("INFY", "NSE", "MIS", 4, "1500", "0", "-6000", "-6000"), "null")
	noNAV := list(fundRow("Sample Liquid Fund", "INF001", "10", "100", "0"))
	some := list(fundRow("Sample Liquid Fund", "INF001", "10", "100", "0"), fundRow("Sample Index Fund", "INF002", "12.5", "100", "120.4"))
	why := [4]string{"Kite is not answering just now.", "Kite does not offer this at present.", "Kite is not answering just now.", "Kite could not answer this."}
	tests := []struct {
		name, holdings, funds, margins, positions string
		at                                        time.Time
		hide                                      bool
	}{
		{"portfolio", wide(), usualFunds(), usualMargins, usualPositions(), noon(), false},
		{"portfolio_hidden", wide(), usualFunds(), usualMargins, usualPositions(), noon(), true},
		{"portfolio_weekend", wide(), usualFunds(), usualMargins, usualPositions(), evening(), false},
		{"portfolio_tricky", tricky(), some, owed, unpriced, noon(), false},
		{"portfolio_sold_today", sold, "null", usualMargins, soldPosition, noon(), false},
		{"portfolio_mtf_only", mtfOnly(), "null", usualMargins, "null", noon(), false},
		{"portfolio_empty", "null", "null", closed, "null", noon(), false},
		{"portfolio_no_price", noPrice, noNAV, usualMargins, "null", noon(), false},
		{"portfolio_no_holdings", "", usualFunds(), usualMargins, usualPositions(), noon(), false},
		{"portfolio_no_mf", wide(), "", usualMargins, usualPositions(), noon(), false},
		{"portfolio_no_funds", wide(), usualFunds(), "", usualPositions(), noon(), false},
		{"portfolio_no_positions", wide(), usualFunds(), usualMargins, "", noon(), false},
		{"portfolio_no_holdings_hidden", "", usualFunds(), "", usualPositions(), noon(), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := overview(t, tt.holdings, tt.funds, tt.margins, tt.positions)
			golden(t, tt.name, statement.Overview(statement.OverviewView{Overview: o, Why: why, Options: statement.Options{AsOf: tt.at, Hide: tt.hide}}))
		})
	}
}

func TestFundsGolden(t *testing.T) {
	testLists(t, []listTest{
		{"funds", usualMargins, 1, false, false},
		{"funds_hidden", usualMargins, 1, true, false},
		{"funds_all", `{"equity":{"enabled":true,"net":412310.47,"available":{"cash":286204.12,"collateral":244871.9,"intraday_payin":10000,"opening_balance":331004.62},` +
			`"utilised":{"debits":118765.55,"exposure":20000.5,"option_premium":-1250,"payout":5000,"span":62000.25,"delivery":31015.3,"liquid_collateral":44871.9,"stock_collateral":200000}},"commodity":{"enabled":true,"net":25000,"available":{"cash":25000,"opening_balance":25000}}}`, 1, false, false},
		{"funds_equity_only", `{"equity":{"enabled":true,"net":-1500.5,"available":{"cash":20000},"utilised":{"debits":21500.5}},"commodity":{"enabled":false,"net":77}}`, 1, false, false},
		{"funds_not_adding_up", `{"equity":{"enabled":false},"commodity":{"enabled":true,"net":1500,"available":{"cash":1000},"utilised":{"debits":50}}}`, 1, false, false},
		{"funds_money_on_its_way", `{"equity":{"enabled":true,"net":1500.5,"available":{"cash":1000},"utilised":{"debits":-500.5}}}`, 1, false, false},
		{"funds_none", `{"equity":{"enabled":false},"commodity":{"enabled":false}}`, 1, false, false},
		{"funds_crores", `{"equity":{"enabled":true,"net":9876543210.5,"available":{"intraday_payin":1000000000},"utilised":{"debits":1,"delivery":1}}}`, 1, false, false},
	}, func(t *testing.T, answer string, opt statement.Options) view.Message {
		return statement.Funds(decodeMargins(t, answer), opt)
	})
}

// Where Kite's figures make up the available margin, the lines of /funds do so
// as they are read: cash, and collateral, less what is used.
func TestFundsAddUpOnScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paise := func(name string) int64 { return rapid.Int64Range(-1<<40, 1<<40).Draw(t, name) }
		cash, collateral, used := paise("cash"), rapid.SampledFrom([]int64{0, 24487190}).Draw(t, "collateral"), paise("used")
		off := rapid.SampledFrom([]int64{0, 0, 2, -100}).Draw(t, "off")
		rupees := func(paise int64) string { return decimal.New(paise, -2).String() }
		text := statement.Funds(decodeMargins(t, fmt.Sprintf(`{"equity":{"enabled":true,"net":%s,"available":{"cash":%s,"collateral":%s},"utilised":{"debits":%s}}}`,
			rupees(cash+collateral-used+off), rupees(cash), rupees(collateral), rupees(used))), statement.Options{AsOf: noon()}).HTML
		var total, sum decimal.Decimal
		signs := 0
		for line := range strings.Lines(text) {
			name, amount, found := strings.Cut(strings.TrimSpace(line), "₹")
			if !found || strings.HasPrefix(name, "<b>") {
				continue
			}
			shown := decimal.RequireFromString(strings.ReplaceAll(amount, ",", ""))
			if strings.HasSuffix(name, "−") {
				shown = shown.Neg()
			}
			switch {
			case strings.HasPrefix(name, "Available margin"):
				total = shown
			case strings.HasPrefix(name, "= "), strings.HasPrefix(name, "+ "):
				sum, signs = sum.Add(shown), signs+1
			case strings.HasPrefix(name, "− "):
				sum, signs = sum.Sub(shown), signs+1
			}
		}
		if off != 0 && signs > 0 || off == 0 && (signs < 2 || !total.Equal(sum)) {
			t.Fatalf("%s is not %s, which is off by %d, in\n%s", total, sum, off, text)
		}
	})
}

func TestProfileGolden(t *testing.T) {
	usual := kite.Profile{UserID: "ZZ0001", UserName: "Sample Person", Email: "sample@example.com", Broker: "ZERODHA",
		Exchanges: []string{"NSE", "BSE", "NFO", "MF"}, Products: []string{"CNC", "NRML", "MIS"}}
	hostile := kite.Profile{UserID: "<b>", UserName: "\u202eटाटा & <i>🚀", Email: "<a@b>", Exchanges: []string{"", "<&>", "عربي"}}
	for name, tt := range map[string]struct {
		profile kite.Profile
		hide    bool
	}{
		"profile": {usual, false}, "profile_hidden": {usual, true}, "profile_bare": {kite.Profile{UserID: "ZZ0001"}, false}, "profile_hostile": {hostile, false},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, statement.Profile(tt.profile, statement.Options{AsOf: noon(), Hide: tt.hide}))
		})
	}
}

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
		holdings := decode(t, list(share("INFY", "NSE", rapid.IntRange(1, 99).Draw(t, "shares"), average, last, last, "0")))
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

func TestPicturesGolden(t *testing.T) {
	portfolio := decode(t, `[{"tradingsymbol":"INFY","exchange":"NSE","quantity":2,"average_price":90,"last_price":100,"close_price":99,"day_change":1}]`)
	goldens(t, map[string]view.Message{
		"allocation_one":  statement.Allocation(statement.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon()}),
		"allocation_none": statement.Allocation(statement.PictureView{AsOf: noon()}),
		"movers_one":      statement.Movers(statement.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon()}),
		"movers_hidden":   statement.Movers(statement.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon(), Hide: true}),
		"movers_none":     statement.Movers(statement.PictureView{AsOf: noon()}),
	})
}
