package kite_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

func TestDecodeResult(t *testing.T) {
	const text = `{"type":"text","text":"x"}`
	for name, test := range map[string]struct {
		json string
		want kite.ToolResult
		ok   bool
	}{
		"a text":              {`{"content":[` + text + `]}`, kite.ToolResult{Text: "x"}, true},
		"a failure":           {`{"isError":true,"content":[` + text + `]}`, kite.ToolResult{Text: "x", IsError: true}, true},
		"no failure":          {` {"content":[` + text + `],"isError":false,"_meta":{"a":[1]}} `, kite.ToolResult{Text: "x"}, true},
		"an empty text":       {`{"content":[{"text":"","type":"text"}]}`, kite.ToolResult{}, true},
		"escapes":             {`{"content":[{"type":"text","annotations":{},"text":"[{\"a\":\"\\u0026 \/ \\\\\",\"b\":\n\t1}]"}]}`, kite.ToolResult{Text: "[{\"a\":\"\\u0026 / \\\\\",\"b\":\n\t1}]"}, true},
		"numbered escapes":    {`{"content":[{"type":"text","text":"\u20b9\ud83d\ude00 \"₹\""}]}`, kite.ToolResult{Text: "₹😀 \"₹\""}, true},
		"two texts":           {`{"content":[` + text + `,` + text + `]}`, kite.ToolResult{}, false},
		"a picture":           {`{"content":[{"type":"image","data":"eHg=","text":"x"}]}`, kite.ToolResult{}, false},
		"no kind":             {`{"content":[{"text":"x"}]}`, kite.ToolResult{}, false},
		"no text":             {`{"content":[{"type":"text"}]}`, kite.ToolResult{}, false},
		"a number for a text": {`{"content":[{"type":"text","text":7}]}`, kite.ToolResult{}, false},
		"nothing in it":       {`{"content":[]}`, kite.ToolResult{}, false},
		"null":                {`null`, kite.ToolResult{}, false},
		"no JSON":             {``, kite.ToolResult{}, false},
		"cut":                 {`{"content":[` + text, kite.ToolResult{}, false},
		"something behind":    {`{"content":[` + text + `]}{}`, kite.ToolResult{}, false},
		"an escape unknown":   {`{"content":[{"type":"text","text":"\x"}]}`, kite.ToolResult{}, false},
		"a bare line":         {"{\"content\":[{\"type\":\"text\",\"text\":\"\\\"\n\"}]}", kite.ToolResult{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := kite.DecodeResult(test.json); got != test.want || ok != test.ok {
				t.Errorf("%+v, %v; want %+v, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func TestDecodeAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		json string
		want kite.Answer
		ok   bool
	}{
		"a result":         {`{"jsonrpc":"2.0","id":"b-7","result": {"a":["\u0041\""]} }`, kite.Answer{ID: `"b-7"`, Result: `{"a":["\u0041\""]}`}, true},
		"a number for id":  {`{"id":7,"result":{}}`, kite.Answer{ID: "7", Result: "{}"}, true},
		"an error":         {`{"id":"b-7","error":{"code":-32602,"message":"no \"x\"","data":[1]}}`, kite.Answer{ID: `"b-7"`, Failed: true, Code: -32602, Message: `no "x"`}, true},
		"a wordless error": {`{"id":"b-7","error":{"code":-32000}}`, kite.Answer{ID: `"b-7"`, Failed: true, Code: -32000}, true},
		"an odd error":     {`{"id":"b-7","error":"internal"}`, kite.Answer{ID: `"b-7"`, Failed: true}, true},
		"no error":         {`{"id":"b-7","error":null,"result":1}`, kite.Answer{ID: `"b-7"`, Result: "1"}, true},
		"a ping":           {`{"jsonrpc":"2.0","id":7,"method":"ping"}`, kite.Answer{}, false},
		"a notification":   {`{"method":"notifications/progress","params":{}}`, kite.Answer{}, false},
		"no id":            {`{"id":null,"error":{"code":1}}`, kite.Answer{}, false},
		"cut":              {`{"id":"b-7","result":{}`, kite.Answer{}, false},
		"a bad escape":     {`{"id":"b-7","result":"\u00g1"}`, kite.Answer{}, false},
		"no object":        {`[]`, kite.Answer{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := kite.DecodeAnswer(test.json); got != test.want || ok != test.ok {
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
		if got, ok := kite.DecodeResult(string(written)); !ok || got.Text != said {
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
			if _, ok := kite.DecodeResult(text); !ok {
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
