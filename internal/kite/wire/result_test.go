package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kitebot/internal/kite/wire"
)

func TestDecodeResult(t *testing.T) {
	const text = `{"type":"text","text":"x"}`
	for name, test := range map[string]struct {
		json string
		want wire.ToolResult
		ok   bool
	}{
		"a text":              {`{"content":[` + text + `]}`, wire.ToolResult{Text: "x"}, true},
		"a failure":           {`{"isError":true,"content":[` + text + `]}`, wire.ToolResult{Text: "x", IsError: true}, true},
		"no failure":          {` {"content":[` + text + `],"isError":false,"_meta":{"a":[1]}} `, wire.ToolResult{Text: "x"}, true},
		"an empty text":       {`{"content":[{"text":"","type":"text"}]}`, wire.ToolResult{}, true},
		"escapes":             {`{"content":[{"type":"text","annotations":{},"text":"[{\"a\":\"\\u0026 \/ \\\\\",\"b\":\n\t1}]"}]}`, wire.ToolResult{Text: "[{\"a\":\"\\u0026 / \\\\\",\"b\":\n\t1}]"}, true},
		"numbered escapes":    {`{"content":[{"type":"text","text":"\u20b9\ud83d\ude00 \"₹\""}]}`, wire.ToolResult{Text: "₹😀 \"₹\""}, true},
		"two texts":           {`{"content":[` + text + `,` + text + `]}`, wire.ToolResult{}, false},
		"a picture":           {`{"content":[{"type":"image","data":"eHg=","text":"x"}]}`, wire.ToolResult{}, false},
		"no kind":             {`{"content":[{"text":"x"}]}`, wire.ToolResult{}, false},
		"no text":             {`{"content":[{"type":"text"}]}`, wire.ToolResult{}, false},
		"a number for a text": {`{"content":[{"type":"text","text":7}]}`, wire.ToolResult{}, false},
		"nothing in it":       {`{"content":[]}`, wire.ToolResult{}, false},
		"null":                {`null`, wire.ToolResult{}, false},
		"no JSON":             {``, wire.ToolResult{}, false},
		"cut":                 {`{"content":[` + text, wire.ToolResult{}, false},
		"something behind":    {`{"content":[` + text + `]}{}`, wire.ToolResult{}, false},
		"an escape unknown":   {`{"content":[{"type":"text","text":"\x"}]}`, wire.ToolResult{}, false},
		"a bare line":         {"{\"content\":[{\"type\":\"text\",\"text\":\"\\\"\n\"}]}", wire.ToolResult{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := wire.DecodeResult(test.json); got != test.want || ok != test.ok {
				t.Errorf("%+v, %v; want %+v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestDecodeAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		json string
		want wire.Answer
		ok   bool
	}{
		"a result":         {`{"jsonrpc":"2.0","id":"b-7","result": {"a":["\u0041\""]} }`, wire.Answer{ID: `"b-7"`, Result: `{"a":["\u0041\""]}`}, true},
		"a number for id":  {`{"id":7,"result":{}}`, wire.Answer{ID: "7", Result: "{}"}, true},
		"an error":         {`{"id":"b-7","error":{"code":-32602,"message":"no \"x\"","data":[1]}}`, wire.Answer{ID: `"b-7"`, Failed: true, Code: -32602, Message: `no "x"`}, true},
		"a wordless error": {`{"id":"b-7","error":{"code":-32000}}`, wire.Answer{ID: `"b-7"`, Failed: true, Code: -32000}, true},
		"an odd error":     {`{"id":"b-7","error":"internal"}`, wire.Answer{ID: `"b-7"`, Failed: true}, true},
		"no error":         {`{"id":"b-7","error":null,"result":1}`, wire.Answer{ID: `"b-7"`, Result: "1"}, true},
		"a ping":           {`{"jsonrpc":"2.0","id":7,"method":"ping"}`, wire.Answer{}, false},
		"a notification":   {`{"method":"notifications/progress","params":{}}`, wire.Answer{}, false},
		"no id":            {`{"id":null,"error":{"code":1}}`, wire.Answer{}, false},
		"cut":              {`{"id":"b-7","result":{}`, wire.Answer{}, false},
		"a bad escape":     {`{"id":"b-7","result":"\u00g1"}`, wire.Answer{}, false},
		"no object":        {`[]`, wire.Answer{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := wire.DecodeAnswer(test.json); got != test.want || ok != test.ok {
				t.Errorf("%+v, %v; want %+v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

// Whatever a tool says comes through as it was.
func TestDecodeResultIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune(`"\/bfnrtu0123{}[]`+"\b\f\n\r\t₹😀\u2028")), rapid.Rune())).Draw(t, "text")
		said = strings.ToValidUTF8(said, "")
		written, err := json.Marshal(map[string]any{"content": []any{map[string]string{"type": "text", "text": said}}})
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := wire.DecodeResult(string(written)); !ok || got.Text != said {
			t.Fatalf("%s comes through as %q, %v", written, got.Text, ok)
		}
	})
}

func BenchmarkDecodeResult(b *testing.B) {
	row := `{"tradingsymbol":"ACME","exchange":"NSE","isin":"INE000000000","quantity":10,"average_price":1234.5,"last_price":1300.05,"pnl":655.5},`
	written, err := json.Marshal(map[string]any{"content": []any{map[string]string{"type": "text", "text": "[" + strings.Repeat(row, 200) + "]"}}})
	if err != nil {
		b.Fatal(err)
	}
	text := string(written)
	b.SetBytes(int64(len(text)))
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := wire.DecodeResult(text); !ok {
				b.Fatal("not a result")
			}
		}
	})
	b.Run("floor: encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r struct{ Content []struct{ Type, Text string } }
			if err := json.Unmarshal(written, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestDecodeOffers(t *testing.T) {
	for text, want := range map[string][]wire.Offer{
		`{"tools":[{"name":"get_ltp","description":"prices","inputSchema":{}},{"name":"b"},null]}`:                       {{Name: "get_ltp"}, {Name: "b"}},
		`{"tools":[{"name":"gtt","inputSchema":{"properties":{"mode":{"enum":["list","place",7,null,1e400]},"x":{}}}}]}`: {{Name: "gtt", Modes: []string{"list", "place"}}},
		`{"tools":[]}`:                     nil,
		`{"tools":[{"description":"no"}]}`: nil,
	} {
		got, err := wire.DecodeOffers(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
}
