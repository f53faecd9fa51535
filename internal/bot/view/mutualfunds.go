package view

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"kitebot/internal/kite"
)

// fundsPerPage is how many mutual funds one message shows, each with a button.
const fundsPerPage = 6

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
	at, names := pageOf(len(t.Funds), fundsPerPage, v.Page), fundNames(t.Funds)
	s.say(append(fundsHead(t, hide), asOf(v.AsOf))...)
	s.show(fundsTable(v, names, at))
	s.under(at.line("funds")...)
	return s.message(v.Native, fundsButtons(t.Funds, names, at))
}

func refreshFunds(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("mf:refresh:%d", page)}
}

func fundsHead(t kite.FundTotals, v mask) []string {
	var lines []string
	profit := gain(t.Value, t.Invested)
	switch {
	case !t.Value.OK:
		lines = []string{"<b>Mutual funds</b>: value not known, none has a NAV."}
	case bool(v):
		lines = []string{"<b>Mutual funds · P&amp;L " + v.change(profit, t.ProfitPercent) + "</b>"}
	default:
		lines = []string{
			"<b>Mutual funds " + RupeesOf(t.Value) + "</b>", "P&amp;L " + v.change(profit, t.ProfitPercent), "Invested " + RupeesOf(t.Invested),
		}
	}
	if all := len(t.Funds); t.Value.OK && t.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no NAV", all-t.Unpriced, all, has(t.Unpriced)))
	}
	return append(lines, v.note()...)
}

// fundsTable shows units, NAV, value and P&L; in privacy mode the value is a share
// of the whole.
func fundsTable(v MutualFundsView, names []string, at paging) table {
	t := table{head: []string{"Fund", "Units", "NAV", "Value", "P&L%"}, stack: true}
	if v.Hide {
		t.head = []string{"Fund", "Share%", "P&L%"}
	}
	for i, f := range v.Totals.Funds[at.from:at.to] {
		r := row{name: names[at.from+i]}
		switch profit := shortPercentOf(f.ProfitPercent()); {
		case v.Hide && f.Missing:
			r.numbers = []string{Absent, Absent}
		case f.Missing:
			r.numbers = []string{Absent, Absent, Absent, Absent}
		case v.Hide:
			r.numbers = []string{shareOf(v.Totals.Share(f)), profit}
		default:
			r.numbers = []string{units(f.Units), ifKnown(priceOf(f.LastPrice), navUnit().plain().column), ShortOf(f.Value()), profit}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

// navUnit is how a NAV is written: with paise at least, and up to four places.
func navUnit() unit { return unitOf("") }

// fundNames are the names of funds, without what most end with ("- DIRECT PLAN",
// "- Growth") unless that tells two apart. Those of one name have their folio.
func fundNames(funds []kite.MutualFund) []string {
	names := make([]string, len(funds))
	for i, f := range funds {
		names[i] = shortFundName(f)
	}
	for _, longer := range []func(kite.MutualFund) string{fullFundName, func(f kite.MutualFund) string { return fullFundName(f) + " · folio " + clean(f.Folio) }} {
		times := map[string]int{}
		for _, name := range names {
			times[name]++
		}
		for i, f := range funds {
			if times[names[i]] > 1 && !f.Missing {
				names[i] = longer(f)
			}
		}
	}
	return names
}

func shortFundName(f kite.MutualFund) string {
	name := fullFundName(f)
	short := regexp.MustCompile(`(?i)[\s-]+(direct|regular)?[\s-]*(plan)?([\s-]+growth( option)?)?$`).ReplaceAllString(name, "")
	if cells(short) > 0 {
		return short
	}
	return name
}

func fullFundName(f kite.MutualFund) string {
	if f.Missing {
		return "(no data)"
	}
	if name := strings.TrimSpace(cut(tidy(f.Fund, 4*tableWidth), 3*tableWidth)); cells(name) > 0 {
		return name
	}
	return clean(f.ISIN)
}

// fundsButtons open the funds of a page, turn the pages, ask again and give out
// the whole.
func fundsButtons(funds []kite.MutualFund, names []string, at paging) [][]Button {
	var open []Button
	refs := kite.FundRefs(funds)
	for i := at.from; i < at.to; i++ {
		if refs[i] != "" {
			open = append(open, Button{Text: fit(notBlank(names[i]), 3*tapCells), Data: fmt.Sprintf("mf:card:%s:%d", refs[i], at.page)})
		}
	}
	rows := at.buttons(func(page int) string { return fmt.Sprintf("mf:page:%d", page) })
	rows = append(rows, pairs(open)...)
	return append(rows, []Button{refreshFunds(at.page), {Text: "CSV", Data: "mf:csv"}})
}

// FundCardView is what the card of one mutual fund shows.
type FundCardView struct {
	Fund   kite.MutualFund
	Totals kite.FundTotals // what its share is of
	Ref    string          // its name in buttons, see [kite.FundRefs]
	Page   int             // where Back goes
	AsOf   time.Time
	Hide   bool // privacy mode: no amounts, no units
}

// FundCard renders one mutual fund: what it is worth first, then units and NAV.
func FundCard(v FundCardView) Message {
	hide := mask(v.Hide)
	var s sheet
	s.say(append(fundCardHead(v), append(hide.note(), asOf(v.AsOf))...)...)
	if !v.Hide {
		s.say(fundPrices(v.Fund)...)
	}
	var marks []string
	for _, m := range []struct{ name, text string }{{"Folio ", v.Fund.Folio}, {"ISIN ", v.Fund.ISIN}} {
		if text := strings.TrimSpace(clean(m.text)); text != "" {
			marks = append(marks, m.name+"<code>"+escape(text)+"</code>")
		}
	}
	s.say(marks...)
	page := placePage(v.Page)
	return s.message(false, [][]Button{{
		{Text: "Refresh", Data: fmt.Sprintf("mf:card:%s:%d", v.Ref, page)},
		{Text: "Back", Data: fmt.Sprintf("mf:page:%d", page)},
	}})
}

// NoSuchFund answers a button whose fund is not in the account any more.
func NoSuchFund(page int, at time.Time) Message {
	return Message{
		HTML:    "<b>This fund is not in the account any more.</b>\n" + asOf(at),
		Buttons: [][]Button{{{Text: "Mutual funds", Data: fmt.Sprintf("mf:page:%d", placePage(page))}}},
	}
}

func fundCardHead(v FundCardView) []string {
	f, hide := v.Fund, mask(v.Hide)
	name := "<b>" + escape(notBlank(fullFundName(f))) + "</b>"
	if !f.Value().OK {
		return []string{name, "<b>No NAV</b>: its value is not known."}
	}
	share := strings.TrimPrefix(PercentOf(v.Totals.Share(f)), "+") + " of the funds"
	return []string{
		name, "<b>" + hide.rupees(f.Value()) + "</b> · " + share,
		"P&amp;L " + hide.change(gain(f.Value(), f.Invested()), f.ProfitPercent()),
	}
}

// fundPrices are the units, what was paid for one and what one is worth.
func fundPrices(f kite.MutualFund) []string {
	nav := "NAV " + ifKnown(priceOf(f.LastPrice), navUnit().price)
	if day := strings.TrimSpace(clean(f.NAVDate)); day != "" {
		if date, err := time.Parse(time.DateOnly, day); err == nil {
			day = date.Format("2 Jan 2006")
		}
		nav += " (" + escape(day) + ")"
	}
	return []string{"Units " + units(f.Units), "Avg. NAV " + ifKnown(priceOf(f.AveragePrice), navUnit().price), nav, "Invested " + RupeesOf(f.Invested())}
}
