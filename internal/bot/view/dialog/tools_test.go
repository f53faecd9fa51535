package dialog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/bot/view/viewtest"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// offers is what a server lists: each tool that reads, one of each other kind.
func offers() []wire.Offer {
	list := []wire.Offer{{Name: "login"}, {Name: "place_gtt_order"}, {Name: "brew_tea"}}
	for _, t := range query.ReadTools() {
		list = append(list, wire.Offer{Name: t.Name})
	}
	return list
}

// modes is what a server with modes lists.
func modes() []wire.Offer {
	return []wire.Offer{
		{Name: "alerts", Modes: []string{"get", "create", "modify", "delete"}}, {Name: "gtt", Modes: []string{"list", "place", "modify", "delete"}},
		{Name: "market", Modes: []string{"quote", "ltp", "ohlc", "historical", "search"}}, {Name: "mutual_funds", Modes: []string{"holdings"}},
		{Name: "orders", Modes: []string{"list", "history", "trades", "all_trades", "place", "modify", "cancel"}},
		{Name: "portfolio", Modes: []string{"profile", "margins", "holdings", "positions"}}, {Name: "session", Modes: []string{"status", "logout"}},
	}
}

func TestToolsGolden(t *testing.T) {
	hostile := []wire.Offer{
		{Name: "<b>&\u202e", Modes: []string{"</b>"}}, {}, {Name: strings.Repeat("x", 300)},
	}
	tests := []struct {
		name string
		v    dialog.ToolsView
	}{
		{"tools", dialog.ToolsView{Offers: offers()}},
		{"tools_last", dialog.ToolsView{Offers: offers(), Page: 99}},
		{"tools_gone", dialog.ToolsView{Offers: offers()[:6]}},
		{"tools_modes", dialog.ToolsView{Offers: modes(), Page: 3}},
		{"tools_empty", dialog.ToolsView{}},
		{"tools_hostile", dialog.ToolsView{Offers: hostile}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { golden(t, tt.name, dialog.Tools(tt.v)) })
	}
}

func TestToolRefusedGolden(t *testing.T) {
	for name, call := range map[string]string{
		"tool_empty": "", "tool_login": "login", "tool_writes": "place_order quantity=1", "tool_unknown": "get_<alerts>", "tool_logout": "session logout", "tool_mode_writes": "orders place quantity=1",
		"tool_missing": "get_ltp", "tool_no_such": "get_holdings page=<2>", "tool_no_args": "get_profile now", "tool_twice": "get_holdings limit=1 limit=2",
		"tool_number": "get_holdings limit=a\u202e<&", "tool_choice": "search_instruments abc filter_on=price", "tool_short": "search_instruments a&",
		"tool_truth": "get_historical_data instrument_token=1 from_date=a to_date=b interval=day oi=maybe",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := query.Parse(call)
			var e *query.ParseError
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			golden(t, name, dialog.ToolRefused(e))
		})
	}
	golden(t, "tool_hidden", dialog.ToolHidden("get_holdings"))
}

// Each problem that there is has words, and an example that would be taken.
func TestAnyToolCallRenders(t *testing.T) {
	word := rapid.SampledFrom([]string{"get_ltp", "get_historical_data", "search_instruments", "get_holdings", "login", "limit=", "limit=x", "oi=x", "interval=x", "<b>", "instruments=a", "=", "query=q", `"`, "🚀", strings.Repeat("x", 5000)})
	rapid.Check(t, func(t *rapid.T) {
		_, err := query.Parse(strings.Join(rapid.SliceOfN(word, 0, 6).Draw(t, "words"), " "))
		var e *query.ParseError
		if !errors.As(err, &e) {
			return
		}
		m := dialog.ToolRefused(e)
		if err := viewtest.Check(m); err != nil {
			t.Fatalf("%v\n%s", err, m.HTML)
		}
		plain, err := viewtest.Plain(m.HTML)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(plain, "\n") {
			if call, ok := strings.CutPrefix(line, "/tool "); ok {
				if _, err := query.Parse(call); err != nil {
					t.Fatalf("the example %q is not taken", call)
				}
			}
		}
	})
}

