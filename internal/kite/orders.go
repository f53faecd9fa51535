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
	ID         string // "251123000012345"; digits, but not a number
	ExchangeID string // "" until the exchange took it
	ParentID   string
	Status     string // "COMPLETE", "OPEN", "REJECTED", …; see [Order.State]
	Reason     string // why it was rejected or cancelled, in words for people; may name amounts
	PlacedAt   time.Time
	UpdatedAt  time.Time // at the exchange
	ExchangeAt time.Time

	Exchange, Symbol string
	Token            int64
	Side             string // "BUY", "SELL"
	Type             string // "LIMIT", "MARKET", "SL", "SL-M"
	Product          string // "CNC", "MIS", "NRML"
	Variety          string // "regular", "amo", "iceberg"
	Validity         string // "DAY", "IOC", "TTL"
	ValidityTTL      int64  // minutes, for TTL
	Modified         bool

	Quantity, Filled, Pending, Cancelled, Disclosed decimal.Decimal

	Price        decimal.Decimal // the limit
	TriggerPrice decimal.Decimal
	AveragePrice decimal.Decimal // of what was filled

	Tag  string
	Tags []string

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
	orders, err := wholeList(text, (*wireOrder).row)
	if err != nil {
		return nil, malformed(tool, err)
	}
	return orders, nil
}

// wireOrder is a row as the server writes it. Quantities are amounts: at the
// far end they are floats.
type wireOrder struct {
	ID           string        `json:"order_id"`
	ExchangeID   string        `json:"exchange_order_id"`
	ParentID     string        `json:"parent_order_id"`
	Status       string        `json:"status"`
	Reason       string        `json:"status_message"`
	PlacedAt     moment        `json:"order_timestamp"`
	UpdatedAt    moment        `json:"exchange_update_timestamp"`
	ExchangeAt   moment        `json:"exchange_timestamp"`
	Variety      string        `json:"variety"`
	Modified     bool          `json:"modified"`
	Exchange     string        `json:"exchange"`
	Symbol       string        `json:"tradingsymbol"`
	Token        count         `json:"instrument_token"`
	Type         string        `json:"order_type"`
	Side         string        `json:"transaction_type"`
	Validity     string        `json:"validity"`
	ValidityTTL  count         `json:"validity_ttl"`
	Product      string        `json:"product"`
	Quantity     amount        `json:"quantity"`
	Disclosed    amount        `json:"disclosed_quantity"`
	Price        amount        `json:"price"`
	TriggerPrice amount        `json:"trigger_price"`
	AveragePrice amount        `json:"average_price"`
	Filled       amount        `json:"filled_quantity"`
	Pending      amount        `json:"pending_quantity"`
	Cancelled    amount        `json:"cancelled_quantity"`
	Tag          string        `json:"tag"`
	Tags         parts[string] `json:"tags"`
}

func (w *wireOrder) row() (Order, error) {
	switch {
	case w == nil:
		return Order{Missing: true}, nil
	case w.ID == "":
		return Order{}, errors.New("a row without an order id")
	case w.Symbol == "":
		return Order{}, errors.New("a row without a symbol")
	}
	return w.order(), nil
}

func (w *wireOrder) order() Order {
	return Order{
		ID: w.ID, ExchangeID: w.ExchangeID, ParentID: w.ParentID, Status: w.Status, Reason: w.Reason,
		PlacedAt: w.PlacedAt.Time, UpdatedAt: w.UpdatedAt.Time, ExchangeAt: w.ExchangeAt.Time,
		Exchange: w.Exchange, Symbol: w.Symbol, Token: int64(w.Token), Side: w.Side, Type: w.Type,
		Product: w.Product, Variety: w.Variety, Validity: w.Validity, ValidityTTL: int64(w.ValidityTTL), Modified: w.Modified,
		Quantity: w.Quantity.Decimal, Filled: w.Filled.Decimal, Pending: w.Pending.Decimal,
		Cancelled: w.Cancelled.Decimal, Disclosed: w.Disclosed.Decimal,
		Price: w.Price.Decimal, TriggerPrice: w.TriggerPrice.Decimal, AveragePrice: w.AveragePrice.Decimal,
		Tag: w.Tag, Tags: w.Tags,
	}
}
