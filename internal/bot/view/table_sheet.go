package view

import (
	"fmt"
	"strings"
)

// sheet is a message in the making: paragraphs and tables in their order. From
// the same values it comes out as text and, for those who chose them, as native
// blocks.
type sheet struct{ parts []sheetPart }

// sheetPart is lines or a table.
type sheetPart struct {
	lines []string
	table *table
	close bool // follows without an empty line
}

// say adds a paragraph of lines, which are HTML. No lines are no paragraph.
func (s *sheet) say(lines ...string) { s.add(sheetPart{lines: lines}) }

// under adds lines right under what was said before.
func (s *sheet) under(lines ...string) { s.add(sheetPart{lines: lines, close: true}) }

// show adds a table. A table without rows is none.
func (s *sheet) show(t table) { s.add(sheetPart{table: &t}) }

// showUnder adds a table right under the line that names it.
func (s *sheet) showUnder(t table) { s.add(sheetPart{table: &t, close: true}) }

func (s *sheet) add(p sheetPart) {
	if len(p.lines) > 0 || p.table != nil && len(p.table.rows) > 0 {
		s.parts = append(s.parts, p)
	}
}

func (s *sheet) message(native bool, buttons [][]Button) Message {
	m := Message{HTML: s.html(), Buttons: buttons}
	if native {
		m.Rich = s.rich()
	}
	return m
}

func (s *sheet) html() string {
	var b strings.Builder
	for i, p := range s.parts {
		switch {
		case i == 0:
		case p.close:
			b.WriteString("\n")
		default:
			b.WriteString("\n\n")
		}
		if p.table != nil {
			b.WriteString(p.table.html())
		} else {
			b.WriteString(strings.Join(p.lines, "\n"))
		}
	}
	return b.String()
}

func (s *sheet) rich() *Rich {
	var r Rich
	for _, p := range s.parts {
		if p.table != nil {
			r.Blocks = append(r.Blocks, Block{Table: p.table.rich()})
			continue
		}
		// A line break within a paragraph may be shown as a mere space.
		for line := range strings.SplitSeq(strings.Join(p.lines, "\n"), "\n") {
			if line != "" {
				r.Blocks = append(r.Blocks, Block{HTML: line})
			}
		}
	}
	return &r
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

// paging is where a page is among the pages of a list.
type paging struct {
	page, pages int
	from, to    int // the rows of the page
	total       int
}

// pageOf finds a page, from 1; one that does not exist is the nearest one.
func pageOf(total, perPage, page int) paging {
	pages := max(1, (total+perPage-1)/perPage)
	page = min(max(page, 1), pages)
	return paging{page: page, pages: pages, from: (page - 1) * perPage, to: min(page*perPage, total), total: total}
}

// line says where the page is, when there are others.
func (p paging) line(things string) []string {
	if p.pages == 1 {
		return nil
	}
	return []string{fmt.Sprintf("Page %d of %d · %d %s", p.page, p.pages, p.total, things)}
}

// buttons turn the pages, where there is one to turn to.
func (p paging) buttons(data func(page int) string) [][]Button {
	var turn []Button
	if p.page > 1 {
		turn = append(turn, Button{Text: fmt.Sprintf("◀ %d/%d", p.page-1, p.pages), Data: data(p.page - 1)})
	}
	if p.page < p.pages {
		turn = append(turn, Button{Text: fmt.Sprintf("%d/%d ▶", p.page+1, p.pages), Data: data(p.page + 1)})
	}
	return rowsOf(turn, 8)
}

// rowsOf sets buttons side by side, so many in a row.
func rowsOf(buttons []Button, perRow int) [][]Button {
	var rows [][]Button
	for len(buttons) > 0 {
		n := min(perRow, len(buttons))
		rows, buttons = append(rows, buttons[:n:n]), buttons[n:]
	}
	return rows
}

// alike splits rows into the parts of one kind that follow each other.
func alike[T any, K comparable](rows []T, kind func(T) K) [][]T {
	var parts [][]T
	for i, r := range rows {
		if i == 0 || kind(r) != kind(rows[i-1]) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], r)
	}
	return parts
}

// counted is how many of something there are.
type counted struct {
	n    int
	name string
}

// counts writes "2 open · 3 executed": what there is none of is left out.
func counts(parts ...counted) string {
	var there []string
	for _, p := range parts {
		if p.n > 0 {
			there = append(there, fmt.Sprintf("%d %s", p.n, p.name))
		}
	}
	return strings.Join(there, " · ")
}

// many writes a count with its noun: "1 order", "3 orders".
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// noData says that rows came as null, and that they are not counted.
func noData(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{many(n, "row", "rows") + " came without data and " + isAre(n) + " not counted."}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
