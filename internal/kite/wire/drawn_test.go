package wire_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite/wire"
)

// numeralText draws numbers, and what is nearly one.
func numeralText() *rapid.Generator[string] {
	digits := rapid.OneOf(rapid.StringMatching(`[0-9]{1,4}`), rapid.StringMatching(`[0-9]{1,24}`), rapid.StringMatching(`0{0,22}[1-9]?0{0,20}`),
		rapid.SampledFrom([]string{"0", "9", "999999999999999999", "1000000000000000000", "9223372036854775807", "9223372036854775808", "1000000000000000", "1000000000000001", ""}))
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.SampledFrom([]string{"", "", "-", "+"}).Draw(t, "sign") + digits.Draw(t, "whole")
		if rapid.Bool().Draw(t, "point") {
			s += "." + digits.Draw(t, "places")
		}
		if rapid.IntRange(0, 3).Draw(t, "power") == 0 {
			s += rapid.SampledFrom([]string{"e", "E", "e+", "e-", "E-"}).Draw(t, "e") +
				rapid.OneOf(rapid.SampledFrom([]string{"", "0", "00", "17", "18", "19", "60", "61", "0000000000000000005", "2147483648", "18446744073709551616"}), rapid.StringMatching(`[0-9]{1,3}`)).Draw(t, "exponent")
		}
		return s
	})
}

// listOf draws an answer of rows of a type.
func listOf(t *rapid.T, row reflect.Type) string {
	var rows []string
	for range rapid.IntRange(0, 4).Draw(t, "rows") {
		rows = append(rows, valueOf(t, row, 0))
	}
	text := "[" + strings.Join(rows, ",") + "]"
	switch rapid.IntRange(0, 5).Draw(t, "wrap") {
	case 0:
		return fmt.Sprintf(`{"data":%s,"pagination":%s}`, text, valueOf(t, reflect.TypeFor[wire.Pagination](), 0))
	case 1:
		return fmt.Sprintf(`{"new":7,"Pagination":{"total":%d},"DATA":[null],"data":%s}`, len(rows), text)
	default:
		return text
	}
}

// valueOf draws a value that a type expects, and now and then another one.
func valueOf(t *rapid.T, kind reflect.Type, depth int) string {
	anything := rapid.SampledFrom([]string{"null", "true", "false", "7", `"x"`, "{}", "[]", `{"a":[1,{"b":null}]}`, " \t\n3 ", `"\u00e9\\\"\n"`, "1e400", "-"})
	if rapid.IntRange(0, 30).Draw(t, "odd") == 0 {
		return anything.Draw(t, "anything")
	}
	switch kind {
	case reflect.TypeFor[decimal.Decimal](), reflect.TypeFor[int64]():
		return rapid.OneOf(rapid.SampledFrom([]string{"0", "-0", "0.0", "12.35", "-3.25", "11.449999999999932", "1.4e-14", "null"}), rapid.StringMatching(`(0|[1-9][0-9]{0,14})`)).Draw(t, "number")
	case reflect.TypeFor[time.Time]():
		return rapid.SampledFrom([]string{`"2026-11-12T09:15:00+05:30"`, `"2026-11-12T09:20:00Z"`, `"0001-01-01T00:00:00Z"`, `"soon"`, `"2026-11-24"`, `""`, "null", "5"}).Draw(t, "time")
	}
	switch kind.Kind() {
	case reflect.String:
		return rapid.OneOf(rapid.SampledFrom([]string{`"NSE"`, `""`, `"M\u0026M"`, `"टाटा"`, `"\ud83d\ude00\ud83d"`, "\"\xff\"", "\"\t\"", `"\x"`}), rapid.Map(rapid.String(), strconv.QuoteToASCII)).Draw(t, "text")
	case reflect.Bool:
		return rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "truth")
	case reflect.Slice:
		var all []string
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			all = append(all, valueOf(t, kind.Elem(), depth+1))
		}
		return "[" + strings.Join(all, ", ") + "]"
	default:
		return objectOf(t, kind, depth)
	}
}

func objectOf(t *rapid.T, kind reflect.Type, depth int) string {
	var entries []string
	keep := rapid.IntRange(1, 8).Draw(t, "keep")
	for i := range kind.NumField() {
		name := kind.Field(i).Tag.Get("json")
		if name == "" || rapid.IntRange(0, 8).Draw(t, "kept") > keep {
			continue
		}
		if rapid.IntRange(0, 30).Draw(t, "case") == 0 {
			name = strings.ToUpper(name)
		}
		entries = append(entries, fmt.Sprintf("%s:%s", strconv.Quote(name), valueOf(t, kind.Field(i).Type, depth+1)))
	}
	if rapid.IntRange(0, 3).Draw(t, "shuffled") == 0 && len(entries) > 0 {
		entries = rapid.Permutation(entries).Draw(t, "entries")
		entries = append(entries, entries[0], `"unknown":[{}]`)
	}
	return "{" + strings.Join(entries, ",") + "}"
}

// damaged is the text, or one with a byte too many or too few.
func damaged(t *rapid.T, text string) string {
	at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
	switch rapid.IntRange(0, 12).Draw(t, "damage") {
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + rapid.SampledFrom([]string{",", "]", "}", "\"", "0", " ", "\\", "n", "\x00"}).Draw(t, "byte") + text[at:]
	case 2:
		return text[:at]
	default:
		return text
	}
}
