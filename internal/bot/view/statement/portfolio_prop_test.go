package statement_test

import (
	"fmt"
	"math/big"
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

// anyText draws what the server could send as a text.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"INFY", "IDEA-BE", "NIFTY26N1724400CE", "BANKNIFTY26NOVFUT", "M&M", "<b>", "टाटामोटर्स", "\u200b", "", "عربي", "=1", strings.Repeat("9", 300), strings.Repeat("\u0301", 300), "BUY", "SELL", "COMPLETE", "REJECTED", "active"}),
		rapid.StringN(0, 80, 400),
	)
}

func anyNumber() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"0", "-3", "0.05", "1e-60", "123456.789", "999999999999999999", "-999999999999999999", "0.5999999999999659", "null"})
}

func anyCount() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"0", "1", "17", "-4", "999999999999999", "null"})
}

// object draws an object with such fields, or null.
func object(texts, numbers, counts []string, more string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			return "null"
		}
		var fields []string
		for _, name := range texts {
			fields = append(fields, fmt.Sprintf("%q:%s", name, quote(anyText().Draw(t, name))))
		}
		for _, name := range numbers {
			fields = append(fields, fmt.Sprintf("%q:%s", name, anyNumber().Draw(t, name)))
		}
		for _, name := range counts {
			fields = append(fields, fmt.Sprintf("%q:%s", name, anyCount().Draw(t, name)))
		}
		return "{" + strings.Join(append(fields, more), ",") + "}"
	})
}

// anyAccount draws what the server could send for each tool.
func anyAccount() *rapid.Generator[answersOf] {
	const name = `"tradingsymbol":"INFY"` // a row without a symbol is refused: the last one counts
	named := rapid.Custom(func(t *rapid.T) string {
		if s := anyText().Draw(t, "symbol"); s != "" {
			return `"tradingsymbol":` + quote(s) + `,"order_id":` + quote(s) + `,"fund":` + quote(s)
		}
		return name + `,"order_id":"1","fund":"F"`
	})
	with := func(t *rapid.T, texts, numbers, counts []string) string {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return object(texts, numbers, counts, named.Draw(t, "name")).Draw(t, "row")
		}), 0, 15).Draw(t, "rows")
		return list(rows...)
	}
	times := []string{"exchange", "product", "status", "status_message", "order_timestamp", "fill_timestamp", "transaction_type", "order_type", "variety", "validity", "tag", "exchange_order_id", "trade_id"}
	return rapid.Custom(func(t *rapid.T) answersOf {
		var gtts []string
		for range rapid.IntRange(0, 10).Draw(t, "GTTs") {
			gtts = append(gtts, gttRow(anyText().Draw(t, "status"), "BUY", "S"+anyText().Draw(t, "symbol"), 5, anyNumber().Draw(t, "last"), anyText().Draw(t, "why"),
				rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1.5", "99999999"}), 0, 4).Draw(t, "triggers")...))
		}
		segment := object(nil, []string{"net"}, nil, `"enabled":`+fmt.Sprint(rapid.Bool().Draw(t, "enabled"))+`,"utilised":{"debits":`+anyNumber().Draw(t, "debits")+`,"span":`+anyNumber().Draw(t, "span")+`}`)
		return answersOf{
			holdings:  answers().Draw(t, "holdings"),
			positions: with(t, []string{"exchange", "product"}, []string{"average_price", "last_price", "pnl", "m2m", "multiplier", "buy_value"}, []string{"quantity", "buy_quantity"}),
			orders:    with(t, times, []string{"quantity", "price", "average_price", "trigger_price", "filled_quantity"}, []string{"instrument_token"}),
			trades:    with(t, times, []string{"quantity", "average_price"}, nil),
			funds:     with(t, []string{"folio", "last_price_date"}, []string{"quantity", "average_price", "last_price"}, nil),
			gtts:      list(gtts...),
			margins:   `{"equity":` + segment.Draw(t, "equity") + `,"commodity":{"enabled":true}}`,
		}
	})
}

// Whatever Kite answers, if it can be decoded every view of it is a message
// that Telegram takes, with amounts and without.
func TestAnyAccountRenders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAccount().Draw(t, "account")
		for _, m := range everything(t, a, rapid.Bool().Draw(t, "hide")) {
			if err := viewtest.Check(m); err != nil {
				t.Fatalf("%v\n%s", err, shown(m))
			}
		}
	})
}

