package view

import (
	"fmt"
	"slices"
	"strings"
)

// FilterBar separates what a button of a list carries from the words that narrow the list.
const FilterBar = "|"

// Carry adds the words that narrow a command's list to the buttons that show it
// again, where they have room.
func (m *Message) Carry(command, filter string) {
	for _, row := range m.Buttons {
		for i, b := range row {
			name, action, _ := strings.Cut(b.Data, ":")
			action, _, _ = strings.Cut(action, ":")
			data := b.Data + FilterBar + Clean(filter)
			if name == command && slices.Contains([]string{"page", "refresh", "card"}, action) && len(data) <= MaxButtonData {
				row[i].Data = data
			}
		}
	}
}

// Only is a list of which some rows are shown: it begins with what they have in
// common, since all its figures are of these rows.
func (m Message) Only(filter string, shown, all int) Message {
	line := fmt.Sprintf("Only “%s”: %d of %d", Typed(filter), shown, all)
	m.HTML = line + "\n" + m.HTML
	if m.Rich != nil {
		m.Rich = &Rich{append([]Block{{HTML: line}}, m.Rich.Blocks...)}
	}
	return m
}

// NothingFits answers a filter that no row of a command's list fits.
func NothingFits(command, filter string, all int) Message {
	return Message{
		HTML:    fmt.Sprintf("<b>Nothing here matches “%s”</b>\nThe list has %s.", Typed(filter), Plural(all, "row", "rows")),
		Buttons: [][]Button{{{Text: "Show all", Data: command + ":run"}}},
	}
}

// Paging is where a page is among the pages of a list.
type Paging struct {
	Page, Pages int
	From, To    int // the rows of the page
	Total       int
}

// PageOf finds a page, from 1; one that does not exist is the nearest one.
func PageOf(total, perPage, page int) Paging {
	pages := max(1, (total+perPage-1)/perPage)
	page = min(max(page, 1), pages)
	return Paging{Page: page, Pages: pages, From: (page - 1) * perPage, To: min(page*perPage, total), Total: total}
}

// Line says where the page is, when there are others.
func (p Paging) Line(things string) []string {
	if p.Pages == 1 {
		return nil
	}
	return []string{fmt.Sprintf("Page %d of %d · %d %s", p.Page, p.Pages, p.Total, things)}
}

// Buttons turn the pages, where there is one to turn to: action is what their data
// begins with, "orders:page".
func (p Paging) Buttons(action string) [][]Button {
	return p.ButtonsTo(func(page int) string { return fmt.Sprintf("%s:%d", action, page) })
}

// ButtonsTo is [Paging.Buttons] where the data of a page is more than its number.
func (p Paging) ButtonsTo(data func(page int) string) [][]Button {
	var turn []Button
	if p.Page > 1 {
		turn = append(turn, Button{Text: fmt.Sprintf("◀ %d/%d", p.Page-1, p.Pages), Data: data(p.Page - 1)})
	}
	if p.Page < p.Pages {
		turn = append(turn, Button{Text: fmt.Sprintf("%d/%d ▶", p.Page+1, p.Pages), Data: data(p.Page + 1)})
	}
	return ButtonRows(turn, 8)
}

// Jumps are buttons to the first page, the last, and ten pages on, where that is
// farther than the next one.
func (p Paging) Jumps(data func(page int) string) [][]Button {
	const far = 10
	var jumps []Button
	for _, to := range []struct {
		page int
		text string
	}{{1, "⏮ 1"}, {p.Page - far, fmt.Sprintf("−%d", far)}, {p.Page + far, fmt.Sprintf("+%d", far)}, {p.Pages, fmt.Sprintf("%d ⏭", p.Pages)}} {
		if to.page < p.Page-1 && to.page >= 1 || to.page > p.Page+1 && to.page <= p.Pages {
			jumps = append(jumps, Button{Text: to.text, Data: data(to.page)})
		}
	}
	return ButtonRows(jumps, 8)
}
