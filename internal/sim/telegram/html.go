package telegram

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseHTML reads Telegram's HTML mode: it returns the text without tags, and the entities in their order, with
// offsets in UTF-16 code units. The error is what Telegram says after "can't parse entities: "; byte offsets in it
// count from the start of the source.
func parseHTML(source string) (text string, entities []Entity, err error) {
	p := &htmlParser{in: strings.ReplaceAll(source, "\x00", " ")}
	for p.pos < len(p.in) {
		switch {
		case p.at() == '&' && p.reference():
		case p.at() != '<':
			p.char()
		case strings.HasPrefix(p.in[p.pos:], "</"):
			err = p.endTag()
		default:
			err = p.startTag()
		}
		if err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, fmt.Errorf("Can't find end tag corresponding to start tag %q", p.open[n-1].name)
	}
	if p.surrogate {
		return "", nil, fmt.Errorf("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units")
	}
	sortEntities(p.done)
	return p.out.String(), p.done, nil
}

type htmlParser struct {
	in        string
	pos       int
	out       strings.Builder
	units     int // UTF-16 length of out
	open      []openTag
	done      []Entity
	surrogate bool // a numeric reference named half of a surrogate pair
}

// openTag is a start tag whose end has not come yet. arg is the one attribute that matters for its name.
type openTag struct {
	name  string
	arg   string
	unix  int64
	from  int // UTF-16 offset of its content
	bytes int // byte offset of its content in out
}

// at is the byte under the cursor, 0 at the end.
func (p *htmlParser) at() byte {
	if p.pos < len(p.in) {
		return p.in[p.pos]
	}
	return 0
}

// space reports whether the byte ends a name. As in Telegram's parser, the end of the text does too.
func space(b byte) bool {
	return b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == '\v' || b == 0
}

func (p *htmlParser) skipSpace() {
	for p.at() != 0 && space(p.at()) {
		p.pos++
	}
}

// until moves the cursor to the first byte that stop accepts and returns what was passed.
func (p *htmlParser) until(stop func(byte) bool) string {
	from := p.pos
	for p.pos < len(p.in) && !stop(p.at()) {
		p.pos++
	}
	return p.in[from:p.pos]
}

func (p *htmlParser) char() {
	r, size := utf8.DecodeRuneInString(p.in[p.pos:])
	p.out.WriteString(p.in[p.pos : p.pos+size])
	p.units += units(string(r))
	p.pos += size
}

// reference writes the character that an &…; stands for; false leaves a "&" that begins none as it is.
func (p *htmlParser) reference() bool {
	r, size := decodeReference(p.in[p.pos:])
	if size == 0 {
		return false
	}
	p.pos += size
	if r >= 0xd800 && r <= 0xdfff {
		p.surrogate = true
	}
	p.out.WriteRune(r)
	p.units += units(string(r))
	return true
}

// decodeReference knows &lt; &gt; &amp; &quot; and numbers, each with or without the semicolon. Size 0 means none.
func decodeReference(s string) (r rune, size int) {
	end := 1
	if strings.HasPrefix(s, "&#") {
		base, from := 10, 2
		if strings.HasPrefix(s, "&#x") {
			base, from = 16, 3
		}
		for end = from; end < len(s) && isDigit(s[end], base); end++ {
		}
		n, err := strconv.ParseInt(s[from:end], base, 32)
		if err != nil || n == 0 || n >= 0x10ffff || end >= 10 {
			return 0, 0
		}
		r = rune(n)
	} else {
		for end < len(s) && isLetter(s[end]) {
			end++
		}
		r = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"'}[s[1:end]]
		if r == 0 {
			return 0, 0
		}
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return r, end
}

func isDigit(b byte, base int) bool {
	hex := base == 16 && (b|0x20 >= 'a' && b|0x20 <= 'f')
	return b >= '0' && b <= '9' || hex
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// startTag reads "<name attributes>" and puts it on the stack.
func (p *htmlParser) startTag() error {
	begin := p.pos
	p.pos++
	name := strings.ToLower(p.until(func(b byte) bool { return space(b) || b == '>' }))
	if p.at() == 0 {
		return fmt.Errorf("Unclosed start tag at byte offset %d", begin)
	}
	if !slices.Contains(htmlTags(), name) {
		return fmt.Errorf("Unsupported start tag %s at byte offset %d", quote(name), begin)
	}
	tag := openTag{name: name}
	for {
		p.skipSpace()
		if p.at() == '>' {
			break
		}
		if err := p.attribute(&tag, begin); err != nil {
			return err
		}
	}
	p.pos++
	if name == "span" && tag.arg != "spoiler" {
		return fmt.Errorf("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", begin)
	}
	tag.from, tag.bytes = p.units, p.out.Len()
	p.open = append(p.open, tag)
	return nil
}

func htmlTags() []string {
	return []string{
		"a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "tg-time", "span",
		"pre", "code", "blockquote",
	}
}

// quote puts a name between quotation marks as it is: Telegram does not escape.
func quote(s string) string { return `"` + s + `"` }

// attribute reads one attribute of the tag that began at begin.
func (p *htmlParser) attribute(tag *openTag, begin int) error {
	name := p.until(func(b byte) bool {
		return space(b) || b == '=' || b == '>' || b == '/' || b == '"' || b == '\''
	})
	if name == "" && p.at() != 0 {
		return fmt.Errorf("Empty attribute name in the tag %s at byte offset %d", quote(tag.name), begin)
	}
	p.skipSpace()
	if p.at() != '=' {
		if p.at() == 0 {
			return fmt.Errorf("Unclosed start tag %s at byte offset %d", quote(tag.name), begin)
		}
		if tag.name == "blockquote" && name == "expandable" {
			tag.arg = "1"
		}
		return nil
	}
	p.pos++
	p.skipSpace()
	if p.at() == 0 {
		return fmt.Errorf("Unclosed start tag %s at byte offset %d", quote(tag.name), begin)
	}
	value, err := p.value()
	if err != nil {
		return err
	}
	if p.at() == 0 {
		return fmt.Errorf("Unclosed start tag at byte offset %d", begin)
	}
	tag.set(name, value)
	return nil
}

// value reads an attribute's value: quoted, or a bare name of letters, digits, dots and hyphens.
func (p *htmlParser) value() (string, error) {
	mark := p.at()
	if mark != '"' && mark != '\'' {
		begin := p.pos
		bare := p.until(func(b byte) bool { return !isLetter(b) && !isDigit(b, 10) && b != '.' && b != '-' })
		if !space(p.at()) && p.at() != '>' {
			return "", fmt.Errorf("Unexpected end of name token at byte offset %d", begin)
		}
		return strings.ToLower(bare), nil
	}
	p.pos++
	var out strings.Builder
	for p.pos < len(p.in) && p.at() != mark {
		if r, size := decodeReference(p.in[p.pos:]); p.at() == '&' && size > 0 {
			out.WriteRune(r)
			p.pos += size
			continue
		}
		out.WriteByte(p.at())
		p.pos++
	}
	if p.at() == mark {
		p.pos++
	}
	return out.String(), nil
}
