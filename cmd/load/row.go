package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// row is a line of the table.
type row struct{ what, ours, floor, reach, reached string }

// target adds a figure, and whether it reaches what it has to. The floor is empty
// where there is none.
func (l *load) target(what, ours, floor, reach string, reached bool) {
	l.rows = append(l.rows, row{what, ours, floor, reach, map[bool]string{true: "yes", false: "NO"}[reached]})
}

// note adds a figure that has no target of its own.
func (l *load) note(what, ours, floor string) {
	l.rows = append(l.rows, row{what: "  " + what, ours: ours, floor: floor})
}

// print writes the table.
func (l *load) print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nwhat\tmeasured\tfloor\treach\treached")
	for _, r := range l.rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.floor, r.reach, r.reached)
	}
	return t.Flush()
}

// ms writes a time in milliseconds, us in microseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func us(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d)/float64(time.Microsecond)) }

// mb and kib write bytes: those of a process in millions, those of a session in
// the unit of the table.
func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

func kib(bytes int64) string { return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10)) }
