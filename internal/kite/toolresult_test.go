package kite_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite/wire"
)

// wordsOfDecoders are all the words that a decoder's error may hold behind the
// tool's name: whatever else stood there would be account data.
var wordsOfDecoders = regexp.MustCompile(`^malformed answer: (no user id|no segment|a part of a list|more rows than there can be|` +
	`not (a profile|an object|a list of (rows|tools))|a row without (a symbol|an order id|a fund)|a quote of nothing|a candle without a time)$`)

// wordsOfClassify are all the words that an error of Classify may hold; only a
// refused argument is told in the server's own words, which are matched whole.
var wordsOfClassify = regexp.MustCompile(`^x: (no such tool|session in doubt|no login` +
	`|(failed|session ended|unreachable|not served): (http status \d+|json-rpc error)|session ended: the tool says so|(unreachable: no answer|no such tool: json-rpc error)` +
	`|failed(: unfamiliar error text of \d+ bytes)?|(failed|no login|session in doubt|bad argument): error text without the error flag` +
	"|bad argument: [A-Za-z0-9_ :,.'/-]{1,120})$")

// Any text as the answer of any tool: decoding ends, says the same each time,
// and either refuses without quoting, or gives numbers that add up.
func FuzzToolResult(f *testing.F) {
	all := decoders()
	for i, d := range all {
		for _, seed := range append(d.seeds, d.whole) {
			f.Add(byte(i), seed)
		}
		for _, seed := range texts() {
			f.Add(byte(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, tool byte, text string) {
		checkMeaning(t, text)
		d := all[int(tool)%len(all)]
		got, figures, err := d.decode(t, text)
		again, _, errAgain := d.decode(t, text)
		if !reflect.DeepEqual(got, again) || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("%s: %v, %v, and then %v, %v", d.tool, got, err, again, errAgain)
		}
		if err != nil {
			checkRefusal(t, d.tool, err)
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%s decodes what is no JSON", d.tool)
		}
		checkNumbers(t, reflect.ValueOf(got))
		checkNumbers(t, reflect.ValueOf(figures))
	})
}

// texts are answers that are none of a tool's own.
func texts() []string {
	return []string{
		"", "null", "[]", "{}", "[null]", "[{}]", "Failed to execute get_holdings", "Please log in first using the login tool",
		"parameter 'instruments': is required", "Failed to establish a session. Please try again.", "tool 'x' not found: tool not found",
		"Session termination failed: session ID not found", "Invalid session ID", "<html>", `[{"tradingsymbol":"A","quantity":1e999999999}]`,
	}
}

func checkRefusal(t *testing.T, tool string, err error) {
	t.Helper()
	words, named := strings.CutPrefix(err.Error(), tool+": ")
	if wire.KindOf(err) != wire.KindMalformed || !named || !wordsOfDecoders.MatchString(words) {
		t.Fatalf("%s refuses with %q", tool, err)
	}
}

// checkMeaning has Classify read a text in each place where the server can
// write one. Only a status, an error of the protocol, and what a tool says of
// its own failure with a reason can end a login.
func checkMeaning(t *testing.T, text string) {
	t.Helper()
	for place, o := range map[string]wire.Outcome{
		"result": {Text: text}, "error": {Text: text, IsError: true}, "no tool": {Text: text, NoTool: true}, "rpc": {RPC: text}, "network": {Err: errors.New(text)},
		"400": {Status: 400, Body: text}, "404": {Status: 404, Body: text}, "500": {Status: 500, Body: text}, "302": {Status: 302, Body: text},
	} {
		err := wire.Classify("x", o)
		if err == nil {
			if place != "result" && (place != "rpc" || text != "") {
				t.Fatalf("%s of %q is good", place, text)
			}
			continue
		}
		if !wordsOfClassify.MatchString(err.Error()) {
			t.Fatalf("%s of %q: %q", place, text, err)
		}
		if mayEnd := place == "rpc" || o.Status >= 400; wire.KindOf(err) == wire.KindEnded && !mayEnd && !saysWhy(err) {
			t.Fatalf("%s of %q ends a login", place, text)
		}
	}
}

// saysWhy reports whether a login ended for a reason that the server tells.
func saysWhy(err error) bool {
	e, ok := errors.AsType[*wire.Error](err)
	return ok && e.Why != wire.EndUnknown
}

// handy reports whether a number is one that can be added up and written.
// Sums and products of what is taken stay far within these bounds.
func handy(d decimal.Decimal) bool {
	return d.Exponent() >= -150 && d.Exponent() <= 40 && d.NumDigits() <= 250
}

// checkNumbers ends the test where something holds a float or a number that
// is not handy.
func checkNumbers(t *testing.T, v reflect.Value) {
	t.Helper()
	if d, ok := v.Interface().(decimal.Decimal); ok {
		if !handy(d) {
			t.Fatalf("a number of %d digits and the exponent %d", d.NumDigits(), d.Exponent())
		}
		return
	}
	if v.Type().PkgPath() == "time" {
		return
	}
	switch v.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Interface:
		t.Fatalf("%s holds a float, or may", v.Type())
	case reflect.Struct:
		for i := range v.NumField() {
			checkNumbers(t, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkNumbers(t, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			checkNumbers(t, v.MapIndex(key))
		}
	}
}
