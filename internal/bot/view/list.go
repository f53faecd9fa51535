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

// paging is where a page is among the pages of a list.
type paging struct {
	page, pages int
	from, to    int // the rows of the page
	total       int
}

// pageOf finds a page, from 1; one that does not exist is the nearest one.
func pageOf(total, perPage, page int) paging {
	pages := max(1, (total+perPage-1)/perPage)
	page = min(max(page, 1), pages)
	return paging{page: page, pages: pages, from: (page - 1) * perPage, to: min(page*perPage, total), total: total}
}

// line says where the page is, when there are others.
func (p paging) line(things string) []string {
	if p.pages == 1 {
		return nil
	}
	return []string{fmt.Sprintf("Page %d of %d · %d %s", p.page, p.pages, p.total, things)}
}

// buttons turn the pages, where there is one to turn to.
func (p paging) buttons(data func(page int) string) [][]Button {
	var turn []Button
	if p.page > 1 {
		turn = append(turn, Button{Text: fmt.Sprintf("◀ %d/%d", p.page-1, p.pages), Data: data(p.page - 1)})
	}
	if p.page < p.pages {
		turn = append(turn, Button{Text: fmt.Sprintf("%d/%d ▶", p.page+1, p.pages), Data: data(p.page + 1)})
	}
	return rowsOf(turn, 8)
}

// jumps are buttons to the first page, the last, and ten pages on, where that is
// farther than the next one.
func (p paging) jumps(data func(page int) string) [][]Button {
	const far = 10
	var jumps []Button
	for _, to := range []struct {
		page int
		text string
	}{{1, "⏮ 1"}, {p.page - far, fmt.Sprintf("−%d", far)}, {p.page + far, fmt.Sprintf("+%d", far)}, {p.pages, fmt.Sprintf("%d ⏭", p.pages)}} {
		if to.page < p.page-1 && to.page >= 1 || to.page > p.page+1 && to.page <= p.pages {
			jumps = append(jumps, Button{Text: to.text, Data: data(to.page)})
		}
	}
	return rowsOf(jumps, 8)
}
