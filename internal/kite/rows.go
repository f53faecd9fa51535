package kite

import (
	"errors"
	"math"
	"reflect"
	"strings"
)

// The bounds of what is taken for a list. A list of nulls is five bytes a row
// on the wire and a hundred times that in memory, so that a short answer could
// take the whole machine.
const (
	maxRows  = 60_000 // of a list; the longest history Kite gives is 22,500 candles
	maxNames = 5_000  // of an answer by name; Kite takes 500 instruments at once
	maxParts = 100    // of a list within a row
)

// errTooMany is the error of a list beyond these bounds.
var errTooMany = errors.New("more rows than there can be")

// decodeInto reads a text into a struct. null leaves it as it is.
func decodeInto[T any](text string, into *T) error {
	r := reader{text: text}
	f := fieldDecoder{to: target(reflect.ValueOf(into).Elem())}
	f.read(&r)
	return r.end()
}

// decodeNamed reads an object of rows by name, and hands each to take; a null
// row is nil. The row is used again for the next one. An answer of null, rather
// than of no rows, is told.
func decodeNamed[W any](text string, take func(name string, row *W)) (null bool, err error) {
	r, row := reader{text: text}, newRow[W]()
	if r.null() {
		return true, r.end()
	}
	r.each('{', '}', maxNames, func() {
		name := strings.Clone(r.name())
		if one := row.read(&r); r.err == nil {
			take(name, one)
		}
	})
	return false, r.end()
}

// rowOf is where one row after the other is read to.
type rowOf[W any] struct {
	row     *W
	decoder *structDecoder
}

func newRow[W any]() rowOf[W] {
	row := new(W)
	return rowOf[W]{row, structDecoderOf(reflect.ValueOf(row).Elem())}
}

// read reads the next row; nil is null. It is overwritten by the one after it.
func (o rowOf[W]) read(r *reader) *W {
	if r.null() {
		return nil
	}
	*o.row = *new(W)
	o.decoder.read(r)
	return o.row
}

// page is a list of rows of the form W, as what they mean. A list can come
// wrapped, when the server was asked with a limit.
type page[W, T any] struct {
	meaning func(row *W) (T, error) // of one row; nil is null

	rows    []T
	refused error // by meaning, for the first row that it refused
	wrapped bool
	wrap    *wrap // nil: a bare list, or a wrapper that says nothing of pages
}

// wrap is what the server says of a page.
type wrap struct {
	From    count  `json:"from"`
	Total   *count `json:"total"`
	HasMore bool   `json:"has_more"`
}

// wholeList reads a list of rows, bare or wrapped. The errors are fixed words:
// those of a JSON package quote the answer, which is account data.
func wholeList[W, T any](text string, meaning func(*W) (T, error)) ([]T, error) {
	p := page[W, T]{meaning: meaning}
	if err := p.decode(text); err != nil {
		return nil, err
	}
	if p.wrapped && p.wrap == nil {
		return nil, errNoRows
	}
	if w := p.wrap; w != nil && (w.HasMore || w.From != 0 || w.Total == nil || int(*w.Total) != len(p.rows)) {
		return nil, errors.New("a part of a list")
	}
	return p.rows, p.refused
}

// anyPage reads a list of rows, bare or wrapped, or a part of one, and how many rows
// there are in all, if that is said. A server with modes wraps what it found in
// something that says nothing of pages.
func anyPage[W, T any](text string, meaning func(*W) (T, error)) (rows []T, total int, err error) {
	p := page[W, T]{meaning: meaning}
	if err := p.decode(text); err != nil {
		return nil, 0, err
	}
	if p.wrap != nil && p.wrap.Total != nil {
		total = int(*p.wrap.Total)
	}
	return p.rows, total, p.refused
}

func (p *page[W, T]) decode(text string) error {
	r := reader{text: text}
	if r.peek() == '{' {
		p.readWrapped(&r)
	} else {
		p.readRows(&r)
	}
	switch err := r.end(); {
	case errors.Is(err, errTooMany):
		return errTooMany
	case err != nil:
		return errNoRows
	}
	return nil
}

var errNoRows = errors.New("not a list of rows")

func (p *page[W, T]) readWrapped(r *reader) {
	r.each('{', '}', math.MaxInt, func() {
		switch name := r.name(); {
		case strings.EqualFold(name, "data"):
			p.wrapped = true
			p.readRows(r)
		case strings.EqualFold(name, "pagination"):
			f := fieldDecoder{to: target(reflect.ValueOf(&p.wrap).Elem())}
			f.read(r)
		default:
			r.skip()
		}
	})
	if !p.wrapped {
		r.fail(errKind)
	}
}

func (p *page[W, T]) readRows(r *reader) {
	p.rows, p.refused = nil, nil
	if r.null() {
		return
	}
	row := newRow[W]()
	r.peek()
	start := r.at
	r.each('[', ']', maxRows, func() {
		one := row.read(r)
		if r.err != nil || p.refused != nil {
			return
		}
		meaning, err := p.meaning(one)
		if err != nil {
			p.refused = err
			return
		}
		p.grow(r.at-start, len(r.text)-start)
		p.rows = append(p.rows, meaning)
	})
}

// maxGuess bounds how many rows are made room for on the sight of the first.
const maxGuess = 1000

// grow makes room for one more row, which ends so many bytes into the list. Rows
// are large, so it is for all that are to come, if they are about as long as
// those so far.
func (p *page[W, T]) grow(read, all int) {
	n := len(p.rows)
	if n < cap(p.rows) {
		return
	}
	want := (n + 1) * all / read
	want = min(want+want/8, max(maxGuess, 4*n), maxRows)
	p.rows = append(make([]T, 0, max(want, n+1)), p.rows...)
}
