package viewtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"kitebot/internal/bot/view"
)

// The limits of a rich message.
const (
	maxBlocks   = 500 // rows of tables count
	maxColumns  = 20
	maxRichText = 32768
)

func checkRich(r view.Rich) error {
	blocks, units := 0, 0
	for i, b := range r.Blocks {
		n, u, err := checkBlock(b)
		if err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		blocks, units = blocks+n, units+u
	}
	if blocks == 0 || blocks > maxBlocks {
		return fmt.Errorf("rich message of %d blocks", blocks)
	}
	if units > maxRichText {
		return fmt.Errorf("rich message of %d units", units)
	}
	return nil
}

// checkBlock counts a block with its rows, and the units of its text.
func checkBlock(b view.Block) (blocks, units int, err error) {
	switch {
	case (b.HTML == "") == (b.Table == nil):
		return 0, 0, errors.New("not exactly one of a paragraph and a table")
	case b.Table != nil:
		return checkTable(*b.Table)
	}
	if strings.Contains(b.HTML, "\n") {
		return 0, 0, errors.New("a line break in a paragraph: each line is a block of its own")
	}
	plain, err := Plain(b.HTML)
	if err != nil {
		return 0, 0, err
	}
	if strings.Contains(b.HTML, "<pre>") {
		return 0, 0, errors.New("<pre> in a paragraph")
	}
	if strings.TrimSpace(plain) == "" {
		return 0, 0, errors.New("an empty paragraph")
	}
	return 1, unitsOf(plain), nil
}

func checkTable(t view.RichTable) (blocks, units int, err error) {
	rows := tableRows(t)
	if len(rows) == 0 {
		return 0, 0, errors.New("an empty table")
	}
	for i, row := range rows {
		switch {
		case len(row) == 0 || len(row) > maxColumns:
			return 0, 0, fmt.Errorf("row %d has %d columns", i, len(row))
		case len(row) != len(rows[0]):
			return 0, 0, fmt.Errorf("row %d has %d columns, the first one %d", i, len(row), len(rows[0]))
		}
		for _, cell := range row {
			if !utf8.ValidString(cell) {
				return 0, 0, errors.New("a cell is not UTF-8")
			}
			units += unitsOf(cell)
		}
	}
	return 1 + len(rows), units, nil
}

// tableRows are all rows of a table, the head first where there is one.
func tableRows(t view.RichTable) [][]string {
	if len(t.Head) == 0 {
		return t.Rows
	}
	return slices.Concat([][]string{t.Head}, t.Rows)
}

// unitsOf counts as Telegram does.
func unitsOf(s string) int { return len(utf16.Encode([]rune(s))) }

// dumpRich writes native blocks as a reviewer reads them: paragraphs with their
// tags, tables in columns.
func dumpRich(r view.Rich) string {
	var b strings.Builder
	b.WriteString("\n(native)\n")
	for _, block := range r.Blocks {
		if block.Table == nil {
			b.WriteString(block.HTML + "\n")
			continue
		}
		b.WriteString(dumpTable(*block.Table))
	}
	return b.String()
}

func dumpTable(t view.RichTable) string {
	rows := tableRows(t)
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		for column, cell := range row {
			gap := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(cell))
			if column == 0 {
				cell += gap
			} else {
				cell = gap + cell
			}
			b.WriteString("| " + cell + " ")
		}
		b.WriteString("|\n")
		if i == 0 && len(t.Head) > 0 {
			b.WriteString(rule(widths))
		}
	}
	return b.String()
}

// rule is the line below the head.
func rule(widths []int) string {
	var b strings.Builder
	for _, w := range widths {
		b.WriteString("|" + strings.Repeat("-", w+2))
	}
	return b.String() + "|\n"
}
