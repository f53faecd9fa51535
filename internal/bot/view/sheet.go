package view

import (
	"strings"
)

// Sheet is a message in the making: paragraphs and tables in their order. From
// the same values it comes out as text and, for those who chose them, as native
// blocks.
type Sheet struct{ parts []sheetPart }

// sheetPart is lines or a table.
type sheetPart struct {
	lines []string
	table *Table
	close bool // follows without an empty line
}

// Say adds a paragraph of lines, which are HTML. No lines are no paragraph.
func (s *Sheet) Say(lines ...string) { s.add(sheetPart{lines: lines}) }

// Under adds lines right under what was said before.
func (s *Sheet) Under(lines ...string) { s.add(sheetPart{lines: lines, close: true}) }

// Table adds a table. A table without rows is none.
func (s *Sheet) Table(t Table) { s.add(sheetPart{table: &t}) }

// TableUnder adds a table right under the line that names it.
func (s *Sheet) TableUnder(t Table) { s.add(sheetPart{table: &t, close: true}) }

func (s *Sheet) add(p sheetPart) {
	if len(p.lines) > 0 || p.table != nil && len(p.table.Rows) > 0 {
		s.parts = append(s.parts, p)
	}
}

// Message makes the message, with native blocks too where native is set.
func (s *Sheet) Message(native bool, buttons [][]Button) Message {
	m := Message{HTML: s.html(), Buttons: buttons}
	if native {
		m.Rich = s.rich()
	}
	return m
}

func (s *Sheet) html() string {
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

func (s *Sheet) rich() *Rich {
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
