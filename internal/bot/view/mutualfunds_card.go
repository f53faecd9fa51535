package view

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/kite"
)

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
