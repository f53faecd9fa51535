package view

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"kitebot/internal/kite"
)

// fundsPerPage is how many mutual funds one message shows.
const fundsPerPage = 10

// MutualFundsView is what /mf shows.
type MutualFundsView struct {
	Totals kite.FundTotals
	Page   int // from 1; a page that does not exist is the nearest one
	AsOf   time.Time
	Hide   bool // privacy mode: shares and percentages, no amounts
	Native bool
}

// MutualFunds renders the mutual funds: what they are worth, what was paid, and
// the funds, the most valuable first.
func MutualFunds(v MutualFundsView) Message {
	t, hide := v.Totals, mask(v.Hide)
	var s sheet
	if len(t.Funds) == 0 {
		s.say("<b>No mutual funds in this account.</b>", "Shares and bonds are under /holdings.")
		s.say(asOf(v.AsOf))
		return s.message(v.Native, [][]Button{{refreshFunds(1), {Text: "Holdings", Data: "holdings:run"}}})
	}
	at := pageOf(len(t.Funds), fundsPerPage, v.Page)
	s.say(append(fundsHead(t, hide), asOf(v.AsOf))...)
	s.show(fundsTable(v, t.Funds[at.from:at.to]))
	s.under(at.line("funds")...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("mf:page:%d", page) })
	return s.message(v.Native, append(buttons, []Button{refreshFunds(at.page), {Text: "CSV", Data: "mf:csv"}}))
}

func refreshFunds(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("mf:refresh:%d", page)}
}

func fundsHead(t kite.FundTotals, v mask) []string {
	var lines []string
	switch {
	case !t.Value.OK:
		lines = []string{"<b>Value not known</b>: no fund has a price."}
	case bool(v):
		lines = []string{"<b>Profit " + v.change(t.Profit, t.ProfitPercent) + "</b>"}
	default:
		lines = []string{
			"<b>" + RupeesOf(t.Value) + "</b>", "Profit " + v.change(t.Profit, t.ProfitPercent), "Invested " + RupeesOf(t.Invested),
		}
	}
	if all := len(t.Funds); t.Value.OK && t.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no price", all-t.Unpriced, all, has(t.Unpriced)))
	}
	return append(lines, v.note()...)
}

// fundsTable shows value and profit; in privacy mode the value is a share of
// the whole.
func fundsTable(v MutualFundsView, funds []kite.MutualFund) table {
	t := table{head: []string{"Fund", "Value", "P&L%"}}
	if v.Hide {
		t.head[1] = "Share%"
	}
	for _, f := range funds {
		if f.Missing {
			t.rows = append(t.rows, row{name: "(no data)", numbers: []string{Absent, Absent}})
			continue
		}
		value := ShortOf(f.Value())
		if v.Hide {
			value = shareOf(v.Totals.Share(f))
		}
		t.rows = append(t.rows, row{name: fundName(f), numbers: []string{value, shortPercentOf(f.ProfitPercent())}})
	}
	return t
}

// fundName leaves out what most names end with ("- DIRECT PLAN", "- Growth"), so
// that what they begin with has room. The CSV has the names in full.
func fundName(f kite.MutualFund) string {
	name := strings.TrimSpace(clean(f.Fund))
	short := regexp.MustCompile(`(?i)[\s-]+(direct|regular)?[\s-]*(plan)?([\s-]+growth( option)?)?$`).ReplaceAllString(name, "")
	switch {
	case cells(short) > 0:
		return short
	case cells(name) > 0:
		return name
	default:
		return f.ISIN
	}
}
