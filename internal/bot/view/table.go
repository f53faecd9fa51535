package view

import (
	"slices"
	"strings"
)

// leastName is what a name gets at least, its mark included, before the numbers are shown whole:
// rows without names tell nothing, and a number that is cut is marked.
const leastName = 3

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

// fits reports whether the table is shown without cutting anything.
func (t table) fits() bool {
	widths := make([]int, len(t.head))
	for _, r := range t.lines() {
		widths[0] = max(widths[0], cells(r.name)+cells(r.tail))
		for i, number := range r.numbers {
			widths[i+1] = max(widths[i+1], cells(number))
		}
	}
	total := len(widths) - 1
	for _, w := range widths {
		total += w
	}
	return total <= tableWidth
}

// without returns the table without one of its columns of numbers.
func (t table) without(column int) table {
	narrow := table{head: omit(t.head, column), stack: t.stack}
	for _, r := range t.rows {
		narrow.rows = append(narrow.rows, row{r.name, r.tail, omit(r.numbers, column-1)})
	}
	return narrow
}

func omit(cells []string, i int) []string {
	return append(append([]string{}, cells[:i]...), cells[i+1:]...)
}

// nativeWord is how many cells of one word a native table has room for on a
// phone, before it pushes the last column off the screen.
const nativeWord = 16

// rich returns the table's cells as a native table. A name wraps between words,
// so only one long word is cut.
func (t table) rich() *RichTable {
	if t.stacks() && len(t.head) > 4 {
		return t.stackedRich()
	}
	rt := &RichTable{Head: t.head}
	for _, r := range t.lines()[1:] {
		rt.Rows = append(rt.Rows, append([]string{r.nativeName()}, r.numbers...))
	}
	return rt
}

func (r row) nativeName() string {
	if strings.Contains(r.name, " ") {
		return r.name + r.tail
	}
	return fitName(r.name, nativeWord) + r.tail
}

// maxNameLines bounds the lines that one name takes in a stacked table.
const maxNameLines = 4

// stacks reports whether names that leave no room for the numbers have lines of
// their own.
func (t table) stacks() bool { return t.stack && len(t.head) > 1 && !t.fits() }

// stacked returns the lines of a table whose names do not fit on one line with
// their numbers. A name that does not keeps lines of its own, uncut, and the numbers stand
// under it. Where not even the heading fits on a line, the last column stands with
// the names and the others under them.
func (t table) stacked() []string {
	rows, last := t.lines(), len(t.head)-1
	split := 0 // so many columns stand under the names for certain
	if cells(t.head[0])+lineWidth(numberWidths(rows, 0, last)) > tableWidth {
		split = last - 1
	}
	under, with := numberWidths(rows, 0, split), numberWidths(rows, split, last)
	room := tableWidth - lineWidth(with) // for a name on one line with its numbers
	name := 0                            // what such names take
	for _, r := range rows {
		if n := cells(r.name) + cells(r.tail); n <= room {
			name = max(name, n)
		}
	}
	width := max(name+lineWidth(with), lineWidth(under))
	var lines []string
	for _, r := range rows {
		named := wrap(r.name+r.tail, tableWidth)
		end := named[len(named)-1]
		if cells(end)+lineWidth(with) > width {
			named, end = append(named, ""), ""
		}
		numbers := numberLine(r.numbers[split:], with)
		named[len(named)-1] = end + space(width-cells(end)-cells(numbers)) + numbers
		lines = append(lines, named...)
		if split > 0 {
			numbers = numberLine(r.numbers[:split], under)
			lines = append(lines, space(width-cells(numbers))+numbers)
		}
	}
	return lines
}

// numberWidths are the widths of some columns of numbers that stand on one line, as
// far as it has room: the last ones have it first.
func numberWidths(rows []row, from, to int) []int {
	widths, room := make([]int, to-from), tableWidth
	for i := len(widths) - 1; i >= 0; i-- {
		for _, r := range rows {
			widths[i] = max(widths[i], cells(r.numbers[from+i]))
		}
		widths[i] = max(1, min(widths[i], room-2*i-1))
		room -= 1 + widths[i]
	}
	return widths
}

// lineWidth is what columns take, with a cell before each.
func lineWidth(widths []int) int {
	width := len(widths)
	for _, w := range widths {
		width += w
	}
	return width
}

func numberLine(numbers []string, widths []int) string {
	var b strings.Builder
	for i, number := range numbers {
		number = fit(number, widths[i])
		b.WriteString(space(1+widths[i]-cells(number)) + number)
	}
	return b.String()
}

// stackedRich is a table of many columns as a native table, which would be wider
// than a phone too: two columns, and two rows for each.
func (t table) stackedRich() *RichTable {
	last := len(t.head) - 1
	rt := &RichTable{Head: []string{t.head[0], t.head[last]}}
	for i, r := range t.lines() {
		if i > 0 {
			rt.Rows = append(rt.Rows, []string{r.nativeName(), r.numbers[last-1]})
		}
		under := slices.DeleteFunc(slices.Clone(r.numbers[:last-1]), func(s string) bool { return s == "" })
		rt.Rows = append(rt.Rows, []string{strings.Join(under, " · "), ""})
	}
	return rt
}

// wrap breaks a name between its words into lines of so many cells. What is cut
// is marked.
func wrap(name string, width int) []string {
	if cells(name) <= width {
		return []string{name}
	}
	lines := []string{""}
	for word := range strings.FieldsSeq(name) {
		end := &lines[len(lines)-1]
		switch {
		case *end == "":
			*end = fit(word, width)
		case cells(*end)+1+cells(word) <= width:
			*end += " " + word
		case len(lines) < maxNameLines:
			lines = append(lines, fit(word, width))
		default:
			*end = fit(*end+" "+word, width)
			return lines
		}
	}
	return lines
}
