package view

import (
	"fmt"
	"slices"
	"strings"

	"kitebot/internal/kite"
)

// toolsPerPage is how many tools with their descriptions fit on a screen.
const toolsPerPage = 8

// ToolsView is what /tools shows.
type ToolsView struct {
	Offers []kite.Offer // what the server lists, in its order
	Page   int          // from 1; a page that does not exist is the nearest one
}

// Tools renders what the server offers, in its own words, and which of it can be
// asked here.
func Tools(v ToolsView) Message {
	if len(v.Offers) == 0 {
		return Message{
			HTML:    "<b>The server lists no tools.</b>\nThat is not as it should be, and likely passes. Try again in a moment.",
			Buttons: [][]Button{{{Text: "Try again", Data: "tools:again"}}},
		}
	}
	at := pageOf(len(v.Offers), toolsPerPage, v.Page)
	var s sheet
	s.say(toolsHead(v.Offers)...)
	for _, offer := range v.Offers[at.from:at.to] {
		s.say(toolLines(offer)...)
	}
	s.say(at.line("tools")...)
	return s.message(false, at.buttons(func(page int) string { return fmt.Sprintf("tools:page:%d", page) }))
}

// toolsHead counts, explains the marks, and names the tools that are gone.
func toolsHead(offers []kite.Offer) []string {
	reads := 0
	for _, o := range offers {
		if kite.StandingOf(o.Name) == kite.ToolReads {
			reads++
		}
	}
	lines := []string{
		fmt.Sprintf("<b>%d of %s can be asked here</b>", reads, many(len(offers), "tool", "tools")),
		"✓ reads · ✗ refused. Ask one with <code>/tool get_ltp instruments=NSE:INFY</code>",
	}
	var gone []string
	for _, t := range kite.ReadTools() {
		if !slices.ContainsFunc(offers, func(o kite.Offer) bool { return o.Name == t.Name }) {
			gone = append(gone, t.Name)
		}
	}
	if gone != nil {
		lines = append(lines, "Not offered at present: "+escape(strings.Join(gone, ", ")))
	}
	return lines
}

// toolLines are a tool: what may be done with it, what the server says of it,
// what it takes.
func toolLines(o kite.Offer) []string {
	name := escape(cut(clean(o.Name), 40))
	if strings.TrimSpace(name) == "" {
		name = "(no name)"
	}
	marks := map[kite.ToolStanding]string{
		kite.ToolReads: "✓ <b>%s</b>", kite.ToolLogin: "✗ <b>%s</b> · only by /login",
		kite.ToolWrites: "✗ <b>%s</b> · changes the account", kite.ToolUnknown: "✗ <b>%s</b> · not known to me",
	}
	lines := []string{fmt.Sprintf(marks[kite.StandingOf(o.Name)], name)}
	if what := strings.TrimSpace(oneLine(o.Description, 120)); what != "" {
		lines = append(lines, escape(what))
	}
	tools := kite.ReadTools()
	if i := slices.IndexFunc(tools, func(t kite.Tool) bool { return t.Name == o.Name }); i >= 0 && len(tools[i].Args) > 0 {
		lines = append(lines, "Takes "+takes(tools[i]))
	}
	return lines
}

// takes lists a tool's arguments; what is not required stands in brackets.
func takes(t kite.Tool) string {
	var parts []string
	for _, a := range t.Args {
		part := "<code>" + escape(a.Name) + "</code>"
		if !a.Required {
			part = "[" + part + "]"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// oneLine makes one line of a text from outside, of at most n characters.
func oneLine(s string, n int) string {
	if r := []rune(s); len(r) > 4*n {
		s = string(r[:4*n])
	}
	var words []string
	for word := range strings.FieldsSeq(s) {
		words = append(words, clean(word))
	}
	return cut(strings.Join(words, " "), n)
}
