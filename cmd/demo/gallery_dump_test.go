package main

import (
	"io/fs"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

// message makes a message again of what was read.
func (s shown) message(t *testing.T) view.Message {
	t.Helper()
	m := view.Message{HTML: string(s.Text), Protect: s.Protect}
	if s.Photo != "" {
		m.Photo = viewtest.PNG(chart.Width, chart.Height, 0)
	}
	if s.File != "" {
		n, err := strconv.Atoi(strings.TrimSuffix(s.Size, " bytes"))
		if err != nil {
			t.Fatal(err)
		}
		m.File = &view.File{Name: s.File, Data: make([]byte, n)}
	}
	if s.Native != nil {
		m.Rich = &view.Rich{}
	}
	for _, b := range s.Native {
		block := view.Block{HTML: string(b.Text)}
		if b.Rows != nil {
			block.Table = &view.RichTable{Head: b.Head, Rows: b.Rows}
		}
		m.Rich.Blocks = append(m.Rich.Blocks, block)
	}
	for _, row := range s.Rows {
		var buttons []view.Button
		for _, k := range row {
			buttons = append(buttons, view.Button{Text: k.Label, Data: k.Does, Style: view.Style(k.Style)})
		}
		m.Buttons = append(m.Buttons, buttons)
	}
	return m
}

// Nothing of a golden file is lost or misread: what was read is the same file
// when it is written again.
func TestDumpsAreReadWhole(t *testing.T) {
	files, err := fs.Glob(viewtest.Goldens(), "*.golden")
	if err != nil {
		t.Fatal(err)
	}
	tables, buttons := 0, 0
	for _, file := range files {
		want, err := fs.ReadFile(viewtest.Goldens(), file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseDump(file, string(want))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		got := viewtest.Dump(s.message(t))
		if s.Sheet != "" {
			got += "\n" + s.Sheet + "\n"
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-file +read):\n%s", file, diff)
		}
		buttons += len(s.Rows)
		tables += len(s.Native)
	}
	if tables == 0 || buttons == 0 {
		t.Errorf("%d native blocks and %d rows of buttons were read", tables, buttons)
	}
}

func TestTwoTablesInARow(t *testing.T) {
	s, err := parseDump("x", "x\n\n(native)\n| A |\n|---|\n| 1 |\n| B |  C |\n|---|----|\n| 2 |  3 |\n| 4 |  5 |\n<b>y</b>\n| 6 |\n")
	want := []nativeBlock{
		{Head: []string{"A"}, Rows: [][]string{{"1"}}},
		{Head: []string{"B", "C"}, Rows: [][]string{{"2", "3"}, {"4", "5"}}},
		{Text: "<b>y</b>"},
		{Rows: [][]string{{"6"}}},
	}
	if diff := cmp.Diff(want, s.Native); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestPreformatted(t *testing.T) {
	fits := strings.Repeat("x", phoneColumns)
	for _, c := range []struct {
		about, body string
		wide        bool
	}{
		{"as wide as can be", fits + "\n" + fits, false},
		{"one letter more", "x\n" + fits + "x", true},
		{"escaped letters are one each", strings.Repeat("&amp;", phoneColumns), false},
		{"tags take no room", "<code>" + fits + "</code>", false},
		{"marks take no room", fits[:phoneColumns-1] + "e\u0301", false},
		{"emoji take two", strings.Repeat("🚀", phoneColumns/2), false},
		{"emoji take two", strings.Repeat("🚀", phoneColumns/2) + "x", true},
	} {
		html := preformatted(c.body)
		if wide := strings.Contains(html, `class="pre overflow"`); wide != c.wide {
			t.Errorf("%s: marked %v, want %v", c.about, wide, c.wide)
		}
	}
}