func TestToolAnswerGolden(t *testing.T) {
	var rows []string
	for i := range 500 {
		rows = append(rows, fmt.Sprintf(`{"tradingsymbol":"STOCK%03d","exchange":"NSE","product":"CNC","quantity":%d,"t1_quantity":0,"collateral_quantity":0,`+
			`"authorised_date":"0001-01-01T00:00:00Z","average_price":812.35,"last_price":9876543.55,"close_price":801.1,"day_change":11.449999999999932,"mtf":{"quantity":0}}`, i, i))
	}
	for name, text := range map[string]string{
		"tool_answer":         `{"NSE:M\u0026M":{"instrument_token":519937,"last_price":3120.4500000000003},"NSE:X":null}`,
		"tool_answer_empty":   "  ",
		"tool_answer_null":    "null",
		"tool_answer_prose":   "Failed <to> execute\x00 & so on\t\xff",
		"tool_answer_hostile": `{"a":"\u003cb\u003e \\u0026 \u202e टाटा عربي \u202E` + "\u202e\u0301" + `","b":"</pre>"}`,
		"tool_answer_huge":    "[" + strings.Join(rows, ",") + "]",
		"tool_answer_line":    strings.Repeat("🚀x", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			m, whole := dialog.ToolAnswer(dialog.ToolAnswerView{Tool: "get_ltp", Text: text, AsOf: noon()})
			golden(t, name, m)
			if (whole != nil) != (len(text) > 4096) {
				t.Errorf("a file: %v", whole != nil)
			}
			if whole != nil {
				golden(t, name+"_file", *whole)
			}
		})
	}
}

// An answer is shown, and saved, as the same JSON that came: the same values in
// the same order.
func TestAnyAnswerOfAToolRenders(t *testing.T) {
	value := rapid.Deferred(jsonValue)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(value, rapid.StringN(0, 6000, 9000)).Draw(t, "answer")
		if err := checkAnswer(text); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzToolAnswer(f *testing.F) {
	f.Add(`{"a":"\u0026 \\u0026 \\\u003c"}`)
	f.Add("[" + strings.Repeat(`"टाटा",`, 900) + "1]")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, text string) {
		if err := checkAnswer(text); err != nil {
			t.Fatal(err)
		}
	})
}

// checkAnswer renders an answer and reads it back, from the file if there is one
// and else from the screen.
func checkAnswer(text string) error {
	m, whole := dialog.ToolAnswer(dialog.ToolAnswerView{Tool: "get_quotes", Text: text, AsOf: noon()})
	if err := viewtest.Check(m); err != nil {
		return fmt.Errorf("%w\n%.300s", err, m.HTML)
	}
	_, shown, _ := strings.Cut(m.HTML, "<pre>")
	shown, _, _ = strings.Cut(shown, "</pre>")
	saved, err := viewtest.Plain(shown)
	if whole != nil {
		err = viewtest.Check(*whole)
		saved = string(whole.File.Data)
	}
	if err != nil {
		return err
	}
	var came, went any
	if json.Unmarshal([]byte(strings.ToValidUTF8(text, "\uFFFD")), &came) != nil {
		return nil
	}
	if whole == nil && strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) }) {
		return nil // the screen leaves out what cannot be seen
	}
	if err := json.Unmarshal([]byte(saved), &went); err != nil || !reflect.DeepEqual(came, went) {
		return fmt.Errorf("another JSON: %v", err)
	}
	return nil
}

// jsonValue draws a JSON text, with the escapes that the server uses.
func jsonValue() *rapid.Generator[string] {
	leaf := rapid.SampledFrom([]string{"null", "true", "12.5", "1e-7", `"a\u0026b"`, `"\\u0026"`, `"\\\u003c"`, `"\"\\"`, `"<&>"`, `"टाटा\n🚀"`, `""`})
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(rapid.Deferred(jsonValue), 0, 4), func(v []string) string { return "[" + strings.Join(v, ",") + "]" }),
		rapid.Map(rapid.SliceOfN(leaf, 0, 300), func(v []string) string { return "[" + strings.Join(v, ", ") + "]" }),
		rapid.Map(rapid.SliceOfN(rapid.Deferred(jsonValue), 0, 4), func(v []string) string {
			var fields []string
			for i, one := range v {
				fields = append(fields, fmt.Sprintf(`"k%d\u0026":%s`, 9-i, one))
			}
			return "{" + strings.Join(fields, ",") + "}"
		}))
}

// A deeply nested answer is not blown up.
func TestDeepAnswer(t *testing.T) {
	text := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	m, whole := dialog.ToolAnswer(dialog.ToolAnswerView{Tool: "get_ltp", Text: text, AsOf: noon()})
	if err := viewtest.Check(m); err != nil {
		t.Error(err)
	}
	if whole == nil || string(whole.File.Data) != text {
		t.Error("the file is not the answer as it came")
	}
}
