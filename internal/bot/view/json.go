package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// maxNesting is how deep an answer may be nested to be indented: deeper ones
// would grow with the square of their depth, and no reader is helped.
const maxNesting = 32

// maxGrowth is how many times as long an answer may become: candles, which are
// small numbers in lists, become 1.7 times as long.
const maxGrowth = 3

// prettyJSON indents JSON for reading, numbers and the order of fields as they
// came. What is no JSON stays as it is, made valid UTF-8.
func prettyJSON(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if !json.Valid([]byte(text)) {
		return text
	}
	if deepest, added := nesting(text); deepest > maxNesting || added > (maxGrowth-1)*max(len(text), shortText) {
		return text
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return plainEscapes(b.String())
}

// shortText is how many bytes may become more than maxGrowth times as long.
const shortText = 4 << 10

// nesting is how deep valid JSON is nested, and about how many bytes its indented
// lines add to it.
func nesting(text string) (deepest, added int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
			continue
		case c == '"':
			quoted = !quoted
			continue
		case quoted:
			continue
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		case c != ',':
			continue
		}
		added += 1 + 2*depth
	}
	return deepest, added
}

// plainEscapes writes &, < and > as themselves: the server escapes them for web
// pages. It is the same JSON. An escaped backslash is passed over whole, so that
// what follows it is not taken for an escape.
func plainEscapes(text string) string {
	plain := map[string]string{`\u0026`: "&", `\u003c`: "<", `\u003e`: ">", `\u003C`: "<", `\u003E`: ">"}
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '\\')
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at])
		text = text[at:]
		sign, length := plain[text[:min(6, len(text))]], 6
		if sign == "" {
			sign, length = text[:min(2, len(text))], min(2, len(text))
		}
		b.WriteString(sign)
		text = text[length:]
	}
}

// visible leaves out what cannot be seen, or turns the direction of writing of
// all that follows; line breaks stay.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return -1
		}
	}, text)
}
