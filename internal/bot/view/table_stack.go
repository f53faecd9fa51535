package view

import (
	"slices"
	"strings"
)

// maxNameLines bounds the lines that one name takes in a stacked table.
const maxNameLines = 4

// stacks reports whether the rows of the table take two lines each.
func (t table) stacks() bool { return t.stack && len(t.head) > 2 && !t.fits() }

// stackedRich is [table.stacked] as a native table, which would be wider than a
// phone too: two columns, and two rows for each.
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

// stacked returns a table whose rows do not fit on a line each in <pre>: the name,
// whole, with the last column, and under them the others. A name that is too long
// for a line goes on in the next.
func (t table) stacked() string {
	lines, last := t.lines(), len(t.head)-1
	under := table{head: append([]string{""}, t.head[1:last]...)}
	for _, r := range lines[1:] {
		under.rows = append(under.rows, row{numbers: r.numbers[:last-1]})
	}
	widths := under.widths(under.lines())
	width := -1
	for _, w := range widths {
		width += 1 + w
	}
	for _, r := range lines {
		width = min(tableWidth, max(width, cells(r.name)+cells(r.tail)+1+cells(r.numbers[last-1])))
	}
	var b strings.Builder
	b.WriteString("<pre>")
	for i, r := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		number := fit(r.numbers[last-1], width)
		named := wrap(r.name+r.tail, width)
		end := named[len(named)-1]
		if number != "" && cells(end)+1+cells(number) > width {
			named, end = append(named, ""), ""
		}
		named[len(named)-1] = end + space(width-cells(end)-cells(number)) + number
		b.WriteString(escape(strings.Join(named, "\n")))
		b.WriteByte('\n')
		b.WriteString(escape(besides(r.numbers[:last-1], widths, width)))
	}
	b.WriteString("</pre>")
	return b.String()
}

// besides is the line of the columns under a name.
func besides(numbers []string, widths []int, width int) string {
	line := ""
	for i, number := range numbers {
		number = fit(number, widths[i+1])
		line += space(1+widths[i+1]-cells(number)) + number
	}
	return space(width-cells(line)) + line
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
