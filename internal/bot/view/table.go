package view

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// tableWidth is how many character cells fit beside each other on a phone in
// Telegram's fixed-width text without wrapping.
const tableWidth = 34

// leastName is what a name gets at least, its mark included, before the numbers are shown whole:
// rows without names tell nothing, and a number that is cut is marked.
const leastName = 3

// maxCellRunes bounds what one cell may hold, because characters without a
// width of their own can be piled up without end.
const maxCellRunes = 2 * tableWidth

// table is a fixed-width text table: a column of names on the left, which
// takes the room that the numbers leave, and columns of numbers to the right.
type table struct {
	head []string // the name column's heading, then one for each number
	rows []row
	// stack sets the numbers under the names where the rows do not fit on a line each.
	stack bool
}

type row struct {
	name    string   // cut where the room ends
	tail    string   // follows the name and is never cut: what tells rows apart
	numbers []string // one for each heading but the first
}

// html returns the table in <pre>. Every line is as wide as the others, and at
// most tableWidth. It is measured before it is escaped.
func (t table) html() string {
	if t.stacks() {
		return "<pre>" + escape(strings.Join(t.stacked(), "\n")) + "</pre>"
	}
	lines := t.lines()
	widths := t.widths(lines)
	var b strings.Builder
	b.Grow((tableWidth + 8) * len(lines))
	b.WriteString("<pre>")
	for i, r := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		tail := fit(r.tail, widths[0]-min(cells(r.name), leastName))
		name := fitName(r.name, widths[0]-cells(tail)) + tail
		b.WriteString(escape(name))
		b.WriteString(space(widths[0] - cells(name)))
		for i, number := range r.numbers {
			number = fit(number, widths[i+1])
			b.WriteString(space(1 + widths[i+1] - cells(number)))
			b.WriteString(escape(number))
		}
	}
	b.WriteString("</pre>")
	return b.String()
}

// lines returns the heading and the rows, cleaned.
func (t table) lines() []row {
	lines := make([]row, 0, 1+len(t.rows))
	lines = append(lines, row{name: t.head[0], numbers: t.head[1:]})
	for _, r := range t.rows {
		lines = append(lines, row{clean(r.name), clean(r.tail), r.numbers})
	}
	return lines
}

// widths gives each column of numbers what it needs, as long as a cell is left
// for every column before it and the beginning of each name for the first, and the
// names the rest, if they need that much.
func (t table) widths(lines []row) []int {
	widths := make([]int, len(t.head))
	least := 1 // of the first column
	for _, r := range lines {
		least = max(least, min(cells(r.name), leastName)+cells(r.tail))
		widths[0] = max(widths[0], cells(r.name)+cells(r.tail))
		for i, number := range r.numbers {
			widths[i+1] = max(widths[i+1], cells(number))
		}
	}
	room := tableWidth - len(widths) + 1 // one cell between two columns
	least = min(least, room-len(widths)+1)
	for column := len(widths) - 1; column > 0; column-- {
		widths[column] = min(widths[column], room-least-column+1)
		room -= widths[column]
	}
	widths[0] = min(widths[0], room)
	return widths
}

func space(width int) string { return strings.Repeat(" ", width) }

// fit cuts s to width cells and marks the cut.
func fit(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	return beginning(s, width-1) + "…"
}

// fitName cuts like fit, but keeps two digits at the end: bonds of one issuer
// differ only there (SGBDEC2511, SGBDEC2512).
func fitName(s string, width int) string {
	const kept = 2
	end := s[max(0, len(s)-kept):]
	if cells(s) <= width || width < kept+2 || strings.Trim(end, "0123456789") != "" {
		return fit(s, width)
	}
	return fit(s[:len(s)-kept], width-kept) + end
}

// beginning returns the longest beginning of s that fits in width cells.
func beginning(s string, width int) string {
	used := 0
	for i, r := range s {
		used += cell(r)
		if used > width {
			return s[:i]
		}
	}
	return s
}

// clean makes text from outside fit for one cell: one line, nothing invisible
// or turning the direction of writing, and of bounded size.
func clean(s string) string { return tidy(s, maxCellRunes) }

// tidy cleans text of at most so many characters, as Telegram counts them: an
// emoji is two.
func tidy(s string, most int) string {
	if len(s) <= most && isPlain(s) {
		return s
	}
	var b strings.Builder
	units := 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r): // controls, joiners, directions
			continue
		}
		if units += utf16.RuneLen(r); units > most {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isPlain reports whether s is made of the printable characters of ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// cells is how many character cells s takes in fixed-width text.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cell(r)
	}
	return n
}

// cell is how many character cells one character takes: none for a mark that
// sits on the one before, two for East Asian wide characters and emoji.
func cell(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case isWide(r):
		return 2
	default:
		return 1
	}
}

// isWide covers the wide blocks as a whole. Where fonts differ (symbols that
// are emoji on some phones) it says wide, so that a line is rather too short.
func isWide(r rune) bool {
	wide := [][2]rune{
		{0x1100, 0x115F},                                                                         // Hangul Jamo
		{0x231A, 0x231B}, {0x23E9, 0x23FA}, {0x25FD, 0x25FE}, {0x2600, 0x27BF}, {0x2B1B, 0x2B55}, // symbols
		{0x2E80, 0x303E}, {0x3041, 0xA4CF}, // CJK, kana, Yi
		{0xA960, 0xA97F}, {0xAC00, 0xD7A3}, // Hangul
		{0xF900, 0xFAFF}, {0xFE10, 0xFE19}, {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, // full width
		{0x16FE0, 0x18DFF}, {0x1B000, 0x1B2FF}, // Tangut, kana
		{0x1F000, 0x1FAFF}, // emoji, flags
		{0x20000, 0x3FFFD}, // CJK
	}
	for _, block := range wide {
		if r >= block[0] && r <= block[1] {
			return true
		}
	}
	return false
}

// escape makes text from outside safe inside Telegram's HTML.
func escape(s string) string {
	if !strings.ContainsAny(s, `&<>"`) {
		return s // which is nearly every cell
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		switch s[i] {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '"':
			b.WriteString("&quot;")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
