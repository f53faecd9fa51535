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

// MutualFunds renders the mutual funds: what they are worth, what was paid, and
// the funds, the most valuable first.
func MutualFunds(t kite.FundTotals, opt Options) view.Message {
	if len(t.Funds) == 0 {
		return opt.empty("No mutual funds in this account.", "Shares and bonds are under /holdings.", refreshButton("mf", 1), view.Press("Holdings", "holdings:run"))
	}
	at, names := view.PageOf(len(t.Funds), fundsPerPage, opt.Page), fundNames(t.Funds)
	var s view.Sheet
	s.Say(opt.head(fundsHead(t, mask(opt.Hide)))...)
	s.Table(fundsTable(t, names, at, opt.Hide))
	s.Under(at.Line("funds")...)
	return s.Message(opt.Native, fundsButtons(t.Funds, names, at))
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
		lines = append(lines, fmt.Sprintf("Value of %d of %d: %s no NAV", all-t.Unpriced, all, countHas(t.Unpriced)))
	}
	return lines
}

// fundsTable shows units, NAV, value and P&L; in privacy mode the value is a share
// of the whole.
func fundsTable(totals kite.FundTotals, names []string, at view.Paging, hide bool) view.Table {
	t := view.Table{Head: []string{"Fund", "Units", "NAV", "Value", "P&L%"}, Stack: true}
	if hide {
		t.Head = []string{"Fund", "Share%", "P&L%"}
	}
	for i, f := range totals.Funds[at.From:at.To] {
		r := view.Row{Name: names[at.From+i]}
		switch profit := view.ShortPercentOf(f.ProfitPercent()); {
		case hide && f.Missing:
			r.Numbers = []string{view.Absent, view.Absent}
		case f.Missing:
			r.Numbers = []string{view.Absent, view.Absent, view.Absent, view.Absent}
		case hide:
			r.Numbers = []string{shareOf(totals.Share(f)), profit}
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

// planAndOption is what most names of funds end with.
var planAndOption = regexp.MustCompile(`(?i)[\s-]+(direct|regular)?[\s-]*(plan)?([\s-]+growth( option)?)?$`)

func shortFundName(f kite.MutualFund) string {
	name := fullFundName(f)
	short := planAndOption.ReplaceAllString(name, "")
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
			open = append(open, cardButton(view.Fit(view.NotBlank(names[i]), 3*view.ButtonWidth), "mf", ref, at.Page))
		}
	}
	rows := append(at.Buttons("mf:page"), view.ButtonPairs(open)...)
	return append(rows, []view.Button{refreshButton("mf", at.Page), view.Press("CSV", "mf:csv")})
}

// FundCard renders one mutual fund: what it is worth first, then units and NAV. Its
// share is that of the totals, and ref is its name in buttons, see [kite.FundRef].
func FundCard(f kite.MutualFund, totals kite.FundTotals, ref string, opt Options) view.Message {
	var s view.Sheet
	s.Say(opt.head(fundCardHead(f, totals, mask(opt.Hide)))...)
	if !opt.Hide {
		s.Say(fundPrices(f)...)
	}
	var marks []string
	for _, m := range []struct{ name, text string }{{"Folio ", f.Folio}, {"ISIN ", f.ISIN}} {
		if text := strings.TrimSpace(view.Clean(m.text)); text != "" {
			marks = append(marks, m.name+"<code>"+view.Escape(text)+"</code>")
		}
	}
	s.Say(marks...)
	return s.Message(false, [][]view.Button{{cardButton("Refresh", "mf", ref, opt.Page), pageButton("Back", "mf", opt.Page)}})
}

// NoSuchFund answers a button whose fund is not in the account any more.
func NoSuchFund(page int, at time.Time) view.Message {
	return notListed("<b>This fund is not in the account any more.</b>", at, pageButton("Mutual funds", "mf", page))
}

func fundCardHead(f kite.MutualFund, totals kite.FundTotals, hide mask) []string {
	name := "<b>" + view.Escape(view.NotBlank(fullFundName(f))) + "</b>"
	if !f.Value().OK {
		return []string{name, "<b>No NAV</b>: its value is not known."}
	}
	share := strings.TrimPrefix(view.PercentOf(totals.Share(f)), "+") + " of the funds"
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
