package kite

import "math"

// ToolResult is what a tool answered, as the protocol carries it.
type ToolResult struct {
	Text    string
	IsError bool // it says of itself that it is a failure
}

// DecodeResult reads the result of a tools/call. ok is false unless it has
// exactly one content and that is a text: no tool of Kite's answers otherwise.
func DecodeResult(json string) (result ToolResult, ok bool) {
	r := &reader{text: json}
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

// content reads one content of a result, which has to be a text.
func (r *reader) content() (text string) {
	kind, found := "", false
	r.object(func(name string) {
		switch name {
		case "type":
			kind = r.string()
		case "text":
			text, found = r.string(), true
		default:
			r.skip()
		}
	})
	if kind != "text" || !found {
		r.fail(errKind)
	}
	return text
}

// object goes through an object; entry reads the value of each name.
func (r *reader) object(entry func(name string)) {
	r.each('{', '}', math.MaxInt, func() { entry(r.name()) })
}
