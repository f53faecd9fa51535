package wire

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep lists and objects may lie in one another; it is that of
// encoding/json.
const maxDepth = 10_000

var (
	errSyntax = errors.New("not JSON")
	errKind   = errors.New("another kind of value")
)

// reader reads a JSON text from the front to the back, once. It is here because
// encoding/json reads an answer four times over (the text, the list, each row,
// each number), which was most of what a command cost. It takes what
// encoding/json takes and gives the same values: TestReaderIsEncodingJSON holds
// them side by side.
//
// The first failure stays in err. After it there is nothing more to read, so
// that every loop ends and only the last caller has to look.
type reader struct {
	text  string
	at    int // the next byte to read
	depth int
	err   error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.at = len(r.text)
}

// end is the error of the whole: nothing may follow the value.
func (r *reader) end() error {
	if r.peek() != 0 || r.at < len(r.text) {
		r.fail(errSyntax)
	}
	return r.err
}

// peek returns the first byte that is no space, and stays before it; 0 at the end.
func (r *reader) peek() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// word takes a word of JSON, if it is next.
func (r *reader) word(w string) bool {
	if r.peek() != w[0] || !strings.HasPrefix(r.text[r.at:], w) {
		return false
	}
	r.at += len(w)
	return true
}

func (r *reader) null() bool { return r.word("null") }

// each goes through a list or an object of at most so many entries. entry reads
// one of them whole.
func (r *reader) each(open, closing byte, most int, entry func()) {
	if r.peek() != open {
		r.fail(errKind)
		return
	}
	r.at++
	if r.depth++; r.depth > maxDepth {
		r.fail(errSyntax)
		return
	}
	more := r.peek() != closing
	for n := 0; more && r.err == nil; n++ {
		if n == most {
			r.fail(errTooMany)
			return
		}
		entry()
		if more = r.peek() == ','; more {
			r.at++
		}
	}
	if r.peek() != closing {
		r.fail(errSyntax)
		return
	}
	r.at++
	r.depth--
}

// name reads the name of an entry of an object, up to its value.
func (r *reader) name() string {
	s := r.string()
	r.colon()
	return s
}

func (r *reader) colon() {
	if r.peek() != ':' {
		r.fail(errSyntax)
		return
	}
	r.at++
}

// string reads a string. What it returns is a part of the text where that is
// possible, and keeps all of it in memory.
func (r *reader) string() string {
	if r.peek() != '"' {
		r.fail(errKind)
		return ""
	}
	start := r.at + 1
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return r.text[start:i]
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return r.unquoted(i)
		}
	}
	r.fail(errSyntax)
	return ""
}

// unquoted reads a string that is not plain from i on. Numbered escapes and
// damaged UTF-8 are the business of encoding/json.
func (r *reader) unquoted(i int) (s string) {
	start, simple := r.at+1, true
	for ; i < len(r.text) && r.text[i] != '"'; i++ {
		switch c := r.text[i]; {
		case c == '\\':
			i++
			simple = simple && i < len(r.text) && escape(r.text[i]) != 0
		case c < ' ':
			simple = false
		}
	}
	switch {
	case i >= len(r.text):
		r.fail(errSyntax)
		return ""
	case simple && utf8.ValidString(r.text[start:i]):
		s = unescaped(r.text[start:i])
	case json.Unmarshal([]byte(r.text[r.at:i+1]), &s) != nil:
		r.fail(errSyntax)
		return ""
	}
	r.at = i + 1
	return s
}

// escape is what a letter means behind a backslash; 0 for u, which has digits
// behind it, and for those that may not stand there.
func escape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return 0
	}
}

// unescaped is s with its escapes, all of them simple, made good.
func unescaped(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		b.WriteByte(escape(s[i+1]))
		s = s[i+2:]
	}
}

// skipString passes over a string without making it.
func (r *reader) skipString() {
	for i := r.at + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return
		case c == '\\' && i+1 < len(r.text) && escape(r.text[i+1]) != 0:
			i++
		case c == '\\' && i+5 < len(r.text) && r.text[i+1] == 'u' && isHex(r.text[i+2:i+6]):
			i += 5
		case c == '\\', c < ' ':
			r.fail(errSyntax)
			return
		}
	}
	r.fail(errSyntax)
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; !isDigit(s[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// skip reads a value of any kind and returns how it is written.
func (r *reader) skip() string {
	c := r.peek()
	start := r.at
	switch {
	case c == '{':
		r.each('{', '}', math.MaxInt, func() { r.name(); r.skip() })
	case c == '[':
		r.each('[', ']', math.MaxInt, func() { r.skip() })
	case c == '"':
		r.skipString()
	case c == '-' || isDigit(c):
		r.numeral()
	case !r.word("null") && !r.word("true") && !r.word("false"):
		r.fail(errSyntax)
	}
	return r.text[start:r.at]
}
