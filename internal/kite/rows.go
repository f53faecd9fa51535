package kite

import (
	"bytes"
	"encoding/json"
	"errors"
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

// rows is the list that is a tool's answer. A null row is nil.
type rows[T any] []*T

func (r *rows[T]) UnmarshalJSON(b []byte) (err error) {
	*r, err = list[*T](b, maxRows)
	return err
}

// parts is a list within a row.
type parts[T any] []T

func (p *parts[T]) UnmarshalJSON(b []byte) (err error) {
	*p, err = list[T](b, maxParts)
	return err
}

// list reads a JSON list of at most so many entries, one by one; null is none.
func list[T any](b []byte, most int) ([]T, error) {
	d, null, err := within(b, '[')
	if err != nil || null {
		return nil, err
	}
	all := []T{}
	for d.More() {
		if len(all) == most {
			return nil, errTooMany
		}
		var one T
		if err := d.Decode(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// table is an answer of rows by name. Of several with one name the last counts.
type table[T any] map[string]*T

func (t *table[T]) UnmarshalJSON(b []byte) error {
	d, null, err := within(b, '{')
	if err != nil || null {
		return err
	}
	*t = table[T]{}
	for n := 0; d.More(); n++ {
		if n == maxNames {
			return errTooMany
		}
		name, err := d.Token()
		if err != nil {
			return err
		}
		var one *T
		if err := d.Decode(&one); err != nil {
			return err
		}
		(*t)[name.(string)] = one // a key is a string: the syntax was checked before
	}
	return nil
}

// within steps into a list or an object that begins with open.
func within(b []byte, open json.Delim) (d *json.Decoder, null bool, err error) {
	d = json.NewDecoder(bytes.NewReader(b))
	switch first, err := d.Token(); {
	case err != nil:
		return nil, false, err
	case first == nil:
		return nil, true, nil
	case first != open:
		return nil, false, errors.New("another kind of value")
	}
	return d, false, nil
}

// page is how the server wraps a list when it was asked with a limit.
type page[T any] struct {
	Data       rows[T] `json:"data"`
	Pagination *struct {
		From    int  `json:"from"`
		Total   *int `json:"total"`
		HasMore bool `json:"has_more"`
	} `json:"pagination"`
}

// wholeList reads a list of rows, bare or wrapped. The errors are fixed words:
// those of the JSON package quote the answer, which is account data.
func wholeList[T any](text string) ([]*T, error) {
	p, err := anyPage[T](text)
	if err != nil || p.Pagination == nil {
		return p.Data, err
	}
	total := p.Pagination.Total
	if p.Pagination.HasMore || p.Pagination.From != 0 || total == nil || *total != len(p.Data) {
		return nil, errors.New("a part of a list")
	}
	return p.Data, nil
}

// anyList reads a list of rows, bare or wrapped, and a part of a list too: what
// was looked for is in the beginning of it.
func anyList[T any](text string) ([]*T, error) {
	p, err := anyPage[T](text)
	return p.Data, err
}

// anyPage reads a list of rows; a bare one is a page without pagination.
func anyPage[T any](text string) (page[T], error) {
	var p page[T]
	bare := json.Unmarshal([]byte(text), &p.Data)
	if bare == nil {
		return p, nil
	}
	wrapped := json.Unmarshal([]byte(text), &p)
	switch {
	case errors.Is(bare, errTooMany) || errors.Is(wrapped, errTooMany):
		return page[T]{}, errTooMany
	case wrapped != nil || p.Pagination == nil:
		return page[T]{}, errors.New("not a list of rows")
	}
	return p, nil
}
