package kite

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// What stands below is how encoding/json would read answers: the witness for
// the reader, which has to come to the same.

func (a *amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if !startsNumber(b) {
		return errNumber
	}
	d, err := decimal.NewFromString(string(b))
	if err != nil || d.Exponent() < minExponent || d.Exponent() > maxMagnitude || d.NumDigits()+int(d.Exponent()) > maxMagnitude {
		return errNumber
	}
	a.Decimal = d
	return nil
}

func (c *count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if !startsNumber(b) || err != nil || n > maxCount || n < -maxCount {
		return errCount
	}
	*c = count(n)
	return nil
}

func startsNumber(b []byte) bool {
	return len(b) > 0 && len(b) <= maxNumberText && (b[0] == '-' || b[0] >= '0' && b[0] <= '9')
}

func (m *moment) UnmarshalJSON(b []byte) error {
	var t time.Time
	if err := t.UnmarshalJSON(b); err == nil && t.Year() > 1 {
		m.Time = t
	}
	return nil
}

func (p *parts[T]) UnmarshalJSON(b []byte) (err error) {
	*p, err = witnessList[T](b, maxParts)
	return err
}

type witnessRows[W any] []*W

func (r *witnessRows[W]) UnmarshalJSON(b []byte) (err error) {
	*r, err = witnessList[*W](b, maxRows)
	return err
}

func witnessList[T any](b []byte, most int) ([]T, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	switch first, err := d.Token(); {
	case err != nil || first == nil:
		return nil, err
	case first != json.Delim('['):
		return nil, errKind
	}
	all := []T{}
	for d.More() {
		var one T
		if len(all) == most {
			return nil, errTooMany
		}
		if err := d.Decode(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// witnessed reads a list of rows both ways.
func witnessed[W any](text string) (got, want []*W, err, wantErr error) {
	got, _, err = anyPage(text, func(row *W) (*W, error) {
		if row == nil {
			return nil, nil
		}
		c := *row
		return &c, nil
	})
	var p struct {
		Data       witnessRows[W] `json:"data"`
		Pagination *wrap          `json:"pagination"`
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &p.Data) != nil {
		wantErr = json.Unmarshal([]byte(text), &p)
		if data := json.Unmarshal([]byte(text), &object) == nil && hasKey(object, "data"); wantErr == nil && !data {
			wantErr = errors.New("an object")
		}
	}
	return got, p.Data, err, wantErr
}

// hasKey reports whether an object has a key, in any case.
func hasKey(object map[string]json.RawMessage, key string) bool {
	for name := range object {
		if strings.EqualFold(name, key) {
			return true
		}
	}
	return false
}

// sideBySide ends the test where the two ways do not agree.
func sideBySide[W any](t rapid.TB, text string) {
	t.Helper()
	got, want, err, wantErr := witnessed[W](text)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%T of %s: %v, encoding/json: %v", *new(W), text, err, wantErr)
	}
	if err != nil || len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(want, got, exactly()...); diff != "" {
		t.Fatalf("%T of %s (-encoding/json +reader):\n%s", *new(W), text, diff)
	}
}

// exactly compares numbers with their places and times with their zones.
func exactly() []cmp.Option {
	return []cmp.Option{
		cmp.Comparer(func(a, b amount) bool { return a.Equal(b.Decimal) && a.Exponent() == b.Exponent() }),
		cmp.Comparer(func(a, b moment) bool { return a.Equal(b.Time) && a.String() == b.String() }),
		cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) && a.Exponent() == b.Exponent() }),
	}
}

func (n *modeNames) UnmarshalJSON(b []byte) error {
	var all []any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // one that is no float is left out like any other
	if err := d.Decode(&all); err != nil {
		return err
	}
	*n = nil
	for _, one := range all {
		if text, ok := one.(string); ok {
			*n = append(*n, text)
		}
	}
	return nil
}

func (o *offers) UnmarshalJSON(b []byte) (err error) {
	*o, err = witnessList[*wireOffer](b, maxRows)
	return err
}

type tools struct {
	Tools offers `json:"tools"`
}

type segments struct {
	Equity    *wireSegment `json:"equity"`
	Commodity *wireSegment `json:"commodity"`
}

// forms are all forms of rows there are.
func forms() map[string]func(rapid.TB, string) {
	return map[string]func(rapid.TB, string){
		"holding": sideBySide[wireHolding], "position": sideBySide[wirePosition], "order": sideBySide[wireOrder], "trade": sideBySide[wireTrade],
		"fund": sideBySide[wireMutualFund], "gtt": sideBySide[wireGTT], "quote": sideBySide[wireQuote], "candle": sideBySide[wireCandle],
		"instrument": sideBySide[wireInstrument], "margins": sideBySide[segments], "tools": sideBySide[tools],
	}
}

func nameOf(form string) reflect.Type {
	return map[string]reflect.Type{
		"holding": reflect.TypeFor[wireHolding](), "position": reflect.TypeFor[wirePosition](), "order": reflect.TypeFor[wireOrder](), "trade": reflect.TypeFor[wireTrade](),
		"fund": reflect.TypeFor[wireMutualFund](), "gtt": reflect.TypeFor[wireGTT](), "quote": reflect.TypeFor[wireQuote](), "candle": reflect.TypeFor[wireCandle](),
		"instrument": reflect.TypeFor[wireInstrument](), "margins": reflect.TypeFor[segments](), "tools": reflect.TypeFor[tools](),
	}[form]
}
