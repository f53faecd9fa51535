package kite

import (
	"errors"
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
// A part of a list, and whatever else comes, is [KindMalformed].
func DecodeOrders(text string) ([]Order, error) { return decodeOrders("get_orders", text) }

// DecodeOrderHistory reads the answer of get_order_history: the steps of one
// order, the oldest first, in the form of [DecodeOrders].
func DecodeOrderHistory(text string) ([]Order, error) { return decodeOrders("get_order_history", text) }

func decodeOrders(tool, text string) ([]Order, error) {
	orders, err := wholeList(text, (*Order).check)
	if err != nil {
		return nil, malformed(tool, err)
	}
	return orders, nil
}

func (o *Order) check() error {
	switch {
	case o.ID == "":
		return errors.New("a row without an order id")
	case o.Symbol == "":
		return errNoSymbol
	}
	return nil
}
