package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
	"time"
)

//go:embed page.tmpl
var pageText string

// whereText is what a profile of the bot in the closed loop was found to show. It
// is read and written by people.
//
//go:embed where.md
var whereText string

// pageRow is a line of the page's table.
type pageRow struct{ Name, Ours, Floor, Reach, Verdict, Group string }

// page is what the template is filled with.
type page struct {
	Date, Machine, Go, Libraries, Command string
	Rows                                  []pageRow
	Missed, Growth, Where, Soak           string
	Rate                                  float64
	Holdings, AnswerKB, Few, People       int
}

// writePage writes docs/performance.md. The soak is measured apart, and what the
// page says of it stays.
func (l *load) writePage() error {
	file, err := pageFile()
	if err != nil {
		return err
	}
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the page: %w", err)
	}
	text, err := l.filledPage(soakIn(string(old)))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func (l *load) filledPage(soak string) (string, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return "", fmt.Errorf("read the page's template: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, l.page(soak)); err != nil {
		return "", fmt.Errorf("fill in the page: %w", err)
	}
	return b.String(), nil
}

func (l *load) page(soak string) page {
	p := page{
		Date: l.began.UTC().Format(time.DateOnly), Machine: machine(), Go: runtime.Version(), Libraries: libraries(),
		Command: holdingsCommand, Missed: missed(l.rows), Growth: markdown(l.growthLines()), Where: whereText, Soak: soak,
		Rate: l.rate, Holdings: l.options.holdings, AnswerKB: len(manyHoldings(l.options.holdings)) / 1000, Few: few(l.options.people), People: l.options.people,
	}
	for _, r := range l.rows {
		name := strings.TrimSpace(r.what)
		if name != r.what {
			name = "– " + name
		}
		p.Rows = append(p.Rows, pageRow{name, r.ours, r.floor, r.reach, r.verdict(), r.group})
	}
	return p
}

// missed says which rows are not reached.
func missed(rows []row) string {
	var names []string
	for _, r := range rows {
		if r.verdict() == "**no**" {
			names = append(names, strings.TrimSpace(r.what))
		}
	}
	if len(names) == 0 {
		return "Every row is reached."
	}
	return "Not reached: " + strings.Join(names, "; ") + ". See below, where it goes."
}

// markdown makes a table of lines of cells; the first line is its head.
func markdown(lines [][]string) string {
	var b strings.Builder
	for i, cells := range lines {
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	return b.String()
}

// pageFile finds docs/performance.md from wherever in the checkout this runs.
func pageFile() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "kitebot").Output()
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "docs", "performance.md"), nil
}

// What stands around the soak's part of the page, which is written by itself.
const soakBegin, soakEndMark = "<!-- soak -->\n", "<!-- /soak -->\n"

// soakIn is the soak's part of a page, with its marks.
func soakIn(page string) string {
	_, after, ok := strings.Cut(page, soakBegin)
	text, _, closed := strings.Cut(after, soakEndMark)
	if !ok || !closed {
		text = "Not measured yet.\n"
	}
	return soakBegin + text + soakEndMark
}

// writeSoak puts the soak's part into the page, which has to be there.
func writeSoak(text string) error {
	file, err := pageFile()
	if err != nil {
		return err
	}
	old, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the page, which go run ./cmd/load -write makes: %w", err)
	}
	page := strings.Replace(string(old), soakIn(string(old)), soakBegin+text+soakEndMark, 1)
	return os.WriteFile(file, []byte(page), 0o644)
}

// machine says what this was measured on.
func machine() string {
	cpu, memory := lineOf("/proc/cpuinfo", "model name"), lineOf("/proc/meminfo", "MemTotal")
	var kib int64
	_, _ = fmt.Sscan(memory, &kib) // 0 where the kernel does not say
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%d cores (%s), %.1f GB of memory, %s %s", runtime.NumCPU(), cpu, float64(kib)*1024/1e9, runtime.GOOS, strings.TrimSpace(string(kernel)))
}

// lineOf is what follows "name :" in a file.
func lineOf(file, name string) string {
	text, _ := os.ReadFile(filepath.Clean(file))
	for line := range strings.Lines(string(text)) {
		if before, after, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(before) == name {
			return strings.TrimSpace(after)
		}
	}
	return "unknown"
}

// libraries are those that a command goes through.
func libraries() string {
	var names []string
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		switch d.Path {
		case "github.com/mark3labs/mcp-go", "github.com/go-telegram/bot", "go.etcd.io/bbolt", "github.com/prometheus/client_golang":
			names = append(names, d.Path[strings.Index(d.Path, "/")+1:]+" "+d.Version)
		}
	}
	return strings.Join(names, ", ")
}
