package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// shown is one message as a golden file has it: what viewtest.Dump wrote, read
// back.
type shown struct {
	Name    string // of the golden file
	Title   string // what it shows, in words
	Photo   string // its size, "1200×800"; empty without one
	File    string // the document's name; empty without one
	Size    string // "1457 bytes"
	Text    telegramText
	Native  []nativeBlock
	Protect bool
	Rows    [][]key // of buttons
	Sheet   string  // the rows of a CSV file
}

// nativeBlock is a paragraph or a table.
type nativeBlock struct {
	Text telegramText
	Head []string
	Rows [][]string
}

// key is a button.
type key struct{ Label, Does, Style string }

// Kind says what stands in the button's corner: "url", "copy" or nothing.
func (k key) Kind() string {
	switch {
	case strings.HasPrefix(k.Does, "https://"), strings.HasPrefix(k.Does, "http://"):
		return "url"
	case strings.HasPrefix(k.Does, "copy "):
		return "copy"
	}
	return ""
}

const (
	nativeMark  = "\n\n(native)\n"
	protectMark = "\n\n(no forwarding, no saving)"
)

// parseDump reads what viewtest.Dump wrote, from the outside in: picture or
// file, rows of a CSV file, buttons, protection, native blocks, text.
func parseDump(name, dump string) (shown, error) {
	s := shown{Name: name, Title: titleOf(name)}
	rest := strings.TrimSuffix(s.media(dump), "\n")
	if strings.HasSuffix(s.File, ".csv") {
		var found bool
		if rest, s.Sheet, found = strings.Cut(rest, "\n\n"); !found {
			return s, errors.New("a CSV file without its rows")
		}
	}
	if at := strings.LastIndex(rest, "\n\n"); at >= 0 {
		if rows, ok := parseKeys(rest[at+2:]); ok {
			rest, s.Rows = rest[:at], rows
		}
	}
	rest, s.Protect = strings.CutSuffix(rest, protectMark)
	text, native, isNative := strings.Cut(rest, nativeMark)
	s.Text = telegramText(text)
	if !isNative {
		return s, nil
	}
	var err error
	s.Native, err = parseNative(native)
	return s, err
}

var (
	photoLine = regexp.MustCompile(`^\(photo ([^)]*)\)\n`)
	fileLine  = regexp.MustCompile(`^\(file (\S+), (\d+ bytes)\)\n`)
	keyForm   = regexp.MustCompile(`(?s)^\[ (.+?) → (.+?)(?:, (primary|success|danger))? \]( |\n|$)`)
)

// media takes the line of a picture or of a file, and returns what follows it.
func (s *shown) media(dump string) (rest string) {
	if m := photoLine.FindStringSubmatch(dump); m != nil {
		s.Photo = m[1]
		return dump[len(m[0]):]
	}
	if m := fileLine.FindStringSubmatch(dump); m != nil {
		s.File, s.Size = m[1], m[2]
		return dump[len(m[0]):]
	}
	return dump
}

// parseKeys reads rows of buttons; ok is false where something else stands.
// What a button does may hold a line's end: it comes from outside.
func parseKeys(text string) (rows [][]key, ok bool) {
	var row []key
	for text != "" {
		m := keyForm.FindStringSubmatch(text)
		if m == nil {
			return nil, false
		}
		row = append(row, key{Label: m[1], Does: m[2], Style: m[3]})
		if m[4] != " " {
			rows, row = append(rows, row), nil
		}
		text = text[len(m[0]):]
	}
	return rows, len(rows) > 0
}

// parseNative reads paragraphs and tables. A line that begins with a bar
// belongs to a table, and a rule ends a table's head.
func parseNative(text string) ([]nativeBlock, error) {
	var blocks []nativeBlock
	inTable := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "|") {
			blocks, inTable = append(blocks, nativeBlock{Text: telegramText(line)}), false
			continue
		}
		if !inTable {
			blocks, inTable = append(blocks, nativeBlock{}), true
		}
		if err := blocks[len(blocks)-1].row(line); err != nil {
			return nil, err
		}
	}
	return splitTables(blocks), nil
}

// row adds a line of a table.
func (b *nativeBlock) row(line string) error {
	if strings.HasPrefix(line, "|-") {
		if len(b.Rows) == 0 {
			return errors.New("a rule below nothing")
		}
		// The line above is a head: of this table, or of another that follows it.
		b.Rows[len(b.Rows)-1] = append([]string{headMark}, b.Rows[len(b.Rows)-1]...)
		return nil
	}
	cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
	if !strings.HasSuffix(line, " |") {
		return fmt.Errorf("not a row of a table: %q", line)
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	b.Rows = append(b.Rows, cells)
	return nil
}

// headMark stands before the cells of a head until its table is found.
const headMark = "\x00"

// splitTables cuts tables that follow each other at their heads.
func splitTables(blocks []nativeBlock) (out []nativeBlock) {
	for _, b := range blocks {
		if b.Rows == nil {
			out = append(out, b)
			continue
		}
		table := nativeBlock{}
		for _, row := range b.Rows {
			if row[0] != headMark {
				table.Rows = append(table.Rows, row)
				continue
			}
			if table.Head != nil || table.Rows != nil {
				out = append(out, table)
			}
			table = nativeBlock{Head: row[1:]}
		}
		out = append(out, table)
	}
	return out
}
