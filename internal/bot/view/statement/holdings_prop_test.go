package statement_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite"
)

// Whatever Kite answers, if it can be decoded every page is a message that
// Telegram takes, and the pages together are the whole account: as many rows
// as there are holdings.
func TestAnyAnswerRenders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		holdings, err := kite.DecodeHoldings(answers().Draw(t, "answer"))
		if err != nil {
			t.Fatalf("%v", err)
		}
		p := kite.TotalHoldings(holdings)
		pages, rows := max(1, (len(holdings)+9)/10), 0
		for page := 1; page <= pages; page++ {
			m := statement.Holdings(p, kite.SortByValue, statement.Options{Page: page, AsOf: noon()})
			if err := viewtest.Check(m); err != nil {
				t.Fatalf("page %d: %v\n%s", page, err, m.HTML)
			}
			rows += tableRows(m)
		}
		if rows != len(holdings) {
			t.Fatalf("%d rows on %d pages for %d holdings", rows, pages, len(holdings))
		}
	})
}

// Every holding is on exactly one page, by name.
func TestPagesAreTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 64).Draw(t, "holdings")
		var rows []string
		for i := range n {
			rows = append(rows, share(fmt.Sprintf("S%03d", i), "NSE", rapid.IntRange(0, 9).Draw(t, "quantity"), "10",
				rapid.SampledFrom([]string{"0", "1", "20.5"}).Draw(t, "last"), "9", "1"))
		}
		p := decodeOrFail(t, list(rows...))
		var all strings.Builder
		for page := 1; page <= (n+9)/10; page++ {
			_, table, _ := strings.Cut(statement.Holdings(p, kite.SortByValue, statement.Options{Page: page, AsOf: noon()}).HTML, "<pre>")
			all.WriteString(table)
		}
		for i := range n {
			if name := fmt.Sprintf("S%03d", i); strings.Count(all.String(), name) != 1 {
				t.Fatalf("%s is shown %d times", name, strings.Count(all.String(), name))
			}
		}
	})
}

func TestPagesBeyondTheEnds(t *testing.T) {
	p := decode(t, wide())
	show := func(page int) string {
		return viewtest.Dump(statement.Holdings(p, kite.SortByValue, statement.Options{Page: page, AsOf: noon()}))
	}
	for page, same := range map[int]int{-7: 1, 0: 1, 4: 3, 1 << 40: 3} {
		if show(page) != show(same) {
			t.Errorf("page %d is not page %d", page, same)
		}
	}
}

// Rendering must not reorder the portfolio it was given.
func TestHoldingsLeavesItsInputAlone(t *testing.T) {
	p := decode(t, tricky())
	before := fmt.Sprint(p)
	statement.Holdings(p, kite.SortByValue, statement.Options{Page: 1, AsOf: noon()})
	if fmt.Sprint(p) != before {
		t.Error("the portfolio changed")
	}
}

// answers draws what the server could send: any texts, any numbers in bounds.
func answers() *rapid.Generator[string] {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"INFY", "INFY-EQ", "IDEA-BE", "M&M", "<b>", "टाटामोटर्स", "a\u0301\u0301\u0301", strings.Repeat("\u0301", 300)}),
		rapid.StringN(1, 80, 400),
	)
	price := rapid.SampledFrom([]string{"0", "-3", "0.05", "1e-60", "123456.789", "999999999999999999", "-999999999999999999", "0.5999999999999659"})
	shares := rapid.SampledFrom([]int{0, 1, 17, 999_999_999_999_999, -4})
	one := rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			return "null"
		}
		return fmt.Sprintf(`{"tradingsymbol":%s,"exchange":%s,"quantity":%d,"t1_quantity":%d,"collateral_quantity":%d,"average_price":%s,"last_price":%s,"close_price":%s,"day_change":%s,"mtf":{"quantity":%d}}`,
			quote(text.Draw(t, "symbol")), quote(text.Draw(t, "exchange")), shares.Draw(t, "quantity"), shares.Draw(t, "t1"), shares.Draw(t, "pledged"),
			price.Draw(t, "average"), price.Draw(t, "last"), price.Draw(t, "close"), price.Draw(t, "change"), shares.Draw(t, "mtf"))
	})
	return rapid.Map(rapid.SliceOfN(one, 0, 35), func(rows []string) string { return list(rows...) })
}

func tableRows(m view.Message) int {
	_, table, found := strings.Cut(m.HTML, "<pre>")
	if !found {
		return 0
	}
	table, _, _ = strings.Cut(table, "</pre>")
	return strings.Count(table, "\n")
}

func decodeOrFail(t *rapid.T, text string) kite.Portfolio {
	t.Helper()
	holdings, err := kite.DecodeHoldings(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return kite.TotalHoldings(holdings)
}
