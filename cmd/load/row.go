package main

import (
	"fmt"
	"strings"
	"time"
)

// row is a line of the table.
type row struct {
	group    string // measures it alone: go run ./cmd/load -only group
	what     string
	ours     string
	floor    string // "" where there is none
	reach    string
	reached  bool
	noTarget bool // a figure beside another one
}

func (l *load) add(r row) { l.rows = append(l.rows, r) }

// note adds a figure that has no target of its own.
func (l *load) note(group, what, ours, floor string) {
	l.add(row{group: group, what: what, ours: ours, floor: floor, noTarget: true})
}

func (r row) verdict() string {
	switch {
	case r.noTarget:
		return ""
	case r.reached:
		return "yes"
	default:
		return "no"
	}
}

// text is the table for a terminal.
func (l *load) text() string {
	lines := [][]string{{"what", "measured", "floor", "reach", "reached"}}
	for _, r := range l.rows {
		lines = append(lines, []string{r.what, r.ours, r.floor, r.reach, r.verdict()})
	}
	return aligned(lines)
}

// aligned sets lines of cells in columns.
func aligned(lines [][]string) string {
	width := map[int]int{}
	for _, cells := range lines {
		for i, c := range cells {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, cells := range lines {
		line := ""
		for i, c := range cells {
			line += c + strings.Repeat(" ", width[i]-len([]rune(c))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// ms writes a time in milliseconds, µs in microseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func us(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond)) }

// mb and kib write bytes: those of a process in millions, those of a session in
// the unit of the table.
func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

func kib(bytes float64) string { return fmt.Sprintf("%.1f KiB", bytes/(1<<10)) }
