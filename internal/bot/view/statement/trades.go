package statement

import (
	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// tradesPerPage is how many trades one message shows.
const tradesPerPage = 12

// Trades renders the trades that Kite lists: how many, what was bought and sold for, then
// the trades, the newest first.
func Trades(trades []kite.Trade, opt Options) view.Message {
	orders := view.Press("Orders", "orders:run")
	if len(trades) == 0 {
		return opt.empty("No trades today.", "Orders that wait or were rejected are under /orders.", refreshButton("trades", 1), orders)
	}
	at := view.PageOf(len(trades), tradesPerPage, opt.Page)
	var s view.Sheet
	s.Say(opt.head(tradesHead(trades, opt), mapRows(trades, func(t kite.Trade) string { return t.Exchange })...)...)
	s.Table(tradesTable(kite.TradesNewestFirst(trades)[at.From:at.To], opt))
	s.Under(at.Line("trades")...)
	return s.Message(opt.Native, append(at.Buttons("trades:page"), []view.Button{refreshButton("trades", at.Page), orders, view.Press("CSV", "trades:csv")}))
}

// tradesHead is "Trades · 2 bought · 1 sold", and what for.
func tradesHead(trades []kite.Trade, opt Options) []string {
	t := kite.TotalTrades(trades)
	head := ofDay("Trades", opt.AsOf, mapRows(trades, kite.Trade.At))
	if n := view.Join(view.Count(t.Buys, "bought"), view.Count(t.Sells, "sold")); n != "" {
		head += " · " + n
	}
	lines := []string{"<b>" + head + "</b>"}
	if t.Buys > 0 && !opt.Hide {
		lines = append(lines, "Bought for "+view.RupeesOf(t.Bought))
	}
	if t.Sells > 0 && !opt.Hide {
		lines = append(lines, "Sold for "+view.RupeesOf(t.Sold))
	}
	if t.NoValue > 0 && !opt.Hide {
		lines = append(lines, view.Plural(t.NoValue, "trade is", "trades are")+" counted in lots and "+view.IsAre(t.NoValue)+" not in these sums.")
	}
	if t.Other > 0 {
		lines = append(lines, view.Plural(t.Other, "trade", "trades")+" of another kind "+view.IsAre(t.Other)+" not counted.")
	}
	return append(lines, noData(t.Missing)...)
}

// tradesTable is like the table of orders.
func tradesTable(trades []kite.Trade, opt Options) view.Table {
	t := view.Table{Head: []string{"Trade", "Qty", "Price", "At"}, Stack: true}
	for _, trade := range trades {
		if trade.Missing {
			t.Rows = append(t.Rows, view.Row{Name: "(no data)", Numbers: []string{view.Absent, view.Absent, view.Absent}})
			continue
		}
		name, tail := view.Contract(trade.Symbol, opt.AsOf)
		t.Rows = append(t.Rows, view.Row{Name: sideLetter(trade.Side) + name, Tail: tail, Numbers: []string{shortQuantity(trade.Quantity), tradePrice(trade), momentOf(trade.At(), opt.AsOf, clock)}})
	}
	if opt.Hide {
		return t.Without(2).Without(1)
	}
	return t
}

func tradePrice(t kite.Trade) string {
	return view.FormatOf(t.Exchange + ":" + t.Symbol).Plain().Column(t.Price)
}
