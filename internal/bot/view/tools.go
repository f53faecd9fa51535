package view

import (
	"fmt"
	"strings"

	"kitebot/internal/kite"
)

// toolsPerPage is how many tools fit on a screen.
const toolsPerPage = 8

// ToolsView is what /tools shows.
type ToolsView struct {
	Offers []kite.Offer // what the server lists, in its order
	Page   int          // from 1; a page that does not exist is the nearest one
}

// Tools renders what may be asked of the server by /tool.
func Tools(v ToolsView) Message {
	offered, missing := kite.Offered(v.Offers)
	if len(offered) == 0 {
		return Message{
			HTML:    "<b>Kite’s server lists no tool I know.</b>\nThis usually passes. Try again in a moment.",
			Buttons: [][]Button{{{Text: "Try again", Data: "tools:again"}}},
		}
	}
	at := pageOf(len(offered), toolsPerPage, v.Page)
	var s sheet
	s.say(toolsHead(offered, missing)...)
	for _, tool := range offered[at.from:at.to] {
		s.say(toolLines(tool)...)
	}
	s.say(at.line("tools")...)
	return s.message(false, at.buttons(func(page int) string { return fmt.Sprintf("tools:page:%d", page) }))
}

// toolsHead says how a tool is asked, and names those that are missing.
func toolsHead(offered, missing []kite.Tool) []string {
	lines := []string{
		fmt.Sprintf("<b>%s available</b>", many(len(offered), "read-only tool", "read-only tools")),
		"For example <code>/tool get_ltp instruments=NSE:INFY</code>",
	}
	if len(missing) > 0 {
		var names []string
		for _, t := range missing {
			names = append(names, t.Name)
		}
		lines = append(lines, "Not available now: "+escape(strings.Join(names, ", ")))
	}
	return lines
}

// toolLines are a tool: what it answers, and what it takes.
func toolLines(t kite.Tool) []string {
	lines := []string{fmt.Sprintf("<b>%s</b> · %s", escape(t.Name), escape(t.What))}
	if len(t.Args) > 0 {
		lines = append(lines, "Takes "+takes(t))
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
