package viewtest_test

import (
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

func rich(blocks ...view.Block) view.Message {
	return view.Message{HTML: "text", Rich: &view.Rich{Blocks: blocks}}
}

func table(head []string, rows ...[]string) view.Block {
	return view.Block{Table: &view.RichTable{Head: head, Rows: rows}}
}

func paragraph(html string) view.Block { return view.Block{HTML: html} }

// column is a table of one column and n rows without a head.
func column(n int) view.Block {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{"x"}
	}
	return table(nil, rows...)
}

func TestCheckRich(t *testing.T) {
	const letters = 32768
	both := table([]string{"a"})
	both.HTML = "a"
	noText := rich(paragraph("a"))
	noText.HTML = ""
	tests := []struct {
		name string
		m    view.Message
		ok   bool
	}{
		{"paragraph and table", rich(paragraph(`<b>₹1,200</b> a`), table([]string{"a", "b"}, []string{"c", "d"})), true},
		{"every inline tag", rich(paragraph(`<b>a</b><i>b</i><code>c</code>`)), true},
		{"a link", rich(paragraph(`<a href="https://e.org">a</a>`)), false},
		{"cells are plain", rich(table([]string{"<b>", "M&M"})), true},
		{"20 columns", rich(table(make([]string, 20))), true},
		{"500 blocks", rich(column(499)), true},
		{"as long as can be", rich(paragraph("<b>"+strings.Repeat("x", letters-1)+"</b>"), table([]string{"x"})), true},
		{"no text to stand in", noText, false},
		{"no blocks", rich(), false},
		{"an empty block", rich(view.Block{}), false},
		{"a block of two", rich(both), false},
		{"an empty table", rich(table(nil)), false},
		{"an empty row", rich(table([]string{"a"}, []string{})), false},
		{"21 columns", rich(table(make([]string, 21))), false},
		{"501 blocks", rich(column(500)), false},
		{"501 blocks with the head", rich(table([]string{"a"}, column(499).Table.Rows...)), false},
		{"a row too short", rich(table([]string{"a", "b"}, []string{"c"})), false},
		{"a row too long", rich(table([]string{"a"}, []string{"b", "c"})), false},
		{"too long", rich(paragraph(strings.Repeat("x", letters)), table([]string{"x"})), false},
		{"too long in UTF-16 only", rich(paragraph(strings.Repeat("🙂", letters/2)), table([]string{"x"})), false},
		{"two lines", rich(paragraph("a\nb")), false},
		{"a table as text", rich(paragraph("<pre>a</pre>")), false},
		{"a quotation", rich(paragraph("<blockquote expandable>a</blockquote>")), false},
		{"an empty paragraph", rich(paragraph("<b> </b>")), false},
		{"broken markup", rich(paragraph("<b>a")), false},
		{"bare ampersand", rich(paragraph("M&M")), false},
		{"a cell of no UTF-8", rich(table([]string{"\xff"})), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := viewtest.Check(tt.m); (err == nil) != tt.ok {
				t.Errorf("Check = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestDumpRich(t *testing.T) {
	m := rich(
		paragraph("<b>₹1,200</b>"),
		table([]string{"Stock", "₹", "Day"}, []string{"M&M <1>", "1,200.00", "▲"}, []string{"A", "•••", ""}),
		table(nil, []string{"Used", "12%"}),
	)
	m.Buttons = [][]view.Button{{{Text: "Refresh", Data: "holdings:again"}}}
	want := `text

(native)
<b>₹1,200</b>
| Stock   |        ₹ | Day |
|---------|----------|-----|
| M&M <1> | 1,200.00 |   ▲ |
| A       |      ••• |     |
| Used | 12% |

[ Refresh → holdings:again ]
`
	if got := viewtest.Dump(m); got != want {
		t.Errorf("Dump =\n%s\nwant\n%s", got, want)
	}
}
