package kite

import (
	"cmp"
	"slices"
	"time"
)

// OrderState is what an order's status comes to.
type OrderState int

const (
	// OrderOther is a status that nobody has classified; shown as it is.
	OrderOther OrderState = iota
	// OrderDone is filled completely.
	OrderDone
	// OrderOpen is on its way, waiting, or partly filled.
	OrderOpen
	// OrderRejected was refused by Kite or by the exchange.
	OrderRejected
	// OrderCancelled was taken back; a part of it may have been filled before.
	OrderCancelled
)

// State reads the order's status.
func (o Order) State() OrderState {
	switch o.Status {
	case "COMPLETE":
		return OrderDone
	case "REJECTED":
		return OrderRejected
	case "CANCELLED", "CANCELLED AMO":
		return OrderCancelled
	case "OPEN", "OPEN PENDING", "TRIGGER PENDING", "VALIDATION PENDING", "PUT ORDER REQ RECEIVED",
		"MODIFIED", "MODIFY PENDING", "MODIFY VALIDATION PENDING", "NOT MODIFIED",
		"CANCEL PENDING", "NOT CANCELLED", "AMO REQ RECEIVED", "MODIFY AMO REQ RECEIVED":
		return OrderOpen
	default:
		return OrderOther
	}
}

// At is when the order was placed or, where Kite does not say, when the
// exchange had it; zero when neither is known.
func (o Order) At() time.Time {
	for _, t := range []time.Time{o.PlacedAt, o.ExchangeAt, o.UpdatedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// OrderCounts is how many orders are in which state.
type OrderCounts struct{ Done, Open, Rejected, Cancelled, Other, Missing int }

// CountOrders counts the orders by their state. A null row is Missing.
func CountOrders(orders []Order) OrderCounts {
	var c OrderCounts
	for _, o := range orders {
		switch state := o.State(); {
		case o.Missing:
			c.Missing++
		case state == OrderDone:
			c.Done++
		case state == OrderOpen:
			c.Open++
		case state == OrderRejected:
			c.Rejected++
		case state == OrderCancelled:
			c.Cancelled++
		default:
			c.Other++
		}
	}
	return c
}

// OrdersNewestFirst returns the orders by the time they were placed, the newest
// first; of the same second, the later in Kite's list first. Those without a
// time come behind, those of which nothing is known last.
func OrdersNewestFirst(orders []Order) []Order {
	sorted := make([]Order, 0, len(orders))
	for _, i := range newestOrders(orders) {
		sorted = append(sorted, orders[i])
	}
	return sorted
}

// newestOrders returns the indexes of the orders in that order.
func newestOrders(orders []Order) []int {
	return newestFirst(len(orders), func(i int) time.Time { return orders[i].At() }, func(i int) bool { return orders[i].Missing })
}

// OrdersByState returns the indexes of the orders as Kite shows them: the open ones
// and those in another state first, then the executed, the rejected and the cancelled
// ones; those of one state the newest first. Null rows come last.
func OrdersByState(orders []Order) []int {
	states := []OrderState{OrderOpen, OrderOther, OrderDone, OrderRejected, OrderCancelled}
	place := func(i int) int {
		if orders[i].Missing {
			return len(states)
		}
		return slices.Index(states, orders[i].State())
	}
	order := newestOrders(orders)
	slices.SortStableFunc(order, func(a, b int) int { return place(a) - place(b) })
	return order
}

// newestFirst orders rows by time. Kite has the oldest first, so that what is
// of the same time is turned around.
func newestFirst(n int, at func(int) time.Time, missing func(int) bool) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = n - 1 - i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(trueFirst(!missing(a), !missing(b)), at(b).Compare(at(a)))
	})
	return order
}

// OrderRefs returns a short name for each order, by which [OrderByRef] finds it
// in a later answer: its id, or a hash where that does not fit in a button. A
// second row of one id has "~2" behind it. Null rows have none.
func OrderRefs(orders []Order) []string {
	return refsOf(orders, func(o Order) (string, bool) { return o.ID, !o.Missing })
}

// OrderByRef finds the order that [OrderRefs] named so.
func OrderByRef(orders []Order, ref string) (Order, bool) {
	return byRef(orders, OrderRefs(orders), ref)
}
