package statement_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

// answersOf is what Kite answers for one account, tool by tool.
type answersOf struct{ holdings, positions, orders, trades, funds, gtts, margins string }

func (a answersOf) all() []string {
	return []string{a.holdings, a.positions, a.orders, a.trades, a.funds, a.gtts, "[" + a.margins + "]"}
}

// accountOf is one account, decoded.
type accountOf struct {
	kite.Overview // the holdings, positions, mutual funds and margins
	orders        []kite.Order
	trades        []kite.Trade
	gtts          []kite.GTT
}

func (a answersOf) decode(tb tbFataler) accountOf {
	tb.Helper()
	return accountOf{overview(tb, a.holdings, a.funds, a.margins, a.positions), decodeOrders(tb, a.orders), decodeTrades(tb, a.trades), decodeGTTs(tb, a.gtts)}
}

// listView is a list of an account, and how a page of it is drawn.
type listView struct {
	name string
	page func(a accountOf, opt statement.Options) view.Message
}

// listViews are the lists of the package, the holdings in each order. A new list is a
// row here, and rows of its own in the accounts that these tests draw.
func listViews() []listView {
	lists := []listView{
		{"positions", func(a accountOf, opt statement.Options) view.Message { return statement.Positions(*a.Positions, opt) }},
		{"orders", func(a accountOf, opt statement.Options) view.Message { return statement.Orders(a.orders, opt) }},
		{"trades", func(a accountOf, opt statement.Options) view.Message { return statement.Trades(a.trades, opt) }},
		{"mutual funds", func(a accountOf, opt statement.Options) view.Message {
			return statement.MutualFunds(*a.MutualFunds, opt)
		}},
		{"GTT orders", func(a accountOf, opt statement.Options) view.Message {
			return statement.GTTs(statement.GTTsView{GTTs: a.gtts, Prices: gttPrices(), Options: opt})
		}},
	}
	for _, sort := range kite.HoldingSorts() {
		lists = append(lists, listView{fmt.Sprintf("holdings by %v", sort), func(a accountOf, opt statement.Options) view.Message {
			return statement.Holdings(*a.Holdings, sort, opt)
		}})
	}
	return lists
}

// everything renders every view of an account: each page of each, every card,
// every file and caption, with native tables. TestEverythingIsEveryView fails for a
// view that is not here.
func everything(tb tbFataler, answers answersOf, hide bool) []view.Message {
	tb.Helper()
	o := answers.decode(tb)
	orders, trades, funds := o.orders, o.trades, *o.MutualFunds
	opt, card := statement.Options{AsOf: noon(), Hide: hide, Native: true}, statement.Options{AsOf: noon(), Hide: hide, Native: true, Page: 1 << 40}
	all := []view.Message{
		statement.Overview(statement.OverviewView{Overview: o.Overview, Options: opt}),
		statement.Funds(*o.Funds, opt),
		statement.Profile(kite.Profile{UserID: "AB0001", UserName: "Asha Rao"}, opt),
		statement.Allocation(statement.PictureView{Portfolio: *o.Holdings, AsOf: noon(), Hide: hide}),
		statement.Movers(statement.PictureView{Portfolio: *o.Holdings, AsOf: noon(), Hide: hide}),
		statement.NoSuchHolding(statement.Place{}, noon()), statement.NoSuchPosition(1, noon()), statement.NoSuchFund(1, noon()), statement.NoSuchOrder(1, noon()),
		statement.HoldingsCSV(*o.Holdings, opt), statement.PositionsCSV(*o.Positions, opt), statement.OrdersCSV(orders, opt), statement.TradesCSV(trades, opt), statement.MutualFundsCSV(funds, opt),
	}
	for opt.Page = 1; opt.Page <= 2; opt.Page++ {
		for _, l := range listViews() {
			all = append(all, l.page(o, opt))
		}
	}
	for i := range o.Holdings.Holdings {
		if ref := kite.HoldingRef(o.Holdings.Holdings, i); ref != "" {
			all = append(all, statement.HoldingCard(o.Holdings.Holdings[i], *o.Holdings, ref, statement.Place{Page: 1 << 40, Sort: kite.SortByProfit}, opt))
		}
	}
	for _, p := range slices.Concat(o.Positions.Open, o.Positions.Closed) {
		all = append(all, statement.PositionCard(p, card))
	}
	for i := range funds.Funds {
		if ref := kite.FundRef(funds.Funds, i); ref != "" {
			all = append(all, statement.FundCard(funds.Funds[i], funds, ref, card))
		}
	}
	for i := range orders {
		if ref := kite.OrderRef(orders, i); ref != "" {
			all = append(all, statement.OrderCard(statement.OrderCardView{Order: orders[i], History: orders, Trades: trades, Ref: ref, Options: card}))
		}
	}
	return all
}

// shown is all of a message that anybody could read.
func shown(m view.Message) string {
	if m.File != nil { // its cells apart: 0.1 and 100 are no 1,100
		records, err := csv.NewReader(bytes.NewReader(m.File.Data)).ReadAll()
		return fmt.Sprintf("%s %s %q %v", m.HTML, m.File.Name, records, err)
	}
	return viewtest.Dump(m)
}

