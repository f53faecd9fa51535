package kite

import (
	"errors"
	"kitebot/internal/kite/wire"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Order is one row of get_orders, one step of get_order_history, or one leg of
// a GTT, where most of it is empty. Prices are rupees for one unit; 0 is none.
// Times are zero when absent. Texts are data from outside.
type Order struct {
	ID         string    `json:"order_id"`          // "251123000012345"; digits, but not a number
	ExchangeID string    `json:"exchange_order_id"` // "" until the exchange took it
	Status     string    `json:"status"`            // "COMPLETE", "OPEN", "REJECTED", …; see [Order.State]
	Reason     string    `json:"status_message"`    // why it was rejected or cancelled, in words for people; may name amounts
	PlacedAt   time.Time `json:"order_timestamp"`
	UpdatedAt  time.Time `json:"exchange_update_timestamp"`
	ExchangeAt time.Time `json:"exchange_timestamp"`

	Exchange string `json:"exchange"`
	Symbol   string `json:"tradingsymbol"`
	Side     string `json:"transaction_type"` // "BUY", "SELL"
	Type     string `json:"order_type"`       // "LIMIT", "MARKET", "SL", "SL-M"
	Product  string `json:"product"`          // "CNC", "MIS", "NRML"
	Variety  string `json:"variety"`          // "regular", "amo", "iceberg"
	Validity string `json:"validity"`         // "DAY", "IOC", "TTL"

	// Quantities are decimals: at the far end they are floats.
	Quantity  decimal.Decimal `json:"quantity"`
	Filled    decimal.Decimal `json:"filled_quantity"`
	Pending   decimal.Decimal `json:"pending_quantity"`
	Cancelled decimal.Decimal `json:"cancelled_quantity"`

	Price        decimal.Decimal `json:"price"` // the limit
	TriggerPrice decimal.Decimal `json:"trigger_price"`
	AveragePrice decimal.Decimal `json:"average_price"` // of what was filled

	Tag string `json:"tag"`

	// Missing says that the row came as null: an order is there, and nothing is
	// known of it.
	Missing bool
}

// DecodeOrders reads the answer of get_orders, the orders of today: a list,
// where null and [] are none. A null row becomes an [Order] that is Missing.
// A part of a list, and whatever else comes, is [wire.KindMalformed].
func DecodeOrders(text string) ([]Order, error) { return wire.List("get_orders", text, (*Order).check) }

// DecodeOrderHistory reads the answer of get_order_history: the steps of one
// order, the oldest first, in the form of [DecodeOrders].
func DecodeOrderHistory(text string) ([]Order, error) {
	return wire.List("get_order_history", text, (*Order).check)
}

func (o *Order) check() error {
	if o.ID == "" {
		return errors.New("a row without an order id")
	}
	return needSymbol(o.Symbol)
}

// OrderState is what an order's status comes to.
type OrderState int

const (
	// OrderOther is a status of no known kind; it is shown as it is.
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
	return inOrder(orders, newestOrders(orders))
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

// OrderRef is a short name for one of the orders, by which [OrderByRef] finds it in
// a later answer, as in [HoldingRef]: its id.
func OrderRef(orders []Order, i int) string { return refOf(orders, i, (*Order).rowName) }

// OrderByRef finds the order that [OrderRef] named so.
func OrderByRef(orders []Order, ref string) (Order, bool) {
	return byRef(orders, ref, (*Order).rowName)
}

func (o *Order) rowName() rowName {
	if o.Missing {
		return rowName{}
	}
	return rowName{last: o.ID}
}

// orderStates are the states of orders as people name them.
var orderStates = map[string]OrderState{
	"OPEN": OrderOpen, "PENDING": OrderOpen, "EXECUTED": OrderDone, "COMPLETE": OrderDone, "COMPLETED": OrderDone, "DONE": OrderDone, "FILLED": OrderDone,
	"REJECTED": OrderRejected, "FAILED": OrderRejected, "CANCELLED": OrderCancelled, "CANCELED": OrderCancelled,
}

// Fits reports whether a word is in the order's symbol, or says its side or state.
func (o Order) Fits(word string) bool {
	state, named := orderStates[word]
	return contains(o.Symbol, word) || isSide(o.Side, word) || named && !o.Missing && o.State() == state
}