// The pages of each list are the whole of it: every row is on exactly one page,
// in the text and in the native table alike, and can be opened by its button.
func TestPagesAreTheWholeOfEachList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		var holdings, positions, orders, trades, funds, gtts []string
		for i := range n {
			name := fmt.Sprintf("S%03d", i)
			quantity := rapid.IntRange(-2, 2).Draw(t, "quantity")
			price := rapid.SampledFrom([]string{"0", "1", "20.5"}).Draw(t, "price")
			clock := fmt.Sprintf("10:%02d:00", rapid.IntRange(0, 59).Draw(t, "minute"))
			holdings = append(holdings, share(name, "NSE", quantity, "10", price, "9", "1"))
			positions = append(positions, positionRow(name, "NSE", "MIS", quantity, "10", price, price, "1"))
			orders = append(orders, orderRow("O"+name, "BUY", name, rapid.SampledFrom([]string{"OPEN", "COMPLETE", "?"}).Draw(t, "status"), clock, 1, "1", price))
			trades = append(trades, tradeRow("T", "BUY", name, "NSE", clock, 1, price))
			funds = append(funds, fundRow(name, "INF", "1", "1", price))
			gtts = append(gtts, gttRow(rapid.SampledFrom([]string{"active", "expired"}).Draw(t, "status"), "BUY", name, 1, "10", "", "11"))
		}
		p, book := decodeOrFail(t, list(holdings...)), decodeBook(t, list(positions...))
		o, tr, f, g := decodeOrders(t, list(orders...)), decodeTrades(t, list(trades...)), decodeFunds(t, list(funds...)), decodeGTTs(t, list(gtts...))
		sort := rapid.SampledFrom(kite.HoldingSorts()).Draw(t, "sort")
		for list, show := range map[string]func(page int) view.Message{
			"holdings": func(page int) view.Message {
				return statement.Holdings(p, sort, statement.Options{Page: page, AsOf: noon(), Native: true})
			},
			"positions": func(page int) view.Message {
				return statement.Positions(book, statement.Options{Page: page, AsOf: noon(), Native: true})
			},
			"orders": func(page int) view.Message {
				return statement.Orders(o, statement.Options{Page: page, AsOf: noon(), Native: true})
			},
			"trades": func(page int) view.Message {
				return statement.Trades(tr, statement.Options{Page: page, AsOf: noon(), Native: true})
			},
			"funds": func(page int) view.Message {
				return statement.MutualFunds(f, statement.Options{Page: page, AsOf: noon(), Native: true})
			},
			"GTTs": func(page int) view.Message {
				return statement.GTTs(statement.GTTsView{GTTs: g, Options: statement.Options{Page: page, AsOf: noon(), Native: true}})
			},
		} {
			text, native := pagesOf(show)
			for i := range n {
				name := fmt.Sprintf("S%03d", i)
				if strings.Count(text, name) != 1 || strings.Count(native, name) != 1 {
					t.Fatalf("%s: %s is shown %d times, natively %d times", list, name, strings.Count(text, name), strings.Count(native, name))
				}
			}
		}
	})
}

// pagesOf joins the tables of all pages, as text and as native cells.
func pagesOf(show func(page int) view.Message) (text, native string) {
	last := ""
	for page := 1; ; page++ {
		m := show(page)
		dump := viewtest.Dump(m)
		if dump == last {
			return text, native
		}
		last = dump
		for _, part := range strings.Split(m.HTML, "<pre>")[1:] {
			table, _, _ := strings.Cut(part, "</pre>")
			text += table + "\n"
		}
		for _, b := range m.Rich.Blocks {
			if b.Table != nil {
				native += fmt.Sprintln(b.Table.Rows)
			}
		}
	}
}

