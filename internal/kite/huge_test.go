package kite_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A list of nothing is short on the wire and long in memory: without a bound a
// mebibyte of null rows became six hundred of holdings.
func TestHugeAnswersStaySmall(t *testing.T) {
	const size, most = 512 << 10, 64 << 20
	filled := func(before, each, after string) string {
		return before + strings.TrimSuffix(strings.Repeat(each, size/len(each)), ",") + after
	}
	for name, test := range map[string]struct {
		text, tools string
		taken       bool
	}{
		"nulls":         {filled("[", "null,", "]"), "get_holdings get_gtts", false},
		"empty rows":    {filled("[", "{},", "]"), "get_holdings search_instruments", false},
		"a page":        {filled(`{"data":[`, "null,", `],"pagination":{"from":0,"total":1}}`), "get_holdings", false},
		"least rows":    {filled("[", `{"order_id":"1","tradingsymbol":"A"},`, "]"), "get_orders", true},
		"legs":          {filled(`[{"condition":{"tradingsymbol":"A"},"orders":[`, "null,", `]}]`), "get_gtts", false},
		"triggers":      {filled(`[{"condition":{"tradingsymbol":"A","trigger_values":[`, "1,", `]}}]`), "get_gtts", false},
		"an order book": {filled(`{"NSE:A":{"depth":{"buy":[`, `{},`, `]}}}`), "get_quotes", false},
		"quotes":        {manyQuotes(size), "get_quotes", false},
		"tools":         {filled(`{"tools":[`, `{},`, `]}`), "tools/list", true},
		"products":      {filled(`{"user_id":"AB1234","products":[`, `"",`, `]}`), "get_profile", true},
		"deep lists":    {filled("", "[", ""), "get_holdings get_quotes", false},
		"deep objects":  {filled("", `{"data":`, ""), "get_holdings get_margins", false},
		"a long text":   {filled(`[{"tradingsymbol":"`, "x", `"}]`), "get_holdings", true},
		"a long number": {filled(`[{"tradingsymbol":"A","last_price":`, "1", `}]`), "get_holdings", false},
		"blanks":        {filled("[", " ", "]"), "get_holdings", true},
	} {
		for _, tool := range strings.Fields(test.tools) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := decoderFor(tool).decode(t, test.text)
			runtime.ReadMemStats(&after)
			if (err == nil) != test.taken {
				t.Errorf("%s: %s gives %.200v", name, tool, err)
			}
			if err != nil {
				checkRefusal(t, tool, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > most {
				t.Errorf("%s: %s takes %d MiB for half of one", name, tool, took>>20)
			}
		}
	}
}

func decoderFor(tool string) decoder {
	all := decoders()
	return all[slices.IndexFunc(all, func(d decoder) bool { return d.tool == tool })]
}

// manyQuotes is an answer of very many quotes without anything in them.
func manyQuotes(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `,"%x":{}`, i)
	}
	return "{" + b.String()[1:] + "}"
}
