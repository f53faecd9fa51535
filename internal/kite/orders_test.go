package kite_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

const fullOrder = `{"account_id":"","placed_by":"ZZ0001","order_id":"261112000000777","exchange_order_id":"1300000009999999","parent_order_id":"261112000000776","status":"OPEN","status_message":"why \u0026 how","status_message_raw":"raw",` +
	`"order_timestamp":"2026-11-12T09:18:57+05:30","exchange_update_timestamp":"2026-11-12T09:18:58+05:30","exchange_timestamp":"0001-01-01T00:00:00Z","variety":"iceberg","modified":true,"meta":{"iceberg":{"leg":1}},` +
	`"exchange":"CDS","tradingsymbol":"USDINR26NOVFUT","instrument_token":412675,"order_type":"SL","transaction_type":"BUY","validity":"TTL","validity_ttl":2,"product":"NRML","quantity":10.5,"disclosed_quantity":1,` +
	`"price":84.2525,"trigger_price":84.25,"average_price":84.26,"filled_quantity":4,"pending_quantity":5.5,"cancelled_quantity":1,"auction_number":"","tag":"a tag","tags":["a tag","b"]}`

func TestDecodeOrders(t *testing.T) {
	got, err := kite.DecodeOrders("[" + fullOrder + ",null]")
	if err != nil {
		t.Fatal(err)
	}
	want := []kite.Order{{
		ID: "261112000000777", ExchangeID: "1300000009999999", Status: "OPEN", Reason: "why & how",
		PlacedAt: time.Date(2026, 11, 12, 3, 48, 57, 0, time.UTC), UpdatedAt: time.Date(2026, 11, 12, 3, 48, 58, 0, time.UTC),
		Exchange: "CDS", Symbol: "USDINR26NOVFUT", Side: "BUY", Type: "SL", Product: "NRML", Variety: "iceberg", Validity: "TTL",
		Quantity: dec("10.5"), Price: dec("84.2525"), TriggerPrice: dec("84.25"), AveragePrice: dec("84.26"),
		Filled: dec("4"), Pending: dec("5.5"), Cancelled: dec("1"), Tag: "a tag",
	}, {Missing: true}}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
	history, err := kite.DecodeOrderHistory("[" + fullOrder + "]")
	if err != nil || len(history) != 1 || history[0].ID != want[0].ID {
		t.Errorf("history %v, %v", history, err)
	}
}

func TestOrderStates(t *testing.T) {
	for status, want := range map[string]kite.OrderState{
		"COMPLETE": kite.OrderDone, "REJECTED": kite.OrderRejected, "CANCELLED": kite.OrderCancelled, "CANCELLED AMO": kite.OrderCancelled,
		"OPEN": kite.OrderOpen, "TRIGGER PENDING": kite.OrderOpen, "AMO REQ RECEIVED": kite.OrderOpen, "MODIFY VALIDATION PENDING": kite.OrderOpen,
		"": kite.OrderOther, "complete": kite.OrderOther, "EXPLODED": kite.OrderOther,
	} {
		if got := (kite.Order{Status: status}).State(); got != want {
			t.Errorf("%q is %v, want %v", status, got, want)
		}
	}
	got := kite.CountOrders([]kite.Order{{Status: "COMPLETE"}, {Status: "COMPLETE"}, {Status: "OPEN"}, {Status: "REJECTED"}, {Status: "CANCELLED"}, {Status: "X"}, {Missing: true, Status: "OPEN"}})
	if want := (kite.OrderCounts{Done: 2, Open: 1, Rejected: 1, Cancelled: 1, Other: 1, Missing: 1}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestOrdersNewestFirst(t *testing.T) {
	nine, ten := time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 12, 10, 0, 0, 0, time.UTC)
	got := kite.OrdersNewestFirst([]kite.Order{{ID: "a", PlacedAt: nine}, {ID: "none"}, {Missing: true}, {ID: "b", PlacedAt: nine}, {ID: "exchange", ExchangeAt: ten}, {ID: "c", UpdatedAt: nine}})
	var ids []string
	for _, o := range got {
		ids = append(ids, o.ID)
	}
	if diff := cmp.Diff([]string{"exchange", "c", "b", "a", "none", ""}, ids); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// The open ones come first, what was executed before what was not.
func TestOrdersByState(t *testing.T) {
	nine := time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC)
	var orders []kite.Order
	for i, status := range []string{"CANCELLED", "COMPLETE", "EXPLODED", "REJECTED", "OPEN", "COMPLETE", "TRIGGER PENDING"} {
		orders = append(orders, kite.Order{Status: status, PlacedAt: nine.Add(time.Duration(i) * time.Minute)})
	}
	orders = append([]kite.Order{{Missing: true, Status: "OPEN"}}, orders...)
	if diff := cmp.Diff([]int{7, 5, 3, 6, 2, 4, 1, 0}, kite.OrdersByState(orders)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
