package view

import (
	"fmt"
	"slices"
	"time"

	"kitebot/internal/kite/symbol"
)

// maxData is how many bytes Telegram takes as a button's data.
const maxData = 64

// tapCells is what two buttons side by side have room for on a phone.
const tapCells = 13

// tapName is what a button says that opens a row: short, and never empty.
func tapName(name string) string {
	return notBlank(fit(clean(name), tapCells))
}

// tapContract is tapName of an instrument. What tells contracts apart is never cut.
func tapContract(symbol string, at time.Time) string {
	name, tail := contract(symbol, at)
	return tapName(name) + clean(tail)
}

// pairs sets buttons side by side, two in a row where both are short, and tells
// apart those that would read the same.
func pairs(buttons []Button) [][]Button {
	const short = 17 // characters that half a phone has room for
	seen := map[string]int{}
	var rows [][]Button
	half := false // the last row has room for another
	for _, b := range buttons {
		if seen[b.Text]++; seen[b.Text] > 1 {
			b.Text += fmt.Sprintf(" (%d)", seen[b.Text])
		}
		fits := cells(b.Text) <= short
		if fits && half {
			last := len(rows) - 1
			rows[last], half = append(rows[last], b), false
			continue
		}
		rows, half = append(rows, []Button{b}), fits
	}
	return rows
}

// rowsOf sets buttons side by side, so many in a row.
func rowsOf(buttons []Button, perRow int) [][]Button {
	var rows [][]Button
	for len(buttons) > 0 {
		n := min(perRow, len(buttons))
		rows, buttons = append(rows, buttons[:n:n]), buttons[n:]
	}
	return rows
}

// idButton is a button about an instrument: none when its name does not fit
// into a button, or is nothing that could be asked for again.
func idButton(text, action, id string) []Button {
	if data := action + id; symbol.IsID(id) && len(data) <= maxData {
		return []Button{{Text: text, Data: data}}
	}
	return nil
}

// notEmpty leaves out rows without buttons.
func notEmpty(rows ...[]Button) [][]Button {
	return slices.DeleteFunc(rows, func(row []Button) bool { return len(row) == 0 })
}
