package statement

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"kitebot/internal/bot/view"
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
func MutualFunds(v MutualFundsView) view.Message {
	t, hide := v.Totals, mask(v.Hide)
	var s view.Sheet
	if len(t.Funds) == 0 {
		s.Say("<b>No mutual funds in this account.</b>", "Shares and bonds are under /holdings.")
		s.Say(view.AsOf(v.AsOf))
		return s.Message(v.Native, [][]view.Button{{refreshFunds(1), {Text: "Holdings", Data: "holdings:run"}}})
	}
	at, names := view.PageOf(len(t.Funds), fundsPerPage, v.Page), fundNames(t.Funds)
	s.Say(append(fundsHead(t, hide), view.AsOf(v.AsOf))...)
	s.Table(fundsTable(v, names, at))
	s.Under(at.Line("funds")...)
	return s.Message(v.Native, fundsButtons(t.Funds, names, at))
}

func refreshFunds(page int) view.Button {
	return view.Button{Text: "Refresh", Data: fmt.Sprintf("mf:refresh:%d", page)}
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
			"<b>Mutual funds " + view.RupeesOf(t.Value) + "</b>", "P&amp;L " + v.change(profit, t.ProfitPercent), "Invested " + view.RupeesOf(t.Invested),
		}
	}
	if all := len(t.Funds); t.Value.OK && t.Unpriced > 0 {
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no NAV", all-t.Unpriced, all, has(t.Unpriced)))
	}
	return append(lines, v.note()...)
}

// fundsTable shows units, NAV, value and P&L; in privacy mode the value is a share
// of the whole.
func fundsTable(v MutualFundsView, names []string, at view.Paging) view.Table {
	t := view.Table{Head: []string{"Fund", "Units", "NAV", "Value", "P&L%"}, Stack: true}
	if v.Hide {
		t.Head = []string{"Fund", "Share%", "P&L%"}
	}
	for i, f := range v.Totals.Funds[at.From:at.To] {
		r := view.Row{Name: names[at.From+i]}
		switch profit := view.ShortPercentOf(f.ProfitPercent()); {
		case v.Hide && f.Missing:
			r.Numbers = []string{view.Absent, view.Absent}
		case f.Missing:
			r.Numbers = []string{view.Absent, view.Absent, view.Absent, view.Absent}
		case v.Hide:
			r.Numbers = []string{shareOf(v.Totals.Share(f)), profit}
		default:
			r.Numbers = []string{view.Quantity(f.Units), view.IfKnown(priceOf(f.LastPrice), navUnit().Plain().Column), view.ShortOf(f.Value()), profit}
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// navUnit is how a NAV is written: with paise at least, and up to four places.
func navUnit() view.PriceFormat { return view.FormatOf("") }

// fundNames are the names of funds, without what most end with ("- DIRECT PLAN",
// "- Growth") unless that tells two apart. Those of one name have their folio.
func fundNames(funds []kite.MutualFund) []string {
	names := make([]string, len(funds))
	for i, f := range funds {
		names[i] = shortFundName(f)
	}
	for _, longer := range []func(kite.MutualFund) string{fullFundName, func(f kite.MutualFund) string { return fullFundName(f) + " · folio " + view.Clean(f.Folio) }} {
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
	if view.Width(short) > 0 {
		return short
	}
	return name
}

func fullFundName(f kite.MutualFund) string {
	if f.Missing {
		return "(no data)"
	}
	if name := strings.TrimSpace(view.Cut(view.CleanTo(f.Fund, 4*view.TableWidth), 3*view.TableWidth)); view.Width(name) > 0 {
		return name
	}
	return view.Clean(f.ISIN)
}

// fundsButtons open the funds of a page, turn the pages, ask again and give out
// the whole.
func fundsButtons(funds []kite.MutualFund, names []string, at view.Paging) [][]view.Button {
	var open []view.Button
	for i := at.From; i < at.To; i++ {
		if ref := kite.FundRef(funds, i); ref != "" {
			open = append(open, view.Button{Text: view.Fit(view.NotBlank(names[i]), 3*view.ButtonWidth), Data: fmt.Sprintf("mf:card:%s:%d", ref, at.Page)})
		}
	}
	rows := at.Buttons(func(page int) string { return fmt.Sprintf("mf:page:%d", page) })
	rows = append(rows, view.ButtonPairs(open)...)
	return append(rows, []view.Button{refreshFunds(at.Page), {Text: "CSV", Data: "mf:csv"}})
}

// FundCardView is what the card of one mutual fund shows.
type FundCardView struct {
	Fund   kite.MutualFund
	Totals kite.FundTotals // what its share is of
	Ref    string          // its name in buttons, see [kite.FundRef]
	Page   int             // where Back goes
	AsOf   time.Time
	Hide   bool // privacy mode: no amounts, no units
}

// FundCard renders one mutual fund: what it is worth first, then units and NAV.
func FundCard(v FundCardView) view.Message {
	hide := mask(v.Hide)
	var s view.Sheet
	s.Say(append(fundCardHead(v), append(hide.note(), view.AsOf(v.AsOf))...)...)
	if !v.Hide {
		s.Say(fundPrices(v.Fund)...)
	}
	var marks []string
	for _, m := range []struct{ name, text string }{{"Folio ", v.Fund.Folio}, {"ISIN ", v.Fund.ISIN}} {
		if text := strings.TrimSpace(view.Clean(m.text)); text != "" {
			marks = append(marks, m.name+"<code>"+view.Escape(text)+"</code>")
		}
	}
	s.Say(marks...)
	page := placePage(v.Page)
	return s.Message(false, [][]view.Button{{
		{Text: "Refresh", Data: fmt.Sprintf("mf:card:%s:%d", v.Ref, page)},
		{Text: "Back", Data: fmt.Sprintf("mf:page:%d", page)},
	}})
}

// NoSuchFund answers a button whose fund is not in the account any more.
func NoSuchFund(page int, at time.Time) view.Message {
	return view.Text("<b>This fund is not in the account any more.</b>\n"+view.AsOf(at), view.Press("Mutual funds", fmt.Sprintf("mf:page:%d", placePage(page))))
}

func fundCardHead(v FundCardView) []string {
	f, hide := v.Fund, mask(v.Hide)
	name := "<b>" + view.Escape(view.NotBlank(fullFundName(f))) + "</b>"
	if !f.Value().OK {
		return []string{name, "<b>No NAV</b>: its value is not known."}
	}
	share := strings.TrimPrefix(view.PercentOf(v.Totals.Share(f)), "+") + " of the funds"
	return []string{
		name, "<b>" + hide.rupees(f.Value()) + "</b> · " + share,
		"P&amp;L " + hide.change(gain(f.Value(), f.Invested()), f.ProfitPercent()),
	}
}

// fundPrices are the units, what was paid for one and what one is worth.
func fundPrices(f kite.MutualFund) []string {
	nav := "NAV " + view.IfKnown(priceOf(f.LastPrice), navUnit().Price)
	if day := strings.TrimSpace(view.Clean(f.NAVDate)); day != "" {
		if date, err := time.Parse(time.DateOnly, day); err == nil {
			day = date.Format("2 Jan 2006")
		}
		nav += " (" + view.Escape(day) + ")"
	}
	return []string{"Units " + view.Quantity(f.Units), "Avg. NAV " + view.IfKnown(priceOf(f.AveragePrice), navUnit().Price), nav, "Invested " + view.RupeesOf(f.Invested())}
}
