package view

import (
	"fmt"
	"time"

	"kitebot/internal/kite"
)

// tradesPerPage is how many trades one message shows.
const tradesPerPage = 12

// TradesView is what /trades shows.
type TradesView struct {
	Trades []kite.Trade
	Page   int // from 1; a page that does not exist is the nearest one
	AsOf   time.Time
	Hide   bool // privacy mode: no quantities, no prices
	Native bool
}

// Trades renders today's trades: how many, what was bought and sold for, then
// the trades, the newest first.
func Trades(v TradesView) Message {
	hide := mask(v.Hide)
	var s sheet
	if len(v.Trades) == 0 {
		s.say("<b>No trades today.</b>", "Orders that wait or were rejected are under /orders.")
		s.say(asOf(v.AsOf))
		return s.message(v.Native, [][]Button{{refreshTrades(1), {Text: "Orders", Data: "orders:run"}}})
	}
	at := pageOf(len(v.Trades), tradesPerPage, v.Page)
	s.say(append(tradesHead(kite.TotalTrades(v.Trades), hide), append(hide.note(), "Today · "+asOf(v.AsOf))...)...)
	s.show(tradesTable(kite.TradesNewestFirst(v.Trades)[at.from:at.to], v.Hide))
	s.under(append([]string{"B = bought, S = sold"}, at.line("trades")...)...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("trades:page:%d", page) })
	return s.message(v.Native, append(buttons, []Button{refreshTrades(at.page), {Text: "Orders", Data: "orders:run"}, {Text: "CSV", Data: "trades:csv"}}))
}

func refreshTrades(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("trades:refresh:%d", page)}
}

func tradesHead(t kite.TradeTotals, v mask) []string {
	lines := []string{fmt.Sprintf("<b>%d bought · %d sold</b>", t.Buys, t.Sells)}
	if t.Buys > 0 && !bool(v) {
		lines = append(lines, "Bought for "+v.rupees(t.Bought))
	}
	if t.Sells > 0 && !bool(v) {
		lines = append(lines, "Sold for "+v.rupees(t.Sold))
	}
	if t.NoValue > 0 && !bool(v) {
		lines = append(lines, many(t.NoValue, "trade counts", "trades count")+" lots and "+isAre(t.NoValue)+" not in these sums")
	}
	if t.Other > 0 {
		lines = append(lines, many(t.Other, "trade", "trades")+" of another kind "+isAre(t.Other)+" in no figure.")
	}
	return append(lines, noData(t.Missing)...)
}

// tradesTable is like the table of orders, but here the time stays away where
// there is no room for everything: the list is in its order.
func tradesTable(trades []kite.Trade, hide bool) table {
	t := table{head: []string{"Trade", "Qty", "Price", "At"}}
	for _, trade := range trades {
		if trade.Missing {
			t.rows = append(t.rows, row{name: "(no data)", numbers: []string{Absent, Absent, Absent}})
			continue
		}
		name, tail := contract(trade.Symbol)
		t.rows = append(t.rows, row{sideLetter(trade.Side) + name, tail, []string{shortQuantity(trade.Quantity), shortPrice(trade.Price), timeOf(trade.At())}})
	}
	switch {
	case hide:
		return t.without(2).without(1)
	case !t.fits():
		return t.without(3)
	default:
		return t
	}
}
