package kite

import (
	"math"
	"reflect"
	"strings"
	"time"
)

// structDecoder reads objects into one struct, one after the other: it has the fields
// by their names in JSON, found once for all rows of an answer.
type structDecoder struct {
	fields []fieldDecoder
	order  []knownKey // the entries of the objects read so far, in the order they came
}

// fieldDecoder is where one value is read to. What was read there last is kept: rows
// have many texts in common, and a text that is shared takes no memory.
type fieldDecoder struct {
	name   string
	to     any    // a pointer to the value, a *structDecoder, or a *pointerDecoder
	text   string // for a string
	raw    string // for a moment, as it was written
	moment time.Time
}

// knownKey is a name as it was written, quotes included, and the field it means;
// nil for one that is not read.
type knownKey struct {
	quoted string
	field  *fieldDecoder
}

// maxOrder bounds how many entries of an object are remembered in their order.
const maxOrder = 64

// readable is what knows how it is written.
type readable interface{ read(r *reader) }

// structDecoderOf finds the fields of a struct, from their tags.
func structDecoderOf(v reflect.Value) *structDecoder {
	n := v.NumField()
	o := &structDecoder{fields: make([]fieldDecoder, n), order: make([]knownKey, 0, min(n+4, maxOrder))}
	for i := range o.fields {
		o.fields[i] = fieldDecoder{name: v.Type().Field(i).Tag.Get("json"), to: target(v.Field(i))}
	}
	return o
}

// target finds how a value is read to where v is.
func target(v reflect.Value) any {
	to := v.Addr().Interface()
	switch to.(type) {
	case *string, *bool, *moment, readable:
		return to
	}
	if v.Kind() == reflect.Pointer {
		return &pointerDecoder{v, valueDecoderOf(reflect.New(v.Type().Elem()).Elem())}
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

// read reads an object; null leaves the struct as it is.
func (o *structDecoder) read(r *reader) {
	if r.null() {
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

// read reads a value. null leaves what is there, but for pointers and lists.
func (f *fieldDecoder) read(r *reader) {
	switch to := f.to.(type) {
	case *amount:
		to.read(r)
	case *count:
		to.read(r)
	case *string:
		f.readText(r, to)
	case *moment:
		f.readMoment(r, to)
	case *bool:
		readBool(r, to)
	case readable:
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

// readMoment takes a time in the one form there is, and anything else for none.
func (f *fieldDecoder) readMoment(r *reader, to *moment) {
	if raw := r.skip(); raw != f.raw {
		f.raw, f.moment = raw, time.Time{}
		if f.moment.UnmarshalJSON([]byte(raw)) != nil {
			f.moment = time.Time{}
		}
	}
	if f.moment.Year() > 1 {
		to.Time = f.moment
	}
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

// valueDecoder is a place where values of one type are read to, one after the other.
type valueDecoder struct {
	value reflect.Value
	field fieldDecoder
}

func valueDecoderOf(v reflect.Value) valueDecoder {
	return valueDecoder{v, fieldDecoder{to: target(v)}}
}

// pointerDecoder is what is nil for null, and else points to something new.
type pointerDecoder struct {
	value reflect.Value
	elem  valueDecoder // of what it points to
}

func (p *pointerDecoder) read(r *reader) {
	if r.null() {
		p.value.SetZero()
		return
	}
	if p.value.IsNil() {
		p.elem.value.SetZero()
	} else { // said twice: what the first said holds where the second is silent
		p.elem.value.Set(p.value.Elem())
	}
	p.elem.field.read(r)
	p.value.Set(reflect.New(p.elem.value.Type()))
	p.value.Elem().Set(p.elem.value)
}

// parts is a list within a row. null is none.
type parts[T any] []T

func (p *parts[T]) read(r *reader) { *p = entries[T](r, maxParts) }

// entries reads a list of at most so many entries; null is none.
func entries[T any](r *reader, most int) []T {
	if r.null() {
		return nil
	}
	s, all := r.decoderFor(reflect.TypeFor[T]()), []T{}
	one := s.value.Addr().Interface().(*T)
	r.each('[', ']', most, func() {
		s.value.SetZero()
		s.field.read(r)
		all = append(all, *one)
	})
	return all
}

// decoderFor returns the decoder of a type. No type of ours holds lists of itself, so
// that it is free when it is asked for.
func (r *reader) decoderFor(t reflect.Type) *valueDecoder {
	if s, ok := r.decoders[t]; ok {
		return s
	}
	s := valueDecoderOf(reflect.New(t).Elem())
	if r.decoders == nil {
		r.decoders = map[reflect.Type]*valueDecoder{}
	}
	r.decoders[t] = &s
	return &s
}