// loud draws numbers loud enough to be found again: no share, percentage,
// time or count looks like one of them.
func loud(min, max int64) *rapid.Generator[string] {
	return rapid.Map(rapid.Int64Range(min*100+1, max*100), func(paise int64) string { return decimal.New(paise, -2).String() })
}

// loudAccount draws an account whose every number is loud.
func loudAccount() *rapid.Generator[answersOf] {
	return rapid.Custom(func(t *rapid.T) answersOf {
		quantity := func() int { return rapid.IntRange(10_007, 99_999).Draw(t, "quantity") }
		price := func() string { return loud(1_001, 1_999).Draw(t, "price") }
		amount := func() string { return loud(100_001, 9_999_999).Draw(t, "amount") }
		var a answersOf
		var holdings, positions, orders, trades, funds, gtts []string
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			name := "STOCK" + string(rune('A'+i))
			holdings = append(holdings, share(name, "NSE", quantity(), price(), price(), price(), price(),
				fmt.Sprintf(`"t1_quantity":%d,"collateral_quantity":%d,"mtf":{"quantity":%d,"average_price":%s}`, quantity(), quantity(), quantity(), price())))
			positions = append(positions, positionRow(name, "NSE", "CNC", quantity()*(i%2), price(), price(), "-"+amount(), amount(), fmt.Sprintf(`"buy_value":10000000%d`, quantity())))
			orders = append(orders, orderRow("ORDER"+name, "BUY", name, []string{"OPEN", "REJECTED", "COMPLETE", "CANCELLED"}[i%4], "10:00:00", quantity(), price(), price(),
				fmt.Sprintf(`"filled_quantity":%d,"trigger_price":%s,"tag":"t%s","status_message":"needs %s, has ₹%s."`, quantity(), price(), price(), amount(), amount())))
			trades = append(trades, tradeRow("TRADE", "SELL", name, "NSE", "10:00:00", quantity(), price()))
			funds = append(funds, fundRow("FUND "+name, "INF", amount(), price(), price()))
			gtts = append(gtts, gttRow("active", "BUY", name, quantity(), price(), "needs "+amount(), price(), price()))
		}
		a.holdings, a.positions, a.orders = list(holdings...), list(positions...), list(orders...)
		a.trades, a.funds, a.gtts = list(trades...), list(funds...), list(gtts...)
		a.margins = fmt.Sprintf(`{"equity":{"enabled":true,"net":%s,"available":{"cash":%s,"opening_balance":%s,"collateral":%s,"intraday_payin":%s},"utilised":{"debits":%s,"span":%s,"exposure":%s,"delivery":%s,"stock_collateral":%s}},`+
			`"commodity":{"enabled":true,"net":%s,"available":{"cash":-%s}}}`,
			amount(), amount(), amount(), amount(), amount(), amount(), amount(), amount(), amount(), amount(), amount(), amount())
		a.funds = strings.ReplaceAll(a.funds, "9100042/17", "FOLIO")
		a.trades = strings.ReplaceAll(strings.ReplaceAll(a.trades, "261112000000101", "ORDER"), "1100000012345678", "EXCHANGE")
		return a
	})
}

// figuresOf are all numbers of an account: those of the answers, those in its
// texts, and those worked out from them.
func figuresOf(tb tbFataler, a answersOf) []decimal.Decimal {
	tb.Helper()
	var figures []decimal.Decimal
	for _, answer := range a.all() {
		for _, row := range jsonRows(tb, answer) {
			figures = append(figures, numbersIn(row)...)
		}
	}
	o := overview(tb, a.holdings, a.funds, a.margins, a.positions)
	p, b, f, tr := o.Holdings, o.Positions, decodeFunds(tb, a.funds), kite.TotalTrades(decodeTrades(tb, a.trades))
	known := []kite.Figure{o.Worth(), o.Day(), o.PositionsDay(), o.Funds.Cash(), p.Value, p.Invested, p.Profit, p.Day, b.Profit, b.OpenProfit, b.ClosedProfit, b.Day, f.Value, f.Invested, f.Profit, tr.Bought, tr.Sold}
	for _, h := range p.Holdings {
		known = append(known, h.Value(), h.Invested(), h.Profit(), h.Day(), h.PledgedValue(), h.MTFPart().Value(), h.MTFPart().Profit())
	}
	for _, fund := range f.Funds {
		known = append(known, fund.Value(), fund.Invested(), fund.Profit())
	}
	for _, k := range append(known, kite.Figure{Value: p.Pledged, OK: true}, kite.Figure{Value: p.MTF.Value, OK: true}) {
		if k.OK && k.Value.Abs().GreaterThan(decimal.NewFromInt(100_000)) {
			figures = append(figures, k.Value)
		}
	}
	return slices.DeleteFunc(figures, func(d decimal.Decimal) bool { return d.Abs().LessThan(decimal.NewFromInt(1001)) })
}

