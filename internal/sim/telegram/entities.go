package telegram

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxEntities is how many entities a message keeps; Telegram ignores the rest.
const maxEntities = 100

// normalize does to a parsed text what Telegram does before it stores one: white space at the end goes, so does
// white space before the first entity, no formatting survives inside or around code, and commands, links and
// mentions are found.
func normalize(text string, entities []Entity) (string, []Entity) {
	entities = keepCodeAlone(entities)
	sortEntities(entities)
	lead := len(text) - len(strings.TrimLeft(text, " \n"))
	if len(entities) > 0 {
		lead = min(lead, len(cutUnits(text, 0, entities[0].Offset)))
	}
	text = text[lead:] // only spaces and line feeds went: one unit each
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	end := units(text)
	kept := entities[:0:0]
	for _, e := range entities {
		e.Offset -= lead
		e.Length = min(e.Length, end-e.Offset)
		if e.Length > 0 && !slices.Contains(kept, e) {
			kept = append(kept, e)
		}
	}
	return text, detect(text, kept)
}

// keepCodeAlone drops formatting inside pre and code and cuts it out of formatting around them, since neither can be
// combined with anything but a quotation around it. It also drops quotations within quotations.
func keepCodeAlone(all []Entity) []Entity {
	var fixed, out []Entity
	for _, e := range all {
		inside := func(o Entity) bool {
			return o != e && o.Offset <= e.Offset && o.Offset+o.Length >= e.Offset+e.Length && (o.Type != e.Type || o.Length > e.Length)
		}
		if isQuote(e) && slices.ContainsFunc(all, func(o Entity) bool { return isQuote(o) && inside(o) && o.Length > e.Length }) {
			continue
		}
		if isCode(e) && !slices.ContainsFunc(all, func(o Entity) bool { return isCode(o) && inside(o) && (o.Length > e.Length || o.Type == "pre") }) {
			fixed = append(fixed, e)
		}
		if !isCode(e) {
			out = append(out, e)
		}
	}
	for _, code := range fixed {
		var next []Entity
		for _, e := range out {
			next = append(next, without(e, code)...)
		}
		out = next
	}
	return append(out, fixed...)
}

func isCode(e Entity) bool  { return e.Type == "code" || e.Type == "pre" }
func isQuote(e Entity) bool { return strings.HasSuffix(e.Type, "blockquote") }

// without cuts the stretch of code out of e; a quotation stays whole around it.
func without(e, code Entity) []Entity {
	from, to := code.Offset, code.Offset+code.Length
	if isQuote(e) && e.Offset <= from && e.Offset+e.Length >= to || e.Offset >= to || e.Offset+e.Length <= from {
		return []Entity{e}
	}
	var parts []Entity
	if e.Offset < from {
		head := e
		head.Length = from - e.Offset
		parts = append(parts, head)
	}
	if end := e.Offset + e.Length; end > to {
		tail := e
		tail.Offset, tail.Length = to, end-to
		parts = append(parts, tail)
	}
	return parts
}

// detect adds what Telegram finds by itself in a text: commands, mentions and links, outside of code and links.
func detect(text string, entities []Entity) []Entity {
	at := 0
	prev := ' '
	for i, r := range text {
		kind, n := find(text[i:], prev)
		if n > 0 {
			e := Entity{Type: kind, Offset: at, Length: units(text[i : i+n])}
			if !slices.ContainsFunc(entities, func(o Entity) bool { return blocks(o, e) }) {
				entities = append(entities, e)
			}
		}
		at += units(string(r))
		prev = r
	}
	sortEntities(entities)
	if len(entities) == 0 {
		return nil
	}
	return entities
}

// blocks reports whether o covers part of e and is of a kind in which nothing is looked for.
func blocks(o, e Entity) bool {
	meet := o.Offset < e.Offset+e.Length && e.Offset < o.Offset+o.Length
	kinds := []string{"code", "pre", "text_link", "url", "bot_command", "mention", "custom_emoji", "date_time"}
	return meet && slices.Contains(kinds, o.Type)
}

// find looks for an entity at the very start of s; prev is the character before it.
func find(s string, prev rune) (kind string, length int) {
	switch {
	case isWord(prev) || prev == '/' || prev == '<' || prev == '>':
		return "", 0
	case s[0] == '/':
		return "bot_command", commandLength(s)
	case s[0] == '@':
		if n := wordLength(s[1:]); n >= 3 && n <= 32 {
			return "mention", n + 1
		}
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '<' || r == '>' || r == '"' })
		if end < 0 {
			end = len(s)
		}
		link := strings.TrimRight(s[:end], ".,;:!?)'")
		if checkURL(link) == "" {
			return "url", len(link)
		}
	}
	return "", 0
}

// commandLength is the length of "/name" or "/name@bot" at the start of s, 0 if there is none.
func commandLength(s string) int {
	n := wordLength(s[1:])
	if n < 1 || n > 64 {
		return 0
	}
	end := n + 1
	if strings.HasPrefix(s[end:], "@") {
		if bot := wordLength(s[end+1:]); bot >= 3 && bot <= 32 {
			end += bot + 1
		}
	}
	if next, _ := utf8.DecodeRuneInString(s[end:]); end < len(s) && (next == '/' || next == '<' || next == '>' || isWord(next)) {
		return 0
	}
	return end
}

// wordLength counts the ASCII letters, digits and underscores at the start of s.
func wordLength(s string) int {
	n := 0
	for n < len(s) && s[n] < utf8.RuneSelf && isWord(rune(s[n])) {
		n++
	}
	return n
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
