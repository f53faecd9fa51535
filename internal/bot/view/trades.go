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

// Trades renders the trades that Kite lists: how many, what was bought and sold for, then
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
	s.say(append(tradesHead(v), append(hide.note(), asOf(v.AsOf, each(v.Trades, func(t kite.Trade) string { return t.Exchange })...))...)...)
	s.show(tradesTable(kite.TradesNewestFirst(v.Trades)[at.from:at.to], v))
	s.under(at.line("trades")...)
	buttons := at.buttons(func(page int) string { return fmt.Sprintf("trades:page:%d", page) })
	return s.message(v.Native, append(buttons, []Button{refreshTrades(at.page), {Text: "Orders", Data: "orders:run"}, {Text: "CSV", Data: "trades:csv"}}))
}

func refreshTrades(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("trades:refresh:%d", page)}
}

// tradesHead is "Trades · 2 bought · 1 sold", and what for.
func tradesHead(v TradesView) []string {
	t := kite.TotalTrades(v.Trades)
	var times []time.Time
	for _, trade := range v.Trades {
		times = append(times, trade.At())
	}
	head := ofDay("Trades", v.AsOf, times)
	if n := join(count(t.Buys, "bought"), count(t.Sells, "sold")); n != "" {
		head += " · " + n
	}
	lines := []string{"<b>" + head + "</b>"}
	if t.Buys > 0 && !v.Hide {
		lines = append(lines, "Bought for "+RupeesOf(t.Bought))
	}
	if t.Sells > 0 && !v.Hide {
		lines = append(lines, "Sold for "+RupeesOf(t.Sold))
	}
	if t.NoValue > 0 && !v.Hide {
		lines = append(lines, many(t.NoValue, "trade is", "trades are")+" counted in lots and "+isAre(t.NoValue)+" not in these sums.")
	}
	if t.Other > 0 {
		lines = append(lines, many(t.Other, "trade", "trades")+" of another kind "+isAre(t.Other)+" not counted.")
	}
	return append(lines, noData(t.Missing)...)
}

// tradesTable is like the table of orders.
func tradesTable(trades []kite.Trade, v TradesView) table {
	t := table{head: []string{"Trade", "Qty", "Price", "At"}, stack: true}
	for _, trade := range trades {
		if trade.Missing {
			t.rows = append(t.rows, row{name: "(no data)", numbers: []string{Absent, Absent, Absent}})
			continue
		}
		name, tail := contract(trade.Symbol, v.AsOf)
		t.rows = append(t.rows, row{sideLetter(trade.Side) + name, tail, []string{shortQuantity(trade.Quantity), tradePrice(trade), momentOf(trade.At(), v.AsOf)}})
	}
	if v.Hide {
		return t.without(2).without(1)
	}
	return t
}

func tradePrice(t kite.Trade) string {
	return unitOf(t.Exchange + ":" + t.Symbol).plain().column(t.Price)
}
