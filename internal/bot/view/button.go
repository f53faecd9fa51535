package view

import (
	"fmt"
	"time"

	"kitebot/internal/kite/symbol"
)

// Press is a button that comes back with data, such as "holdings:run".
func Press(text, data string) Button { return Button{Text: text, Data: data} }

// PressIfFits is [Press], and no button where Telegram would not take the data.
func PressIfFits(text, data string) []Button {
	if len(data) > MaxButtonData {
		return nil
	}
	return []Button{Press(text, data)}
}

// MaxButtonData is how many bytes Telegram takes as a button's data.
const MaxButtonData = 64

// ButtonWidth is what two buttons side by side have room for on a phone.
const ButtonWidth = 13

// ButtonText is what a button says that opens a row: short, and never empty.
func ButtonText(name string) string {
	return NotBlank(Fit(Clean(name), ButtonWidth))
}

// ContractButtonText is [ButtonText] of an instrument. What tells contracts apart is never cut.
func ContractButtonText(symbol string, at time.Time) string {
	name, tail := Contract(symbol, at)
	return ButtonText(name) + Clean(tail)
}

// ButtonPairs sets buttons side by side, two in a row where both are short, and tells
// apart those that would read the same.
func ButtonPairs(buttons []Button) [][]Button {
	const short = 17 // characters that half a phone has room for
	seen := map[string]int{}
	var rows [][]Button
	half := false // the last row has room for another
	for _, b := range buttons {
		if seen[b.Text]++; seen[b.Text] > 1 {
			b.Text += fmt.Sprintf(" (%d)", seen[b.Text])
		}
		fits := Width(b.Text) <= short
		if fits && half {
			last := len(rows) - 1
			rows[last], half = append(rows[last], b), false
			continue
		}
		rows, half = append(rows, []Button{b}), fits
	}
	return rows
}

// ButtonRows sets buttons side by side, so many in a row.
func ButtonRows(buttons []Button, perRow int) [][]Button {
	var rows [][]Button
	for len(buttons) > 0 {
		n := min(perRow, len(buttons))
		rows, buttons = append(rows, buttons[:n:n]), buttons[n:]
	}
	return rows
}

// InstrumentButton is a button about an instrument: none when its name does not fit
// into a button, or is nothing that could be asked for again.
func InstrumentButton(text, action, id string) []Button {
	if !symbol.IsID(id) {
		return nil
	}
	return PressIfFits(text, action+id)
}
