package wire_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
)

// What stands below is how encoding/json would read answers: the witness for
// the reader, which has to come to the same.

var errWitness = errors.New("not what is expected")

type (
	amount struct{ decimal.Decimal }
	count  int64
	moment struct{ time.Time }
	date   struct{ time.Time }
	not    bool
)

func (a *amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if !startsNumber(b) {
		return errWitness
	}
	d, err := decimal.NewFromString(string(b))
	if err != nil || d.Exponent() < -60 || d.Exponent() > 18 || d.NumDigits()+int(d.Exponent()) > 18 {
		return errWitness
	}
	a.Decimal = d
	return nil
}

func (c *count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if !startsNumber(b) || err != nil || n > 1e15 || n < -1e15 {
		return errWitness
	}
	*c = count(n)
	return nil
}

func startsNumber(b []byte) bool {
	return len(b) > 0 && len(b) <= 48 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9')
}

func (m *moment) UnmarshalJSON(b []byte) error {
	var t time.Time
	if err := t.UnmarshalJSON(b); err == nil && t.Year() > 1 {
		m.Time = t
	}
	return nil
}

func (d *date) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		day, _, _ := strings.Cut(text, "T")
		if t, err := time.Parse(time.DateOnly, strings.TrimSpace(day)); err == nil && t.Year() > 1 {
			d.Time = t
		}
	}
	return nil
}

func (n *not) UnmarshalJSON(b []byte) error {
	said := !bool(*n)
	err := json.Unmarshal(b, &said)
	*n = not(!said)
	return err
}

type parts[T any] []T

func (p *parts[T]) UnmarshalJSON(b []byte) (err error) {
	*p, err = witnessList[T](b, 100)
	if len(*p) == 0 {
		*p = nil
	}
	return err
}

// witness is a value that encoding/json reads, through a type of the same layout
// whose numbers and times have the methods above.
type witness[T any] struct{ value T }

func (w *witness[T]) UnmarshalJSON(b []byte) error {
	null := string(b) == "null"
	if missing := reflect.ValueOf(&w.value).Elem().FieldByName("Missing"); missing.IsValid() {
		if null {
			w.value = *new(T)
		}
		missing.SetBool(null)
	}
	shadow := reflect.NewAt(shadowOf(reflect.TypeFor[T](), ""), unsafe.Pointer(&w.value))
	return json.Unmarshal(b, shadow.Interface())
}

// shadowOf is the type through which encoding/json reads a type.
func shadowOf(t reflect.Type, option string) reflect.Type {
	switch {
	case option == "date":
		return reflect.TypeFor[date]()
	case option == "not":
		return reflect.TypeFor[not]()
	}
	if shadow, ok := map[reflect.Type]reflect.Type{
		reflect.TypeFor[decimal.Decimal]():   reflect.TypeFor[amount](),
		reflect.TypeFor[int64]():             reflect.TypeFor[count](),
		reflect.TypeFor[time.Time]():         reflect.TypeFor[moment](),
		reflect.TypeFor[[]decimal.Decimal](): reflect.TypeFor[parts[amount]](),
		reflect.TypeFor[[]kite.Level]():      reflect.TypeFor[parts[witness[kite.Level]]](),
		reflect.TypeFor[[]kite.Order]():      reflect.TypeFor[parts[witness[kite.Order]]](),
		reflect.TypeFor[kite.Segment]():      reflect.TypeFor[witness[kite.Segment]](),
	}[t]; ok && (t != reflect.TypeFor[kite.Segment]() || option == "field") {
		return shadow
	}
	if t.Kind() != reflect.Struct {
		return t
	}
	var fields []reflect.StructField
	for f := range t.Fields() {
		name, option := f.Tag.Get("json"), f.Tag.Get("kite")
		fields = append(fields, reflect.StructField{
			Name: f.Name, Type: shadowOf(f.Type, cmp.Or(option, "field")), Tag: reflect.StructTag(`json:"` + cmp.Or(name, "-") + `"`),
		})
	}
	return reflect.StructOf(fields)
}

func witnessList[T any](b []byte, most int) ([]T, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	switch first, err := d.Token(); {
	case err != nil || first == nil:
		return nil, err
	case first != json.Delim('['):
		return nil, errWitness
	}
	all := []T{}
	for d.More() {
		var one T
		if len(all) == most {
			return nil, errWitness
		}
		if err := d.Decode(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

type witnessRows[T any] []witness[T]

func (r *witnessRows[T]) UnmarshalJSON(b []byte) (err error) {
	*r, err = witnessList[witness[T]](b, 60_000)
	return err
}

// witnessed reads a list of rows both ways.
func witnessed[T any](text string) (got, want []T, err, wantErr error) {
	got, _, err = wire.Page("x", text, func(*T) error { return nil })
	var p struct {
		Data       witnessRows[T] `json:"data"`
		Pagination *struct {
			From    count  `json:"from"`
			Total   *count `json:"total"`
			HasMore bool   `json:"has_more"`
		} `json:"pagination"`
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &p.Data) != nil {
		wantErr = json.Unmarshal([]byte(text), &p)
		if data := json.Unmarshal([]byte(text), &object) == nil && hasKey(object, "data"); wantErr == nil && !data {
			wantErr = errors.New("an object")
		}
	}
	for _, row := range p.Data {
		want = append(want, row.value)
	}
	return got, want, err, wantErr
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
func sideBySide[T any](t rapid.TB, text string) {
	t.Helper()
	got, want, err, wantErr := witnessed[T](text)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%T of %s: %v, encoding/json: %v", *new(T), text, err, wantErr)
	}
	if err != nil || len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := gocmp.Diff(want, got, exactly()...); diff != "" {
		t.Fatalf("%T of %s (-encoding/json +reader):\n%s", *new(T), text, diff)
	}
}

// exactly compares numbers with their places and times with their zones.
func exactly() []gocmp.Option {
	return []gocmp.Option{
		gocmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) && a.String() == b.String() }),
		gocmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) && a.Exponent() == b.Exponent() }),
	}
}

// rowType is a type of rows, and the comparison of both ways to read it.
type rowType struct {
	of      reflect.Type
	compare func(rapid.TB, string)
}

func rowOf[T any]() rowType { return rowType{reflect.TypeFor[T](), sideBySide[T]} }

// rowTypes are all types of rows there are.
func rowTypes() []rowType {
	return []rowType{
		rowOf[kite.Holding](), rowOf[kite.Position](), rowOf[kite.Order](), rowOf[kite.Trade](), rowOf[kite.MutualFund](), rowOf[kite.GTT](), rowOf[kite.Quote](), rowOf[kite.Candle](),
		rowOf[symbol.Instrument](), rowOf[kite.Margins](),
	}
}
