package view

import (
	"slices"
	"strings"

	"kitebot/internal/kite"
)

// tapped is a row that a button opens.
type tapped struct{ name, ref string }

// holdingsPage puts one page of the table on the sheet, the key to its marks,
// and where it is among the pages. It returns the rows that can be opened.
func holdingsPage(v HoldingsView, at paging, s *sheet) []tapped {
	holdings := v.Portfolio.Holdings
	t := table{head: []string{"Symbol", "Value", "Day%", "P&L%"}}
	if v.Hide {
		t.head[1] = "Share%"
	}
	var key holdingsKey
	var open []tapped
	for _, i := range kite.HoldingOrder(holdings, v.Sort)[at.from:at.to] {
		h, twice := &holdings[i], heldTwice(holdings, i)
		key.add(h, twice)
		t.rows = append(t.rows, holdingRow(v, h, twice))
		if h.Missing {
			continue
		}
		open = append(open, tapped{tapHolding(h, twice), kite.HoldingRef(holdings, i)})
	}
	s.show(t)
	s.under(append(key.lines(), at.line("holdings")...)...)
	return open
}

// tapHolding is what the button of a holding says. A symbol that is too long goes
// without its series first, and keeps the digits at its end.
func tapHolding(h *kite.Holding, twice bool) string {
	name, tag := clean(plainSymbol(h.Symbol)), ""
	if twice {
		tag = exchangeTag(h.Exchange)
	}
	room := tapCellsOfThree - cells(tag)
	if at := series(name); at > 0 && cells(name) > room {
		name = name[:at]
	}
	return notBlank(fitName(name, room)) + tag
}

// holdingRow is a row of the table; in privacy mode the value is a share of the
// whole. A holding of MTF shares only shows theirs, and has no share.
func holdingRow(v HoldingsView, h *kite.Holding, twice bool) row {
	if h.Missing {
		return row{name: "(no data)", numbers: []string{Absent, Absent, Absent}}
	}
	name, tail := plainSymbol(h.Symbol), ""
	if at := series(name); at > 0 {
		name, tail = name[:at], name[at:]
	}
	if twice {
		tail += exchangeTag(h.Exchange)
	}
	shown := h.Shown()
	value := ShortOf(shown.Value())
	if v.Hide {
		value = shareOf(v.Portfolio.Share(*h))
	}
	return row{name, tail + marks(h), []string{value, shortPercentOf(h.DayPercent()), shortPercentOf(shown.ProfitPercent())}}
}

// symbol is the trading symbol without the series that goes without saying.
func symbol(h kite.Holding) string { return plainSymbol(h.Symbol) }

func plainSymbol(s string) string { return strings.TrimSuffix(s, "-EQ") }

// series returns where the series of a symbol begins (IDEA-BE, SGBMAY30-GB): a
// dash and one or two capitals or digits; 0 when there is none (BAJAJ-AUTO).
func series(symbol string) int {
	at := strings.LastIndexByte(symbol, '-')
	after := symbol[at+1:]
	if at < 1 || after == "" || len(after) > 2 || strings.Trim(after, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return 0
	}
	return at
}

// heldTwice reports whether a symbol has more than one row, such as shares held
// from both exchanges.
func heldTwice(holdings []kite.Holding, at int) bool {
	name := plainSymbol(holdings[at].Symbol)
	for i := range holdings {
		if i != at && plainSymbol(holdings[i].Symbol) == name {
			return true
		}
	}
	return false
}

// exchangeTag tells apart rows of one symbol.
func exchangeTag(exchange string) string {
	switch exchange {
	case "":
		return ""
	case "NSE":
		return "·N"
	case "BSE":
		return "·B"
	default:
		return "·" + beginning(clean(exchange), 3)
	}
}

// marks says in letters what is special about a holding's shares.
func marks(h *kite.Holding) string {
	var b strings.Builder
	for _, m := range markKey() {
		if m.on(h) {
			b.WriteString(m.letter)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return " " + b.String()
}

type mark struct {
	letter, meaning string
	on              func(*kite.Holding) bool
}

func markKey() []mark {
	return []mark{
		{"t", "not yet delivered (T1)", func(h *kite.Holding) bool { return h.T1Quantity != 0 }},
		{"p", "pledged", func(h *kite.Holding) bool { return h.CollateralQuantity != 0 }},
		{"m", "MTF", func(h *kite.Holding) bool { return h.MTF.Quantity != 0 }},
	}
}

// holdingsKey explains the marks that a page uses, and no others.
type holdingsKey struct {
	shown []*kite.Holding
	twice []string // the exchanges of those that are held twice
}

func (k *holdingsKey) add(h *kite.Holding, twice bool) {
	k.shown = append(k.shown, h)
	if twice && !h.Missing {
		k.twice = append(k.twice, h.Exchange)
	}
}

// lines has the marks of the shares on one line, those of the exchanges on
// another.
func (k *holdingsKey) lines() []string {
	var shares, exchanges []string
	for _, m := range markKey() {
		if slices.ContainsFunc(k.shown, m.on) {
			shares = append(shares, m.letter+" = "+m.meaning)
		}
	}
	for _, exchange := range []string{"NSE", "BSE"} {
		if slices.Contains(k.twice, exchange) {
			exchanges = append(exchanges, exchangeTag(exchange)+" = "+exchange)
		}
	}
	var lines []string
	for _, line := range [][]string{shares, exchanges} {
		if len(line) > 0 {
			lines = append(lines, strings.Join(line, ", "))
		}
	}
	return lines
}
