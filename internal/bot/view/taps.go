package view

import (
	"fmt"
	"strings"
	"time"
)

// tapCells is what two buttons side by side have room for on a phone.
const tapCells = 13

// tapCellsOfThree is what three have room for.
const tapCellsOfThree = 10

// tapName is what a button says that opens a row: short, and never empty.
func tapName(name string) string {
	return notBlank(fit(clean(name), tapCells))
}

func notBlank(name string) string {
	if name = strings.TrimSpace(name); cells(name) == 0 {
		return "(no name)"
	}
	return name
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

// placePage bounds the page in a button's data, which has little room.
func placePage(page int) int { return max(1, min(page, maxPlacePage)) }
