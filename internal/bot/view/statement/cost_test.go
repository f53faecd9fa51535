package statement_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
)

// account is an answer of so many holdings, whole and with the noise of floats.
func account(holdings int) string {
	rows := make([]string, holdings)
	for i := range rows {
		average, last, closing := 90+i*37%4000, 100+i*53%4000, 99+i*53%4000
		rows[i] = share(fmt.Sprintf("STOCK%03d", i), "NSE", 1+i%90, fmt.Sprintf("%d.2813", average), fmt.Sprintf("%d.35", last), fmt.Sprintf("%d.4", closing), "0.9500000000000455",
			fmt.Sprintf(`"instrument_token":%d,"isin":"INE%06d01","realised_quantity":%d,"opening_quantity":%d,"collateral_type":"","discrepancy":false`, 300_000+i, i, 1+i%90, 1+i%90),
			`"price":0,"used_quantity":0,"authorised_quantity":0`,
			fmt.Sprintf(`"pnl":%d.83749999999995,"day_change_percentage":0.%d119146005509641`, (last-average)*(1+i%90), 1+i%9),
			`"mtf":{"quantity":0,"used_quantity":0,"average_price":0,"value":0,"initial_margin":0}`)
	}
	return list(rows...)
}

// message is the way of an answer: decode, add up, sort, draw a page.
func message(tb testing.TB, answer string) view.Message {
	return statement.Holdings(decode(tb, answer), kite.SortByValue, statement.Options{Page: 1, AsOf: noon()})
}

// What a reply may take of memory, from the answer's text to the message: a
// fifth more than it takes now. Times are no good for a guard, these are the
// same on every machine.
func TestHoldingsStayCheap(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	for holdings, most := range map[int]cost{
		10:  {allocs: 690, bytes: 35_000},
		100: {allocs: 2_360, bytes: 111_000},
		500: {allocs: 10_000, bytes: 470_000},
	} {
		answer := account(holdings)
		took := costOf(func() { message(t, answer) })
		t.Logf("%d holdings: %d allocations, %d bytes", holdings, took.allocs, took.bytes)
		if took.allocs > most.allocs || took.bytes > most.bytes {
			t.Errorf("%d holdings take %d allocations and %d bytes, at most %d and %d", holdings, took.allocs, took.bytes, most.allocs, most.bytes)
		}
	}
}

// Another hundred holdings take as much as the hundred before them.
func TestHoldingsCostIsLinear(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	of := func(holdings int) uint64 {
		answer := account(holdings)
		return costOf(func() { message(t, answer) }).bytes
	}
	if fewer, more := of(200)-of(100), of(800)-of(700); more > fewer*3/2 {
		t.Errorf("the second hundred takes %d bytes, the eighth %d", fewer, more)
	}
}

type cost struct{ allocs, bytes uint64 }

// costOf is what f allocates, the least of some runs: the runtime allocates now
// and then for itself.
func costOf(f func()) cost {
	least := cost{1 << 62, 1 << 62}
	for range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least.allocs = min(least.allocs, after.Mallocs-before.Mallocs)
		least.bytes = min(least.bytes, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

func BenchmarkHoldingsMessage(b *testing.B) {
	for _, n := range []int{10, 100, 500} {
		answer := account(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if message(b, answer).HTML == "" {
					b.Fatal("nothing drawn")
				}
			}
		})
	}
}

// BenchmarkHoldingsFloor is the least that anybody would do with the same
// answer: encoding/json into floats, one sum, ten rows in no order. It stands
// beside [BenchmarkHoldingsMessage] so that the two are measured alike.
func BenchmarkHoldingsFloor(b *testing.B) {
	for _, n := range []int{10, 100, 500} {
		answer := account(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if floor(b, answer) == "" {
					b.Fatal("nothing drawn")
				}
			}
		})
	}
}

func floor(tb testing.TB, answer string) string {
	var rows []struct {
		Symbol    string  `json:"tradingsymbol"`
		Quantity  int64   `json:"quantity"`
		Average   float64 `json:"average_price"`
		Last      float64 `json:"last_price"`
		PnL       float64 `json:"pnl"`
		DayChange float64 `json:"day_change_percentage"`
	}
	if err := json.Unmarshal([]byte(answer), &rows); err != nil {
		tb.Fatal(err)
	}
	total := 0.0
	for _, r := range rows {
		total += r.Last * float64(r.Quantity)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<b>%.2f</b>\n<pre>", total)
	for _, r := range rows[:min(10, len(rows))] {
		fmt.Fprintf(&b, "%-12s %10.2f %7.2f\n", r.Symbol, r.Last*float64(r.Quantity), r.DayChange)
	}
	b.WriteString("</pre>")
	return b.String()
}
