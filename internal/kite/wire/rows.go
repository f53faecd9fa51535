// Package wire reads what Kite's MCP server sends: answers in JSON into structs,
// with exact numbers and within bounds, and the server's prose into a [Kind] of
// failure. Nothing else knows that prose.
package wire

import (
	"errors"
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

// The errors are fixed words: those of a JSON package quote the answer, which is
// account data.
var (
	errNoRows   = errors.New("not a list of rows")
	errNoObject = errors.New("not an object")
	errPart     = errors.New("a part of a list")
)

// Object reads the answer of a tool into a struct. null leaves it as it is.
func Object[T any](tool, text string, into *T) error {
	r := reader{text: text}
	structDecoderOf(reflect.ValueOf(into).Elem()).read(&r)
	if r.end() != nil {
		return Malformed(tool, errNoObject)
	}
	return nil
}

// ByName reads the answer of a tool that is an object of rows by name, and hands
// each to take. The row is used again for the next one. An answer of null, rather
// than of no rows, is reported.
func ByName[T any](tool, text string, take func(name string, row *T)) (null bool, err error) {
	r, rows := reader{text: text}, newRowDecoder[T]()
	if null = r.null(); !null {
		r.each('{', '}', maxNames, func() {
			name := strings.Clone(r.name())
			if row := rows.read(&r); r.err == nil {
				take(name, row)
			}
		})
	}
	if r.end() != nil {
		return false, Malformed(tool, errNoObject)
	}
	return null, nil
}

// rowDecoder reads one row after the other to the same place.
type rowDecoder[T any] struct {
	row     *T
	decoder *structDecoder
}

func newRowDecoder[T any]() rowDecoder[T] {
	row := new(T)
	return rowDecoder[T]{row, structDecoderOf(reflect.ValueOf(row).Elem())}
}

// read reads the next row. It is overwritten by the one after it.
func (d rowDecoder[T]) read(r *reader) *T {
	*d.row = *new(T)
	d.decoder.read(r)
	return d.row
}

// page is a list of rows. A list can come wrapped, when the server was asked with
// a limit.
type page[T any] struct {
	check func(row *T) error // of each row but null; it may amend the row

	rows    []T
	refused error // by check, for the first row that it refused
	wrapped bool
	paged   bool // the wrapper says something of pages
	pagination
}

// pagination is what the server says of a page.
type pagination struct {
	From    int64 `json:"from"`
	Total   int64 `json:"total"` // unknownTotal where the server does not give one
	HasMore bool  `json:"has_more"`
}

const unknownTotal = -1

// List reads the answer of a tool that is a list of rows, bare or wrapped, and all
// there are. check sees each row but null and may amend it.
func List[T any](tool, text string, check func(*T) error) ([]T, error) {
	p, err := readPage(text, check)
	switch {
	case err != nil:
	case p.wrapped && !p.paged:
		err = errNoRows
	case p.paged && (p.pagination.HasMore || p.pagination.From != 0 || p.pagination.Total != int64(len(p.rows))):
		err = errPart
	}
	if err != nil {
		return nil, Malformed(tool, err)
	}
	return p.rows, nil
}

// Page is [List] for an answer that may be a part of the list, and reports how many
// rows there are in all, if that is said. A server with modes wraps what it found
// in something that says nothing of pages.
func Page[T any](tool, text string, check func(*T) error) (rows []T, total int, err error) {
	p, err := readPage(text, check)
	if err != nil {
		return nil, 0, Malformed(tool, err)
	}
	if p.paged {
		total = max(0, int(p.pagination.Total))
	}
	return p.rows, total, nil
}

func readPage[T any](text string, check func(*T) error) (page[T], error) {
	p, r := page[T]{check: check}, reader{text: text}
	if r.peek() == '{' {
		p.readWrapped(&r)
	} else {
		p.readRows(&r)
	}
	switch err := r.end(); {
	case errors.Is(err, errTooMany):
		return p, errTooMany
	case err != nil:
		return p, errNoRows
	}
	return p, p.refused
}

func (p *page[T]) readWrapped(r *reader) {
	r.object(func(name string) {
		switch {
		case strings.EqualFold(name, "data"):
			p.wrapped = true
			p.readRows(r)
		case strings.EqualFold(name, "pagination"):
			p.paged, p.pagination = !r.null(), pagination{Total: unknownTotal}
			if p.paged {
				structDecoderOf(reflect.ValueOf(&p.pagination).Elem()).read(r)
			}
		default:
			r.skip()
		}
	})
	if !p.wrapped {
		r.fail(errKind)
	}
}

func (p *page[T]) readRows(r *reader) {
	p.rows, p.refused = nil, nil
	if r.null() {
		return
	}
	rows := newRowDecoder[T]()
	r.peek()
	start := r.at
	r.each('[', ']', maxRows, func() {
		null := r.peek() == 'n'
		row := rows.read(r)
		if r.err != nil || p.refused != nil {
			return
		}
		if !null {
			if p.refused = p.check(row); p.refused != nil {
				return
			}
		}
		p.grow(r.at-start, len(r.text)-start)
		p.rows = append(p.rows, *row)
	})
}

// maxGuess bounds how many rows are made room for on the sight of the first.
const maxGuess = 1000

// grow makes room for one more row, which ends so many bytes into the list. Rows
// are large, so it is for all that are to come, if they are about as long as
// those so far.
func (p *page[T]) grow(read, all int) {
	n := len(p.rows)
	if n < cap(p.rows) {
		return
	}
	want := (n + 1) * all / read
	want = min(want+want/8, max(maxGuess, 4*n), maxRows)
	p.rows = append(make([]T, 0, max(want, n+1)), p.rows...)
}
