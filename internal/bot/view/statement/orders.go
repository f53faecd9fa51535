package statement

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// ordersPerPage is how many orders one message shows, each with a button.
const ordersPerPage = 8

// rejectedLately is for how long the list says why an order was rejected; after
// that its card does.
const rejectedLately = 30 * time.Minute

// Orders renders the orders that Kite lists: how many are in which state, why the
// newest was rejected, then the orders by state, the open ones first.
func Orders(orders []kite.Order, opt Options) view.Message {
	if len(orders) == 0 {
		return opt.empty("No orders today.", "Kite lists the orders of one trading day; older ones are in its own reports.", refreshButton("orders", 1))
	}
	at := view.PageOf(len(orders), ordersPerPage, opt.Page)
	page := kite.OrdersByState(orders)[at.From:at.To]
	var s view.Sheet
	s.Say(opt.head([]string{"<b>" + ordersHead(orders, opt) + "</b>"}, mapRows(orders, func(o kite.Order) string { return o.Exchange })...)...)
	if at.Page == 1 {
		s.Say(rejection(orders, opt)...)
	}
	for _, part := range groupsOf(mapRows(page, func(i int) kite.Order { return orders[i] }), stateOf) {
		state := stateOf(part[0])
		s.Say("<b>" + state.name + "</b>")
		s.TableUnder(ordersTable(state, part, opt))
	}
	s.Say(at.Line("orders")...)
	return s.Message(opt.Native, ordersButtons(orders, page, at, opt))
}

// ordersHead is "Orders · 2 open · 3 executed": the states that occur.
func ordersHead(orders []kite.Order, opt Options) string {
	c := kite.CountOrders(orders)
	return ofDay("Orders", opt.AsOf, mapRows(orders, kite.Order.At)) + " · " + view.Join(
		view.Count(c.Open, "open"), view.Count(c.Done, "executed"), view.Count(c.Rejected, "rejected"), view.Count(c.Cancelled, "cancelled"),
		view.Count(c.Other, "in another state"), view.Count(c.Missing, "without data"),
	)
}

// orderState is how a part of the list is named, and its quantities and prices.
type orderState struct{ name, quantity, price string }

func stateOf(o kite.Order) orderState {
	switch state := o.State(); {
	case o.Missing:
		return orderState{"Without data", "Qty", "Price"}
	case state == kite.OrderOpen:
		return orderState{"Open", "Filled", "Price"}
	case state == kite.OrderDone:
		return orderState{"Executed", "Qty", "Avg"}
	case state == kite.OrderRejected:
		return orderState{"Rejected", "Qty", "Price"}
	case state == kite.OrderCancelled:
		return orderState{"Cancelled", "Filled", "Price"}
	default:
		return orderState{"In another state", "Filled", "Price"}
	}
}

// ordersTable shows side and symbol, quantity, price and time of orders in one state.
func ordersTable(state orderState, orders []kite.Order, opt Options) view.Table {
	t := view.Table{Head: []string{"Order", state.quantity, state.price, "At"}, Stack: true}
	for _, o := range orders {
		if o.Missing {
			t.Rows = append(t.Rows, view.Row{Name: "(no data)", Numbers: []string{view.Absent, view.Absent, view.Absent}})
			continue
		}
		name, tail := view.Contract(o.Symbol, opt.AsOf)
		t.Rows = append(t.Rows, view.Row{Name: sideLetter(o.Side) + name, Tail: tail, Numbers: []string{filledOf(o), orderPrice(o), momentOf(o.At(), opt.AsOf, clock)}})
	}
	if opt.Hide {
		return t.Without(2).Without(1)
	}
	return t
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

// filledOf is how much of an order was filled, "40/100"; "100" where nothing else
// can be expected.
func filledOf(o kite.Order) string {
	if o.Filled.Equal(o.Quantity) || o.State() == kite.OrderRejected && o.Filled.IsZero() {
		return shortQuantity(o.Quantity)
	}
	filled, all := shortQuantity(o.Filled), shortQuantity(o.Quantity)
	if filled == all { // 1.26L of 1.26L, but for a few
		filled, all = view.Quantity(o.Filled), view.Quantity(o.Quantity)
	}
	return filled + "/" + all
}

// shortQuantity writes a quantity for a column.
func shortQuantity(d decimal.Decimal) string {
	if d.Abs().LessThan(decimal.NewFromInt(100_000)) {
		return view.Quantity(d)
	}
	return view.Short(d)
}

// orderPrice is the price that a list shows, as Kite does: of what came to its end
// the average, of what waits for a trigger that, else the limit.
func orderPrice(o kite.Order) string {
	u, state := view.FormatOf(o.Exchange+":"+o.Symbol).Plain(), o.State()
	ended := state == kite.OrderDone || state == kite.OrderCancelled || state == kite.OrderRejected
	waits := o.Status == "TRIGGER PENDING" || o.Price.IsZero()
	switch {
	case ended && !o.AveragePrice.IsZero():
		return u.Average(o.AveragePrice)
	case waits && !o.TriggerPrice.IsZero():
		return "trg " + u.Column(o.TriggerPrice)
	case !o.Price.IsZero():
		return u.Column(o.Price)
	case o.Type == "MARKET" || o.Type == "SL-M":
		return "market"
	default:
		return view.Absent
	}
}

// rejection says why the newest rejected order was, if that was a moment ago.
func rejection(orders []kite.Order, opt Options) []string {
	at := opt.AsOf
	for _, o := range kite.OrdersNewestFirst(orders) {
		if o.Missing || o.State() != kite.OrderRejected {
			continue
		}
		if ago := at.Sub(o.At()); ago > rejectedLately || !view.SameDay(o.At(), at) {
			return nil
		}
		return []string{fmt.Sprintf("%s <b>%s</b> rejected: %s", momentOf(o.At(), at, clock), view.Safe(view.ContractName(o.Symbol, at)), reason(o, mask(opt.Hide), 200))}
	}
	return nil
}

// reason is why an order was rejected, cut to so many characters.
func reason(o kite.Order, v mask, length int) string {
	text := strings.TrimSpace(view.CleanTo(v.words(o.Reason), length))
	if view.Width(text) == 0 {
		return "Kite gave no reason."
	}
	return view.Escape(text)
}

// ordersButtons open the orders of a page, turn the pages, ask again and give out
// the whole.
func ordersButtons(orders []kite.Order, page []int, at view.Paging, opt Options) [][]view.Button {
	var open []view.Button
	for _, i := range page {
		o := orders[i]
		if o.Missing {
			continue
		}
		open = append(open, cardButton(momentOf(o.At(), o.At(), clock)+" "+sideLetter(o.Side)+view.ContractButtonText(o.Symbol, opt.AsOf), "orders", kite.OrderRef(orders, i), at.Page))
	}
	rows := append(at.Buttons("orders:page"), view.ButtonPairs(open)...)
	return append(rows, []view.Button{refreshButton("orders", at.Page), view.Press("Trades", "trades:run"), view.Press("CSV", "orders:csv")})
}
