package telegram

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseHTML reads Telegram's HTML mode as far as the bot writes it: tags that give a style, and links. It returns the
// text without tags and the entities, outer before inner, with offsets in UTF-16 code units. The error is what Telegram
// says after "can't parse entities: "; byte offsets in it count from the start of the source.
func parseHTML(source string) (text string, entities []Entity, err error) {
	p := &htmlParser{in: strings.ReplaceAll(source, "\x00", " ")}
	for p.pos < len(p.in) && err == nil {
		switch {
		case p.in[p.pos] == '&' && p.reference():
		case p.in[p.pos] != '<':
			r, size := utf8.DecodeRuneInString(p.in[p.pos:])
			p.write(r, size)
		case strings.HasPrefix(p.in[p.pos:], "</"):
			err = p.endTag()
		default:
			err = p.startTag()
		}
	}
	if n := len(p.open); n > 0 && err == nil {
		err = fmt.Errorf("Can't find end tag corresponding to start tag %q", p.open[n-1].name)
	}
	if err != nil {
		return "", nil, err
	}
	return p.out.String(), p.shown(), nil
}

type htmlParser struct {
	in    string
	pos   int
	out   strings.Builder
	units int // UTF-16 length of out
	open  []openTag
	all   []Entity // in the order of their start tags
}

// openTag is a start tag whose end has not come yet.
type openTag struct {
	name   string
	entity int // its place in all
}

func (p *htmlParser) write(r rune, size int) {
	p.out.WriteRune(r)
	p.units += units(string(r))
	p.pos += size
}

// reference writes the character that an &…; stands for; false leaves a "&" that begins none as it is.
func (p *htmlParser) reference() bool {
	r, size := decodeReference(p.in[p.pos:])
	if size > 0 {
		p.write(r, size)
	}
	return size > 0
}

// decodeReference knows &lt; &gt; &amp; &quot; and numbers. Size 0 means none.
func decodeReference(s string) (r rune, size int) {
	name, _, ended := strings.Cut(s[1:], ";")
	if !ended {
		return 0, 0
	}
	r = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"'}[name]
	if digits, ok := strings.CutPrefix(name, "#"); ok {
		base := 10
		if hex, ok := strings.CutPrefix(digits, "x"); ok {
			digits, base = hex, 16
		}
		n, err := strconv.ParseUint(digits, base, 21)
		if err == nil && utf8.ValidRune(rune(n)) {
			r = rune(n)
		}
	}
	if r == 0 {
		return 0, 0
	}
	return r, len(name) + len("&;")
}

// htmlTags are the tags that the simulator knows, and the kind of entity that each becomes.
var htmlTags = map[string]string{
	"b": "bold", "i": "italic", "u": "underline", "s": "strikethrough", "code": "code", "pre": "pre", "a": "text_link",
}

// startTag reads "<name>" or "<a href=…>" and puts it on the stack.
func (p *htmlParser) startTag() error {
	begin := p.pos
	rest := p.in[begin+1:]
	named := strings.IndexAny(rest, " >")
	if named < 0 {
		return fmt.Errorf("Unclosed start tag at byte offset %d", begin)
	}
	name := rest[:named]
	kind, known := htmlTags[name]
	if !known {
		return fmt.Errorf("Unsupported start tag \"%s\" at byte offset %d", name, begin)
	}
	tag, _, ended := strings.Cut(rest, ">")
	if !ended {
		return fmt.Errorf("Unclosed start tag \"%s\" at byte offset %d", name, begin)
	}
	p.pos += len("<>") + len(tag)
	attributes := strings.TrimPrefix(tag[named:], " ")
	e := Entity{Type: kind, Offset: p.units}
	if name == "a" {
		quoted, _ := strings.CutPrefix(attributes, `href="`)
		e.URL, attributes, _ = strings.Cut(quoted, `"`)
		e.URL = strings.ReplaceAll(e.URL, "&amp;", "&")
		if wrong := checkURL(e.URL); wrong != "" { // Telegram would drop the link and say nothing
			return fmt.Errorf("the simulator takes no link %q: %s", e.URL, wrong)
		}
	}
	if attributes != "" {
		return fmt.Errorf("the simulator does not know the attribute %q of the tag %q", attributes, name)
	}
	p.open = append(p.open, openTag{name: name, entity: len(p.all)})
	p.all = append(p.all, e)
	return nil
}

