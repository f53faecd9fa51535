package kite

import (
	"math"
	"reflect"
	"strings"
	"time"
)

// shapes are the structs that a reader met, by their type.
type shapes map[reflect.Type]*shape

// shape is how a struct is written in JSON.
type shape struct {
	fields []field
	order  []entry // the entries of the objects read so far, in the order they came
}

// field is a field of a struct. What was read into it last is kept: rows have
// many texts in common, and a text that is shared takes no memory.
type field struct {
	name   string
	index  int
	text   string // for a string
	raw    string // for a moment, as it was written
	moment time.Time
}

// entry is a name as it was written, quotes included, and the field it means;
// nil for one that is not read.
type entry struct {
	quoted string
	field  *field
}

// maxOrder bounds how many entries of an object are remembered in their order.
const maxOrder = 64

// shapeOf finds how a struct is written, from the tags of its fields.
func (r *reader) shapeOf(t reflect.Type) *shape {
	if s, ok := r.shapes[t]; ok {
		return s
	}
	s := &shape{fields: make([]field, t.NumField()), order: make([]entry, 0, min(t.NumField()+4, maxOrder))}
	for i := range s.fields {
		s.fields[i] = field{name: t.Field(i).Tag.Get("json"), index: i}
	}
	if r.shapes == nil {
		r.shapes = shapes{}
	}
	r.shapes[t] = s
	return s
}

// find returns the field of a name. Like encoding/json it puts up with the wrong
// case, if no other field has the name.
func (s *shape) find(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	for i := range s.fields {
		if strings.EqualFold(s.fields[i].name, name) {
			return &s.fields[i]
		}
	}
	return nil
}

// object reads an object into a struct; null leaves it as it is.
func (r *reader) object(v reflect.Value, s *shape) {
	if r.null() {
		return
	}
	nth := 0
	r.each('{', '}', math.MaxInt, func() {
		f := r.field(s, nth)
		nth++
		r.colon()
		if f == nil {
			r.skip()
			return
		}
		r.value(v.Field(f.index), f)
	})
}

// field reads a name. The rows of an answer have their entries in one order, so
// that the name is looked up once for all of them.
func (r *reader) field(s *shape, nth int) *field {
	r.peek()
	if nth < len(s.order) && strings.HasPrefix(r.text[r.at:], s.order[nth].quoted) {
		r.at += len(s.order[nth].quoted)
		return s.order[nth].field
	}
	start := r.at
	f := s.find(r.string())
	if nth == len(s.order) && nth < maxOrder && r.err == nil {
		s.order = append(s.order, entry{r.text[start:r.at], f})
	}
	return f
}

// readable is what knows how it is written.
type readable interface{ read(r *reader) }

// value reads a value into v, which is a field, or an entry of a list. null
// leaves it as it is, but for pointers and lists.
func (r *reader) value(v reflect.Value, f *field) {
	switch p := v.Addr().Interface().(type) {
	case *amount:
		p.read(r)
	case *count:
		p.read(r)
	case *string:
		f.readText(r, p)
	case *moment:
		f.readMoment(r, p)
	case *bool:
		readBool(r, p)
	case readable:
		p.read(r)
	default:
		r.nested(v, f)
	}
}

// nested reads what is not a value by itself: a struct, or what a pointer is for.
func (r *reader) nested(v reflect.Value, f *field) {
	if v.Kind() != reflect.Pointer {
		r.object(v, r.shapeOf(v.Type()))
		return
	}
	if r.null() {
		v.SetZero()
		return
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	r.value(v.Elem(), f)
}

func (f *field) readText(r *reader, to *string) {
	if r.null() {
		return
	}
	if s := r.string(); s != f.text {
		f.text = strings.Clone(s) // not a part of the answer, which is long
	}
	*to = f.text
}

// readMoment takes a time in the one form there is, and anything else for none.
func (f *field) readMoment(r *reader, to *moment) {
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

// parts is a list within a row. null is none.
type parts[T any] []T

func (p *parts[T]) read(r *reader) { *p = entries[T](r, maxParts) }

// entries reads a list of at most so many entries; null is none.
func entries[T any](r *reader, most int) []T {
	if r.null() {
		return nil
	}
	all, one := []T{}, new(T)
	v, f := reflect.ValueOf(one).Elem(), new(field)
	r.each('[', ']', most, func() {
		*one = *new(T)
		r.value(v, f)
		all = append(all, *one)
	})
	return all
}
