package wire

import (
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// structDecoder reads objects into one struct, one after the other: it has the
// fields by their names in JSON, found once for all rows of an answer. Fields
// without a tag are left alone, but for Missing, which null sets.
type structDecoder struct {
	value   reflect.Value
	missing *bool // nil where the struct has no such field
	fields  []fieldDecoder
	order   []knownKey // the keys of the objects read so far, in the order they came
}

// fieldDecoder is where one value is read to. What was read there last is kept:
// rows have many texts in common, and a text that is shared takes no memory.
type fieldDecoder struct {
	name   string
	option string // of the tag "kite": "date", or "not" for the opposite of a bool
	to     any    // a pointer to the value, a *structDecoder, or a *listDecoder
	text   string // for a string
	raw    string // for a time, as it was written
	time   time.Time
}

// knownKey is a key as it was written, quotes included, and the field it means;
// nil for one that is not read.
type knownKey struct {
	quoted string
	field  *fieldDecoder
}

// maxOrder bounds how many keys of an object are remembered in their order.
const maxOrder = 64

// structDecoderOf finds the fields of a struct, from their tags.
func structDecoderOf(v reflect.Value) *structDecoder {
	n := v.NumField()
	o := &structDecoder{value: v, fields: make([]fieldDecoder, 0, n), order: make([]knownKey, 0, min(n+4, maxOrder))}
	for i := range n {
		switch of := v.Type().Field(i); {
		case of.Tag.Get("json") != "":
			o.fields = append(o.fields, fieldDecoder{name: of.Tag.Get("json"), option: of.Tag.Get("kite"), to: decoderFor(v.Field(i))})
		case of.Name == "Missing":
			o.missing = v.Field(i).Addr().Interface().(*bool)
		}
	}
	return o
}

// decoderFor finds how a value is read to where v is.
func decoderFor(v reflect.Value) any {
	to := v.Addr().Interface()
	switch to.(type) {
	case *string, *bool, *int64, *decimal.Decimal, *time.Time:
		return to
	}
	if v.Kind() == reflect.Slice {
		elem := reflect.New(v.Type().Elem()).Elem()
		return &listDecoder{list: v, elem: elem, field: fieldDecoder{to: decoderFor(elem)}}
	}
	return structDecoderOf(v)
}

// find returns the field of a name. Like encoding/json it puts up with the wrong
// case, if no other field has the name.
func (o *structDecoder) find(name string) *fieldDecoder {
	for i := range o.fields {
		if o.fields[i].name == name {
			return &o.fields[i]
		}
	}
	for i := range o.fields {
		if strings.EqualFold(o.fields[i].name, name) {
			return &o.fields[i]
		}
	}
	return nil
}

// read reads an object. null leaves the struct as it is, or Missing.
func (o *structDecoder) read(r *reader) {
	null := r.null()
	if o.missing != nil {
		if null {
			o.value.SetZero()
		}
		*o.missing = null
	}
	if null {
		return
	}
	nth := 0
	r.each('{', '}', math.MaxInt, func() {
		f := o.next(r, nth)
		nth++
		r.colon()
		if f == nil {
			r.skip()
			return
		}
		f.read(r)
	})
}

// next reads a name. The rows of an answer have their entries in one order, so
// that the name is looked up once for all of them.
func (o *structDecoder) next(r *reader, nth int) *fieldDecoder {
	r.peek()
	if nth < len(o.order) && strings.HasPrefix(r.text[r.at:], o.order[nth].quoted) {
		r.at += len(o.order[nth].quoted)
		return o.order[nth].field
	}
	start := r.at
	f := o.find(r.string())
	if nth == len(o.order) && nth < maxOrder && r.err == nil {
		o.order = append(o.order, knownKey{r.text[start:r.at], f})
	}
	return f
}

// read reads a value. null leaves what is there, but for lists.
func (f *fieldDecoder) read(r *reader) {
	switch to := f.to.(type) {
	case *decimal.Decimal:
		readAmount(r, to)
	case *int64:
		readCount(r, to)
	case *string:
		f.readText(r, to)
	case *time.Time:
		f.readTime(r, to)
	case *bool:
		said := *to != (f.option == "not")
		readBool(r, &said)
		*to = said != (f.option == "not")
	case *structDecoder:
		to.read(r)
	case *listDecoder:
		to.read(r)
	}
}

func (f *fieldDecoder) readText(r *reader, to *string) {
	if r.null() {
		return
	}
	if s := r.string(); s != f.text {
		f.text = strings.Clone(s) // not a part of the answer, which is long
	}
	*to = f.text
}

// readTime takes a time in the one form there is. The year 1 and what has
// another form are no time, because no figure rests on it.
func (f *fieldDecoder) readTime(r *reader, to *time.Time) {
	if raw := r.skip(); raw != f.raw {
		f.raw, f.time = raw, timeOf(raw, f.option == "date")
	}
	if f.time.Year() > 1 {
		*to = f.time
	}
}

// timeOf is a time as JSON has it, or the day of a date; zero for what is none.
func timeOf(raw string, date bool) (t time.Time) {
	var err error
	if date {
		r := reader{text: raw}
		day, _, _ := strings.Cut(r.string(), "T")
		t, err = time.Parse(time.DateOnly, strings.TrimSpace(day))
	} else {
		err = t.UnmarshalJSON([]byte(raw))
	}
	if err != nil {
		return time.Time{}
	}
	return t
}

func readBool(r *reader, to *bool) {
	switch {
	case r.null():
	case r.word("true"):
		*to = true
	case r.word("false"):
		*to = false
	default:
		r.fail(errKind)
	}
}

// listDecoder reads a list within a row, of [maxParts] at most. null is none.
type listDecoder struct {
	list, elem reflect.Value
	field      fieldDecoder // reads to elem
}

func (l *listDecoder) read(r *reader) {
	l.list.SetZero()
	if r.null() {
		return
	}
	r.each('[', ']', maxParts, func() {
		l.elem.SetZero()
		l.field.read(r)
		l.list.Set(reflect.Append(l.list, l.elem))
	})
}
