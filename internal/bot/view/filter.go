package view

import (
	"fmt"
	"slices"
	"strings"
)

// FilterBar parts what a button of a list carries from the words that narrow the list.
const FilterBar = "|"

// Carry adds the words that narrow a command's list to the buttons that show it
// again, where they have room.
func (m *Message) Carry(command, filter string) {
	for _, row := range m.Buttons {
		for i, b := range row {
			name, action, _ := strings.Cut(b.Data, ":")
			action, _, _ = strings.Cut(action, ":")
			data := b.Data + FilterBar + clean(filter)
			if name == command && slices.Contains([]string{"page", "refresh", "card"}, action) && len(data) <= maxData {
				row[i].Data = data
			}
		}
	}
}

// Only is a list of which some rows are shown: it begins with what they have in
// common, since all its figures are of these rows.
func (m Message) Only(filter string, shown, all int) Message {
	line := fmt.Sprintf("Only “%s”: %d of %d", typedText(filter), shown, all)
	m.HTML = line + "\n" + m.HTML
	if m.Rich != nil {
		m.Rich = &Rich{append([]Block{{HTML: line}}, m.Rich.Blocks...)}
	}
	return m
}

// NothingFits answers a filter that no row of a command's list fits.
func NothingFits(command, filter string, all int) Message {
	return Message{
		HTML:    fmt.Sprintf("<b>Nothing here matches “%s”</b>\nThe list has %s.", typedText(filter), many(all, "row", "rows")),
		Buttons: [][]Button{{{Text: "Show all", Data: command + ":run"}}},
	}
}