// numbersIn collects the numbers of a JSON value, and those in its texts.
func numbersIn(v any) []decimal.Decimal {
	switch v := v.(type) {
	case json.Number:
		return []decimal.Decimal{decimal.RequireFromString(v.String())}
	case string:
		var found []decimal.Decimal
		for _, word := range strings.FieldsFunc(v, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
			if d, err := decimal.NewFromString(strings.Trim(word, ".")); err == nil && len(word) < 12 && !strings.Contains(v, "T10:00") {
				found = append(found, d)
			}
		}
		return found
	case []any:
		var found []decimal.Decimal
		for _, one := range v {
			found = append(found, numbersIn(one)...)
		}
		return found
	case map[string]any:
		var found []decimal.Decimal
		for name, one := range v {
			if name != "id" && name != "created_at" && name != "updated_at" && name != "expires_at" {
				found = append(found, numbersIn(one)...)
			}
		}
		return found
	default:
		return nil
	}
}

// formsOf are the ways in which a figure could be written.
func formsOf(d decimal.Decimal) []string {
	d = d.Abs()
	full := strings.TrimPrefix(view.Rupees(d), "₹")
	return []string{d.String(), d.StringFixed(2), d.Truncate(0).String(), full, strings.TrimSuffix(full, ".00"), full[:len(full)-3], view.Short(d)}
}

// Privacy mode shows no figure of the account in any form: not in a text, a
// table, a button, a native table or a file. The same figures are found when it
// is off, so that this looks in the right places.
func TestPrivacyLeaksNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := loudAccount().Draw(t, "account")
		figures, forms := figuresOf(t, a), map[string]bool{}
		for _, d := range figures {
			for _, form := range formsOf(d) {
				forms[form] = true
			}
		}
		for _, m := range everything(t, a, true) {
			text := shown(m)
			for form := range forms {
				if strings.Contains(text, form) {
					t.Fatalf("%s is shown in\n%s", form, text)
				}
			}
		}
		open, found := "", 0
		for _, m := range everything(t, a, false) {
			open += shown(m)
		}
		for _, d := range figures {
			if slices.ContainsFunc(formsOf(d), func(form string) bool { return strings.Contains(open, form) }) {
				found++
			}
		}
		if found*10 < len(figures)*8 {
			t.Fatalf("only %d of %d figures are shown at all", found, len(figures))
		}
	})
}

// Everything draws each view of the package: TestPrivacyLeaksNothing and
// TestAnyAccountRenders miss none.
func TestEverythingIsEveryView(t *testing.T) {
	views, called := map[string]bool{}, map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, isFunc := decl.(*ast.FuncDecl)
			switch {
			case !isFunc:
			case strings.HasSuffix(name, "_test.go"):
				called[f.Name.Name] = append(called[f.Name.Name], namesIn(f.Body)...) // methods, too
			case f.Name.IsExported() && f.Recv == nil && returnsMessage(f):
				views["statement."+f.Name.Name] = true
			}
		}
	}
	if len(views) < 20 {
		t.Fatalf("found only %d views", len(views))
	}
	reached := map[string]bool{}
	for next := []string{"everything"}; len(next) > 0; next = next[1:] {
		if name := next[0]; !reached[name] {
			reached[name] = true
			next = append(next, called[name]...) // none unless it is a function of these tests
		}
	}
	for name := range views {
		if !reached[name] {
			t.Errorf("everything does not call %s", name)
		}
	}
}

// namesIn are the names that a function uses, those of package statement with its
// name before them.
func namesIn(body *ast.BlockStmt) []string {
	var names []string
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			names = append(names, n.Name)
		case *ast.SelectorExpr:
			if from, ok := n.X.(*ast.Ident); ok && from.Name == "statement" {
				names = append(names, "statement."+n.Sel.Name)
			}
		}
		return true
	})
	return names
}

// returnsMessage reports whether one of a function's results is view.Message.
func returnsMessage(f *ast.FuncDecl) bool {
	if f.Type.Results == nil {
		return false
	}
	return slices.ContainsFunc(f.Type.Results.List, func(result *ast.Field) bool {
		return strings.Contains(types.ExprString(result.Type), "view.Message")
	})
}

// The words of others lose their numbers, whatever they are written in.
func TestPrivacyInWords(t *testing.T) {
	for reason, want := range map[string]string{
		"Required 95,417.84, available 74251.80.": "Required •••, available •••.",
		"१२३ रुपये":                               "••• रुपये", "₹5": "₹•••", "none": "none", "1.2.3": "•••", "a.b": "a.b", "½ lot": "••• lot",
	} {
		orders := decodeOrders(t, list(orderRow("A", "BUY", "INFY", "REJECTED", "12:00:00", 1, "1", "0", `"status_message":`+quote(reason))))
		m := statement.Orders(orders, statement.Options{Page: 1, AsOf: noon(), Hide: true})
		if !strings.Contains(m.HTML, "rejected: "+want) {
			t.Errorf("%q is shown as\n%s", reason, m.HTML)
		}
	}
}
