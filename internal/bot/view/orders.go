package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

// ordersPerPage is how many orders one message shows, each with a button.
const ordersPerPage = 8

// OrdersView is what /orders shows.
type OrdersView struct {
	Orders []kite.Order
	Page   int // from 1; a page that does not exist is the nearest one
	AsOf   time.Time
	Hide   bool // privacy mode: no quantities, no prices, no numbers in reasons
	Native bool
}

// Orders renders today's orders: how many are in which state, then the orders,
// the newest first, and under them why any was rejected.
func Orders(v OrdersView) Message {
	if len(v.Orders) == 0 {
		var s sheet
		s.say("<b>No orders today.</b>", "Kite lists the orders of one trading day; older ones are in its own reports.")
		s.say(asOf(v.AsOf))
		return s.message(v.Native, [][]Button{{refreshOrders(1)}})
	}
	at := pageOf(len(v.Orders), ordersPerPage, v.Page)
	shown := kite.OrdersNewestFirst(v.Orders)[at.from:at.to]
	hide := mask(v.Hide)
	var s sheet
	s.say(append([]string{"<b>" + orderCounts(v.Orders) + "</b>"}, append(hide.note(), "Today · "+asOf(v.AsOf))...)...)
	s.show(ordersTable(shown, v.Hide))
	s.under(ordersKey(shown)...)
	s.say(reasons(shown, hide)...)
	s.say(at.line("orders")...)
	return s.message(v.Native, ordersButtons(v, at))
}

func refreshOrders(page int) Button {
	return Button{Text: "Refresh", Data: fmt.Sprintf("orders:refresh:%d", page)}
}

// orderCounts is "3 done · 1 open · 1 rejected": the states that occur.
func orderCounts(orders []kite.Order) string {
	c := kite.CountOrders(orders)
	var parts []string
	for _, state := range []struct {
		n    int
		name string
	}{
		{c.Done, "done"}, {c.Open, "open"}, {c.Rejected, "rejected"}, {c.Cancelled, "cancelled"},
		{c.Other, "in another state"}, {c.Missing, "without data"},
	} {
		if state.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", state.n, state.name))
		}
	}
	return strings.Join(parts, " · ")
}

// ordersTable shows side and symbol, quantity, price and time. The price stays
// away where there is no room for it: a card has it.
func ordersTable(orders []kite.Order, hide bool) table {
	t := table{head: []string{"Order", "Qty", "Price", "At"}}
	for _, o := range orders {
		if o.Missing {
			t.rows = append(t.rows, row{name: "(no data)", numbers: []string{Absent, Absent, Absent}})
			continue
		}
		name, tail := contract(o.Symbol)
		t.rows = append(t.rows, row{
			sideLetter(o.Side) + name, tail + orderMark(o),
			[]string{shortQuantity(o.Quantity), orderPrice(o), timeOf(o.At())},
		})
	}
	switch {
	case hide:
		return t.without(2).without(1)
	case !t.fits():
		return t.without(2)
	default:
		return t
	}
}

// sideLetter is what a name begins with: "B INFY" to buy, "S INFY" to sell.
func sideLetter(side string) string {
	switch side {
	case "BUY":
		return "B "
	case "SELL":
		return "S "
	default:
		return "? "
	}
}

// shortQuantity writes a quantity for a column.
func shortQuantity(d decimal.Decimal) string {
	if d.Abs().LessThan(decimal.NewFromInt(100_000)) {
		return units(d)
	}
	return Short(d)
}

// orderPrice is the price that was paid or, before that, the limit; "mkt" for
// an order at any price.
func orderPrice(o kite.Order) string {
	switch {
	case !o.AveragePrice.IsZero():
		return shortPrice(o.AveragePrice)
	case !o.Price.IsZero():
		return shortPrice(o.Price)
	case o.Type == "MARKET" || o.Type == "SL-M":
		return "mkt"
	default:
		return Absent
	}
}

// shortPrice writes a price for a column with its paise: 1,512.40. A price that
// takes more than nine characters is shortened.
func shortPrice(d decimal.Decimal) string {
	sign, digits := fixed(d, 2)
	if s := sign + group(digits); cells(s) <= 9 {
		return s
	}
	return Short(d)
}

func timeOf(t time.Time) string {
	if t.IsZero() {
		return Absent
	}
	return clockTime(t)
}

type orderStateMark struct {
	state           kite.OrderState
	letter, meaning string
}

func orderMarks() []orderStateMark {
	return []orderStateMark{
		{kite.OrderOpen, "o", "open"},
		{kite.OrderRejected, "x", "rejected"},
		{kite.OrderCancelled, "c", "cancelled"},
		{kite.OrderOther, "?", "in another state"},
	}
}

// orderMark marks what is not simply done.
func orderMark(o kite.Order) string {
	for _, m := range orderMarks() {
		if m.state == o.State() {
			return " " + m.letter
		}
	}
	return ""
}

// ordersKey explains the letters that a page uses.
func ordersKey(shown []kite.Order) []string {
	var key []string
	for _, side := range []struct{ side, words string }{{"BUY", "B = buy"}, {"SELL", "S = sell"}} {
		if slices.ContainsFunc(shown, func(o kite.Order) bool { return o.Side == side.side }) {
			key = append(key, side.words)
		}
	}
	for _, m := range orderMarks() {
		if slices.ContainsFunc(shown, func(o kite.Order) bool { return !o.Missing && o.State() == m.state }) {
			key = append(key, m.letter+" = "+m.meaning)
		}
	}
	if key == nil {
		return nil
	}
	return []string{strings.Join(key, ", ")}
}

// reasons says of each rejected order on the page why, on a line of its own.
func reasons(shown []kite.Order, v mask) []string {
	var lines []string
	for _, o := range shown {
		if o.Missing || o.State() != kite.OrderRejected {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s <b>%s</b> rejected: %s", timeOf(o.At()), outside(o.Symbol), reason(o, v, 200)))
	}
	return lines
}

// reason is why an order was rejected, cut to so many characters.
func reason(o kite.Order, v mask, length int) string {
	text := strings.TrimSpace(tidy(v.words(o.Reason), length))
	if cells(text) == 0 {
		return "Kite gave no reason."
	}
	return escape(text)
}

// ordersButtons open this page's orders, turn the pages, ask again and give out
// the whole.
func ordersButtons(v OrdersView, at paging) [][]Button {
	var open []Button
	refs := kite.OrderRefs(v.Orders)
	for _, i := range kite.NewestOrders(v.Orders)[at.from:at.to] {
		o := v.Orders[i]
		if o.Missing {
			continue
		}
		open = append(open, Button{
			Text: timeOf(o.At()) + " " + sideLetter(o.Side) + tapName(contractName(o.Symbol)),
			Data: fmt.Sprintf("orders:card:%s:%d", refs[i], at.page),
		})
	}
	rows := at.buttons(func(page int) string { return fmt.Sprintf("orders:page:%d", page) })
	rows = append(rows, rowsOf(open, 2)...)
	return append(rows, []Button{refreshOrders(at.page), {Text: "Trades", Data: "trades:run"}, {Text: "CSV", Data: "orders:csv"}})
}
