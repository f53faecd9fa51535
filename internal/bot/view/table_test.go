package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"kitebot/internal/kite"
)

func TestTable(t *testing.T) {
	got := Table{
		Head: []string{"Symbol", "Value", "P&L%"},
		Rows: []Row{
			{"M&M", "", []string{"1.20L", "+3.10"}},
			{"VERYLONGNAMEWITHOUTANYEND", "·B tp", []string{"98,765", "−12.30"}},
			{"SGBDECEMBERTWENTYTHIRTY2511", "-GB", []string{"7", Absent}},
		},
	}.html()
	want := `<pre>Symbol                Value   P&amp;L%
M&amp;M                   1.20L  +3.10
VERYLONGNAMEWI…·B tp 98,765 −12.30
SGBDECEMBERTWE…11-GB      7      –</pre>`
	if got != want {
		t.Errorf("table\n%s\nwant\n%s", got, want)
	}
}

func TestCells(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "INFY": 4, "−12.5": 5, "…": 1, "₹": 1, "é": 1, "e\u0301": 1, "टाटा": 4, "हिन्दी": 5, "三菱": 4, "🚀": 2, "ＡＢ": 4, "한국": 4,
	} {
		if got := Width(s); got != want {
			t.Errorf("cells(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		"A\nB\tC": "A B C", "a\u202eb\u200bc\x00d\u200dq": "abcdq", "  ": "  ", "\u00a0": " ", "e\u0301": "e\u0301",
	} {
		if got := Clean(s); got != want {
			t.Errorf("clean(%q) = %q, want %q", s, got, want)
		}
	}
	if got := Clean("a" + strings.Repeat("\u0301", 1000)); utf8.RuneCountInString(got) != maxCellRunes {
		t.Errorf("a pile of marks keeps %d characters", utf8.RuneCountInString(got))
	}
}

func TestShortPercent(t *testing.T) {
	for amount, want := range map[string]string{
		"0": "0.00", "-0.001": "0.00", "1.235": "+1.24", "-99.994": "−99.99", "-99.995": "−100.0", "123.44": "+123.4", "999.95": "+1000",
		"99999.4": "+99999", "99999.5": ">99999", "-100000": "<−9999",
	} {
		if got := shortPercent(decimal.RequireFromString(amount)); got != want || Width(got) > 6 {
			t.Errorf("shortPercent(%s) = %q, want %q", amount, got, want)
		}
	}
	if got := ShortPercentOf(kite.Figure{}); got != Absent {
		t.Errorf("unknown percentage is %q", got)
	}
}

// However long the numbers are, a table keeps the names of its rows: what has no
// room is cut in sight.
func TestATableKeepsItsNames(t *testing.T) {
	got := Table{
		Head: []string{"Contract", "Qty", "LTP", "P&L"},
		Rows: []Row{
			{"NIFTY", " Nov26 Fut n", []string{"−30", "52,110.00", "−2,925"}},
			{"BANKNIFTY", " Nov26 Fut n", []string{"15", "52,110.00", "+1,250"}},
		},
	}.html()
	for _, line := range strings.Split(got, "\n")[1:] {
		if !strings.HasPrefix(line, "NI…") && !strings.HasPrefix(line, "BA…") {
			t.Fatalf("a row without its name: %q in\n%s", line, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(2, 4).Draw(t, "columns")
		number := rapid.StringMatching(`[−+]?[0-9.,]{0,40}`)
		tab := Table{Head: make([]string, columns), Stack: rapid.Bool().Draw(t, "stack")}
		for i := range rapid.IntRange(1, 9).Draw(t, "rows") {
			name := fmt.Sprintf("%dNAME", i)
			tab.Rows = append(tab.Rows, Row{name, rapid.StringMatching(`[A-Z ]{0,40}`).Draw(t, "tail"), rapid.SliceOfN(number, columns-1, columns-1).Draw(t, "numbers")})
		}
		named := 0
		for line := range strings.Lines(tab.html()) {
			if strings.HasPrefix(line, fmt.Sprintf("%dN", named)) {
				named++
			} else if !tab.stacks() && named > 0 {
				t.Fatalf("a row without its name: %q", line)
			}
		}
		if named != len(tab.Rows) {
			t.Fatalf("%d of %d rows have their names in\n%s", named, len(tab.Rows), tab.html())
		}
	})
}

// Where the rows of a table that may stack do not fit, each name is there whole, and
// the numbers that have no room next to it stand under it.
func TestStackedTable(t *testing.T) {
	stacked := Table{
		Head: []string{"Symbol", "Qty", "LTP", "P&L"}, Stack: true,
		Rows: []Row{
			{"NIFTYNXT50", " 17 NOV 70000.5 CE", []string{"−1,050", "1,21,345.50", "+277.50"}},
			{"KONKAN LIQUID FUND - DIRECT DAILY IDCW, PAID OUT", "", []string{"1", "", "–"}},
			{"M&M", "", []string{"5", "3,105.50", "−2,925"}},
		},
	}
	if got, want := stacked.html(), `<pre>Symbol    Qty         LTP     P&amp;L
NIFTYNXT50 17 NOV 70000.5 CE
       −1,050 1,21,345.50 +277.50
KONKAN LIQUID FUND - DIRECT DAILY
IDCW, PAID OUT
            1                   –
M&amp;M         5    3,105.50  −2,925</pre>`; got != want {
		t.Errorf("table\n%s\nwant\n%s", got, want)
	}
	stacked.Head = []string{"Symbol", "Prod", "Qty", "Avg", "P&L"}
	for i := range stacked.Rows {
		stacked.Rows[i].Numbers = slices.Insert(stacked.Rows[i].Numbers, 0, "NRML")
	}
	if got, want := stacked.html(), `<pre>Symbol               P&amp;L
 Prod    Qty         Avg
NIFTYNXT50 17 NOV 70000.5 CE
                 +277.50
 NRML −1,050 1,21,345.50
KONKAN LIQUID FUND - DIRECT DAILY
IDCW, PAID OUT         –
 NRML      1            
M&amp;M               −2,925
 NRML      5    3,105.50</pre>`; got != want {
		t.Errorf("table of many columns\n%s\nwant\n%s", got, want)
	}
	stacked.Rows = stacked.Rows[2:]
	stacked.Head, stacked.Rows[0].Numbers = []string{"Symbol", "Qty", "LTP", "P&L"}, stacked.Rows[0].Numbers[1:]
	if got, want := stacked.html(), "<pre>Symbol Qty      LTP    P&amp;L\nM&amp;M      5 3,105.50 −2,925</pre>"; got != want {
		t.Errorf("table that fits\n%s\nwant\n%s", got, want)
	}
}

// Whatever is put in, every line of a table is equally wide and no wider than
// a phone.
func TestTableWidth(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Z0-9&<>🚀三टा\n-]{0,60}`))
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 6).Draw(t, "columns")
		tab := Table{Head: rapid.SliceOfN(rapid.StringMatching(`[A-Za-z&%]{1,12}`), columns, columns).Draw(t, "head"), Stack: rapid.Bool().Draw(t, "stack")}
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			tab.Rows = append(tab.Rows, Row{
				text.Draw(t, "name"), text.Draw(t, "tail"),
				rapid.SliceOfN(rapid.StringMatching(`[−+]?[0-9.,]{0,40}`), columns-1, columns-1).Draw(t, "numbers"),
			})
		}
		lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(tab.html(), "<pre>"), "</pre>"), "\n")
		if least := 1 + len(tab.Rows); len(lines) < least || len(lines) > least && !tab.stacks() {
			t.Fatalf("%d lines for %d rows", len(lines), len(tab.Rows))
		}
		unescape := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&")
		width := Width(unescape.Replace(lines[0]))
		for _, line := range lines {
			if n := Width(unescape.Replace(line)); n != width && !tab.stacks() || n > TableWidth {
				t.Fatalf("line of %d cells in a table of %d: %q", n, width, line)
			}
		}
	})
}
