package view

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// CSVView says how a whole set is given out as a file.
type CSVView struct {
	AsOf time.Time
	Hide bool // privacy mode: amounts, quantities and prices are empty cells
}

// maxCSVText bounds one cell of text from outside, in characters.
const maxCSVText = 500

// column is one column of a file, of rows of T.
type column[T any] struct {
	head string
	cell func(row T, hide bool) string
}

// csvFile writes rows as a file that a spreadsheet opens well: UTF-8 with a byte
// order mark, commas, numbers with a point and all their places, moments as
// 2026-11-23T10:00:02+05:30. A row of which nothing is known is a row of empty
// cells, so that the count of rows stays true.
func csvFile[T any](name string, v CSVView, columns []column[T], rows []T, missing func(T) bool) Message {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.head
	}
	records := [][]string{head}
	for _, row := range rows {
		record := make([]string, len(columns))
		for i, c := range columns {
			if !missing(row) {
				record[i] = c.cell(row, v.Hide)
			}
		}
		records = append(records, record)
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.WriteAll(records) // a buffer refuses nothing
	return Message{
		HTML: csvCaption(name, len(rows), v),
		File: &File{Name: fmt.Sprintf("%s-%s.csv", name, v.AsOf.In(market.IST()).Format(time.DateOnly)), MIME: "text/csv", Data: b.Bytes()},
	}
}

func csvCaption(name string, rows int, v CSVView) string {
	lines := []string{
		fmt.Sprintf("<b>%s</b> · %s", capital(strings.ReplaceAll(name, "-", " ")), many(rows, "row", "rows")),
		asOf(v.AsOf),
	}
	if v.Hide {
		lines = append(lines, "Amounts are left out because you have hidden them.")
	}
	return strings.Join(lines, "\n")
}

// formulaStarts begin a formula, in all their widths and heights, or hide one.
const formulaStarts = "=+-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−'"

// startsFormula reports whether a spreadsheet may take a text for a formula.
func startsFormula(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(formulaStarts, first)
}

// csvText makes text from outside safe for a spreadsheet: one that would be
// taken for a formula, and a long number that would lose its digits, begins
// with an apostrophe. So does what follows a semicolon, where many countries'
// spreadsheets begin a new cell.
func csvText(s string) string {
	cells := strings.Split(strings.TrimSpace(tidy(s, maxCSVText)), ";")
	for i, cell := range cells[1:] {
		if startsFormula(strings.TrimLeft(cell, ` "`)) {
			cells[i+1] = "'" + cell
		}
	}
	s = strings.Join(cells, ";")
	formula := startsFormula(s)
	long := len(s) > 15 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	if formula || long {
		return "'" + s
	}
	return s
}

// csvFigure is a number as it is, with all its places; empty when unknown.
func csvFigure(f kite.Figure) string {
	if !f.OK {
		return ""
	}
	return f.Value.String()
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(market.IST()).Format(time.RFC3339)
}

// The kinds of columns. Amounts are empty cells in privacy mode. Percentages stay
// there, but no finer than on screen: with all their places they give away the
// amounts that they come from.

// finest is how many places are left of what is no product of prices and counts:
// percentages, and the sums that Kite reckons in floats, whose noise begins far
// behind. No price has more.
const finest = 4

func textColumn[T any](head string, of func(T) string) column[T] {
	return column[T]{head, func(row T, _ bool) string { return csvText(of(row)) }}
}

func whenColumn[T any](head string, of func(T) time.Time) column[T] {
	return column[T]{head, func(row T, _ bool) string { return csvTime(of(row)) }}
}

func figureColumn[T any](head string, of func(T) kite.Figure) column[T] {
	return column[T]{head, func(row T, hide bool) string {
		if hide {
			return ""
		}
		return csvFigure(of(row))
	}}
}

func wholeColumn[T any](head string, of func(T) int64) column[T] {
	return figureColumn(head, func(row T) kite.Figure { return figureOf(decimal.NewFromInt(of(row))) })
}

func numberColumn[T any](head string, of func(T) decimal.Decimal) column[T] {
	return figureColumn(head, func(row T) kite.Figure { return figureOf(of(row)) })
}

func percentColumn[T any](head string, of func(T) kite.Figure) column[T] {
	return column[T]{head, func(row T, hide bool) string {
		f := of(row)
		if hide {
			f.Value = f.Value.Round(2)
		}
		return csvFigure(rounded(f))
	}}
}

// statedColumn is a sum in rupees as Kite states it.
func statedColumn[T any](head string, of func(T) kite.Figure) column[T] {
	return figureColumn(head, func(row T) kite.Figure { return rounded(of(row)) })
}

// rounded rounds half away from zero.
func rounded(f kite.Figure) kite.Figure { return kite.Figure{Value: f.Value.Round(finest), OK: f.OK} }
