package wire

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

// ToolResult is what a tool answered, as the protocol carries it.
type ToolResult struct {
	Text    string
	IsError bool // the tool reports a failure
}

// DecodeResult reads the result of a tools/call. ok is false unless it has
// exactly one content and that is a text: no tool of Kite's answers otherwise.
func DecodeResult(text string) (result ToolResult, ok bool) {
	r := &reader{text: text}
	texts := 0
	r.object(func(name string) {
		switch name {
		case "content":
			texts = 0
			r.each('[', ']', math.MaxInt, func() {
				texts++
				result.Text = r.content()
			})
		case "isError":
			readBool(r, &result.IsError)
		default:
			r.skip()
		}
	})
	if r.end() != nil || texts != 1 {
		return ToolResult{}, false
	}
	return result, true
}

// Answer is a JSON-RPC answer.
type Answer struct {
	ID      string // as it is written: "b-7" in its quotes
	Result  string // JSON; "" for none
	Failed  bool   // the server could not do what it was asked; why is in the next two
	Code    int
	Message string
}

// DecodeAnswer reads a JSON-RPC message. ok is false for a request, for a
// notification, and for what is no message at all.
func DecodeAnswer(text string) (a Answer, ok bool) {
	r := &reader{text: text}
	asks := false
	r.object(func(name string) {
		switch name {
		case "id":
			a.ID = r.skip()
		case "method":
			asks = true
			r.skip()
		case "result":
			a.Result = r.skip()
		case "error":
			r.failure(&a)
		default:
			r.skip()
		}
	})
	if r.end() != nil || asks || a.ID == "" || a.ID == "null" {
		return Answer{}, false
	}
	return a, true
}

// failure reads the error of an answer. What cannot be read of it is left out:
// that it is there says enough.
func (r *reader) failure(a *Answer) {
	whole := r.skip()
	if a.Failed = whole != "null"; !a.Failed {
		return
	}
	inner := &reader{text: whole}
	inner.object(func(name string) {
		switch raw := inner.skip(); name {
		case "code":
			a.Code, _ = strconv.Atoi(raw)
		case "message":
			text := &reader{text: raw}
			a.Message = text.string()
		}
	})
}

// content reads one content of a result, which has to be a text.
func (r *reader) content() (text string) {
	kind, found := "", false
	r.object(func(name string) {
		switch name {
		case "type":
			kind = r.string()
		case "text":
			text, found = r.ownString(), true
		default:
			r.skip()
		}
	})
	if kind != "text" || !found {
		r.fail(errKind)
	}
	return text
}

// ownString reads a string that keeps nothing else of the answer in memory.
func (r *reader) ownString() string {
	r.peek()
	start := r.at
	s := r.string()
	if len(s) == r.at-start-len(`""`) { // it may be a part of the text
		return strings.Clone(s)
	}
	return s
}

// object goes through an object; entry reads the value of each name.
func (r *reader) object(entry func(name string)) {
	r.each('{', '}', math.MaxInt, func() { entry(r.name()) })
}

// ListTools is the protocol's method that lists the tools.
const ListTools = "tools/list"

// Offer is a tool as the server describes it: data from outside.
type Offer struct {
	Name  string
	Modes []string // what its argument "mode" may be; nil where it has none
}

// DecodeOffers reads the answer to which tools there are: the protocol's
// tools/list result. Tools without a name are left out.
func DecodeOffers(text string) ([]Offer, error) {
	var list struct {
		Tools *[]struct {
			Name        string
			InputSchema struct {
				Properties struct {
					Mode struct{ Enum []json.RawMessage }
				}
			}
		}
	}
	if json.Unmarshal([]byte(text), &list) != nil || list.Tools == nil {
		return nil, Malformed(ListTools, errors.New("not a list of tools"))
	}
	var named []Offer
	for _, t := range *list.Tools {
		if t.Name == "" {
			continue
		}
		offer := Offer{Name: t.Name}
		for _, mode := range t.InputSchema.Properties.Mode.Enum {
			var name string
			if json.Unmarshal(mode, &name) == nil && name != "" {
				offer.Modes = append(offer.Modes, name)
			}
		}
		named = append(named, offer)
	}
	return named, nil
}
