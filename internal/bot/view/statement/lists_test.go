package statement_test

import (
	"fmt"
	"html"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
	"kitebot/internal/market"
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
		a := answersOf{
			holdings: list(holdings...), positions: list(positions...), orders: list(orders...),
			trades: list(trades...), funds: list(funds...), gtts: list(gtts...),
		}.decode(t)
		for _, l := range listViews() {
			text, native := pagesOf(func(opt statement.Options) view.Message { return l.page(a, opt) })
			for i := range n {
				name := fmt.Sprintf("S%03d", i)
				if strings.Count(text, name) != 1 || strings.Count(native, name) != 1 {
					t.Fatalf("%s: %s is shown %d times, natively %d times", l.name, name, strings.Count(text, name), strings.Count(native, name))
				}
			}
		}
	})
}

// pagesOf joins the tables of all pages, as text and as native cells.
func pagesOf(show func(opt statement.Options) view.Message) (text, native string) {
	last := ""
	for page := 1; ; page++ {
		m := show(statement.Options{Page: page, AsOf: noon(), Native: true})
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
		p := decode(t, answers().Draw(t, "answer"))
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

// Whatever an account holds, its lists fit a phone, and no contract is cut: 34 cells,
// letters of one width.
func TestListsFitAPhone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		symbol := rapid.SampledFrom([]string{"INFY", "MIDCPNIFTY26NOV12875CE", "NIFTYNXT5026NOV70000PE", "NIFTY26N1724400CE", "NIFTY31DEC30000CE", "USDINR26NOV84.25CE", "BAJAJ-AUTO26DECFUT"})
		price := rapid.SampledFrom([]string{"0", "0.0025", "84.2575", "1529.85", "152340.5", "9999999.95"})
		quantity := rapid.SampledFrom([]int{0, 1, -75, 1050, 99_999, -1_00_000, 99_99_99_999})
		status := rapid.SampledFrom([]string{"OPEN", "TRIGGER PENDING", "COMPLETE", "REJECTED", "CANCELLED", "NEW"})
		day := rapid.SampledFrom([]string{"2026-11-12T", "2026-11-11T"}).Draw(t, "day")
		var holdings, orders, trades, positions, gtts, funds []string
		for i := range rapid.IntRange(1, 9).Draw(t, "rows") {
			s, n, p := symbol.Draw(t, "symbol"), quantity.Draw(t, "quantity"), func() string { return price.Draw(t, "price") }
			holdings = append(holdings, share([]string{"INFY", "BAJAJ-AUTO", "M&M"}[i%3], "NSE", n, p(), p(), p(), p()))
			orders = append(orders, orderRow(fmt.Sprint(i), "BUY", s, status.Draw(t, "status"), "09:20:00", n, p(), p(), `"exchange":"CDS"`, `"trigger_price":`+p(), fmt.Sprintf(`"filled_quantity":%d`, n/2)))
			trades = append(trades, tradeRow(fmt.Sprint(i), "SELL", s, "CDS", "09:20:00", n, p()))
			positions = append(positions, positionRow(s, "CDS", []string{"NRML", "MIS", "CNC"}[i%3], n, p(), p(), p(), p()))
			gtts = append(gtts, gttRow("active", "SELL", s, n, "1", "", p(), p()))
			funds = append(funds, fundRow(strings.Repeat("KONKAN LIQUID ", 1+i)+"FUND", fmt.Sprint(i), p(), p(), p()))
		}
		a := answersOf{
			holdings: list(holdings...), positions: list(positions...), orders: strings.ReplaceAll(list(orders...), "2026-11-12T", day),
			trades: list(trades...), funds: list(funds...), gtts: list(gtts...),
		}.decode(t)
		for _, hide := range []bool{false, true} {
			for _, l := range listViews() {
				m := l.page(a, statement.Options{Page: 1, AsOf: noon(), Hide: hide, Native: true})
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

// A day's figures are of the last session that has begun: at six on Monday
// morning that is Friday's.
func TestDayOf(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-13 09:14": "Thursday", "2026-11-13 09:15": "Today", "2026-11-13 23:59": "Today",
		"2026-11-14 00:00": "Friday", "2026-11-16 06:00": "Friday", "2026-11-24 12:00": "Monday",
	} {
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, market.IST())
		if err != nil {
			t.Fatal(err)
		}
		if got := view.Capital(view.SessionDay(moment.UTC())); got != want {
			t.Errorf("DayOf(%s) = %s, want %s", at, got, want)
		}
	}
}

// listsOf are the lists and the cards of one instrument at a price.
func listsOf(t *testing.T, exchange, symbol, price string, opt statement.Options) map[string]view.Message {
	orders := decodeOrders(t, list(orderRow("1", "BUY", symbol, "OPEN", "09:20:00", 5, price, "0", `"exchange":`+quote(exchange))))
	trades := decodeTrades(t, list(tradeRow("1", "BUY", symbol, exchange, "09:20:00", 5, price)))
	book := decodeBook(t, list(positionRow(symbol, exchange, "NRML", 5, "84.25", price, "1", "1")))
	gtts := decodeGTTs(t, strings.ReplaceAll(list(gttRow("active", "BUY", symbol, 5, "1", "", price)), `"NSE"`, quote(exchange)))
	return map[string]view.Message{
		"orders":        statement.Orders(orders, opt),
		"order's card":  statement.OrderCard(statement.OrderCardView{Order: orders[0], Trades: trades, Options: opt}),
		"trades":        statement.Trades(trades, opt),
		"positions":     statement.Positions(book, opt),
		"position card": statement.PositionCard(book.Open[0], opt),
		"GTT orders":    statement.GTTs(statement.GTTsView{GTTs: gtts, Options: opt}),
	}
}

// The exchanges of commodities and currencies keep other hours: in their evening
// nothing says that the market is closed.
func TestMarketIsNotClosedWhereOtherHoursAreKept(t *testing.T) {
	for exchange, closed := range map[string]bool{"NFO": true, "MCX": false, "CDS": false} {
		for name, m := range listsOf(t, exchange, "X26NOVFUT", "84", statement.Options{AsOf: evening()}) {
			if strings.Contains(m.HTML, "market closed") != closed {
				t.Errorf("the %s of %s:\n%s", name, exchange, m.HTML)
			}
		}
	}
}

// Commodities trade from nine, and in the evening of some holidays of the shares: then
// the day is not said to be the one before.
func TestDayOfCommoditiesIsNotTheDayBefore(t *testing.T) {
	for at, want := range map[string][2]string{
		"2026-11-13 08:59": {"Thursday", "Thursday"}, "2026-11-13 09:05": {"Thursday", "day"}, "2026-11-13 09:15": {"today", "today"},
		"2026-11-24 20:00": {"Monday", "day"}, "2026-11-14 12:00": {"Friday", "Friday"},
	} {
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, market.IST())
		if err != nil {
			t.Fatal(err)
		}
		for i, exchange := range []string{"NFO", "MCX"} {
			book := decodeBook(t, list(positionRow("X26NOVFUT", exchange, "NRML", 5, "84", "85", "5", "5"), positionRow("Y26NOVFUT", exchange, "NRML", 0, "84", "85", "5", "5")))
			day, verb := want[i], "closed"
			if day == "today" {
				verb += " today"
			} else if day != "day" {
				verb += " on " + day
			}
			for name, said := range map[string][2]string{
				"positions": {statement.Positions(book, statement.Options{AsOf: moment}).HTML, " · " + day + " +₹10.00</b>\n1 open · 1 " + verb + "\n"},
				"portfolio": {statement.Overview(statement.OverviewView{Overview: kite.Overview{Positions: &book}, Options: statement.Options{AsOf: moment}}).HTML, " · positions " + day + " +₹10.00"},
				"card":      {strings.ToLower(statement.PositionCard(book.Open[0], statement.Options{AsOf: moment}).HTML), "\n" + strings.ToLower(day) + " +₹5.00"},
			} {
				if !strings.Contains(said[0], said[1]) {
					t.Errorf("%s of %s at %s has no %q:\n%s", name, exchange, at, said[1], said[0])
				}
			}
		}
	}
}

// The lines that stand in nearly every message fit on one line of a phone.
func TestEverydayLinesFitAPhone(t *testing.T) {
	const phone = 36 // characters, in the font of a message
	p := decode(t, wide())
	for _, m := range []view.Message{
		statement.Holdings(p, kite.SortByValue, statement.Options{AsOf: noon()}),
		statement.Holdings(p, kite.SortByValue, statement.Options{AsOf: evening(), Hide: true}),
	} {
		seen := 0
		for line := range strings.Lines(m.HTML) {
			if strings.Contains(line, " IST") || strings.HasPrefix(line, "Amounts") {
				seen++
				if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > phone {
					t.Errorf("%d characters: %s", n, line)
				}
			}
		}
		if seen == 0 {
			t.Error("no such line")
		}
	}
}

// A price at a tick finer than a paisa is never rounded to paise, of a currency or of
// a bond, wherever it stands.
func TestPricesKeepTheirTicks(t *testing.T) {
	for _, id := range []string{"CDS:USDINR26NOVFUT", "BCD:USDINR26NOVFUT", "NSE:718GS2033-GS"} {
		exchange, symbol, _ := strings.Cut(id, ":")
		holding := kite.Holding{Symbol: symbol, Exchange: exchange, Quantity: 5, LastPrice: decimal.RequireFromString("84.2575")}
		quoted := kite.Quote{ID: id, LastPrice: holding.LastPrice}
		shown := listsOf(t, exchange, symbol, "84.2575", statement.Options{Page: 1, AsOf: noon()})
		shown["holding's card"] = statement.HoldingCard(holding, kite.Portfolio{}, "", statement.Place{}, statement.Options{AsOf: noon()})
		shown["quote"] = marketdata.Quote(marketdata.QuoteView{Quote: quoted, AsOf: noon()})
		shown["quotes"] = marketdata.Quotes(marketdata.QuotesView{Rows: marketdata.QuoteRows([]string{id}, map[string]kite.Quote{id: quoted}), AsOf: noon()})
		for name, m := range shown {
			if !strings.Contains(m.HTML, "84.2575") || strings.Contains(m.HTML, "84.26") {
				t.Errorf("the %s of %s:\n%s", name, id, m.HTML)
			}
		}
		if got := view.FormatOfQuote(kite.Quote{ID: id}).Price(holding.LastPrice); got != "₹84.2575" {
			t.Errorf("the picture of %s says %s", id, got)
		}
	}
}

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
