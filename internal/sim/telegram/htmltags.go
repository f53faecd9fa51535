package telegram

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// set keeps the one attribute that matters for the tag.
func (t *openTag) set(name, value string) {
	switch t.name + " " + name {
	case "a href", "tg-emoji emoji-id", "tg-time format":
		t.arg = value
	case "tg-time unix":
		t.unix, _ = strconv.ParseInt(value, 10, 64)
	case "code class":
		if language, ok := strings.CutPrefix(value, "language-"); ok {
			t.arg = language
		}
	case "span class":
		if class, ok := strings.CutPrefix(value, "tg-"); ok {
			t.arg = class
		}
	case "blockquote expandable":
		t.arg = "1"
	}
}

// endTag reads "</name>" and turns the innermost open tag into an entity. "</>" closes any tag.
func (p *htmlParser) endTag() error {
	begin := p.pos
	if len(p.open) == 0 {
		return fmt.Errorf("Unexpected end tag at byte offset %d", begin)
	}
	p.pos += 2
	name := strings.ToLower(p.until(func(b byte) bool { return space(b) || b == '>' }))
	p.skipSpace()
	if p.at() != '>' {
		return fmt.Errorf("Unclosed end tag at byte offset %d", begin)
	}
	p.pos++
	tag := p.open[len(p.open)-1]
	if name != "" && name != tag.name {
		return fmt.Errorf("Unmatched end tag at byte offset %d, expected %s, found %s",
			begin, quote("</"+tag.name+">"), quote("</"+name+">"))
	}
	p.open = p.open[:len(p.open)-1]
	if p.units == tag.from {
		return nil // a tag around nothing leaves no entity
	}
	return p.close(tag)
}

// close adds the entity of a tag with content.
func (p *htmlParser) close(tag openTag) error {
	e := Entity{Offset: tag.from, Length: p.units - tag.from}
	switch tag.name {
	case "b", "strong":
		e.Type = "bold"
	case "i", "em":
		e.Type = "italic"
	case "u", "ins":
		e.Type = "underline"
	case "s", "strike", "del":
		e.Type = "strikethrough"
	case "tg-spoiler", "span":
		e.Type = "spoiler"
	case "blockquote":
		e.Type = "blockquote"
		if tag.arg != "" {
			e.Type = "expandable_blockquote"
		}
	case "a":
		return p.closeLink(tag, e)
	case "pre", "code":
		p.closeCode(tag, e)
		return nil
	case "tg-emoji":
		if _, err := strconv.ParseUint(tag.arg, 10, 64); err != nil {
			return fmt.Errorf("Invalid custom emoji identifier specified")
		}
		e.Type, e.CustomEmojiID = "custom_emoji", tag.arg
	case "tg-time":
		return p.closeTime(tag, e)
	}
	p.done = append(p.done, e)
	return nil
}

// closeLink takes the content as the link when there is no href. A link that Telegram cannot use is no error: the
// text just loses it.
func (p *htmlParser) closeLink(tag openTag, e Entity) error {
	link := tag.arg
	if link == "" {
		link = p.out.String()[tag.bytes:]
	}
	if checkURL(link) != "" {
		return nil
	}
	e.Type, e.URL = "text_link", link
	p.done = append(p.done, e)
	return nil
}

// closeCode joins <pre><code class="language-…"> into one pre with a language, in either order of nesting.
func (p *htmlParser) closeCode(tag openTag, e Entity) {
	e.Type, e.Language = tag.name, tag.arg
	if tag.name == "pre" {
		e.Language = ""
	}
	if n := len(p.done); n > 0 {
		last := &p.done[n-1]
		same := last.Offset == e.Offset && last.Length == e.Length
		if same && last.Type == "code" && e.Type == "pre" && last.Language != "" {
			last.Type = "pre"
			return
		}
		if same && last.Type == "pre" && e.Type == "code" && last.Language == "" && e.Language != "" {
			last.Language = e.Language
			return
		}
	}
	p.done = append(p.done, e)
}

// closeTime makes a date_time; without a positive time the text stays plain.
func (p *htmlParser) closeTime(tag openTag, e Entity) error {
	if !validTimeFormat(tag.arg) {
		return fmt.Errorf("Invalid date format used")
	}
	if tag.unix <= 0 {
		return nil
	}
	e.Type, e.UnixTime, e.DateTimeFormat = "date_time", tag.unix, tag.arg
	p.done = append(p.done, e)
	return nil
}

// validTimeFormat follows r|w?[dD]?[tT]?: relative, or week day, date and time, short or long.
func validTimeFormat(f string) bool {
	if f == "r" || f == "R" {
		return true
	}
	f = strings.TrimPrefix(f, "w")
	if f != "" && (f[0] == 'd' || f[0] == 'D') {
		f = f[1:]
	}
	return f == "" || f == "t" || f == "T"
}

// sortEntities puts entities into Telegram's order: by offset, the longer first, then by kind.
func sortEntities(all []Entity) {
	slices.SortStableFunc(all, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length), cmp.Compare(rank(a.Type), rank(b.Type)))
	})
}

// rank says which of two entities over the same text is the outer one.
func rank(kind string) int {
	order := []string{
		"blockquote", "expandable_blockquote", "pre", "code", "text_link", "bold", "italic", "underline",
		"strikethrough", "spoiler", "date_time", "custom_emoji",
	}
	if i := slices.Index(order, kind); i >= 0 {
		return i
	}
	return len(order)
}
