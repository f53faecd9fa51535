package telegram

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxEntities is how many entities a message keeps; Telegram ignores the rest.
const maxEntities = 100

// normalize does to a parsed text what Telegram does before it stores one: white space at the end goes, so does
// white space before the first entity, and commands and mentions are found.
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
	return text, detect(text, kept)
}

// detectable is a command or a mention, after what may stand before one.
var detectable = regexp.MustCompile(`(?:^|[^\pL\pN_/<>])(/\w{1,64}(?:@\w{3,32})?|@\w{3,32})`)

// detect adds what Telegram finds by itself in a text: commands and mentions, outside of code and links.
func detect(text string, entities []Entity) []Entity {
	for _, at := range detectable.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[2], at[3]
		if strings.IndexFunc(text[to:], endsNone) == 0 {
			continue
		}
		e := Entity{Type: "bot_command", Offset: units(text[:from]), Length: units(text[from:to])}
		if text[from] == '@' {
			e.Type = "mention"
		}
		if !slices.ContainsFunc(entities, func(o Entity) bool { return blocks(o, e) }) {
			entities = append(entities, e)
		}
	}
	slices.SortStableFunc(entities, func(a, b Entity) int { return cmp.Compare(a.Offset, b.Offset) })
	return entities
}

// endsNone reports whether a command or mention cannot end before r.
func endsNone(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_/<>", r)
}

// blocks reports whether o covers part of e and is of a kind in which nothing is looked for.
func blocks(o, e Entity) bool {
	meet := o.Offset < e.Offset+e.Length && e.Offset < o.Offset+o.Length
	return meet && slices.Contains([]string{"code", "pre", "text_link"}, o.Type)
}
