package view

import (
	"slices"
	"strings"
)

// leastName is what a name gets at least, its mark included, before the numbers are shown whole:
// rows without names tell nothing, and a number that is cut is marked.
const leastName = 3

// Table is a fixed-width text table: a column of names on the left, which
// takes the room that the numbers leave, and columns of numbers to the right.
type Table struct {
	Head []string // the name column's heading, then one for each number
	Rows []Row
	// Stack sets the numbers under the names where the rows do not fit on a line each.
	Stack bool
}

// Row is a line of a table.
type Row struct {
	Name    string   // cut where the room ends
	Tail    string   // follows the name and is never cut: what tells rows apart
	Numbers []string // one for each heading but the first
}

// html returns the table in <pre>. Every line is as wide as the others, and at
// most [TableWidth]. It is measured before it is escaped.
func (t Table) html() string {
	if t.stacks() {
		return "<pre>" + Escape(strings.Join(t.stacked(), "\n")) + "</pre>"
	}
	lines := t.lines()
	widths := t.widths(lines)
	var b strings.Builder
	b.Grow((TableWidth + 8) * len(lines))
	b.WriteString("<pre>")
	for i, r := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		tail := Fit(r.Tail, widths[0]-min(Width(r.Name), leastName))
		name := FitName(r.Name, widths[0]-Width(tail)) + tail
		b.WriteString(Escape(name))
		b.WriteString(space(widths[0] - Width(name)))
		for i, number := range r.Numbers {
			number = Fit(number, widths[i+1])
			b.WriteString(space(1 + widths[i+1] - Width(number)))
			b.WriteString(Escape(number))
		}
	}
	b.WriteString("</pre>")
	return b.String()
}

// lines returns the heading and the rows, cleaned.
func (t Table) lines() []Row {
	lines := make([]Row, 0, 1+len(t.Rows))
	lines = append(lines, Row{Name: t.Head[0], Numbers: t.Head[1:]})
	for _, r := range t.Rows {
		lines = append(lines, Row{Clean(r.Name), Clean(r.Tail), r.Numbers})
	}
	return lines
}

// widths gives each column of numbers what it needs, as long as a cell is left
// for every column before it and the beginning of each name for the first, and the
// names the rest, if they need that much.
func (t Table) widths(lines []Row) []int {
	widths := t.needed(lines)
	least := 1 // of the first column
	for _, r := range lines {
		least = max(least, min(Width(r.Name), leastName)+Width(r.Tail))
	}
	room := TableWidth - len(widths) + 1 // one cell between two columns
	least = min(least, room-len(widths)+1)
	for column := len(widths) - 1; column > 0; column-- {
		widths[column] = min(widths[column], room-least-column+1)
		room -= widths[column]
	}
	widths[0] = min(widths[0], room)
	return widths
}

// Fits reports whether the table is shown without cutting anything.
func (t Table) Fits() bool { return lineWidth(t.needed(t.lines()))-1 <= TableWidth }

// needed is what each column needs to be shown whole.
func (t Table) needed(lines []Row) []int {
	widths := make([]int, len(t.Head))
	for _, r := range lines {
		widths[0] = max(widths[0], Width(r.Name)+Width(r.Tail))
		for i, number := range r.Numbers {
			widths[i+1] = max(widths[i+1], Width(number))
		}
	}
	return widths
}

