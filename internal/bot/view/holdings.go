package view

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// holdingsPerPage is how many rows a glance at a phone takes in.
const holdingsPerPage = 10

// HoldingsView is what /holdings shows.
type HoldingsView struct {
	Portfolio kite.Portfolio
	Page      int       // from 1; a page that does not exist is the nearest one
	AsOf      time.Time // when Kite answered
}

// Holdings renders an account's holdings. The first line is what a lock screen
// shows: the total and the day. Then come what the total is made of, what
// stands beside it, and the holdings in pages, the most valuable first.
func Holdings(v HoldingsView) Message {
	p := v.Portfolio
	if len(p.Holdings) == 0 {
		return noHoldings(v.AsOf)
	}
	pages := (len(p.Holdings) + holdingsPerPage - 1) / holdingsPerPage
	page := min(max(v.Page, 1), pages)
	blocks := [][]string{
		append(headline(p), asOf(v.AsOf)),
		beside(p),
		holdingsPage(p.Holdings, page, pages),
	}
	return Message{HTML: paragraphs(blocks), Buttons: holdingsButtons(page, pages)}
}

func noHoldings(at time.Time) Message {
	return Message{
		HTML: paragraphs([][]string{
			{"<b>No holdings in this account.</b>", "What was bought today shows here from the next trading day."},
			{asOf(at)},
		}),
		Buttons: [][]Button{{refreshHoldings(1)}},
	}
}

// paragraphs sets blocks of lines apart with an empty line; empty blocks vanish.
func paragraphs(blocks [][]string) string {
	var text []string
	for _, lines := range blocks {
		if len(lines) > 0 {
			text = append(text, strings.Join(lines, "\n"))
		}
	}
	return strings.Join(text, "\n\n")
}

// headline is the total, the day, and what was paid.
func headline(p kite.Portfolio) []string {
	if !p.Value.OK {
		return []string{"<b>Value not known</b>: " + noneHasPrice(p.Counted)}
	}
	return []string{
		fmt.Sprintf("<b>%s</b>", RupeesOf(p.Value)),
		"Day " + change(p.Day, p.DayPercent),
		"Invested " + RupeesOf(p.Invested),
		"Profit " + change(p.Profit, p.ProfitPercent),
	}
}

func noneHasPrice(holdings int) string {
	if holdings == 1 {
		return "the holding has no price."
	}
	return fmt.Sprintf("none of %d holdings has a price.", holdings)
}

// change writes a change with its percentage, where there is one.
func change(amount, percent kite.Figure) string {
	if !percent.OK {
		return SignedRupeesOf(amount)
	}
	return fmt.Sprintf("%s (%s)", SignedRupeesOf(amount), PercentOf(percent))
}

// beside says what the headline leaves out.
func beside(p kite.Portfolio) []string {
	var lines []string
	if p.Value.OK && p.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no price", p.Counted-p.Unpriced, p.Counted, has(p.Unpriced)))
	}
	if p.Day.OK && p.NoClose > 0 {
		lines = append(lines, fmt.Sprintf("Day of %d of %d: %s no close price", p.Counted-p.Unpriced-p.NoClose, p.Counted-p.Unpriced, has(p.NoClose)))
	}
	if p.Pledged.Holdings > 0 {
		lines = append(lines, asideLine("Pledged", p.Pledged))
	}
	if p.MTF.Holdings > 0 {
		lines = append(lines, asideLine("MTF", p.MTF))
	}
	return lines
}

func has(n int) string {
	if n == 1 {
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

// asideLine names shares that are not in the total, and what they are worth.
func asideLine(name string, a kite.Aside) string {
	worth := Rupees(a.Value)
	switch {
	case a.Unpriced == a.Holdings:
		worth = "no price"
	case a.Unpriced > 0:
		worth += fmt.Sprintf(" of %d of %d", a.Holdings-a.Unpriced, a.Holdings)
	}
	return fmt.Sprintf("%s %s · not in the total", name, worth)
}

// asOf says how old the figures are. It names the day, because a message that
// was refreshed keeps the date it was first sent.
func asOf(t time.Time) string {
	state := "closed"
	if market.Open(t) {
		state = "open"
	}
	return fmt.Sprintf("As of %s IST · market %s", t.In(market.IST()).Format("2 Jan 15:04:05"), state)
}

// holdingsButtons turn the pages, where there is one to turn to, and ask again.
func holdingsButtons(page, pages int) [][]Button {
	var turn []Button
	if page > 1 {
		turn = append(turn, Button{Text: fmt.Sprintf("◀ %d/%d", page-1, pages), Data: holdingsData("page", page-1)})
	}
	if page < pages {
		turn = append(turn, Button{Text: fmt.Sprintf("%d/%d ▶", page+1, pages), Data: holdingsData("page", page+1)})
	}
	rows := [][]Button{{refreshHoldings(page)}}
	if len(turn) > 0 {
		rows = append([][]Button{turn}, rows...)
	}
	return rows
}

func refreshHoldings(page int) Button {
	return Button{Text: "Refresh", Data: holdingsData("refresh", page)}
}

func holdingsData(action string, page int) string {
	return fmt.Sprintf("holdings:%s:%d", action, page)
}
