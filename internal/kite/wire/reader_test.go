package wire_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

// The reader takes what encoding/json takes, no more, no less, and the values
// are the same to the last place.
func TestReaderIsEncodingJSON(t *testing.T) {
	for _, row := range rowTypes() {
		t.Run(row.of.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				row.compare(t, damaged(t, listOf(t, row.of)))
			})
		})
	}
}

// FuzzReader is TestReaderIsEncodingJSON for what no generator thinks of.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		`null`, ` [ ] `, `[null,{}]`, `{"data":[{"tradingsymbol":"A\u0026\ud83d\ude00"}],"pagination":{"from":0,"total":1}}`, "[{\"isin\":\"\xff\"}]",
		`[{"last_price":-0.0e+1,"LAST_PRICE":1.5,"quantity":-0,"mtf":{"value":1},"mtf":{"quantity":2}}]`, `[{"tags":["a",null],"\u0074ag":"x","active":null}]`,
		`[{"condition":{"trigger_values":[1,null]},"orders":[null,{}]}]`, `[{"expiry_date":"2026-11-24T00:00","active":false},{"expiry_date":7,"active":null}]`, `[{"date":"2026-11-12T09:15:00+05:30","open":1e2}]`, `[{"equity":{"used":{}},"tools":[{"name":"x"}]}]`,
		"[" + strings.Repeat("[", 10_001), `[{"x":` + strings.Repeat("[", 9_998) + strings.Repeat("]", 9_998) + `}]`, `[{"x":` + strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999) + `}]`,
	} {
		f.Add(seed)
	}
	all := rowTypes()
	f.Fuzz(func(t *testing.T, text string) {
		for _, row := range all {
			row.compare(t, text)
		}
	})
}

// The room that is made for rows ahead of time changes nothing of them, as even
// or uneven as they are.
func TestLongListsAreWhole(t *testing.T) {
	for _, n := range []int{1, 2, 9, 999, 1000, 1001, 5000} {
		for _, uneven := range []int{0, 1, 40} {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, `,{"trade_id":"%d","product":"%s","tradingsymbol":"A"}`, i, strings.Repeat("x", i*uneven%97))
			}
			all, err := kite.DecodeTrades("[" + b.String()[1:] + "]")
			if err != nil || len(all) != n {
				t.Fatalf("%d of %d rows, %v", len(all), n, err)
			}
			for i, g := range all {
				if g.ID != strconv.Itoa(i) || len(g.Product) != i*uneven%97 {
					t.Fatalf("row %d is %+v", i, g)
				}
			}
		}
	}
}

// A number is what decimal reads, within bounds: none is taken that would cost much
// to add to another.
func TestNumbersAreExact(t *testing.T) {
	huge := []string{"1e999999999", "-1e999999999", "1e-999999999", "1e2147483648", "1e400", "1e19", "0e99999", "1e-61", "1" + strings.Repeat("0", 48), "1." + strings.Repeat("1", 60)}
	for _, text := range huge {
		for _, name := range []string{"last_price", "quantity"} {
			if h, err := kite.DecodeHoldings(`[{"tradingsymbol":"A","` + name + `":` + text + `}]`); err == nil {
				t.Errorf("%s is taken for %v", text, h)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := numeralText().Draw(t, "number")
		sideBySide[struct {
			Amount decimal.Decimal `json:"n"`
		}](t, `[{"n":`+text+`}]`)
		sideBySide[struct {
			Count int64 `json:"n"`
		}](t, `[{"n":`+text+`}]`)
	})
}