// Every button of a row opens that row, from any page and in any order.
func TestButtonsOpenTheirRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := decodeOrFail(t, answers().Draw(t, "answer"))
		opened := map[string]int{}
		for page := 1; page <= (len(p.Holdings)+9)/10; page++ {
			m := statement.Holdings(p, rapid.SampledFrom(kite.HoldingSorts()).Draw(t, "sort"), statement.Options{Page: page, AsOf: noon()})
			for _, b := range slices.Concat(m.Buttons...) {
				arg, found := strings.CutPrefix(b.Data, "holdings:card:")
				if !found {
					continue
				}
				ref, place := statement.ParseCardArg(arg)
				h, ok := kite.HoldingByRef(p.Holdings, ref)
				if !ok || h.Missing || statement.ParsePlace(place).Page != page {
					t.Fatalf("button %q opens %v, %v", b.Data, h, ok)
				}
				opened[ref]++
			}
		}
		if len(p.Holdings) <= 10 {
			for i := range p.Holdings {
				if ref := kite.HoldingRef(p.Holdings, i); ref != "" && opened[ref] != 1 {
					t.Fatalf("holding %d (%s) has %d buttons", i, ref, opened[ref])
				}
			}
		}
	})
}

// What the glance shows is the exact sum of its parts, in fractions, and the
// first line has both: what the account is worth, and the day.
func TestPortfolioIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Map(rapid.Int64Range(1, 1<<40), func(n int64) string { return fmt.Sprintf("%d.%04d", n/10_000, n%10_000) })
		signed := func(name string) string {
			return rapid.SampledFrom([]string{"", "-"}).Draw(t, name) + price.Draw(t, name)
		}
		worth, day := new(big.Rat), new(big.Rat)
		var rows, funds, positions []string
		for i := range rapid.IntRange(0, 20).Draw(t, "rows") {
			last, before, shares := price.Draw(t, "last"), price.Draw(t, "close"), rapid.IntRange(1, 1_000_000).Draw(t, "shares")
			rows = append(rows, share(fmt.Sprintf("S%d", i), "NSE", shares, "1", last, before, "0"))
			worth.Add(worth, new(big.Rat).Mul(rational(t, last), big.NewRat(int64(shares), 1)))
			day.Add(day, new(big.Rat).Mul(new(big.Rat).Sub(rational(t, last), rational(t, before)), big.NewRat(int64(shares), 1)))
			units, nav, m2m := price.Draw(t, "units"), price.Draw(t, "NAV"), signed("m2m")
			funds = append(funds, fundRow(fmt.Sprintf("F%d", i), "INF", units, "1", nav))
			worth.Add(worth, new(big.Rat).Mul(rational(t, units), rational(t, nav)))
			positions = append(positions, positionRow(fmt.Sprintf("P%d", i), "NFO", "NRML", i, "1", "5", "3", m2m))
			day.Add(day, rational(t, m2m))
		}
		cash, owed := signed("cash"), signed("owed")
		worth.Add(worth, rational(t, cash)).Add(worth, rational(t, owed))
		o := overview(t, list(rows...), list(funds...), `{"equity":{"enabled":true,"net":1,"available":{"cash":`+cash+`,"collateral":5}},"commodity":{"enabled":true,"net":2,"available":{"cash":`+owed+`}}}`, list(positions...))
		if got := o.Worth(); !got.OK || got.Value.Rat().Cmp(worth) != 0 {
			t.Fatalf("worth %v, want %s", got, worth.FloatString(10))
		}
		if got := o.Day(); !got.OK || got.Value.Rat().Cmp(day) != 0 {
			t.Fatalf("day %v, want %s", got, day.FloatString(10))
		}
		text := statement.Overview(statement.OverviewView{Overview: o, Options: statement.Options{AsOf: noon()}}).HTML
		first, _, _ := strings.Cut(text, "\n")
		if shown := amountAfter(t, first, "Account "); shown.Sub(o.Worth().Value).Abs().GreaterThan(decimal.New(2, -2)) { // four parts are rounded
			t.Fatalf("worth %s:\n%s", o.Worth().Value, text)
		}
		if !strings.HasSuffix(first, " · today "+view.SignedRupeesOf(o.Day())+"</b>") {
			t.Fatalf("day %s:\n%s", o.Day().Value, text)
		}
	})
}