// Without returns the table without one of its columns of numbers.
func (t Table) Without(column int) Table {
	narrow := Table{Head: omit(t.Head, column), Stack: t.Stack}
	for _, r := range t.Rows {
		narrow.Rows = append(narrow.Rows, Row{r.Name, r.Tail, omit(r.Numbers, column-1)})
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
func (t Table) rich() *RichTable {
	if t.stacks() && len(t.Head) > 4 {
		return t.stackedRich()
	}
	rt := &RichTable{Head: t.Head}
	for _, r := range t.lines()[1:] {
		rt.Rows = append(rt.Rows, append([]string{r.nativeName()}, r.Numbers...))
	}
	return rt
}

func (r Row) nativeName() string {
	if strings.Contains(r.Name, " ") {
		return r.Name + r.Tail
	}
	return FitName(r.Name, nativeWord) + r.Tail
}

// maxNameLines bounds the lines that one name takes in a stacked table.
const maxNameLines = 4

// stacks reports whether names that leave no room for the numbers have lines of
// their own.
func (t Table) stacks() bool { return t.Stack && len(t.Head) > 1 && !t.Fits() }

// stacked returns the lines of a table whose names do not fit on one line with
// their numbers. A name that does not keeps lines of its own, uncut, and the numbers stand
// under it. Where not even the heading fits on a line, the last column stands with
// the names and the others under them.
func (t Table) stacked() []string {
	rows, last := t.lines(), len(t.Head)-1
	split := 0 // so many columns stand under the names for certain
	if Width(t.Head[0])+lineWidth(numberWidths(rows, 0, last)) > TableWidth {
		split = last - 1
	}
	under, with := numberWidths(rows, 0, split), numberWidths(rows, split, last)
	room := TableWidth - lineWidth(with) // for a name on one line with its numbers
	name := 0                            // what such names take
	for _, r := range rows {
		if n := Width(r.Name) + Width(r.Tail); n <= room {
			name = max(name, n)
		}
	}
	width := max(name+lineWidth(with), lineWidth(under))
	var lines []string
	for _, r := range rows {
		named := wrap(r.Name+r.Tail, TableWidth)
		end := named[len(named)-1]
		if Width(end)+lineWidth(with) > width {
			named, end = append(named, ""), ""
		}
		numbers := numberLine(r.Numbers[split:], with)
		named[len(named)-1] = end + space(width-Width(end)-Width(numbers)) + numbers
		lines = append(lines, named...)
		if split > 0 {
			numbers = numberLine(r.Numbers[:split], under)
			lines = append(lines, space(width-Width(numbers))+numbers)
		}
	}
	return lines
}

// numberWidths are the widths of some columns of numbers that stand on one line, as
// far as it has room: the last ones have it first.
func numberWidths(rows []Row, from, to int) []int {
	widths, room := make([]int, to-from), TableWidth
	for i := len(widths) - 1; i >= 0; i-- {
		for _, r := range rows {
			widths[i] = max(widths[i], Width(r.Numbers[from+i]))
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
		number = Fit(number, widths[i])
		b.WriteString(space(1+widths[i]-Width(number)) + number)
	}
	return b.String()
}

// stackedRich is a table of many columns as a native table, which would be wider
// than a phone too: two columns, and two rows for each.
func (t Table) stackedRich() *RichTable {
	last := len(t.Head) - 1
	rt := &RichTable{Head: []string{t.Head[0], t.Head[last]}}
	for i, r := range t.lines() {
		if i > 0 {
			rt.Rows = append(rt.Rows, []string{r.nativeName(), r.Numbers[last-1]})
		}
		under := slices.DeleteFunc(slices.Clone(r.Numbers[:last-1]), func(s string) bool { return s == "" })
		rt.Rows = append(rt.Rows, []string{strings.Join(under, " · "), ""})
	}
	return rt
}

// wrap breaks a name between its words into lines of so many cells. What is cut
// is marked.
func wrap(name string, width int) []string {
	if Width(name) <= width {
		return []string{name}
	}
	lines := []string{""}
	for word := range strings.FieldsSeq(name) {
		end := &lines[len(lines)-1]
		switch {
		case *end == "":
			*end = Fit(word, width)
		case Width(*end)+1+Width(word) <= width:
			*end += " " + word
		case len(lines) < maxNameLines:
			lines = append(lines, Fit(word, width))
		default:
			*end = Fit(*end+" "+word, width)
			return lines
		}
	}
	return lines
}
