package view

import (
	"slices"
	"strings"
)

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