// endTag reads "</name>", which has to close the innermost tag.
func (p *htmlParser) endTag() error {
	begin := p.pos
	if len(p.open) == 0 {
		return fmt.Errorf("Unexpected end tag at byte offset %d", begin)
	}
	name, _, ended := strings.Cut(p.in[begin+2:], ">")
	if !ended {
		return fmt.Errorf("Unclosed end tag at byte offset %d", begin)
	}
	p.pos += len("</>") + len(name)
	tag := p.open[len(p.open)-1]
	if name != tag.name {
		return fmt.Errorf("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", begin, tag.name, name)
	}
	p.open = p.open[:len(p.open)-1]
	e := &p.all[tag.entity]
	e.Length = p.units - e.Offset
	return nil
}

// shown are the entities around something: a tag around nothing leaves none.
func (p *htmlParser) shown() (kept []Entity) {
	for _, e := range p.all {
		if e.Length > 0 {
			kept = append(kept, e)
		}
	}
	return kept
}

// maxEntities is how many entities a message keeps; Telegram ignores the rest.
const maxEntities = 100

// normalize does to a parsed text what Telegram does before it stores one: white space at the end goes, so does white
// space before the first entity, and commands and mentions are found.
func normalize(text string, entities []Entity) (string, []Entity) {
	lead := len(text) - len(strings.TrimLeft(text, " \n"))
	if len(entities) > 0 {
		lead = min(lead, len(cutUnits(text, 0, entities[0].Offset)))
	}
	text = text[lead:] // only spaces and line feeds went: one unit each
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	end := units(text)
	var kept []Entity
	for _, e := range entities {
		e.Offset -= lead
		e.Length = min(e.Length, end-e.Offset)
		if e.Length > 0 {
			kept = append(kept, e)
		}
	}
	return text, findCommands(text, kept)
}

// commandOrMention is a command or a mention, after what may stand before one.
var commandOrMention = regexp.MustCompile(`(?:^|[^\pL\pN_/<>])(/\w{1,64}(?:@\w{3,32})?|@\w{3,32})`)

// findCommands adds what Telegram finds by itself in a text: commands and mentions, outside of code and links.
func findCommands(text string, entities []Entity) []Entity {
	for _, at := range commandOrMention.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[2], at[3]
		if strings.IndexFunc(text[to:], continuesWord) == 0 {
			continue
		}
		e := Entity{Type: "bot_command", Offset: units(text[:from]), Length: units(text[from:to])}
		if text[from] == '@' {
			e.Type = "mention"
		}
		if !slices.ContainsFunc(entities, func(o Entity) bool { return excludes(o, e) }) {
			entities = append(entities, e)
		}
	}
	slices.SortStableFunc(entities, func(a, b Entity) int { return cmp.Compare(a.Offset, b.Offset) })
	return entities
}

// continuesWord reports whether a command or mention cannot end before r.
func continuesWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_/<>", r)
}

// excludes reports whether o overlaps e and has a kind in which no commands or mentions are found.
func excludes(o, e Entity) bool {
	meet := o.Offset < e.Offset+e.Length && e.Offset < o.Offset+o.Length
	return meet && slices.Contains([]string{"code", "pre", "text_link"}, o.Type)
}

// checkURL returns Telegram's complaint about a link, empty if it can be used: http, https with any host, or tg.
func checkURL(link string) string {
	scheme, rest, ok := strings.Cut(link, "://")
	u, err := url.Parse(link)
	switch {
	case !ok || err != nil || strings.ContainsAny(link, " \t\r\n<>\""):
		return "Wrong HTTP URL"
	case !slices.Contains([]string{"http", "https", "tg"}, strings.ToLower(scheme)):
		return "Unsupported URL protocol"
	case rest == "" || u.Host == "":
		return "URL host is empty"
	}
	return ""
}
