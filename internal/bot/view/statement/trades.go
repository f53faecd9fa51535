package statement

import (
	"fmt"
	"time"

	"kitebot/internal/bot/view"
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
func Trades(v TradesView) view.Message {
	hide := mask(v.Hide)
	var s view.Sheet
	if len(v.Trades) == 0 {
		s.Say("<b>No trades today.</b>", "Orders that wait or were rejected are under /orders.")
		s.Say(view.AsOf(v.AsOf))
		return s.Message(v.Native, [][]view.Button{{refreshTrades(1), {Text: "Orders", Data: "orders:run"}}})
	}
	at := view.PageOf(len(v.Trades), tradesPerPage, v.Page)
	s.Say(append(tradesHead(v), append(hide.note(), view.AsOf(v.AsOf, each(v.Trades, func(t kite.Trade) string { return t.Exchange })...))...)...)
	s.Table(tradesTable(kite.TradesNewestFirst(v.Trades)[at.From:at.To], v))
	s.Under(at.Line("trades")...)
	buttons := at.Buttons(func(page int) string { return fmt.Sprintf("trades:page:%d", page) })
	return s.Message(v.Native, append(buttons, []view.Button{refreshTrades(at.Page), {Text: "Orders", Data: "orders:run"}, {Text: "CSV", Data: "trades:csv"}}))
}

func refreshTrades(page int) view.Button {
	return view.Button{Text: "Refresh", Data: fmt.Sprintf("trades:refresh:%d", page)}
}

// tradesHead is "Trades · 2 bought · 1 sold", and what for.
func tradesHead(v TradesView) []string {
	t := kite.TotalTrades(v.Trades)
	var times []time.Time
	for _, trade := range v.Trades {
		times = append(times, trade.At())
	}
	head := ofDay("Trades", v.AsOf, times)
	if n := view.Join(view.Count(t.Buys, "bought"), view.Count(t.Sells, "sold")); n != "" {
		head += " · " + n
	}
	lines := []string{"<b>" + head + "</b>"}
	if t.Buys > 0 && !v.Hide {
		lines = append(lines, "Bought for "+view.RupeesOf(t.Bought))
	}
	if t.Sells > 0 && !v.Hide {
		lines = append(lines, "Sold for "+view.RupeesOf(t.Sold))
	}
	if t.NoValue > 0 && !v.Hide {
		lines = append(lines, view.Plural(t.NoValue, "trade is", "trades are")+" counted in lots and "+view.IsAre(t.NoValue)+" not in these sums.")
	}
	if t.Other > 0 {
		lines = append(lines, view.Plural(t.Other, "trade", "trades")+" of another kind "+view.IsAre(t.Other)+" not counted.")
	}
	return append(lines, noData(t.Missing)...)
}

// tradesTable is like the table of orders.
func tradesTable(trades []kite.Trade, v TradesView) view.Table {
	t := view.Table{Head: []string{"Trade", "Qty", "Price", "At"}, Stack: true}
	for _, trade := range trades {
		if trade.Missing {
			t.Rows = append(t.Rows, view.Row{Name: "(no data)", Numbers: []string{view.Absent, view.Absent, view.Absent}})
			continue
		}
		name, tail := view.Contract(trade.Symbol, v.AsOf)
		t.Rows = append(t.Rows, view.Row{Name: sideLetter(trade.Side) + name, Tail: tail, Numbers: []string{shortQuantity(trade.Quantity), tradePrice(trade), momentOf(trade.At(), v.AsOf)}})
	}
	if v.Hide {
		return t.Without(2).Without(1)
	}
	return t
}

func tradePrice(t kite.Trade) string {
	return view.FormatOf(t.Exchange + ":" + t.Symbol).Plain().Column(t.Price)
}
